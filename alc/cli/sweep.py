"""Hydra's word that a sweep begins and ends, named in ``conf/hydra/default.yaml``."""

import sys
from pathlib import Path
from typing import Any

from hydra.experimental.callback import Callback
from omegaconf import DictConfig

from alc.errors import InputError
from alc.runs.sweep import FOLDER, begin_sweep

__all__ = ["Sweep"]


class Sweep(Callback):
    """Jobs leave their records beside ``multirun.yaml``; what they add up to is told and drawn once, at the end."""

    def on_multirun_start(self, config: DictConfig, **_: Any) -> None:
        """Make the folder of the sweep, before a launcher starts any process."""
        folder = Path(str(config.hydra.sweep.dir)) / FOLDER
        begin_sweep(folder)
        print(f"logs     {folder}/<point>.log", flush=True)

    def on_multirun_end(self, config: DictConfig, **_: Any) -> None:
        """Sum up; a sweep that is done is not spoilt by a figure that can not be drawn."""
        from alc.tasks.sweep import sum_up

        try:
            sum_up(Path(str(config.hydra.sweep.dir)), config)
        except (InputError, OSError) as error:
            print(f"sweep    not summed up: {error}", file=sys.stderr)
