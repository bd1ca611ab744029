#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Makes a release in build/release/VERSION: source archive, Debian packages, SPDX list of what is in them, checksums. Called by
# `./dev release`. The archive has the same bytes wherever it is made from the same commit.
set -euo pipefail
root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)
cd "$root"
export LC_ALL=C.UTF-8 TZ=UTC
umask 022

say() { printf '\033[1m==> %s\033[0m\n' "$*" >&2; }
die() {
  printf 'dev release: %s\n' "$*" >&2
  exit 1
}

(($# == 0)) || die "release takes no argument: it makes the version that CMakeLists.txt names, from the commit that is checked out"
for tool in git:git reuse:reuse gzip:gzip sha256sum:coreutils dpkg-deb:dpkg readelf:binutils; do
  command -v "${tool%:*}" >/dev/null || die "${tool%:*} is missing. Install it, then call ./dev release again:
    apt-get install -y --no-install-recommends ${tool#*:}"
done

# ---- whether there is something to release -----------------------------------------------------------------------------------------
top=$(git rev-parse --show-toplevel 2>&1) || die "$root is not a git clone that you can use; git says:
    $top
    A release is made from a commit: clone the repository and call ./dev release there."
[[ $top == "$root" ]] || die "$root is only a folder in the clone $top: a release is made from a clone of Overcommit itself."
commit=$(git rev-parse --verify -q HEAD) || die "this clone has no commit yet; commit the tree that you want to release."
changed=$(git status --porcelain --untracked-files=normal --ignore-submodules=none)
if [[ -n $changed ]]; then
  die "these files are changed, or new and not committed, so that nobody else could make the same release:
$(sed '11s/.*/.../; s/^/    /; 11q' <<<"$changed")
    Commit them, or put them away (git stash --include-untracked), then call ./dev release again."
fi
version=$(sed -n 's/^project([a-z]* VERSION \([0-9]*\.[0-9]*\.[0-9]*\) .*/\1/p' CMakeLists.txt)
[[ $version =~ ^[0-9]+\.[0-9]+\.[0-9]+$ ]] || die "CMakeLists.txt has no line like 'project(overcommit VERSION 1.2.3 ...': give it one."
[[ -f CHANGELOG.md ]] || die "CHANGELOG.md is missing: write what is new in $version under a heading '## [$version] - $(date +%F)'."
heading=$(grep -m 1 '^## ' CHANGELOG.md || true)
case $heading in
  "## [$version] - "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]) ;;
  "## [$version]"*) die "the heading of version $version in CHANGELOG.md has no date: write '## [$version] - $(date +%F)'." ;;
  '## [Unreleased]'*) die "CHANGELOG.md begins with changes that are in no version. Give them the heading '## [$version] - $(date +%F)', or raise
    the version in CMakeLists.txt first." ;;
  *) die "the newest heading of CHANGELOG.md is '${heading:-none}', but CMakeLists.txt has version $version. Write what is new under the
    heading '## [$version] - $(date +%F)', or correct the version." ;;
esac
if tagged=$(git rev-parse --verify -q "refs/tags/v$version^{commit}") && [[ $tagged != "$commit" ]]; then
  die "version $version was released before: the tag v$version is on commit ${tagged:0:12}, and this is ${commit:0:12}.
    Raise the version in CMakeLists.txt, and begin a section for it in CHANGELOG.md."
fi
grep -q '^command_package()' dev || die "this tree has no './dev package', so there are no Debian packages to release."

# Debian's own interpreter: apt installs modules for that one.
/usr/bin/python3 -c 'import debian.copyright' 2>/dev/null || die "the Python module debian is missing. Install it, then call ./dev release again:
    apt-get install -y --no-install-recommends python3-debian"

# ---- the release, in a folder of its own until it is whole -------------------------------------------------------------------------
mkdir -p build/release
made=$(mktemp -d "build/release/unfinished.XXXXXX")
sources=$(mktemp -d)
trap 'rm -rf "$made" "$sources"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

name=overcommit-$version
say "$name.tar.gz"
# Settings of whoever makes it must not change a byte.
git -c tar.umask=022 -c core.autocrlf=false -c core.attributesFile=/dev/null archive --format=tar --prefix="$name/" "$commit" |
  gzip -9 -n >"$made/$name.tar.gz"
tar -x -z -f "$made/$name.tar.gz" -C "$sources"

say "Debian packages"
./dev package >"$sources/packages" || die "the packages could not be made; the reason is above."
mapfile -t packages < <(grep '\.deb$' "$sources/packages" || true)
((${#packages[@]})) || die "./dev package named no package that it has made."
cp "${packages[@]}" "$made/"
[[ -z $(git status --porcelain) ]] || die "making the packages changed files of the tree: $(git status --porcelain | head -n 3)"

say "$name.spdx.json"
/usr/bin/python3 -B cmake/sbom.py --source "$sources/$name" --archive "$made/$name.tar.gz" --version "$version" \
  --date "$(git log -1 --format=%ct "$commit")" --output "$made/$name.spdx.json" "$made"/*.deb

(cd "$made" && sha256sum -- * >"$sources/SHA256SUMS" && mv "$sources/SHA256SUMS" . && sha256sum --quiet --check SHA256SUMS)
chmod 755 "$made"
rm -rf "build/release/$version"
mv "$made" "build/release/$version"
say "build/release/$version is made from commit ${commit:0:12}:"
cat "build/release/$version/SHA256SUMS"
[[ -n ${tagged:-} ]] || say "to publish it, tag the commit: git tag -a v$version -m 'Overcommit $version' $commit"
