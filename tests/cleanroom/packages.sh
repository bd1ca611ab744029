#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Tries the Debian packages on a clean system: installs them, uses them as an ordinary user, removes them, and looks for what is left.
# Run it inside a minimal system, as an ordinary user with sudo:
#   packages.sh FOLDER [KEEP]     FOLDER has the .deb files; what is worth a look (a picture of the app) is copied to KEEP
set -euo pipefail
debs=$(readlink -f "${1:?which folder has the .deb files?}")
keep=${2:-}
work=$(mktemp -d)
children=()
# shellcheck disable=SC2317 # called by the trap
clean_up() {
  for child in "${children[@]}"; do kill "$child" 2>/dev/null || true; done
  rm -rf "$work"
}
trap clean_up EXIT
cd "$work"
export LC_ALL=C.UTF-8
unset OVERCOMMIT_LABS OVERCOMMIT_GUESTS OVERCOMMIT_SDK OVERCOMMIT_ENGINE OVERCOMMIT_LAB_SECRET

say() { printf '\033[1m==> %s\033[0m\n' "$*" >&2; }
die() {
  printf 'packages: %s\n' "$*" >&2
  exit 1
}
((EUID != 0)) || die "run it as an ordinary user with sudo: what works for root alone is no proof"
apt=(sudo env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0)
# All files of the system but those that come and go.
files() {
  sudo find / -xdev \( -path /proc -o -path /sys -o -path /dev -o -path /tmp -o -path /home -o -path /run -o -path /var/cache \
    -o -path /var/log -o -path /var/lib/apt -o -path /var/lib/dpkg -o -path /var/tmp \) -prune -o -print | sort
}
expect() { # CODE TEXT COMMAND...: the exit code, and a text in what it says
  local wanted=$1 text=$2 code=0
  shift 2
  "$@" >said 2>&1 </dev/null || code=$?
  ((code == wanted)) || die "'$*' ended with $code, not $wanted: $(cat said)"
  grep -qF -- "$text" said || die "'$*' did not say '$text': $(cat said)"
}

# Those that packages for other uses bring are not what is tried here.
packages=(overcommit overcommit-gui overcommit-doc)
all=("$debs"/overcommit_*.deb "$debs"/overcommit-gui_*.deb "$debs"/overcommit-doc_*.deb "$debs"/overcommit-teacher_*.deb)
for deb in "${all[@]}"; do [[ -f $deb ]] || die "$debs lacks ${deb##*/}"; done
! command -v overcommit >/dev/null || die "this is no clean system: it has overcommit"

say "what the packages need"
"${apt[@]}" update
apt-get install -s "${all[@]}" >simulated || die "apt cannot install the packages: $(cat simulated)"
mapfile -t needed < <(awk '$1 == "Inst" && $2 !~ /^overcommit/ {print $2}' simulated)
printf '%s packages: %s\n' "${#needed[@]}" "${needed[*]}" | cut -c -2000
"${apt[@]}" install -y "${needed[@]}" xvfb netpbm >/dev/null
sudo apt-mark auto "${needed[@]}" >/dev/null
files >before

say "a student's machine: apt-get install ${packages[*]}"
"${apt[@]}" install -y "${all[@]:0:3}"

say "the demo"
overcommit --version
overcommit run /usr/share/overcommit/labs/scenarios/demo.toml --quiet --trace demo.octrace --json demo.json
digest=$(sed -n 's/.*"digest": *"\([0-9a-f]*\)".*/\1/p' demo.json | head -n 1)
if [[ -f ~/overcommit/tests/scenario/golden_digests.txt ]]; then
  grep -qx "demo $digest" ~/overcommit/tests/scenario/golden_digests.txt || die "the demo's digest is $digest, which is not the golden one"
fi
say "digest $digest"

