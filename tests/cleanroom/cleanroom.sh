#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Runs commands as a new user would: on a minimal Debian in a folder, in a fresh clone, as an ordinary user with sudo.
# Called by `./dev cleanroom`; `usage` below says how.
#
#   this script -- removes the room in the end, whatever happens
#     `- unshare: a mount, PID and UTS namespace of its own; it dies with this script, and everything mounted goes with it
#          `- inside: mounts proc, sys, dev, enters the room, runs the commands one after the other
set -euo pipefail
root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.." && pwd)
user=student home=home/student
readonly base_age_days=30

usage() {
  cat <<'USAGE'
usage: ./dev cleanroom [OPTION...] [COMMAND...]

Makes a minimal Debian in a folder, clones the committed tree into it, and runs each COMMAND there as an ordinary user with
sudo. A COMMAND is one line for the shell, in quotes: ./dev cleanroom './dev demo' './dev run doctor'. Without a COMMAND it
runs the commands of README's section "Two commands". The folder is removed in the end, also after Ctrl-C.

  --suite SUITE   bookworm (Debian 12, the default) or trixie (Debian 13)
  --arch ARCH     amd64 or arm64; the default is this machine's. Another machine's programs need qemu-user-static, and a COMMAND
                  takes ten times as long. Without a COMMAND, arm64 on amd64 means ./dev arm64 in a room of both: a cross
                  compiler builds, and only what was built is emulated
  --first         without a COMMAND: only the first one of README
  --list          only prints the commands that README has
  --copy FILE     also copies FILE into the user's home; may be given several times
  --out FOLDER    in the end, if all went well, copies what the commands left in ~/out to FOLDER
  --keep          keeps the folder and says where it is
  --fresh         downloads the base again (it is kept for 30 days)
  --base          only makes the base, a tar file of the minimal Debian, and prints its name

Exit codes: that of the first command that fails; 77 if there can be no clean room here; 2 for wrong arguments.
USAGE
}

say() { printf '\033[1m==> %s\033[0m\n' "$*" >&2; }
wrong() {
  printf 'dev cleanroom: %s\n' "$*" >&2
  exit 2
}
cannot() {
  printf 'dev cleanroom: no clean room here: %s\n' "$*" >&2
  exit 77
}

# ---- inside the namespaces: pid 1, still with the whole machine's files ------------------------------------------------------------
if [[ ${1:-} == --inside ]]; then
  room=$2
  shift 2
  mount --make-rprivate /
  mount --bind "$room" "$room"
  mount -t proc proc "$room/proc"
  mount -t sysfs -o ro sysfs "$room/sys"
  mount -t tmpfs -o mode=755 tmpfs "$room/dev"
  mkdir "$room/dev/pts" "$room/dev/shm"
  mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts "$room/dev/pts"
  mount -t tmpfs -o mode=1777 tmpfs "$room/dev/shm"
  ln -s pts/ptmx "$room/dev/ptmx"
  ln -s /proc/self/fd "$room/dev/fd"
  ln -s /proc/self/fd/0 "$room/dev/stdin"
  ln -s /proc/self/fd/1 "$room/dev/stdout"
  ln -s /proc/self/fd/2 "$room/dev/stderr"
  for device in null zero full random urandom tty; do
    : >"$room/dev/$device"
    mount --bind "/dev/$device" "$room/dev/$device"
  done
  hostname cleanroom
  # The room becomes the root of this mount namespace, as on a machine of its own: a chroot would forbid user namespaces.
  mkdir -p "$room/.outside"
  cd "$room"
  pivot_root . .outside
  umount -l /.outside
  rmdir /.outside
  export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
  for command in "$@"; do
    say "clean room: $command"
    began=$SECONDS code=0
    runuser -u "$user" -- env -i HOME="/$home" USER="$user" LOGNAME="$user" SHELL=/bin/bash TERM="${TERM:-dumb}" LANG=C.UTF-8 \
      PATH=/usr/local/bin:/usr/bin:/bin bash -c "cd ~/overcommit && $command" || code=$?
    say "clean room: $command: exit code $code after $((SECONDS - began)) s"
    ((code == 0)) || exit "$code"
  done
  exit 0
fi

