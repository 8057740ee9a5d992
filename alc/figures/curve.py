"""Curves out of the tidy table: one per selector, checked, and thinned where there are more points than pixels."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from alc.arrays import BoolArray, FloatArray, IntArray
from alc.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Curve", "curves_of", "finite_numbers", "require_columns"]

COLUMNS = ("selector", "annotations", "metric", "mean", "low", "high", "seeds")
FRACTIONS = frozenset({"label_accuracy", "total_variation"})
MANY_POINTS, BINS = 5_000, 1_000


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """One selector's metric after each annotation; between two points the earlier value holds."""

    selector: str
    annotations: IntArray
    mean: FloatArray
    low: FloatArray
    high: FloatArray
    seeds: int

    @property
    def has_band(self) -> bool:
        """Whether there is a band to draw: one seed has none."""
        return self.seeds > 1

    @property
    def area(self) -> float:
        """Mean of the steps over the annotations spent, in the metric's unit."""
        widths = np.diff(self.annotations)
        return float(self.mean[:-1] @ widths / widths.sum()) if widths.size else float(self.mean[0])

    @property
    def lowest(self) -> float:
        """Lowest drawn value."""
        return float(self.low.min())

    @property
    def highest(self) -> float:
        """Highest drawn value."""
        return float(self.high.max())

    def thinned(self) -> "Curve":
        """The same picture from fewer points.

        Up to 5,000 points nothing changes.  Beyond, points that repeat the step before are dropped, which changes
        nothing either; if that is not enough, each of 1,000 slices along x (narrower than a pixel) keeps its first and
        last points and its extremes.
        """
        if len(self.annotations) <= MANY_POINTS:
            return self
        columns = [self.mean, self.low, self.high]
        keep = np.zeros(len(self.annotations), dtype=np.bool_)
        keep[[0, -1]] = True
        for values in columns:
            keep[1:] |= values[1:] != values[:-1]
        if int(keep.sum()) > MANY_POINTS:
            keep &= _extremes(self.annotations, columns)
        return Curve(
            self.selector, self.annotations[keep], self.mean[keep], self.low[keep], self.high[keep], self.seeds
        )


def _extremes(annotations: IntArray, columns: list[FloatArray]) -> BoolArray:
    """Rows that are first, last, lowest or highest of their slice along x, in any of the columns."""
    span = int(annotations[-1] - annotations[0]) + 1
    slice_of = (annotations - annotations[0]) * BINS // span
    starts = np.flatnonzero(np.r_[True, slice_of[1:] != slice_of[:-1]])
    keep = np.zeros(len(annotations), dtype=np.bool_)
    keep[starts] = True
    keep[np.r_[starts[1:], len(annotations)] - 1] = True
    for values in columns:
        for extreme in (np.minimum, np.maximum):
            best = np.repeat(extreme.reduceat(values, starts), np.diff(np.r_[starts, len(annotations)]))
            hits = np.flatnonzero(values == best)
            keep[hits[np.r_[True, slice_of[hits][1:] != slice_of[hits][:-1]]]] = True
    return keep


def require_columns(table: "pd.DataFrame", columns: tuple[str, ...], name: str) -> None:
    """An :class:`InputError` unless the table has these columns and at least one row."""
    missing = [column for column in columns if column not in table.columns]
    if missing:
        raise InputError(
            f"the {name} table has no column {', '.join(missing)}; it has: {', '.join(map(str, table.columns))}",
            allowed=f"the columns {', '.join(columns)}",
        )
    if table.empty:
        raise InputError(f"the {name} table has no rows", allowed="at least one row")
    if table["selector"].isna().any():
        raise InputError(f"the {name} table has a row without a selector", allowed="a name in every row")


def curves_of(table: "pd.DataFrame", metric: str) -> list[Curve]:
    """The curves of one metric, one per selector in the order of the table.

    Args:
        table: Long table with the columns selector, annotations, metric, mean, low, high, seeds.  ``label_accuracy``
            and ``total_variation`` are fractions in 0..1, the others counts; a single seed needs no low and high.
        metric: Which one to take.

    Raises:
        InputError: A column, the metric or a value is missing, a step occurs twice, or a fraction is out of range.
    """
    require_columns(table, COLUMNS, "curves")
    rows = table.loc[table["metric"] == metric, [name for name in COLUMNS if name != "metric"]]
    if rows.empty:
        present = ", ".join(sorted(map(str, table["metric"].unique())))
        raise InputError(f"the curves table has no rows of metric {metric!r}", allowed=f"here: {present}")
    return [_curve(str(selector), metric, group) for selector, group in rows.groupby("selector", sort=False)]


def finite_numbers(table: "pd.DataFrame", column: str, where: str) -> FloatArray:
    """A column as finite float64, or an :class:`InputError` that names the first value that is none."""
    import pandas as pd

    values = pd.to_numeric(table[column], errors="coerce").to_numpy(dtype=np.float64)
    broken = np.flatnonzero(~np.isfinite(values))
    if broken.size:
        raise InputError(f"{where}: {column} = {table[column].iloc[broken[0]]!r}", allowed="finite numbers")
    return values


def _curve(selector: str, metric: str, group: "pd.DataFrame") -> Curve:
    where = f"the curves table, selector {selector!r}, metric {metric!r}"
    group = group.sort_values("annotations", kind="stable")
    spent, mean, seeds = (finite_numbers(group, name, where) for name in ("annotations", "mean", "seeds"))
    broken = np.flatnonzero((spent < 0) | (spent != np.floor(spent)))
    if broken.size:
        raise InputError(f"{where}: annotations = {spent[broken[0]]}", allowed="whole numbers of 0 or more")
    twice = np.flatnonzero(np.diff(spent) == 0)
    if twice.size:
        raise InputError(f"{where}: annotations = {spent[twice[0]]:.0f} occurs twice", allowed="one row per step")
    broken = np.flatnonzero((mean < 0) | (mean > (1.0 if metric in FRACTIONS else np.inf)))
    if broken.size:
        raise InputError(
            f"{where}: the mean after {spent[broken[0]]:.0f} annotations is {mean[broken[0]]}",
            allowed="fractions from 0 to 1, not percent" if metric in FRACTIONS else "counts of 0 or more",
        )
    if seeds.max() > 1:
        low, high = (finite_numbers(group, name, where) for name in ("low", "high"))
    else:
        low = high = mean
    return Curve(selector, spent.astype(np.int64), mean, low, high, int(seeds.max()))
