"""Labels to train on, with the settings of the training that they go back to."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from omegaconf import DictConfig

from alc.errors import InputError
from alc.tasks.next_command import overrides
from alc.tasks.problem import Problem
from alc.tasks.recorded import with_recorded
from alc.tasks.refresh import OF_THE_DATA

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Labelled", "as_trained"]

MOVABLE = ("data.root", "data.num_workers", "data.download")
"""Of the data, what may be another on this machine."""

PROGRAM = {"simulation": "simulate", "ranking": "rank"}


@dataclass(frozen=True, eq=False)
class Labelled:
    """Cleaned labels.

    Attributes:
        config: Of the training.
        problem: Images, and the labels at the start.
        table: One row per sample to train on, see :func:`~alc.treatments.treatment.label_table`.
        told: What the labels are, in words.
        parent: Id of the run that they go back to.
    """

    config: DictConfig
    problem: Problem
    table: "pd.DataFrame"
    told: str
    parent: str


def as_trained(config: DictConfig, run: Path, training: Path | None, whose: str) -> DictConfig:
    """This config with the data of a run and the training it ranked by, but for what was typed.

    Args:
        config: As composed.
        run: A simulation or a ranking.
        training: The training it ranked by; None if somebody brought the posteriors.
        whose: ``simulation`` or ``ranking``, for messages.

    Raises:
        InputError: Something was typed that would make it another problem.
    """
    typed = overrides()
    keys = [override.partition("=")[0].lstrip("+~").partition("@")[0] for override in typed]
    for key in keys:
        if key not in MOVABLE and any(key == part or key.startswith(f"{part}.") for part in OF_THE_DATA):
            raise InputError(
                f"{key} is decided by the {whose} whose labels these are",
                allowed=f"settings of the training, and {', '.join(MOVABLE)}",
                fix=f"Leave {key} out, or type it for alc-{PROGRAM[whose]}",
            )
    typed += [f"seeds.train={config.seeds.train}"] if "seed" in keys else []
    made = with_recorded(config, run, typed=typed)
    if training is not None:
        made = with_recorded(made, training, typed=typed, without=OF_THE_DATA)
    return made
