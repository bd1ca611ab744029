#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Grades a class as an array of jobs: sbatch grade-with-slurm.sh LAB, in the folder with submissions/ in it; 1-200: as many as there are.
#SBATCH --job-name=grade
#SBATCH --array=1-200%32
#SBATCH --time=00:05:00
#SBATCH --mem=1G
set -eu
lab=${1:?which lab?}
mkdir -p results
student=$(cd submissions && printf '%s\n' * | sed -n "${SLURM_ARRAY_TASK_ID}p")
[ -n "$student" ] || exit 0
exec overcommit grade "$lab" --submission "submissions/$student" --student "$student" --format json --out "results/$student.json" --quiet --exit-policy ran
