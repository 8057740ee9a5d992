"""Time of whole commands as a user waits for them: python experiments/benchmarks/commands.py.

`--help` beside importing Hydra alone (its floor), and the demo from nothing, in a folder of its own.
"""

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np


def seconds(command: list[str], folder: Path) -> float:
    begin = time.perf_counter()
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return time.perf_counter() - begin


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=7)
    repeats = parser.parse_args().repeats
    simulate = str(Path(sys.executable).with_name("alc-simulate"))
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, "
          f"OMP_NUM_THREADS={os.environ.get('OMP_NUM_THREADS', 'unset')}")  # fmt: skip
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        seconds([simulate, "--help"], folder)  # once to fill the disk cache
        help_times, floor = [], []
        for _ in range(repeats):  # in turn, so that both see the same machine
            help_times.append(seconds([simulate, "--help"], folder))
            floor.append(seconds([sys.executable, "-c", "import hydra"], folder))
        print(f"alc-simulate --help   {np.median(help_times):5.2f} s (median of {repeats}; "
              f"import hydra alone {np.median(floor):.2f} s)")  # fmt: skip
        print(f"alc-simulate (demo)   {seconds([simulate], folder):5.1f} s from nothing")
        again = [seconds([simulate], folder) for _ in range(3)]
        print(f"alc-simulate (again)  {np.median(again):5.2f} s, finished work is skipped")


if __name__ == "__main__":
    main()
