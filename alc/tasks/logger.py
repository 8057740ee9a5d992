"""The logger of a config: none, ``metrics.csv``, or that and W&B."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omegaconf import DictConfig

from alc.build import build
from alc.tasks.logs import fresh

if TYPE_CHECKING:
    from alc.tracking.settings import WandbSettings

__all__ = ["csv_logger", "wandb_settings"]

WANDB = "alc.tracking.settings.WandbSettings"


def wandb_settings(config: DictConfig) -> "WandbSettings | None":
    """What ``logger=wandb`` asks for; None with any other logger.

    Raises:
        InputError: A value is refused.
    """
    if (config.get("logger") or {}).get("_target_") != WANDB:
        return None
    settings: WandbSettings = build(config, "logger")
    return settings


def csv_logger(config: DictConfig) -> Callable[[Path], Any]:
    """Makes the logger of a training's folder; None where metrics are not written."""
    settings = wandb_settings(config)
    logger = build(config, "logger") if settings is None else settings.csv
    return lambda directory: logger(save_dir=fresh(directory)) if logger else None
