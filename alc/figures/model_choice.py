"""Scores of several models on noisy, cleaned and true labels, and who leads: the paper's Table 2 as a picture."""

from typing import TYPE_CHECKING

import numpy as np

from alc.arrays import FloatArray
from alc.errors import InputError
from alc.figures.canvas import INK, PAGE_INCHES, SMALL, freeze, heading, house_style, new_figure, shorten
from alc.figures.palette import distinct_looks
from alc.figures.steps import legend_below, legend_inches

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

__all__ = ["model_choice"]

COLUMNS = ("labels", "seed", "model", "score")
TRUE, NAME_LENGTH, HEIGHT_INCHES = "true", 28, 3.0
LEADS = (-50, -20, -10, -5, -2, -1, -0.5, 0, 0.5, 1, 2, 5, 10, 20, 50)
PERCENT = ("accuracy", "top_2_accuracy")


@house_style()
def model_choice(scores: "pd.DataFrame", *, metric: str = "accuracy", title: str | None = None) -> "Figure":
    """One line per model over the states of the labels: left its score, right its lead over the truly best model.

    A model above the zero line on the right looks better than the truly best one: those labels choose wrongly.  Points
    are means over the label initialisations, bars one standard deviation; on the right of the paired differences.
    Leads in percent beyond one point are drawn on a logarithmic scale, since a choice hangs on small ones.  The legend
    stands in the true order.

    Args:
        scores: As of :meth:`alc.model_selection.ModelSelection.score_table`; states in the order of the table.
        metric: Name of the score; accuracies are drawn in percent.
        title: First line of the heading.

    Raises:
        InputError: The table lacks a column, or the true scores.
    """
    if missing := set(COLUMNS) - set(scores):
        raise InputError(f"the table of scores lacks {', '.join(sorted(missing))}", allowed=", ".join(COLUMNS))
    states = list(dict.fromkeys(map(str, scores["labels"])))
    if TRUE not in states:
        raise InputError("the table of scores has no true ones", allowed="rows with labels = true")
    scale, unit = (100.0, "%") if metric in PERCENT else (1.0, "log C")
    true = scores[scores["labels"] == TRUE].set_index("model")["score"].sort_values(ascending=False, kind="stable")
    models = list(map(str, true.index))
    values = [_values(scores[scores["labels"] == state], models) * scale for state in states]  # (S, M) each
    looks = distinct_looks(models)
    name = metric.replace("_", " ").replace("top 2", "top-2")

    labels = [f"{rank}. {shorten(model, NAME_LENGTH)}" for rank, model in enumerate(models, start=1)]
    figure = new_figure(PAGE_INCHES, HEIGHT_INCHES + legend_inches(labels, PAGE_INCHES))
    left, right = figure.subplots(1, 2)
    handles: list[Line2D] = []
    shift = 0.14 / max(len(models) - 1, 1)  # bars side by side
    for m, model in enumerate(models):
        look, x = looks[model], np.arange(len(states)) + shift * (m - (len(models) - 1) / 2)
        for axes, drawn in (
            (left, [each[:, m] for each in values]),
            (right, [each[:, m] - each[:, 0] for each in values]),
        ):
            bars = axes.errorbar(
                x,
                [float(each.mean()) for each in drawn],
                [float(each.std(ddof=1)) if len(each) > 1 else 0.0 for each in drawn],
                color=look.colour,
                linestyle=look.linestyle,
                linewidth=1.2,
                marker="o",
                markersize=3.5,
                elinewidth=0.9,
                capsize=2,
                zorder=3 - m / len(models),
            )
            if axes is left:
                handles.append(bars.lines[0])
    left.set_ylabel(f"{name.capitalize()} ({unit})")
    right.set_ylabel("Lead over the truly best (points)" if scale == 100 else f"Lead over the truly best ({unit})")
    for axes in (left, right):
        _axes(axes, states)
    right.set_title("above 0: preferred to the truly best model", loc="left", fontsize=SMALL)
    right.axhline(0, color=INK, linewidth=0.7, zorder=1)
    if scale == 100:
        _squeeze(right)
    seeds = scores.loc[scores["labels"] != TRUE, "seed"].nunique()
    facts = f"Mean and standard deviation of {seeds} label initialisations" if seeds > 1 else "1 label initialisation"
    heading(figure, title, facts)
    legend_below(figure, handles, labels, "Models in their true order")
    return freeze(figure)


def _values(rows: "pd.DataFrame", models: list[str]) -> FloatArray:
    """Scores (S, M) of one state; the true labels have one row without a seed."""
    wide = rows.assign(seed=rows["seed"].fillna(0)).pivot_table(index="seed", columns="model", values="score")
    missing = [model for model in models if model not in wide or wide[model].isna().any()]
    if missing:
        raise InputError(
            f"the table of scores lacks model {missing[0]!r} with labels = {rows['labels'].iloc[0]!r}",
            allowed="a score of every model in every state and seed",
        )
    return wide[models].to_numpy(dtype=np.float64)


def _squeeze(axes: "Axes") -> None:
    """Show a lead of half a point beside models that lie 20 points behind."""
    low, high = axes.dataLim.intervaly
    low, high = min(1.15 * low, -1.0), max(1.15 * high, 1.0)
    axes.set_yscale("symlog", linthresh=1)
    ticks = [tick for tick in LEADS if low <= tick <= high]
    axes.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.set_yticks([], minor=True)
    axes.set_ylim(low, high)


def _axes(axes: "Axes", states: list[str]) -> None:
    axes.set_xticks(range(len(states)), [state.replace("cleaned ", "cleaned\n") for state in states])
    axes.set_xlim(-0.4, len(states) - 0.6)
    axes.set_xlabel("Validation labels")
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=SMALL, width=0.7, length=3, color=INK)
    axes.grid(axis="y", color="#E6E6E6", linewidth=0.6)
    axes.set_axisbelow(True)
