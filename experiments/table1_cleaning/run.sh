#!/bin/sh
# Table 1 and its baselines, CPU size: sh experiments/table1_cleaning/run.sh <folder with CIFAR-10 and its counts> [runs] [seeds]
# Whatever has finished is found again, so it can be stopped and started at will.
set -eu
DATA=$1
RUNS=${2:-runs}
SEEDS=${3:-0 1}
HERE=$(dirname "$0")
ROBUST="ssl=simclr ssl.epochs=100 tuning=fine_tune"
VANILLA="method=cross_entropy ssl=none tuning=full posteriors=in_sample backbone.dropout=0.0"

simulate() { alc-simulate -cd "$HERE" -cn recipe data.root="$DATA" paths.runs="$RUNS" "$@"; }
clean() { # NAME SIMULATION [SETTING...]: 1,635 samples, 32.7 % of all, then accuracy before and after
    name=$1 simulation=$2
    shift 2
    alc-clean paths.runs="$RUNS" labels.simulation="$simulation" labels.samples=1635 name="$name" "$@"
    alc-evaluate paths.runs="$RUNS" clean="$name" name="accuracy_$name" upper_bound="$BOUND"
}

for SEED in $SEEDS; do
    simulate seed="$SEED" name="vanilla_$SEED"
    simulate seed="$SEED" name="coteaching_$SEED" method=co_teaching
    simulate seed="$SEED" name="bald_$SEED" selector=bald posteriors=mc_dropout backbone.dropout=0.5
    simulate seed="$SEED" name="ssl_$SEED" $ROBUST
    simulate seed="$SEED" name="elr_$SEED" method=elr
    BOUND=true
    clean "row1_$SEED" "vanilla_$SEED"
    clean "row4_$SEED" "ssl_$SEED"
    BOUND=false
    clean "row2_$SEED" "bald_$SEED" $VANILLA
    clean "row3_$SEED" "ssl_$SEED" $VANILLA
    clean "row5_$SEED" "vanilla_$SEED" $ROBUST
    clean "row6_$SEED" "coteaching_$SEED"
    clean "row7_$SEED" "elr_$SEED"
    clean "random_$SEED" "vanilla_$SEED" labels.selector=random
    clean "argmax_$SEED" "vanilla_$SEED" treatment=argmax
    clean "argmax_all_$SEED" "vanilla_$SEED" treatment=argmax treatment.everywhere=true
    clean "dropped_$SEED" "vanilla_$SEED" treatment=dropped
    clean "new_$SEED" "vanilla_$SEED" treatment=new_samples
done
