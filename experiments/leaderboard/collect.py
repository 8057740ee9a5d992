"""The leaderboard's results, table and figures, from the finished alc-leaderboard runs of the recipes beside it.

    python -m experiments.leaderboard.collect --runs runs     # reads runs, rewrites everything here
    python -m experiments.leaderboard.collect                 # draws and prints again from the files here
    python -m experiments.leaderboard.collect --compare NAME  # one selector's paired differences to the best
    python -m experiments.leaderboard.collect --markdown      # the README's table

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


def markdown(results: pd.DataFrame, panels: pd.DataFrame, best: int = 3) -> Iterator[str]:
    """The table of the README: per data and setting random order, the ceiling and the best few selectors.

    The difference is to cross-entropy of the given label in the same setting, paired.
    """
    rng = np.random.default_rng(0)
    head = ["data, recipe", "start, consensus, stopping", "selector", "area", "efficiency", "start", "to 90 %"]
    head.append("over cross-entropy")
    yield f"| {' | '.join(head)} |"
    yield "|---" * len(head) + "|"
    for key, rows in results.groupby(SETTING, dropna=False, sort=False):
        parts = dict(zip(SETTING, map(str, key), strict=True))
        same = panels.merge(rows[SETTING].drop_duplicates(), on=SETTING)
        columns = ["area", "efficiency", "start_accuracy", "relabels_90"]
        mean = rows.groupby("selector")[columns].mean()
        mean.loc[sorted(set(rows.loc[rows["relabels_90"].isna(), "selector"])), "relabels_90"] = np.nan
        names = mean.drop([RANDOM, CEILING]).sort_values("area", ascending=False).index[:best]
        for name in [CEILING, *names, RANDOM]:
            area, share, start, reached = (float(value) for value in mean.loc[name])
            over = difference_to(same, name, "cross_entropy", rng=rng) if name in names else ""
            temperature = "" if parts["temperature"] == "nan" else f" T={float(parts['temperature']):g}"
            cells = [
                f"{parts['data']}{temperature}, {parts['recipe']}",
                f"{parts['start']}, {parts['consensus']}, {parts['stopping']}",
                name,
                f"{area:.4f}",
                f"{share:.2f}",
                f"{start:.1%}",
                f"{reached:,.0f}" if np.isfinite(reached) else "not reached",
                "" if name == "cross_entropy" else str(over),
            ]
            yield f"| {' | '.join(cells)} |"


def drawn(results: pd.DataFrame, panels: pd.DataFrame) -> None:
    """Areas of all selectors per setting, and promised against realised errors."""
    draw_areas(results, HERE / "areas.png")
    draw_promises(panels, HERE / "promises.png")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=Path, help="folder of runs to read")
    parser.add_argument("--compare", help="name of a selector")
    parser.add_argument("--markdown", action="store_true", help="print the README's table")
    arguments = parser.parse_args()
    if arguments.runs:
        collected(arguments.runs)
    results, panels = read()
    if arguments.compare:
        for line in differences(panels, arguments.compare):
            print(line)
        return
    if arguments.markdown:
        print(*markdown(results, panels), sep="\n")
        return
    drawn(results, panels)
    for _, rows in results.groupby(["data", "temperature", "recipe"], dropna=False, sort=False):
        print(f"\n# {rows['data'].iloc[0]}, temperature {rows['temperature'].iloc[0]}, recipe {rows['recipe'].iloc[0]}")
        for text in standings(rows, panels):
            print(text)


if __name__ == "__main__":
    main()
