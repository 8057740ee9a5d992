#!/bin/sh
# Everything in this folder from nothing: trains what no run has yet, plays all settings, rewrites tables and figures.
# Usage: sh experiments/leaderboard/run.sh DATA      DATA: folder with CIFAR-10, cifar10h-counts.npy, CIFAR-10_human.pt
set -eu
data=$1
cd "$(dirname "$0")/../.."
export OMP_NUM_THREADS="${OMP_NUM_THREADS:-1}"
alc-leaderboard -cd experiments/leaderboard -cn digits
for recipe in best noisier cifar10n claims; do
  alc-leaderboard -cd experiments/leaderboard -cn "$recipe" data.root="$data"
done
python -m experiments.leaderboard.collect --runs runs
