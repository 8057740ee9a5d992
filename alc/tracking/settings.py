"""WandbSettings: where and how runs are shown, as ``logger=wandb`` describes it."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from alc.errors import InputError

__all__ = ["MOST_IMAGES", "WandbSettings"]

MOST_IMAGES = 500


@dataclass(frozen=True)
class WandbSettings:
    """What a user decides about W&B; ``conf/logger/wandb.yaml`` has a value for each.

    Attributes:
        project: Project, made where it does not exist.
        entity: User or team; None leaves it to the API key.
        offline: Whether runs are kept on the disk for ``wandb sync``; ``auto``: where there is no API key.
        directory: Folder in which W&B makes its folder ``wandb``.
        group: Group of the run, or ``auto``.
        job_type: Job type of the run, or ``auto`` for the task's name.
        tags: Tags of the run.
        notes: A remark on the run.
        points: Points of each cleaning curve, at most.
        top: Images in the table of suspicious samples, 0 to 500.
        thumbnail: Longest side of these images, in pixels.
        artifact: Whether the files of a run are uploaded.
        leave_out: Names of files that are not.
        start_timeout: Seconds to wait for a connection.
        finish_timeout: Seconds to wait for uploads at the end.
        csv: Makes the logger of ``metrics.csv``, given ``save_dir``.
    """

    project: str
    entity: str | None
    offline: bool | Literal["auto"]
    directory: str
    group: str
    job_type: str
    tags: Sequence[str]
    notes: str | None
    points: int
    top: int
    thumbnail: int
    artifact: bool
    leave_out: Sequence[str]
    start_timeout: float
    finish_timeout: float
    csv: Callable[..., Any]

    def __post_init__(self) -> None:
        if not isinstance(self.project, str) or not self.project:
            raise InputError(f"logger.project={self.project!r}", allowed="the name of a W&B project")
        if self.offline not in {True, False, "auto"}:
            raise InputError(f"logger.offline={self.offline!r}", allowed="auto, true, false")
        _whole("points", self.points, 2, None)
        _whole("top", self.top, 0, MOST_IMAGES)
        _whole("thumbnail", self.thumbnail, 8, None)
        for key in ("tags", "leave_out"):
            values = getattr(self, key)
            if isinstance(values, str) or not all(isinstance(value, str) for value in values):
                raise InputError(f"logger.{key}={values!r}", allowed=f"a list of words, e.g. 'logger.{key}=[a,b]'")
        for key in ("start_timeout", "finish_timeout"):
            value = getattr(self, key)
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < math.inf:
                raise InputError(f"logger.{key}={value!r}", allowed="a number of seconds above 0")


def _whole(key: str, value: object, least: int, most: int | None) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < least or (most is not None and value > most):
        bounds = f"of {least} or more" if most is None else f"from {least} to {most}"
        raise InputError(f"logger.{key}={value!r}", allowed=f"a whole number {bounds}")