# ---- arguments ---------------------------------------------------------------------------------------------------------------------
suite=bookworm arch='' out='' first=0 keep=0 fresh=0 only_base=0 list=0
copies=()
while (($#)); do
  case $1 in
    --suite | --arch | --copy | --out) (($# > 1)) || wrong "$1 needs a value" ;;&
    --suite) suite=$2 && shift ;;
    --arch) arch=$2 && shift ;;
    --out) out=$2 && shift ;;
    --copy)
      [[ -e $2 ]] || wrong "--copy: there is no file '$2'"
      copies+=("$(readlink -f "$2")") && shift
      ;;
    --first) first=1 ;;
    --keep) keep=1 ;;
    --fresh) fresh=1 ;;
    --base) only_base=1 ;;
    --list) list=1 ;;
    --help | -h)
      usage
      exit 0
      ;;
    --*) wrong "there is no option '$1'; ./dev cleanroom --help lists them" ;;
    *) break ;;
  esac
  shift
done
[[ $suite == bookworm || $suite == trixie ]] || wrong "--suite takes bookworm or trixie, not '$suite'"
[[ ${arch:-amd64} == amd64 || $arch == arm64 ]] || wrong "--arch takes amd64 or arm64, not '$arch'"
commands=("$@")
[[ ${commands[0]:-} != ./dev ]] || wrong "each command is one argument; put it in quotes: './dev ${commands[1]:-demo}'"

# The lines of the first code block of README's section, without their comments.
readme_commands() {
  awk '/^## /{inside = /^## Two commands$/} inside && /^```/{block++} inside && block == 1 && /^\.\//' "$root/README.md" |
    sed 's/ *#.*//' | { if ((first)); then head -n 1; else cat; fi; }
}
[[ -n $(readme_commands) ]] || wrong 'README.md has no commands in its section "Two commands"'
if ((list)); then
  readme_commands
  exit 0
fi

