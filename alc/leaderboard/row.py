"""A row of the leaderboard: what one selector reached in one setting, beside random order and the ceiling."""

from collections.abc import Mapping, Sequence

import numpy as np

from alc.arrays import FloatArray, IntArray
from alc.leaderboard.contest import CEILING, RANDOM
from alc.simulation.label_changes import LabelChanges

__all__ = ["AT", "COLUMNS", "LEVELS", "area", "efficiency", "entry_rows", "panel_rows", "relabels_to"]

AT = (500, 1000, 2000)
LEVELS = (0.90, 0.95, 0.97, 0.98)
COLUMNS = (
    "data",
    "temperature",
    "track",
    "recipe",
    "protocol",
    "selector",
    "start",
    "consensus",
    "stopping",
    "noise_seed",
    "train_seed",
    "annotator_seeds",
    "budget",
    "area",
    "area_random",
    "area_ceiling",
    "efficiency",
    "start_accuracy",
    *(f"accuracy_{annotations}" for annotations in AT),
    "end_accuracy",
    *(f"relabels_{level * 100:.0f}" for level in LEVELS),
)
"""Columns of ``results.csv``; accuracies and areas are shares in 0 to 1, a level that is not reached is empty."""


def area(curve: FloatArray) -> float:
    """Mean label accuracy over the annotations 0 .. budget - 1, of a curve (budget + 1,)."""
    return float(curve[:-1].mean())


def efficiency(reached: float, random: float, ceiling: float) -> float | None:
    """Share of the way from random order to the ceiling, (area - random) / (ceiling - random); None where they meet.

    >>> efficiency(0.92, 0.88, 0.93)
    0.8
    """
    return None if ceiling == random else round((reached - random) / (ceiling - random), 12)


def relabels_to(curve: FloatArray, level: float) -> int | None:
    """Annotations after which a curve (budget + 1,) first reaches a level; None where it never does."""
    reached = curve >= level
    return int(np.argmax(reached)) if reached.any() else None


def entry_rows(
    played: Mapping[str, Sequence[LabelChanges]], truth: IntArray, shared: Mapping[str, object]
) -> list[dict[str, object]]:
    """One row per selector, means over panels; medians of the annotations to a level that all panels reach.

    Args:
        played: Selector -> one simulation per panel, random order and ceiling among them.
        truth: (N,) labels taken as true.
        shared: The columns that describe data, training and setting.
    """
    curves = {name: [run.label_accuracy(truth) for run in runs] for name, runs in played.items()}
    areas = {name: float(np.mean([area(curve) for curve in each])) for name, each in curves.items()}
    rows = []
    for name, each in curves.items():
        mean = np.mean(each, axis=0)
        reached = {level: [relabels_to(curve, level) for curve in each] for level in LEVELS}
        row: dict[str, object] = dict(shared) | {
            "selector": name,
            "budget": len(mean) - 1,
            "area": areas[name],
            "area_random": areas[RANDOM],
            "area_ceiling": areas[CEILING],
            "efficiency": efficiency(areas[name], areas[RANDOM], areas[CEILING]),
            "start_accuracy": float(mean[0]),
            "end_accuracy": float(mean[-1]),
        }
        row |= {f"accuracy_{at}": float(mean[at]) if at < len(mean) else None for at in AT}
        for level, values in reached.items():
            known = [value for value in values if value is not None]
            complete = len(known) == len(values)
            row[f"relabels_{level * 100:.0f}"] = float(np.median(known)) if complete else None
        rows.append({column: row[column] for column in COLUMNS})
    return rows


def panel_rows(
    played: Mapping[str, Sequence[LabelChanges]],
    seeds: Sequence[int],
    truth: IntArray,
    shared: Mapping[str, object],
) -> list[dict[str, object]]:
    """One row per selector and panel, for paired differences: area, and what was promised and kept.

    ``promised`` and ``realised`` are the believed and the true share of wrong labels among all samples,
    ``promised_asked`` and ``realised_asked`` among those asked about; empty where nothing is believed.
    """
    rows = []
    for name, runs in played.items():
        for seed, run in zip(seeds, runs, strict=True):
            wrong, doubt = run.final_labels() != truth, 1 - run.final_confidence
            believed = bool(np.isfinite(doubt).all())
            asked = np.unique(run.row)
            promise = {
                "promised": float(doubt.mean()) if believed else None,
                "realised": float(wrong.mean()),
                "promised_asked": float(doubt[asked].mean()) if believed and len(asked) else None,
                "realised_asked": float(wrong[asked].mean()) if len(asked) else None,
                "asked": len(asked),
                "spent": run.spent,
            }
            curve = run.label_accuracy(truth)
            rows.append(dict(shared) | {"selector": name, "annotator_seed": seed, "area": area(curve)} | promise)
    return rows
