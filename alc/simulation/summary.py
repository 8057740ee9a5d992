"""Summaries over seeds: curves with bands, areas, annotations to reach a level, savings against random."""

from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np

from alc.arrays import FloatArray
from alc.errors import InputError
from alc.simulation.replay import Curves

__all__ = ["METRICS", "Band", "Interval", "band", "reach", "saving", "spread", "stacked"]

METRICS = ("label_accuracy", "total_variation", "remaining_clear", "remaining_ambiguous")

Interval = Literal["t", "normal"]
"""``t``: Student's t with S - 1 degrees of freedom.  ``normal``: mean +- 1.96 standard errors with the plain standard
deviation, as the released code draws (its caption says standard deviation)."""


@dataclass(frozen=True, slots=True, eq=False)
class Band:
    """Mean over seeds and its confidence band, each (K,); without a second seed the band is NaN."""

    mean: FloatArray
    low: FloatArray
    high: FloatArray


def stacked(curves: list[Curves], metric: str, budget: int) -> FloatArray:
    """One metric of several seeds on the grid 0 .. budget, (S, budget + 1).

    The last value of a curve that ends early holds to the end; what the released rule spends above is cut off.
    """
    grid = np.arange(budget + 1)
    rows = [getattr(curve, metric) for curve in curves]
    return np.stack([row[np.minimum(grid, len(row) - 1)] for row in rows])


def band(values: FloatArray, *, confidence: float = 0.95, interval: Interval = "t") -> Band:
    """Mean over the first axis (S, K) and its band; seeds are averaged at equal spend, as steps."""
    if not 0 < confidence < 1:
        raise InputError(f"simulation.confidence={confidence}", allowed="above 0 and below 1, e.g. 0.95")
    if interval not in get_args(Interval):
        raise InputError(f"simulation.interval={interval!r} is unknown", allowed=", ".join(get_args(Interval)))
    num_seeds, mean = len(values), values.mean(axis=0)
    if num_seeds == 1:
        nothing = np.full_like(mean, np.nan)
        return Band(mean, nothing, nothing)
    half = _quantile(num_seeds, confidence, interval) * values.std(axis=0, ddof=1 if interval == "t" else 0)
    half /= np.sqrt(num_seeds)
    return Band(mean, mean - half, mean + half)


def _quantile(num_seeds: int, confidence: float, interval: Interval) -> float:
    from scipy.special import ndtri, stdtrit

    upper = 0.5 + confidence / 2
    return float(stdtrit(num_seeds - 1, upper) if interval == "t" else ndtri(upper))


def spread(values: list[float]) -> dict[str, Any]:
    """Mean, standard deviation (null for one seed), lowest, highest and the values themselves, for JSON."""
    array = np.array(values, dtype=np.float64)
    return {
        "mean": float(array.mean()),
        "sd": float(array.std(ddof=1)) if len(array) > 1 else None,
        "min": float(array.min()),
        "max": float(array.max()),
        "values": [float(value) for value in array],
    }


def reach(annotations: list[int | None]) -> dict[str, Any]:
    """Annotations to reach a level: median and range over the seeds that reached it, and how many did."""
    reached = [value for value in annotations if value is not None]
    return {
        "median": float(np.median(reached)) if reached else None,
        "min": min(reached, default=None),
        "max": max(reached, default=None),
        "reached": len(reached),
        "seeds": len(annotations),
        "values": annotations,
    }


def saving(random: list[int | None], selector: list[int | None]) -> dict[str, Any]:
    """How many times fewer annotations than random, paired by seed: median and range.

    A seed counts where both got there and the selector needed at least one annotation; null where no seed counts.
    """
    pairs = [a / b for a, b in zip(random, selector, strict=True) if a is not None and b]
    return {
        "median": float(np.median(pairs)) if pairs else None,
        "min": min(pairs, default=None),
        "max": max(pairs, default=None),
        "pairs": len(pairs),
        "seeds": len(random),
    }
