#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Builds the guest kernel, byte for byte the same anywhere with the same compiler.
#
#   guests/build.sh OUTDIR                            overcommit-guest.elf, kernel-without-balloon.o, hostile/*.elf, SHA256SUMS
#   guests/build.sh --balloon DRIVER.c KERNEL.elf     a kernel with your own balloon driver, from the prebuilt rest
#
# GUEST_CC and GUEST_LD name compiler and linker; the reference build is Debian 12's gcc 12. Guests are x86-64 everywhere: on another
# processor a cross compiler makes them.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
cross='' packages="gcc and binutils"
if [ "$(uname -m)" != x86_64 ]; then
  cross=x86_64-linux-gnu- packages="gcc-x86-64-linux-gnu and binutils-x86-64-linux-gnu"
fi
cc=${GUEST_CC:-${cross}gcc}
ld=${GUEST_LD:-${cross}ld}
for tool in "$cc" "$ld"; do
  command -v "$tool" >/dev/null || { echo "$0: guests are made by $tool, which is not there; install $packages" >&2; exit 1; }
done

GUEST_CFLAGS="-std=c11 -O2 -ffreestanding -fno-pic -static -nostdlib -mgeneral-regs-only -mno-red-zone
  -fno-stack-protector -fno-asynchronous-unwind-tables -fcf-protection=none -fno-ident -fno-tree-loop-distribute-patterns
  -fno-common -fno-strict-aliasing -ffile-prefix-map=$here=guests -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror"

link() { # OUTPUT OBJECT…
  output=$1
  shift
  "$ld" -nostdlib -static --build-id=none -z noexecstack -z max-page-size=4096 -T "$here/kernel/kernel.ld" "$@" -o "$output"
}

if [ "${1:-}" = "--balloon" ]; then
  [ $# -eq 3 ] || { echo "usage: $0 --balloon DRIVER.c KERNEL.elf" >&2; exit 2; }
  object=$(mktemp)
  trap 'rm -f "$object"' EXIT
  # shellcheck disable=SC2086
  "$cc" $GUEST_CFLAGS -I"$here/kernel" -c "$2" -o "$object"
  link "$3" "$here/prebuilt/kernel-without-balloon.o" "$object"
  exit 0
fi

[ $# -eq 1 ] || { echo "usage: $0 OUTDIR" >&2; exit 2; }
mkdir -p "$1/hostile"
out=$(cd "$1" && pwd)
objects=$(mktemp -d)
trap 'rm -rf "$objects"' EXIT
export LC_ALL=C # the order of files is part of the result

cd "$here"
parts=
for source in kernel/*.S kernel/*.c programs/*.c; do
  object=$objects/$(echo "$source" | tr / -).o
  # shellcheck disable=SC2086
  if [ "$source" = kernel/balloon.c ]; then
    "$cc" $GUEST_CFLAGS -c "$source" -o "$object"
  else
    "$cc" $GUEST_CFLAGS -flto -c "$source" -o "$object"
    parts="$parts $object"
  fi
done
# Optimized as one unit: calls push, and an emulator runs a store a hundred times slower than a load.
# shellcheck disable=SC2086
"$cc" $GUEST_CFLAGS -flto=1 -flto-partition=one -flinker-output=nolto-rel -r $parts -o "$out/kernel-without-balloon.o"
link "$out/overcommit-guest.elf" "$out/kernel-without-balloon.o" "$objects/kernel-balloon.c.o"

for source in hostile/*.S; do
  [ -e "$source" ] || continue
  name=$(basename "$source" .S)
  # shellcheck disable=SC2086
  "$cc" $GUEST_CFLAGS -Wa,-I"$here/hostile" -c "$source" -o "$objects/$name.o"
  "$ld" -nostdlib -static --build-id=none -z noexecstack -n -s --no-warn-rwx-segments -T hostile/hostile.ld "$objects/$name.o" -o "$out/hostile/$name.elf"
done

cd "$out"
sha256sum overcommit-guest.elf kernel-without-balloon.o hostile/*.elf > SHA256SUMS
