#!/usr/bin/env bash
# Installs what a step needs and this machine lacks: `setup.sh build`, `setup.sh build test`.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

packages=()
for step in "$@"; do
    case "$step" in
        # zlib is what the HTTP client links; the rest is what the Swift toolchain needs beside itself.
        build) packages+=(ca-certificates git libc6-dev libstdc++-12-dev zlib1g-dev) ;;
        # SQLite is for the example with a database, Prometheus reads the metrics.
        test) packages+=(libsqlite3-dev prometheus python3 python3-venv shellcheck) ;;
        docs) packages+=(python3) ;;
        valgrind) packages+=(valgrind) ;;
        *) fail "setup.sh: unknown step '$step'; known are: build test docs valgrind" ;;
    esac
done

if ! command -v swift >/dev/null; then
    fail "Swift 6.3 or later is needed and 'swift' is not on the PATH. See https://www.swift.org/install/linux/"
fi

if ! command -v apt-get >/dev/null; then
    say "No apt-get here; these Debian packages or their like must already be present: ${packages[*]}"
    exit 0
fi

missing=()
for package in "${packages[@]}"; do
    status="$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || true)"
    [[ "$status" == installed ]] || missing+=("$package")
done
if ((${#missing[@]} == 0)); then
    exit 0
fi

if [[ "$(id -u)" != 0 ]]; then
    fail "Debian packages are missing. Install them and run this again: sudo apt-get install ${missing[*]}"
fi
say "Installing Debian packages: ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
if [[ " ${missing[*]} " == *" prometheus "* ]]; then
    # The tests start a Prometheus of their own; that of the package must run neither now nor after the next start.
    policy=/usr/sbin/policy-rc.d
    if [[ ! -e "$policy" ]]; then
        trap 'rm -f "$policy"' EXIT
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod 755 "$policy"
    fi
fi
apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
if [[ " ${missing[*]} " == *" prometheus "* ]]; then
    update-rc.d prometheus disable >/dev/null
fi
