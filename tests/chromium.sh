#!/bin/sh
# Debian's Chromium for the browser tests: installed when missing and allowed; else the tests that need it are skipped, visibly.
command -v chromium >/dev/null && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing Debian's chromium for the browser tests"
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null && exit 0
fi
echo "Browser tests need Chromium: sudo apt-get install chromium"
[ -z "$CI" ]
