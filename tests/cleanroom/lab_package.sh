#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Tries what `overcommit lab package` makes, where a platform would use it: makes graders on a clean system, takes Overcommit and its
# libraries away again, sets each grader up by its own script, and grades with it.
# Run it inside a minimal system, as an ordinary user with sudo: lab_package.sh FOLDER      FOLDER has the .deb files
# shellcheck disable=SC2024 # logs are this user's
set -euo pipefail
debs=$(readlink -f "${1:?which folder has the .deb files?}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export LC_ALL=C.UTF-8
unset OVERCOMMIT_LABS OVERCOMMIT_GUESTS OVERCOMMIT_SDK OVERCOMMIT_LAB_SECRET

say() { printf '\033[1m==> %s\033[0m\n' "$*" >&2; }
die() {
  printf 'lab_package: %s\n' "$*" >&2
  exit 1
}
((EUID != 0)) || die "run it as an ordinary user with sudo"
apt=(sudo env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0)

# The system again as it was: without everything that was installed since.
dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' | awk '/^ii/ {print $2}' | sort >clean
as_it_was() {
  mapfile -t more < <(dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' | awk '/^ii/ {print $2}' | sort | comm -13 clean -)
  ((${#more[@]} == 0)) || "${apt[@]}" purge -y "${more[@]}" >/dev/null
  ! dpkg-query -W 'libunicorn2*' 2>/dev/null | grep -q '[0-9]$' || die "libunicorn2 is still there"
}

say "making the graders"
"${apt[@]}" update
"${apt[@]}" install -y --no-install-recommends "$debs"/overcommit_*.deb "$debs"/overcommit-teacher_*.deb >/dev/null
for lab in 3 4; do
  for platform in gradescope classroom50; do
    overcommit lab package "$lab" "$platform-$lab" --for "$platform"
    find "$platform-$lab" \( -name '*saboteur*' -o -name reference -o -name 'hostile*' \) | grep . && die "this should not be in a grader"
  done
  cp -r /usr/share/overcommit/teacher/labs/lab-$lab-*/reference "submission-$lab"
done
overcommit --version >version

for lab in 3 4; do
  say "Gradescope, lab $lab: setup.sh, then run_autograder"
  as_it_was
  [[ ! -e /usr/bin/overcommit && ! -e /usr/share/overcommit ]] || die "overcommit is still there"
  sudo rm -rf /autograder
  sudo mkdir -p /autograder
  sudo cp -r "gradescope-$lab" /autograder/source
  sudo cp -r "submission-$lab" /autograder/submission
  echo 'a secret of this teacher' | sudo tee /autograder/source/secret >/dev/null
  echo '{"id": 1, "users": [{"id": 4711, "name": "Ada"}]}' | sudo tee /autograder/submission_metadata.json >/dev/null
  # As root and without anything set, as in an image.
  sudo env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin sh /autograder/source/setup.sh >setup.log 2>&1 ||
    die "setup.sh failed: $(cat setup.log)"
  tail -n 1 setup.log | cmp - version || die "setup.sh did not start the command: $(tail setup.log)"
  sudo env -i PATH=/usr/local/bin:/usr/bin:/bin /autograder/source/run_autograder >run.log 2>&1 || die "run_autograder failed: $(cat run.log)"
  # For the test alone, and after the grading.
  "${apt[@]}" install -y --no-install-recommends python3 >/dev/null
  python3 - /autograder/results/results.json "$lab" <<'PYTHON'
import json, sys
results = json.load(open(sys.argv[1]))
print("score", results["score"], "of", sum(test.get("max_score", 0) for test in results["tests"]))
built = [test for test in results["tests"] if test["number"].startswith("4." if sys.argv[2] == "3" else "3.")]
assert built and all(test["score"] == test["max_score"] for test in built), built
assert results["extra_data"]["complete"], results
PYTHON

  say "Classroom 50, lab $lab: what Containerfile does, then grade"
  as_it_was
  base=$(sed -n 's/^ARG BASE=//p' "classroom50-$lab/Containerfile")
  # shellcheck source=/dev/null
  this=$(. /etc/os-release && echo "$ID:${VERSION_ID:-}")
  [[ $base == "$this"* ]] || die "the Containerfile begins with $base, and this is $this"
  sudo rm -rf /opt/grader
  sudo cp -r "classroom50-$lab" /opt/grader
  grep '^RUN' "classroom50-$lab/Containerfile" | sed 's/^RUN //' | while IFS= read -r line; do
    sudo env -i DEBIAN_FRONTEND=noninteractive PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin sh -c "$line" </dev/null >build.log 2>&1 ||
      { cat build.log && exit 1; }
  done || die "a RUN line of the Containerfile failed"
  cp -r "submission-$lab" checkout
  (cd checkout && CLASSROOM=os ASSIGNMENT=lab SUBMISSION_TAG=v1 /opt/grader/grade >/dev/null)
  score=$(grep -o '"score": *[0-9]*' checkout/result.json | tail -n 1 | grep -o '[0-9]*$')
  most=$(grep -o '"max-score": *[0-9]*' checkout/result.json | tail -n 1 | grep -o '[0-9]*$')
  echo "score $score of $most hundredths"
  [[ $score == "$most" && $most -gt 0 ]] || die "the reference has $score of $most: $(cat checkout/result.json)"
  rm -rf checkout
done

say "on another system, setup.sh says so"
as_it_was
mkdir other && cp "gradescope-3/setup.sh" other/ && sed -i 's/libseccomp2/libnosuch99/' other/setup.sh
if sudo sh other/setup.sh >other.log 2>&1; then die "setup.sh did not notice that a package is missing"; fi
grep -q '^setup.sh: .*This grader is built for' other.log || die "setup.sh gave no reason: $(cat other.log)"
sudo rm -rf /autograder /opt/grader
say "the graders work"
