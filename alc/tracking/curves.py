"""What a dashboard shows of a simulation: its curves at a few hundred points, and its numbers."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from alc.arrays import IntArray
from alc.tracking.names import ANNOTATIONS, cleaning, level

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["curve_rows", "simulation_numbers", "thinned"]


def thinned(last: int, points: int) -> IntArray:
    """At most ``points`` whole numbers from 0 to ``last``, evenly spread, both ends among them.

    >>> thinned(10, 6).tolist(), thinned(3, 500).tolist()
    ([0, 2, 4, 6, 8, 10], [0, 1, 2, 3])
    """
    return np.unique(np.linspace(0, last, min(points, last + 1)).round().astype(np.int64))


def curve_rows(curves: "pd.DataFrame", points: int) -> Iterator[dict[str, float]]:
    """One row per number of annotations, with the means of all selectors, thinned to ``points`` rows.

    Args:
        curves: selector, annotations, metric, mean, in long form.
        points: Rows, at most.
    """
    kept = curves[curves["annotations"].isin(thinned(int(curves["annotations"].max()), points))]
    names = [cleaning(*pair) for pair in zip(kept["metric"], kept["selector"], strict=True)]
    wide = kept.assign(name=names).pivot_table(index="annotations", columns="name", values="mean")
    for annotations, row in wide.iterrows():
        yield {ANNOTATIONS: int(str(annotations)), **{str(name): float(value) for name, value in row.dropna().items()}}


def simulation_numbers(summary: Mapping[str, Any]) -> dict[str, float | str | None]:
    """The numbers of ``summary.json`` under their names; None where a level was not reached."""
    numbers: dict[str, float | str | None] = {}
    for selector, entry in summary["selectors"].items():
        numbers[cleaning("area", selector)] = entry["area"]["mean"]
        numbers[cleaning("final_accuracy", selector)] = entry["final_accuracy"]["mean"]
        for kind, key in (("annotations_to", "relabels_to"), ("saving_to", "saving_vs_random")):
            for share, spread in entry[key].items():
                numbers[cleaning(f"{kind}_{level(float(share))}", selector)] = spread["median"]
    if summary["noise"]:
        numbers["noise/realised_rate"] = summary["noise"]["realised"]
    return numbers
