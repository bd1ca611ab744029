#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# arm64 Linux: builds the engine for it, passes tests there, and runs guests, all with the digests of x86-64. `./dev arm64` calls this after
# it installed what it takes.
#
#   on arm64, or in an emulated arm64 system: with that system's own compiler
#   on x86-64: with Debian's cross compiler and the libraries of its arm64 packages; what was built runs under QEMU's user emulation
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.."

say() { printf '\033[1m==> %s\033[0m\n' "$*" >&2; }
die() {
  printf 'arm64: %s\n' "$*" >&2
  exit 1
}

[[ ${1:-} == --installed ]] || exec ./dev arm64

case $(uname -m) in
  aarch64) preset=dev emulator=() ;;
  x86_64) preset=arm64 emulator=(qemu-aarch64-static) ;;
  *) die "this is neither arm64 nor x86-64: nothing here says how to build for arm64 on $(uname -m)" ;;
esac
build=build/arm64
rooms=(base trace machine policy reclaim)
# What these scenarios do: scripts without a CPU; scripts and large pages; guests that boot and touch memory; guests whose pages are shared
# and written to, so that reads and writes must be told apart.
scenarios=(scripts-only large-pages kvm-first-touches kvm-sharing)

say "building for arm64"
[[ -f $build/build.ninja ]] || cmake --preset "$preset" -DOVERCOMMIT_GUI=OFF -B "$build" >&2
cmake --build "$build" -j "$(nproc)" --target overcommit scenario_tests "${rooms[@]/%/_tests}" >&2
overcommit=("${emulator[@]}" "$build/overcommit")

say "tests of ${rooms[*]}"
ctest --test-dir "$build" -j "$(nproc)" --output-on-failure --no-tests=error -R "^($(IFS='|' && echo "${rooms[*]}"))\."

say "digests of ${scenarios[*]}"
for scenario in "${scenarios[@]}"; do
  "${emulator[@]}" "$build/tests/scenario_tests" shipped_scenarios_test "expectationsHoldAndTheDigestIsTheGoldenOne:$scenario"
done

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

say "KVM is left out, and says so"
code=0
"${overcommit[@]}" run labs/scenarios/kvm-first-touches.toml --backend kvm 2>"$folder/kvm" || code=$?
cat "$folder/kvm" >&2
[[ $code == 77 ]] || die "run --backend kvm ends with exit code $code instead of 77"
grep -q "KVM runs the x86-64 guests on x86-64 processors only" "$folder/kvm" || die "run --backend kvm does not say why there is no KVM"
"${overcommit[@]}" doctor >"$folder/doctor" || true
cat "$folder/doctor" >&2
grep -q "KVM runs the x86-64 guests on x86-64 processors only" "$folder/doctor" || die "doctor does not say why there is no KVM"

say "a termination signal ends a run"
"${overcommit[@]}" run labs/scenarios/demo.toml --quiet --trace "$folder/demo.octrace" &
run=$!
until [[ -s $folder/demo.octrace ]] || ! kill -0 "$run" 2>/dev/null; do sleep 0.2; done
kill -TERM "$run"
code=0
wait "$run" || code=$?
[[ $code == 130 ]] || die "a run that was sent SIGTERM ends with exit code $code instead of 130"

say "a balloon driver is built for the x86-64 guests"
# The reference driver, so the digest is the reference kernel's. User emulation has no seccomp to confine the compiler with.
"${overcommit[@]}" run labs/scenarios/kvm-ballooning.toml --driver guests/kernel/balloon.c --unconfined --quiet --json "$folder/driver.json"
digest=$(sed -n 's/^kvm-ballooning //p' tests/scenario/golden_digests.txt)
grep -q "$digest" "$folder/driver.json" || die "the run with a driver that was built here does not have the digest $digest"

say "arm64: all is as on x86-64"
