#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Makes the Debian packages for the suite that this machine runs; `./dev package` calls it.
#   package.sh BUILD-FOLDER           makes them there, and prints their names
#   package.sh BUILD-FOLDER --check   also makes them in two other folders: all must have the same bytes, and lintian no error
# Flags, dates, order and file modes come from here, not from who builds.
set -euo pipefail
source=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)
cd "$source"

say() { printf '\033[1m==> %s\033[0m\n' "$*" >&2; }
die() {
  printf 'dev package: %s\n' "$*" >&2
  exit 1
}
build=${1:?which folder to build in?}
check=0
case ${2:-} in
  '') ;;
  --check) check=1 ;;
  *) die "package takes no argument but --check, not '$2'" ;;
esac
command -v dpkg-buildflags >/dev/null || die "packages are made on Debian and systems like it: there is no dpkg-buildflags here"

# Everything dated is dated as the last commit; the files of a source archive have that date.
if [[ -z ${SOURCE_DATE_EPOCH:-} ]]; then
  SOURCE_DATE_EPOCH=$(git log -1 --format=%ct 2>/dev/null || stat -c %Y CMakeLists.txt)
fi
export SOURCE_DATE_EPOCH LC_ALL=C TZ=UTC
umask 022

# Debian's flags: hardening, and no path of this machine in what is built.
export DEB_BUILD_MAINT_OPTIONS="hardening=+all reproducible=+all,-fixfilepath,-fixdebugpath"
export DEB_CXXFLAGS_MAINT_STRIP="-g"
DEB_CXXFLAGS_MAINT_APPEND="-DNDEBUG -ffile-prefix-map=$(printf %q "$source")=."
export DEB_CXXFLAGS_MAINT_APPEND
CXXFLAGS="$(dpkg-buildflags --get CXXFLAGS) $(dpkg-buildflags --get CPPFLAGS)"
LDFLAGS=$(dpkg-buildflags --get LDFLAGS)
# They are given below, whatever this shell has.
unset CFLAGS CPPFLAGS

rm -rf "$build"/*.deb "$build"/_CPack_Packages
cmake --preset package -B "$build" -DCMAKE_CXX_FLAGS="$CXXFLAGS" -DCMAKE_EXE_LINKER_FLAGS="$LDFLAGS" >&2
cmake --build "$build" -j "$(nproc)" >&2
(cd "$build" && cpack) >&2
ls "$build"/*.deb
((check)) || exit 0

# ---- --check -----------------------------------------------------------------------------------------------------------------------
command -v lintian >/dev/null || die "lintian is missing. Install it, then call ./dev package --check again: apt-get install lintian"
say "lintian"
lintian --allow-root --fail-on error "$build"/*.deb >&2 || die "lintian found errors; they are above"

rooms=$(mktemp -d)
trap 'rm -rf "$rooms"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
names=()
for deb in "$build"/*.deb; do names+=("${deb##*/}"); done
for name in "${names[@]}"; do dpkg-deb -x "$build/$name" "$rooms/unpacked"; done
say "no path of this machine in $(find "$rooms/unpacked" -type f | wc -l) files"
! grep -rlF -- "$source" "$rooms/unpacked" >&2 || die "the files above contain $source"
! find "$rooms/unpacked" -name '*hostile*' | grep . >&2 || die "hostile test guests are in the packages"
for program in overcommit overcommit-gui; do
  headers=$(readelf -hldW "$rooms/unpacked/usr/bin/$program")
  for sign in 'DYN (Position' GNU_RELRO BIND_NOW; do grep -qF "$sign" <<<"$headers" || die "$program is not hardened: it lacks $sign"; done
  ! grep -q '\.symtab' <<<"$(readelf -SW "$rooms/unpacked/usr/bin/$program")" || die "$program is not stripped"
done

# The same sources elsewhere, by somebody with other habits: another umask, language and time zone, and a folder with a blank in its name.
for room in "$rooms/a" "$rooms/quite another folder/b"; do
  say "the packages again, in $room"
  umask 077
  mkdir -p "$room"
  { git ls-files -z --cached --others --exclude-standard 2>/dev/null || find . -path ./build -prune -o -type f -print0; } |
    tar --create --null --files-from=- --ignore-failed-read | tar --extract --touch --no-same-permissions --directory="$room"
  (cd "$room" && TZ=Asia/Tokyo LANG=C.UTF-8 bash cmake/package.sh build/elsewhere >/dev/null)
  for name in "${names[@]}"; do
    cmp "$build/$name" "$room/build/elsewhere/$name" || die "$name is not the same when it is built in $room"
  done
  rm -rf "$room"
done
say "the packages are the same in three folders: $(cd "$build" && sha256sum "${names[@]}" | cut -c 1-16 | tr '\n' ' ')"
