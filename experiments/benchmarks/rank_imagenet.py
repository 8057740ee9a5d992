"""Ranking as many samples and classes as ImageNet has, from probabilities that stay on disk, with the peak of memory.

Writes labels.csv and probs.npy (5.1 GB as float32, half of that as float16) into a folder that is deleted again, then
runs ``alc-rank labels.csv probs.npy`` once for every selector, each in a process of its own.  The peak counts the pages
of the file that are mapped at the time, which the system can take back.

    OMP_NUM_THREADS=1 python experiments/benchmarks/rank_imagenet.py [--dtype float32] [--selectors cross_entropy,...]
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from alc.cli.rank_files import rank_files

BLOCK = 4096


def write_input(folder: Path, rows: int, classes: int, dtype: str) -> None:
    """Labels of which a tenth is wrong and softmax posteriors, a block of rows at a time."""
    rng = np.random.default_rng(0)
    truth = rng.integers(0, classes, rows)
    given = np.where(rng.random(rows) < 0.1, rng.integers(0, classes, rows), truth)
    probs = np.lib.format.open_memmap(folder / "probs.npy", mode="w+", dtype=dtype, shape=(rows, classes))
    noise = rng.normal(size=(BLOCK + classes, classes)).astype(np.float32)
    for start in range(0, rows, BLOCK):
        part = truth[start : start + BLOCK]
        first = int(rng.integers(classes))
        logits = 2 * noise[first : first + len(part)]
        logits[np.arange(len(part)), part] += rng.normal(9, 3, len(part))
        np.exp(logits, out=logits)
        probs[start : start + len(part)] = logits / logits.sum(axis=1, keepdims=True)
    probs.flush()
    np.savetxt(folder / "labels.csv", given, fmt="%d", header="label", comments="")


def measure(folder: Path, selector: str) -> None:
    """Rank in this process and print its seconds and peak memory."""
    start = time.perf_counter()
    files = [str(folder / "labels.csv"), str(folder / "probs.npy"), "--out", str(folder / "ranking")]
    rank_files([*files, "--selector", selector, "--rows", "1000"])
    seconds = time.perf_counter() - start
    used = resource.getrusage(resource.RUSAGE_SELF)
    processor = used.ru_utime + used.ru_stime
    print(json.dumps({"seconds": seconds, "processor": processor, "peak": used.ru_maxrss / 2**20}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_281_167)
    parser.add_argument("--classes", type=int, default=1000)
    parser.add_argument("--dtype", choices=("float16", "float32"), default="float32")
    parser.add_argument(
        "--selectors", default="cross_entropy,joint,normalized_margin,prune_by_noise_rate,rank_ensemble"
    )
    parser.add_argument("--measure", nargs=2, metavar=("FOLDER", "SELECTOR"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        measure(Path(options.measure[0]), options.measure[1])
        return
    with tempfile.TemporaryDirectory() as name:
        write_input(Path(name), options.rows, options.classes, options.dtype)
        size = (Path(name) / "probs.npy").stat().st_size / 1e9
        print(f"{options.rows:,} samples, {options.classes} classes, {options.dtype}: {size:.2f} GB\n")
        print("| selector | s | s of processor time | peak, GiB |\n|---|---|---|---|")
        for selector in options.selectors.split(","):
            command = [sys.executable, __file__, "--measure", name, selector]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            told = json.loads(done.stdout.splitlines()[-1])
            print(f"| {selector} | {told['seconds']:.0f} | {told['processor']:.0f} | {told['peak']:.1f} |", flush=True)


if __name__ == "__main__":
    main()
