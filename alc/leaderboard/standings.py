"""Standings: a table per setting, best first, each with its paired difference to the best."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from alc.leaderboard.contest import CEILING, RANDOM
from alc.leaderboard.paired import Difference, hierarchical_difference, t_difference

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["SETTING", "difference_to", "standings"]

SETTING = ["data", "temperature", "track", "recipe", "protocol", "start", "consensus", "stopping"]
"""Columns that make a setting; rows of other noise draws and trainings belong to the same one."""
PAIR = ["noise_seed", "train_seed", "annotator_seed"]


def difference_to(panels: "pd.DataFrame", selector: str, other: str, *, rng: np.random.Generator) -> Difference:
    """Area of ``selector`` less that of ``other``, paired by noise draw, training and panel.

    With one noise draw and one training the interval is Student's over panels and speaks of these alone; with more it
    is a hierarchical bootstrap.

    Args:
        panels: Rows of one setting, as of :func:`~alc.leaderboard.row.panel_rows`.
        selector: Whose advantage.
        other: Over whom.
        rng: For the bootstrap.
    """
    both = [panels[panels["selector"] == name].set_index(PAIR)["area"] for name in (selector, other)]
    joined = both[0].to_frame("first").join(both[1].to_frame("second"), how="inner")
    difference = (joined["first"] - joined["second"]).to_numpy()
    noise = joined.index.get_level_values("noise_seed").to_numpy()
    training = joined.index.get_level_values("train_seed").to_numpy()
    if len(np.unique(noise)) == 1 and len(np.unique(training)) == 1:
        return t_difference(difference)
    return hierarchical_difference(difference, noise, training, rng=rng)


def standings(results: "pd.DataFrame", panels: "pd.DataFrame") -> Iterator[str]:
    """Text of one table per setting: mean over noise draws and trainings, best first."""
    rng = np.random.default_rng(0)
    for key, rows in results.groupby(SETTING, dropna=False, sort=False):
        parts = dict(zip(SETTING, key, strict=True))
        same = panels.merge(rows[SETTING].drop_duplicates(), on=SETTING)
        numbers = rows.groupby("selector", sort=False)[["area", "efficiency", "start_accuracy", "relabels_90"]].mean()
        missed = set(rows.loc[rows["relabels_90"].isna(), "selector"])
        numbers.loc[[name in missed for name in numbers.index], "relabels_90"] = np.nan
        numbers = numbers.sort_values("area", ascending=False)
        best = next((str(name) for name in numbers.index if name not in {RANDOM, CEILING}), RANDOM)
        numbers[f"area - {best}"] = [
            "" if name == best else str(difference_to(same, str(name), best, rng=rng)) for name in numbers.index
        ]
        draws = len(rows[["noise_seed", "train_seed"]].drop_duplicates())
        yield ""
        yield (
            f"start {parts['start']}, consensus {parts['consensus']}, stopping {parts['stopping']}: "
            f"{draws} training{'s' * (draws != 1)}, panels {rows['annotator_seeds'].iloc[0]}"
        )
        formats = {"area": "{:.4f}".format, "efficiency": "{:.2f}".format, "start_accuracy": "{:.4f}".format}
        yield numbers.to_string(formatters=formats | {"relabels_90": "{:.0f}".format}, na_rep="-")
