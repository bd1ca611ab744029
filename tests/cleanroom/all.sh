#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Everything that only a fresh machine can decide; the last part of `./dev test --full`. What cannot be had here is passed over with the reason.
#   all.sh [STEP...]     readme bad-input packages arm64 container; without one, all of them
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.."
suites=(bookworm trixie)

say() { printf '\033[1m==> %s\033[0m\n' "$*" >&2; }

step() { # NAME COMMAND...
  local name=$1 code=0
  shift
  say "fresh machine: $name"
  "$@" || code=$?
  case $code in
    0) ;;
    77) say "passed over: $name" ;;
    *)
      say "failed with exit code $code: $name"
      exit 1
      ;;
  esac
  return 0
}
room() { ./dev cleanroom "$@"; }

readme() {
  local suite
  for suite in "${suites[@]}"; do step "README's commands on $suite" room --suite "$suite"; done
}
bad-input() { step "what goes wrong on real machines" room 'bash tests/cleanroom/bad_input.sh'; }
packages() {
  local suite debs
  debs=$(mktemp -d)
  for suite in "${suites[@]}"; do
    step "packages are made on $suite" room --suite "$suite" --out "$debs/$suite" './dev package --check' 'mkdir ~/out && cp build/package/*.deb ~/out'
    [[ -d $debs/$suite ]] || continue
    step "packages are used on $suite" room --suite "$suite" --copy "$debs/$suite" "bash tests/cleanroom/packages.sh ~/$suite"
    step "graders of the packages on $suite" room --suite "$suite" --copy "$debs/$suite" "bash tests/cleanroom/lab_package.sh ~/$suite"
    step "a lab room without network on $suite: collecting" room --suite "$suite" --copy "$debs/$suite" --out "$debs/room" \
      "bash tests/cleanroom/lab_room.sh collect ~/$suite"
    step "a lab room without network on $suite: installing" room --suite "$suite" --copy "$debs/room" \
      "bash tests/cleanroom/lab_room.sh install ~/room"
    rm -rf "$debs/room"
  done
  rm -rf "$debs"
}
arm64() { step "arm64" room --arch arm64; }
container() { step "the image of Containerfile" bash tests/cleanroom/container.sh; }

steps=("$@")
((${#steps[@]})) || steps=(readme bad-input packages arm64 container)
for name in "${steps[@]}"; do
  [[ $name =~ ^(readme|bad-input|packages|arm64|container)$ ]] || {
    say "all.sh has no step '$name'; it has readme, bad-input, packages, arm64, container"
    exit 2
  }
  "$name"
done
