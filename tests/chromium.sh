#!/bin/sh
# Debian's Chromium for the browser tests, preferably without windows: installed when missing and allowed; else the tests that
# need it are skipped, visibly.
command -v chromium-headless-shell >/dev/null && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    for package in chromium-headless-shell chromium; do
        command -v chromium >/dev/null && [ $package = chromium ] && exit 0
        echo "Installing Debian's $package for the browser tests"
        apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $package >/dev/null && exit 0
    done
fi
command -v chromium >/dev/null && exit 0
echo "Browser tests need Chromium: sudo apt-get install chromium-headless-shell"
[ -z "$CI" ]
