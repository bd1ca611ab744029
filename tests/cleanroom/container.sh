#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Builds the image of Containerfile from a minimal Debian, runs it as a user would, and looks at its page from outside. Everything,
# images included, is in a folder that is removed in the end.
#   container.sh [--suite trixie|bookworm] [--keep-image FILE.tar]
# Exit codes: 0; 1 if something is wrong; 2 for wrong arguments; 77 where no container can be built or run, with the reason.
set -euo pipefail
root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.." && pwd)

say() { printf '\033[1m==> %s\033[0m\n' "$*" >&2; }
die() {
  printf 'container: %s\n' "$*" >&2
  exit 1
}
cannot() {
  printf 'container: no container here: %s\n' "$*" >&2
  exit 77
}

suite=trixie kept=''
while (($#)); do
  case $1 in
    --suite) suite=${2:-} && shift 2 ;;
    --keep-image) kept=$(readlink -f "${2:?--keep-image needs a file name}") && shift 2 ;;
    *)
      printf 'container: there is no argument "%s"; it takes --suite trixie or bookworm, and --keep-image FILE.tar\n' "$1" >&2
      exit 2
      ;;
  esac
done

((EUID == 0)) || cannot "a base is made by root: sudo bash tests/cleanroom/container.sh"
for program in buildah podman git python3; do
  command -v "$program" >/dev/null || cannot "$program is missing; install it: apt-get install $program"
done
base=$(bash "$root/tests/cleanroom/cleanroom.sh" --suite "$suite" --base) || cannot "there is no minimal Debian to begin with; the reason is above"

folder=$(mktemp -d "${TMPDIR:-/var/tmp}/overcommit-container.XXXXXX")
store=(--root "$folder/store" --runroot "$folder/run" --storage-driver vfs)
# Without /etc/containers and /var/lib/cni: slirp4netns leaves no bridge and no firewall rules behind.
podman=(podman "${store[@]}" --cgroup-manager cgroupfs --events-backend none --tmpdir "$folder/tmp")
remove() {
  local code=$? mounted
  trap '' INT TERM HUP
  "${podman[@]}" rm --all --force --time 5 >/dev/null 2>&1 || true
  while read -r mounted; do umount -l "$mounted" || true; done < <(awk -v "of=$folder/" 'index($2, of) == 1 { print $2 }' /proc/mounts | sort -r)
  rm -rf --one-file-system "$folder"
  exit "$code"
}
trap remove EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# ---- build -------------------------------------------------------------------------------------------------------------------------
say "the base: $suite"
"${podman[@]}" import --quiet "$base" overcommit-base >/dev/null || cannot "podman cannot take a base; the reason is above"
mkdir "$folder/tree"
git -c safe.directory='*' -C "$root" archive HEAD | tar -x -C "$folder/tree"
began=$SECONDS
# chroot: it needs neither control groups nor namespaces of its own.
buildah "${store[@]}" bud --isolation chroot --network host --build-arg BASE=localhost/overcommit-base --tag overcommit "$folder/tree" >&2 ||
  die "the image could not be built; the reason is above"
say "the image is built, in $((SECONDS - began)) s: $("${podman[@]}" images --format '{{.Size}}' localhost/overcommit)"
[[ -z $kept ]] || "${podman[@]}" save --quiet --output "$kept" localhost/overcommit

# ---- run ---------------------------------------------------------------------------------------------------------------------------
# The limits that podman would set may be above those that this machine allows.
run=(run --ulimit "nofile=1024:$(ulimit -Hn)" --ulimit nproc=4096:4096)
runtime=''
for name in crun runc; do
  if command -v "$name" >/dev/null && "${podman[@]}" --runtime "$name" "${run[@]}" --rm --network none overcommit true 2>"$folder/why"; then
    runtime=$name
    break
  fi
done
[[ -n $runtime ]] || cannot "the image is built, but podman cannot run it: $(cat "$folder/why" 2>/dev/null || echo "neither crun nor runc is installed")"
command -v slirp4netns >/dev/null || cannot "the image is built, but slirp4netns is missing; install it: apt-get install slirp4netns"
podman+=(--runtime "$runtime")
inside() { "${podman[@]}" "${run[@]}" --rm --network none overcommit "$@"; }

say "the command, as an ordinary user (by $runtime)"
[[ $(inside id -u) == 1000 ]] || die "programs in the container do not run as the ordinary user"
inside overcommit run /usr/share/overcommit/labs/scenarios/scripts-only.toml --quiet || die "a scenario does not run in the container"
inside overcommit doctor || die "doctor found something missing in the container"
inside bash -c 'overcommit lab start 3 lab --student ada && overcommit grade 3 --submission lab >/dev/null; (($? <= 1))' ||
  die "a lab cannot be graded in the container"

say "the page"
port=$(/usr/bin/python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
"${podman[@]}" "${run[@]}" --detach --name web --network slirp4netns --publish "127.0.0.1:$port:6080" overcommit >/dev/null ||
  die "the container does not start"
for _ in $(seq 300); do
  password=$("${podman[@]}" logs web 2>/dev/null | sed -n 's|^ *http://127.0.0.1:6080/#||p')
  [[ -z $password ]] || break
  sleep 0.1
done
[[ -n $password ]] || die "overcommit-web printed no address: $("${podman[@]}" logs web 2>&1)"
/usr/bin/python3 "$root/tests/web/reach.py" "http://127.0.0.1:$port/#$password" 120 || die "the page does not work from outside"
"${podman[@]}" stop --time 10 web >/dev/null
code=$("${podman[@]}" inspect --format '{{.State.ExitCode}}' web)
[[ $code == 0 ]] || die "overcommit-web ended with $code when the container was stopped: $("${podman[@]}" logs web 2>&1)"
say "the container works: built, run, seen from outside, and stopped"
