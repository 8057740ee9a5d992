"""The curves of a sweep, sorted into one panel per setting."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from alc.runs.table import RunRow

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["panels_of"]


def panels_of(rows: Sequence[RunRow]) -> "tuple[dict[str, pd.DataFrame], int]":
    """Setting -> curves table, and how many points the lines are means of at most.

    Points that differ by seeds alone share a panel and become one line.  A selector that several of them simulated on
    the same seeds, as ``random`` in every one, counts once.

    Args:
        rows: Finished simulations.
    """
    import pandas as pd

    found: dict[str, dict[str, dict[str, pd.DataFrame]]] = {}
    for row in rows:
        assert row.path is not None
        settings = {key: value for key, value in row.settings.items() if key != "selector"}
        panel, seeds = (_named(settings, seeds=wanted) for wanted in (False, True))
        curves = pd.read_csv(row.path / "curves.csv")
        for selector, curve in curves[curves["metric"] == "label_accuracy"].groupby("selector", sort=False):
            found.setdefault(panel, {}).setdefault(str(selector), {}).setdefault(seeds, curve)
    panels = {
        panel: pd.concat([_mean(list(curves.values())) for curves in selectors.values()], ignore_index=True)
        for panel, selectors in found.items()
    }
    return panels, max(len(curves) for selectors in found.values() for curves in selectors.values())


def _named(settings: Mapping[str, Any], *, seeds: bool) -> str:
    chosen = {key: value for key, value in settings.items() if (key.split(".")[0] in {"seed", "seeds"}) == seeds}
    return ", ".join(f"{key} = {value}" for key, value in chosen.items()) or "all points"


def _mean(curves: "Sequence[pd.DataFrame]") -> "pd.DataFrame":
    """The mean of curves over the annotations that all of them have spent, and how far they lie apart."""
    import numpy as np

    if len(curves) == 1:
        return curves[0]
    length = min(map(len, curves))
    values = np.stack([curve["mean"].to_numpy()[:length] for curve in curves])
    mean = curves[0].head(length).reset_index(drop=True)
    mean["mean"], mean["low"], mean["high"] = values.mean(axis=0), values.min(axis=0), values.max(axis=0)
    mean["seeds"] = sum(int(curve["seeds"].iloc[0]) for curve in curves)
    return mean
