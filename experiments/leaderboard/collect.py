"""The leaderboard's results, table and figures, from the finished alc-leaderboard runs of the recipes beside it.

    python -m experiments.leaderboard.collect --runs runs     # reads runs, rewrites everything here
    python -m experiments.leaderboard.collect                 # draws and prints again from the files here
    python -m experiments.leaderboard.collect --compare NAME  # one selector's paired differences to the best

One row of ``results.csv`` is a selector in a setting on one noise draw and training, mean over annotator panels;
``panels.csv`` has a row per panel, which paired differences and promised errors are taken from; ``published.csv`` is
``results.csv`` measured against CIFAR-10's published labels in the place of the majority of CIFAR-10H's votes.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from alc.leaderboard.contest import CEILING, RANDOM
from alc.leaderboard.standings import SETTING, difference_to, standings
from alc.runs import read_runs
from experiments.leaderboard.figure import draw_areas, draw_promises

HERE = Path(__file__).parent
FILES = {"results.csv": "results.csv", "panels.csv": "panels.csv", "results_published.csv": "published.csv"}
ORDER = [*SETTING, "selector", "noise_seed", "train_seed"]

__all__ = ["differences", "read"]


def collected(runs: Path) -> None:
    """Write the three tables."""
    found: dict[str, list[pd.DataFrame]] = {name: [] for name in FILES}
    for run in read_runs(runs, "leaderboard")["run"]:
        for name in FILES:
            if (runs / run / name).is_file():
                table = pd.read_csv(runs / run / name)
                if (table["recipe"] != "unnamed").all():
                    found[name].append(table)
    for name, tables in found.items():
        if tables:
            table = pd.concat(tables).drop_duplicates(ORDER + ["annotator_seed"] * (name == "panels.csv"))
            table.sort_values(ORDER, kind="stable").to_csv(HERE / FILES[name], index=False, float_format="%.6g")


def read() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Results and panels as they lie here."""
    return pd.read_csv(HERE / "results.csv"), pd.read_csv(HERE / "panels.csv")


def differences(panels: pd.DataFrame, selector: str) -> Iterator[str]:
    """A line per setting: the selector's area less that of the best other, paired."""
    rng = np.random.default_rng(0)
    for key, rows in panels.groupby(SETTING, dropna=False, sort=False):
        names = set(rows["selector"]) - {RANDOM, CEILING, selector}
        if selector not in set(rows["selector"]) or not names:
            continue
        mean = rows[rows["selector"].isin(names)].groupby("selector")["area"].mean()
        best = str(mean.idxmax())
        yield f"{', '.join(map(str, key))}: {selector} - {best} = {difference_to(rows, selector, best, rng=rng)}"


def drawn(results: pd.DataFrame, panels: pd.DataFrame) -> None:
    """Areas of all selectors per setting, and promised against realised errors."""
    draw_areas(results, HERE / "areas.png")
    draw_promises(panels, HERE / "promises.png")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=Path, help="folder of runs to read")
    parser.add_argument("--compare", help="name of a selector")
    arguments = parser.parse_args()
    if arguments.runs:
        collected(arguments.runs)
    results, panels = read()
    if arguments.compare:
        for line in differences(panels, arguments.compare):
            print(line)
        return
    drawn(results, panels)
    for _, rows in results.groupby(["data", "temperature", "recipe"], dropna=False, sort=False):
        print(f"\n# {rows['data'].iloc[0]}, temperature {rows['temperature'].iloc[0]}, recipe {rows['recipe'].iloc[0]}")
        for text in standings(rows, panels):
            print(text)


if __name__ == "__main__":
    main()
