"""The figures of a simulation, from its curves and its summary."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from alc.tasks.problem import Problem

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["draw_curves"]


def draw_curves(problem: Problem, summary: dict[str, Any], curves: "pd.DataFrame", folder: Path) -> list[Path]:
    """Label accuracy, remaining errors, total variation and the confusion of the noise; returns the files written."""
    from alc.figures import label_accuracy, noise_confusion, remaining_errors, save_figure, total_variation

    name, num_samples = summary["data"]["name"], summary["data"]["samples"]
    areas = {selector: entry["area"]["mean"] for selector, entry in summary["selectors"].items()}
    start = curves[(curves["metric"] == "label_accuracy") & (curves["annotations"] == 0)]
    figures = {
        "label_accuracy": label_accuracy(
            curves, areas, num_samples, float(start["mean"].iloc[0]), title=f"{name}, N = {num_samples:,}"
        ),
        "remaining_errors": remaining_errors(curves),
        "total_variation": total_variation(curves),
    }
    if problem.noise is not None:
        figures["noise_confusion"] = noise_confusion(problem.noise.confusion, problem.samples.class_names)
    return [path for stem, figure in figures.items() for path in save_figure(figure, folder / stem)]
