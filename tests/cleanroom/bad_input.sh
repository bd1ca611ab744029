#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What goes wrong on real machines, done on purpose: each time `./dev` says what is missing and what to do, and a second call goes on.
# Runs inside a clean room, in the clone, as an ordinary user with sudo: ./dev cleanroom 'bash tests/cleanroom/bad_input.sh'
set -euo pipefail
failed=0 passed=0
log=$(mktemp)

# expect NAME CODE PATTERN COMMAND...: the command ends with this exit code and says what matches.
expect() {
  local name=$1 code=$2 pattern=$3 got=0
  shift 3
  "$@" >"$log" 2>&1 || got=$?
  if [[ $got == "$code" ]] && grep -qzE "$pattern" "$log"; then
    passed=$((passed + 1))
    echo "ok: $name"
  else
    failed=$((failed + 1))
    printf 'FAILED: %s: exit code %s (wanted %s), and this does not match "%s":\n' "$name" "$got" "$code" "$pattern"
    tail -n 20 "$log"
  fi
}
me() { sudo "$@" runuser -u "$USER" -- env -i HOME="$HOME" USER="$USER" PATH="$PATH" LANG=C.UTF-8 ./dev guests; }

expect "no such command" 2 "there is no command \"gest\"" ./dev gest
expect "no such package group" 1 "there is no package group 'motor'; the groups are:.*engine" ./dev packages motor
expect "packages of a group" 0 $'^cmake\nninja-build\ng\\+\\+\n' ./dev packages engine

# Before anything is installed.
sudo useradd --create-home other
sudo cp -r . ~other/overcommit
sudo chown -R other: ~other/overcommit
expect "a user whom sudo refuses" 1 "sudo does not let you install them.*apt-get update && apt-get install -y --no-install-recommends gcc binutils" \
  sudo runuser -u other -- bash -c 'cd ~other/overcommit && setsid ./dev guests </dev/null'
sudo mv /usr/bin/sudo /usr/bin/sudo.away
expect "no sudo" 1 "neither root nor is sudo installed.*apt-get install" ./dev guests
/usr/bin/sudo.away mv /usr/bin/sudo.away /usr/bin/sudo

printf 'ID=debian\nVERSION_ID="11"\nPRETTY_NAME="Debian GNU/Linux 11 (bullseye)"\n' >/tmp/old
sudo mount --bind /tmp/old /usr/lib/os-release
expect "an old Debian" 1 "Debian GNU/Linux 11 \(bullseye\) is too old.*Use debian 12 or newer.*install.md" ./dev guests
sudo umount /usr/lib/os-release

expect "no network" 1 "package lists could not be fetched: check the network. If it needs a proxy.*call the same command again" me unshare --net --
expect "a proxy in the environment that does not answer" 1 "the proxy that is set, http://127.0.0.1:9\." env http_proxy=http://127.0.0.1:9 ./dev guests
echo 'Acquire::http::Proxy "http://127.0.0.1:9";' | sudo tee /etc/apt/apt.conf.d/00proxy >/dev/null
expect "a proxy in apt's settings that does not answer" 1 "the proxy that is set, http://127.0.0.1:9\." ./dev guests
sudo rm /etc/apt/apt.conf.d/00proxy

sudo mount -t tmpfs -o size=1m tmpfs /var/cache/apt/archives
expect "a full disk while apt installs" 1 "disk that holds /var/cache/apt/archives is full" ./dev guests
sudo umount /var/cache/apt/archives

# An installation that ended between unpacking and configuring.
sudo apt-get update -qq
(cd /tmp && sudo apt-get install -qq -y --download-only --no-install-recommends binutils >/dev/null)
sudo dpkg --unpack /var/cache/apt/archives/*.deb >/dev/null
expect "an interrupted apt" 0 "an earlier installation was interrupted: finishing it.*build to the committed bytes" ./dev guests

mkdir -p build
sudo mount -t tmpfs -o size=100m,mode=1777 tmpfs build
expect "a full disk before a build" 1 "has only (99|100) MiB left; a build takes" ./dev demo
sudo umount build
expect "arguments of fuzz" 1 "fuzz takes the seconds" ./dev fuzz soon

cp -r . "$HOME/over commit"
cd "$HOME/over commit"
sudo mount --bind . . && sudo mount -o remount,bind,ro .
expect "a read-only clone" 1 "cannot write to .*/over commit/build.*cp -r '.*/over commit' ~/overcommit" ./dev demo
cd / && sudo umount "$HOME/over commit" && cd "$HOME/over commit"
expect "a folder with a blank in its name" 0 "825a91c5d40409ad97fff1782ae98528.*holds  vm.web4" ./dev demo
expect "the app in a folder with a blank in its name" 0 "overcommit" ./dev gui --version

rm -f "$log"
printf '%d passed, %d failed\n' "$passed" "$failed"
((failed == 0))
