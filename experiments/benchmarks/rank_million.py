"""``alc-rank labels.csv probs.csv`` on a million rows, beside pandas and cleanlab doing the same in the same run.

Both read the two CSV files, rank by self-confidence and write a CSV file; each is a process of its own, so that the
peak of its memory is its own.  Ours also writes the page.

    python experiments/benchmarks/rank_million.py [--rows 1000000] [--classes 10]
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Literal

import numpy as np

WAYS = ("alc-rank", "alc-rank, no page", "pandas + cleanlab", "pandas (pyarrow) + cleanlab")


def write_input(folder: Path, rows: int, classes: int) -> None:
    """Labels of which a tenth is wrong, paths, and probabilities with six digits."""
    import pyarrow as pa
    from pyarrow import csv

    rng = np.random.default_rng(0)
    truth = rng.integers(0, classes, rows)
    given = np.where(rng.random(rows) < 0.1, rng.integers(0, classes, rows), truth)
    logits = rng.normal(size=(rows, classes))
    logits[np.arange(rows), truth] += 3
    probs = np.exp(logits)
    probs /= probs.sum(axis=1, keepdims=True)
    paths = [f"images/{row // 1000:04d}/{row:08d}.png" for row in range(rows)]
    csv.write_csv(pa.table({"path": paths, "label": given}), folder / "labels.csv")
    columns = {str(c): np.round(probs[:, c], 6) for c in range(classes)}
    csv.write_csv(pa.table(columns), folder / "probs.csv")


def ours(folder: Path, *, page: bool) -> None:
    from alc.cli.rank_files import rank_files

    files = [str(folder / "labels.csv"), str(folder / "probs.csv"), "--out", str(folder / "ours")]
    rank_files([*files, "--selector", "self_confidence", *([] if page else ["--rows", "0"])])


def theirs(folder: Path, engine: Literal["c", "pyarrow"]) -> None:
    import pandas as pd
    from cleanlab.filter import find_label_issues
    from cleanlab.rank import get_label_quality_scores

    labels = pd.read_csv(folder / "labels.csv", engine=engine)
    probs = pd.read_csv(folder / "probs.csv", engine=engine).to_numpy()
    probs = probs / probs.sum(axis=1, keepdims=True)
    given = labels["label"].to_numpy()
    labels["score"] = get_label_quality_scores(given, probs)
    labels["is_issue"] = find_label_issues(given, probs, n_jobs=1)
    labels["suggested"] = probs.argmax(axis=1)
    labels.sort_values("score").to_csv(folder / "theirs.csv", index=False)


def measure(folder: Path, way: str) -> None:
    """Run one way in this process and print its seconds and peak memory."""
    start = time.perf_counter()
    if way.startswith("alc-rank"):
        ours(folder, page=way == "alc-rank")
    else:
        theirs(folder, "pyarrow" if "pyarrow" in way else "c")
    seconds = time.perf_counter() - start
    used = resource.getrusage(resource.RUSAGE_SELF)
    processor = used.ru_utime + used.ru_stime
    print(json.dumps({"seconds": seconds, "processor": processor, "peak": used.ru_maxrss / 2**20}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--classes", type=int, default=10)
    parser.add_argument("--measure", nargs=2, metavar=("FOLDER", "WAY"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        measure(Path(options.measure[0]), options.measure[1])
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_input(folder, options.rows, options.classes)
        size = sum(file.stat().st_size for file in folder.glob("*.csv")) / 2**20
        print(f"{options.rows:,} rows, {options.classes} classes, {size:.0f} MiB of CSV")
        for way in WAYS:
            command = [sys.executable, __file__, "--measure", name, way]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            told = json.loads(done.stdout.splitlines()[-1])
            seconds = f"{told['seconds']:6.1f} s, {told['processor']:6.1f} s of processor time"
            print(f"{way:28} {seconds}, peak {told['peak']:.2f} GiB", flush=True)


if __name__ == "__main__":
    main()
