"""Figures of the leaderboard: how far each selector gets between random order and the ceiling; promises and errors."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from alc.leaderboard.contest import CEILING, RANDOM

__all__ = ["draw_areas", "draw_promises"]

PANEL = ["data", "temperature", "recipe"]


def draw_areas(results: pd.DataFrame, path: Path) -> None:
    """One panel per training recipe: a row per setting, a mark per selector, a bar from random order to the ceiling."""
    groups = list(results.groupby(PANEL, dropna=False, sort=False))
    heights = [rows.groupby(["start", "consensus", "stopping"]).ngroups for _, rows in groups]
    figure = Figure(figsize=(9, 1.2 * len(groups) + 0.34 * sum(heights)), layout="constrained")
    axes = figure.subplots(len(groups), 1, height_ratios=heights, squeeze=False)[:, 0]
    for axis, (key, rows) in zip(axes, groups, strict=True):
        means = rows.groupby(["start", "consensus", "stopping", "selector"], sort=False)["area"].mean()
        settings = list(dict.fromkeys(index[:3] for index in means.index))
        for place, setting in enumerate(settings):
            areas = means[setting]
            axis.plot([areas[RANDOM], areas[CEILING]], [place, place], color="0.85", lw=7, solid_capstyle="butt")
            others = areas.drop([RANDOM, CEILING])
            axis.plot(others, np.full(len(others), place), "|", color="0.35", ms=11)
            best = others.idxmax()
            axis.plot(others[best], place, "|", color="tab:red", ms=13, mew=2)
            axis.annotate(f" {best} {others[best]:.4f}", (areas.max(), place), va="center", fontsize=8)
        axis.set_yticks(range(len(settings)), [f"{c}, {s}, start {b}" for b, c, s in settings], fontsize=8)
        axis.set_ylim(len(settings) - 0.5, -0.6)
        low, high = means.min(), means.max()
        axis.set_xlim(low - 0.01, high + 0.55 * (high - low))
        data, degrees, recipe = str(key[0]), float(str(key[1])), str(key[2])
        temperature = f", temperature {degrees:g}" if np.isfinite(degrees) else ""
        draws = len(rows[["noise_seed", "train_seed"]].drop_duplicates())
        axis.set_title(f"{data}{temperature}, recipe {recipe}, {draws} training(s)", loc="left", fontsize=9)
        axis.spines[["top", "right"]].set_visible(False)
    axes[-1].set_xlabel("area: mean label accuracy over the budget; bar: from random order to the ceiling")
    figure.savefig(path, dpi=130)


def draw_promises(panels: pd.DataFrame, path: Path) -> None:
    """Promised against realised share of wrong labels when the budget is spent, of all samples and of those asked."""
    rows = panels[panels["promised"].notna() & (panels["selector"] != CEILING)]
    figure = Figure(figsize=(8, 4), layout="constrained")
    for axis, suffix, title in zip(figure.subplots(1, 2), ("", "_asked"), ("all samples", "asked about"), strict=True):
        for (data, temperature), part in rows.groupby(["data", "temperature"], dropna=False, sort=False):
            degrees = float(str(temperature))
            name = f"{data}, T={degrees:g}" if np.isfinite(degrees) else str(data)
            axis.plot(part[f"promised{suffix}"], part[f"realised{suffix}"], ".", ms=4, label=name, alpha=0.6)
        most = float(rows[[f"promised{suffix}", f"realised{suffix}"]].max().max()) * 1.05
        axis.plot([0, most], [0, most], color="0.6", lw=1)
        axis.set_xlim(0, most)
        axis.set_ylim(0, most)
        axis.set_title(title, loc="left")
        axis.set_xlabel("promised share of wrong labels")
        axis.spines[["top", "right"]].set_visible(False)
    figure.axes[0].set_ylabel("realised share")
    figure.axes[0].legend(frameon=False, fontsize=8)
    figure.savefig(path, dpi=130)
