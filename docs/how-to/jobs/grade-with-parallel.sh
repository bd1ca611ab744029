#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Grades a class on several hosts: grade-with-parallel.sh LAB, in a folder that all of them see, with submissions/ and hosts in it.
set -eu
lab=${1:?which lab?}
mkdir -p results
(cd submissions && printf '%s\n' *) | parallel --sshloginfile hosts --workdir "$PWD" --joblog grade.log --resume \
  overcommit grade "$lab" --submission submissions/{} --student {} --format json --out results/{}.json --quiet --exit-policy ran
