#!/bin/sh
# Debian's Chromium for the browser tests, preferably without windows, and Firefox for the verifier of dossiers: installed when
# missing and allowed; else the tests that need one are skipped, visibly.
have() { command -v "$1" >/dev/null; }
install() {
    [ "$(id -u)" = 0 ] && have apt-get || return 1
    echo "Installing Debian's $1 for the browser tests"
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$1" >/dev/null
}
missing=0
have chromium-headless-shell || install chromium-headless-shell || have chromium || install chromium || {
    echo "Browser tests need Chromium: sudo apt-get install chromium-headless-shell"
    missing=1
}
have firefox-esr || have firefox || install firefox-esr || {
    echo "One browser test needs Firefox: sudo apt-get install firefox-esr"
    missing=1
}
[ $missing = 0 ] || [ -z "$CI" ]
