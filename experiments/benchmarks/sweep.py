"""What a sweep costs beside its trainings: python experiments/benchmarks/sweep.py.

60 points on digits, 4 noise rates x 5 selectors x 3 seeds, in a folder of its own: once with 3 seeds of the annotators
(4 trainings), once with 3 seeds of everything (12 trainings), then the same command again.  The trainings alone are
``alc-train -m`` in another folder.  The bound is 1.3 times these and a second for each point; on a machine that does
other work at the same time only the seconds of CPU mean anything.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

RATES = "noise.rate=0.1,0.2,0.3,0.4"
SELECTORS = "selector=cross_entropy,joint,entropy,self_confidence,oracle"
SEEDS = {"annotators": "seeds.annotator=0,10,20", "everything": "seed=0,1,2"}
POINTS = 60


def seconds(folder: Path, task: str, *arguments: str) -> tuple[float, float]:
    """Wall and CPU seconds of a sweep."""
    command = [str(Path(sys.executable).with_name(f"alc-{task}")), "-m", *arguments]
    begin, before = time.perf_counter(), os.times()
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    after = os.times()
    cpu = after.children_user - before.children_user + after.children_system - before.children_system
    return time.perf_counter() - begin, cpu


def finished(folder: Path, task: str) -> int:
    return len(list((folder / "runs" / task).glob("*/manifest.json")))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--seeds", choices=[*SEEDS, "both"], default="both")
    args = parser.parse_args()
    print(f"{os.cpu_count()} cores, Python {sys.version.split()[0]}, "
          f"OMP_NUM_THREADS={os.environ.get('OMP_NUM_THREADS', 'unset')}, medians of {args.repeats}")  # fmt: skip
    print("Seconds of wall time (of CPU):")
    print("| 3 seeds of | trainings | alone | sweep | bound | beside the trainings, per point | again |")
    print("|---|---|---|---|---|---|---|")
    for name, seeds in SEEDS.items():
        if args.seeds not in {name, "both"}:
            continue
        rows = []
        for _ in range(args.repeats):
            with tempfile.TemporaryDirectory() as alone, tempfile.TemporaryDirectory() as swept:
                trained = seconds(Path(alone), "train", RATES, *([seeds] if name == "everything" else []))
                total, again = (seconds(Path(swept), "simulate", RATES, seeds, SELECTORS) for _ in range(2))
                trainings = finished(Path(swept), "train")
                assert trainings == finished(Path(alone), "train")
                assert finished(Path(swept), "simulate") == POINTS
                rows.append((trained, total, again))
        trained, total, again = np.median(rows, axis=0)
        columns = [trained, total, 1.3 * trained + POINTS, (total - trained) / POINTS, again]
        told = " | ".join(f"{wall:.1f} ({cpu:.1f})" for wall, cpu in columns)
        print(f"| {name} | {trainings} | {told} |", flush=True)


if __name__ == "__main__":
    main()
