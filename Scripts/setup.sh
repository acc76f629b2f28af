#!/usr/bin/env bash
# Installs what a step needs and this machine lacks: `setup.sh build`, `setup.sh build test`.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

packages=()
for step in "$@"; do
    case "$step" in
        # hiredis, libpq and SQLite are the clients of the stores, zlib is what the HTTP client links; the rest is what the
        # Swift toolchain needs beside itself.
        build)
            packages+=(
                ca-certificates git libc6-dev libhiredis-dev libpq-dev libsqlite3-dev libssl-dev libstdc++-12-dev \
                pkg-config zlib1g-dev
            )
            ;;
        # Prometheus reads the metrics, Redis is the real one, libfaketime steps the clock.
        test) packages+=(libfaketime prometheus python3 python3-venv redis-server shellcheck) ;;
        docs) packages+=(python3) ;;
        valgrind) packages+=(valgrind) ;;
        # The upstream and the peer of the gateway's benchmarks.
        gateway-bench) packages+=(nginx-light python3 python3-venv) ;;
        *) fail "setup.sh: unknown step '$step'; known are: build test docs valgrind gateway-bench" ;;
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
# The services of these packages are started by whoever needs them; those of the system must run neither now nor after
# the next start.
services=()
for service in nginx prometheus redis; do
    [[ " ${missing[*]} " != *" $service"[\ -]* ]] || services+=("$service")
done
if ((${#services[@]} > 0)); then
    policy=/usr/sbin/policy-rc.d
    if [[ ! -e "$policy" ]]; then
        trap 'rm -f "$policy"' EXIT
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod 755 "$policy"
    fi
fi
apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
for service in "${services[@]}"; do update-rc.d "$service" disable >/dev/null; done