say "a lab, as a student does it"
expect 0 'begin with handout.md' overcommit lab start 3 my-lab-3 --student ada
[[ -f my-lab-3/handout.md && -f my-lab-3/match.cpp ]] || die "lab start did not copy handout and starter: $(ls my-lab-3)"
expect 1 '0 of 1 points' overcommit lab check 3 1.3 --submission my-lab-3
sed -i 's/^# before-sharing = .*/before-sharing = "compare"/' my-lab-3/answers.toml
expect 0 '1 of 1 points' overcommit lab check 3 1.3 --submission my-lab-3
# The starter is compiled with the installed headers, and runs confined.
expect 1 '' overcommit lab check 3 4.1 --submission my-lab-3
grep -q 'Your comparison lets equal pages share' said || die "the policy was not judged: $(cat said)"
expect 0 '"lab-3-page-sharing"' overcommit grade 3 --submission my-lab-3 --format json --exit-policy ran
grep -q 'one more check is with your teacher' said || die "the students' side does not say that it lacks a check"
expect 2 'overcommit-teacher' overcommit lab lint 3
solutions=$(find /usr/share/overcommit \( -name reference -o -name 'saboteur*' -o -name teacher -o -name 'hostile*' -o -name '*.elf' ! -name overcommit-guest.elf \))
[[ -z $solutions ]] || die "a student's machine has: $solutions"
! grep -rlE 'after_published|"hidden"|\[\[saboteur' /usr/share/overcommit/labs/*/lab.toml || die "a student's machine has hidden parts of labs"

say "shells complete the command line"
# shellcheck disable=SC2016 # for the inner shell
completed=$(bash -c 'source /usr/share/bash-completion/completions/overcommit; COMP_WORDS=(overcommit lab st); COMP_CWORD=2; _overcommit; echo "${COMPREPLY[*]}"')
[[ $completed == start ]] || die "bash completes 'overcommit lab st' to '$completed'"
[[ -f /usr/share/zsh/vendor-completions/_overcommit && -f /usr/share/fish/vendor_completions.d/overcommit.fish ]]
for page in overcommit overcommit-gui overcommit-web; do grep -q '^\.SH SYNOPSIS' <(zcat "/usr/share/man/man1/$page.1.gz"); done

say "the app"
Xvfb :87 -screen 0 1280x800x24 -fbdir "$work" >xvfb.log 2>&1 &
children+=("$!")
for ((i = 0; i < 100; ++i)); do
  [[ ! -S /tmp/.X11-unix/X87 ]] || break
  sleep 0.1
done
DISPLAY=:87 overcommit-gui --size 1280x800 --at 20s demo.octrace >app.log 2>&1 &
app=$!
children+=("$app")
colours=0
for ((i = 0; i < 120 && colours < 60; ++i)); do
  sleep 0.5
  kill -0 "$app" 2>/dev/null || die "the app ended: $(cat app.log)"
  xwdtopnm Xvfb_screen0 2>/dev/null | pnmtopng >app.png 2>/dev/null || continue
  colours=$(pngtopnm app.png | ppmhist -noheader 2>/dev/null | wc -l) || colours=0
done
((colours >= 60)) || die "the app's window shows $colours colours after a minute: $(cat app.log)"
say "the app shows a picture of $colours colours"
[[ -z $keep ]] || cp app.png "$keep/"
kill "$app"
wait "$app" 2>/dev/null || true
[[ ! -s app.log ]] || { printf 'what the app said:\n' && cat app.log; } >&2

say "overcommit-web says what it needs"
expect 0 '--port' overcommit-web --help
expect 77 'tigervnc-standalone-server' overcommit-web --port 6080

say "a teacher's machine: apt-get install overcommit-teacher"
"${apt[@]}" install -y "${all[3]}"
expect 0 'The lab can be published.' overcommit lab lint 3
reference=/usr/share/overcommit/teacher/labs/lab-3-page-sharing/reference
mkdir -p submissions && cp -r "$reference" submissions/ada && cp -r my-lab-3 submissions/bob
head -c 32 /dev/urandom | base64 >secret
export OVERCOMMIT_LAB_SECRET=@$work/secret
expect 0 '' overcommit grade 3 --many submissions --out results --gradebook book.csv
cat book.csv
{ grep -q '^ada,[0-9.]*,19,[a-z]*,true,' book.csv && grep -q '^bob,1,19,false,true,' book.csv; } || die "the gradebook is not as it should be"
expect 0 '19 of 19 points' overcommit grade 3 --submission "$reference"
# The guest's driver is built with what is installed.
expect 0 '' overcommit lab check 4 3.1 --submission /usr/share/overcommit/teacher/labs/lab-4-balloon/reference

say "apt-get purge"
sudo find /usr/share/overcommit -name __pycache__ | grep . && die "Python left files in /usr/share/overcommit"
"${apt[@]}" purge -y "${packages[@]}" overcommit-teacher
files >after
comm -13 before after >left
[[ ! -s left ]] || die "apt-get purge leaves $(cat left)"
comm -23 before after >gone
[[ ! -s gone ]] || die "apt-get purge took $(cat gone)"
say "the packages work, and nothing is left of them"
