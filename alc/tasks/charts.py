"""The figures of a simulation, from its curves and its summary."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from alc.runs.sweep import in_sweep
from alc.tasks.problem import Problem

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["CONTACT_SHEET", "FIGURES", "draw_class_errors", "draw_curves", "wants_figures"]

FIGURES, CONTACT_SHEET = "figures", "contact_sheet"
CURVES = ("label_accuracy", "remaining_errors", "total_variation")


def wants_figures(path: Path, choice: str) -> bool:
    """Whether figures of a finished simulation are asked for and not all there.

    They take ten times as long as a small simulation, so a sweep draws its points together at the end.

    Args:
        path: The run's directory.
        choice: ``simulation.figures``.
    """
    if choice == "none" or (choice == "auto" and in_sweep()):
        return False
    stems = [*CURVES, *([CONTACT_SHEET] if (path / "ranking.csv").is_file() else [])]
    return not all((path / FIGURES / f"{stem}.{kind}").is_file() for stem in stems for kind in ("png", "pdf"))


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


def draw_class_errors(table: "pd.DataFrame", name: str, folder: Path) -> list[Path]:
    """Wrong labels left, class by class; returns the files written."""
    from alc.figures import class_errors, save_figure

    return save_figure(
        class_errors(table.astype({"class": str}), title=f"{name}, wrong labels by true class"), folder / "class_errors"
    )
