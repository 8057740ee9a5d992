"""One device for each job that runs at the same time.

A worker of ``launcher=joblib`` keeps the place it takes in line as long as it lives, and the one line that chooses its
GPU is ``CUDA_VISIBLE_DEVICES = device_of(place, ...)``: worker 0 gets the first GPU, worker 1 the second, and with more
workers than GPUs they share.  On a cluster SLURM does that.  CPU threads need no line: joblib gives each worker its
share of the cores, unless ``OMP_NUM_THREADS`` says otherwise.
"""

import os
import platform
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

if TYPE_CHECKING:
    from omegaconf import DictConfig

__all__ = ["device_of", "take_device"]

_held: list[FileLock] = []
"""The place of this process; the operating system lets go of it when the process ends."""


def device_of(place: int, visible: str | None, found: int) -> str | None:
    """What ``CUDA_VISIBLE_DEVICES`` becomes for the worker at a place; None: it stays as it is.

    Args:
        place: 0 for the first worker of this machine.
        visible: ``CUDA_VISIBLE_DEVICES`` as the user has set it, or None.
        found: GPUs there are.

    >>> [device_of(place, None, 2) for place in range(3)], device_of(1, "4,7", 8), device_of(1, None, 1)
    (['0', '1', '0'], '7', None)
    """
    devices = [str(number) for number in range(found)] if visible is None else visible.split(",")
    return devices[place % len(devices)] if len(devices) > 1 else None


def take_device(config: "DictConfig", launcher: "DictConfig", folder: Path) -> None:
    """In a worker of joblib, before its first job: choose the GPU that it uses from now on.

    Args:
        config: Of the job; one that trains on CPUs needs none.
        launcher: Hydra's settings of the launcher.
        folder: Of the sweep, the same for all its workers.
    """
    if _held or not str(launcher.get("_target_")).endswith(".JoblibLauncher") or launcher.n_jobs == 1:
        return
    if (config.get("trainer") or {}).get("accelerator") == "cpu":
        return
    visible, found = os.environ.get("CUDA_VISIBLE_DEVICES"), _gpus()
    if found > 1 and device_of(0, visible, found) is not None:
        os.environ["CUDA_VISIBLE_DEVICES"] = str(device_of(_place(folder), visible, found))


def _place(folder: Path) -> int:
    for place in count():
        lock = FileLock(folder / f".worker_{platform.node()}_{place}.lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            continue
        _held.append(lock)
        return place
    raise AssertionError


def _gpus() -> int:
    if not Path("/proc/driver/nvidia").is_dir():  # without a driver there is no need to import torch
        return 0
    import torch

    return torch.cuda.device_count()