((EUID == 0)) || cannot "it mounts file systems, so run it as root: sudo ./dev cleanroom"
command -v mmdebstrap >/dev/null || cannot "mmdebstrap is missing; install it: apt-get install mmdebstrap"
unshare --mount --pid --uts --fork true 2>/dev/null || cannot "this machine does not allow namespaces (a container without privileges?)"
native=$(dpkg --print-architecture)
arch=${arch:-$native}
architectures=$arch
if ((${#commands[@]} == 0)) && [[ $native-$arch == amd64-arm64 ]]; then
  architectures=$native,$arch
  commands=("./dev arm64")
elif [[ $arch != "$native" ]] && ! arch-test "$arch" >/dev/null 2>&1; then
  cannot "this machine cannot run programs for $arch; install qemu-user-static, and see that /proc/sys/fs/binfmt_misc is mounted"
fi

if ((${#commands[@]} == 0)); then
  mapfile -t commands < <(readme_commands)
fi

# ---- a folder for this call, which is removed in the end ---------------------------------------------------------------------------
cache=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/overcommit/cleanroom
mkdir -p "$cache"
folders=${TMPDIR:-/var/tmp}
exec 7>"$cache/folders.lock"
flock 7
# What a call left that was killed: its lock is free, nothing of it is mounted.
for old in "$folders"/overcommit-cleanroom.*.lock; do
  if [[ -e $old ]] && flock -n "$old" true; then
    rm -rf --one-file-system "${old%.lock}" "$old"
  fi
done
folder=$(mktemp -d "$folders/overcommit-cleanroom.XXXXXX")
exec 9>"$folder.lock"
flock 9
flock -u 7
chmod 755 "$folder"
room=$folder/room
mkdir "$room"

child=
# shellcheck disable=SC2317 # called by the trap
remove() {
  local code=$?
  trap '' INT TERM HUP
  if [[ -n $child ]]; then
    kill -KILL "$child" 2>/dev/null || true
    wait "$child" 2>/dev/null || true
  fi
  if ((keep)); then
    rm -f "$folder.lock"
    say "the folder of the clean room is kept: $room"
  else
    rm -rf --one-file-system "$folder" "$folder.lock"
  fi
  exit "$code"
}
trap remove EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# In namespaces that die with this script, and all mounts with them. In the background, because only `wait` lets the traps act at once; it may
# read what is typed all the same. Without our locks: mmdebstrap has a shell write to the next free descriptor, which must have one digit.
apart() { # COMMAND...
  local code=0
  setpriv --pdeathsig KILL unshare --mount --mount-proc --pid --uts --fork --kill-child=KILL "$@" <&0 7>&- 8>&- 9>&- &
  child=$!
  wait "$child" || code=$?
  child=
  return "$code"
}

# ---- the base: a tar file of a minimal system, kept between calls ------------------------------------------------------------------
base=$cache/$suite-${architectures/,/-}.tar

# The archives and the settings of apt on this machine, for another suite: one line of sources.list each.
sources() {
  # shellcheck disable=SC2016
  apt-get indextargets --format '$(ORIGIN) $(LABEL) $(REPO_URI)' 'Created-By: Packages' 2>/dev/null | sort -u | while read -r origin label uri; do
    case $origin/$label in
      Debian/Debian-Security) echo "deb $uri $suite-security main" ;;
      Debian/Debian)
        echo "deb $uri $suite main"
        echo "deb $uri $suite-updates main"
        ;;
    esac
  done
}
# Proxies, time-outs, and whether dates are believed.
apt_settings() { apt-config dump | grep -E '^Acquire::(https?|Check-|Retries|ForceIPv)[^ ]* "[^"]+";$' || true; }

make_base() {
  local settings=$folder/settings list=$folder/list
  apt_settings >"$settings"
  sources >"$list"
  # Before the first `apt-get update` nothing is known of this machine's archives: mmdebstrap's own default is used then.
  [[ -s $list ]] || apt-get update -qq >&2 || true
  [[ -s $list ]] || sources >"$list"
  local -a from=()
  [[ ! -s $list ]] || from=("$list")
  say "making the base of $suite for $arch"
  TMPDIR=$folder apart mmdebstrap --quiet --format=tar --variant=minbase --architectures="$architectures" --include=sudo,ca-certificates \
    --aptopt="$settings" "$suite" "$folder/base" "${from[@]}" >&2 ||
    cannot "mmdebstrap could not make a minimal $suite for $arch; the reason is above (no network? a full disk?)"
  mv "$folder/base" "$base.new" && mv "$base.new" "$base"
}

exec 8>"$base.lock"
flock 8
((fresh == 0)) || rm -f "$base"
[[ -z $(find "$base" -mtime "+$base_age_days" 2>/dev/null) ]] || rm -f "$base"
[[ -s $base ]] || make_base
if ((only_base)); then
  echo "$base"
  exit 0
fi

# ---- the room ----------------------------------------------------------------------------------------------------------------------
tar -x -f "$base" -C "$room" --numeric-owner --xattrs --xattrs-include='*'
flock -u 8
cp -L /etc/resolv.conf "$room/etc/resolv.conf" 2>/dev/null || true
cp -L /etc/hosts "$room/etc/hosts"
echo cleanroom >"$room/etc/hostname"
grep -q cleanroom "$room/etc/hosts" || echo "127.0.1.1 cleanroom" >>"$room/etc/hosts"
chroot "$room" useradd --create-home --shell /bin/bash "$user"
echo "$user ALL=(ALL) NOPASSWD: ALL" >"$room/etc/sudoers.d/$user"
[[ -z $(git -c safe.directory='*' -C "$root" status --porcelain 2>/dev/null) ]] || say "changes that are not committed are not in the clean room"
git -c safe.directory='*' clone -q --no-local "file://$root" "$room/$home/overcommit" 2>&1 | grep -v 'depth' >&2 || true
[[ -f $room/$home/overcommit/README.md ]] || cannot "the committed tree could not be cloned from $root"
for file in "${copies[@]}"; do
  cp -r "$file" "$room/$home/"
done
chroot "$room" chown -R "$user:" "/$home"

code=0
apart bash "${BASH_SOURCE[0]}" --inside "$room" "${commands[@]}" || code=$?
if ((code == 0)) && [[ -n $out ]]; then
  [[ -d $room/$home/out ]] || wrong "--out: the commands left no folder ~/out"
  mkdir -p "$out"
  cp -r "$room/$home/out/." "$out/"
fi
exit "$code"
