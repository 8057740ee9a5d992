"""Plain values of a config, checked before anything is read or trained; a refusal names the key and the value."""

import math

from omegaconf import DictConfig, OmegaConf

from alc.errors import InputError
from alc.tasks.logger import wandb_settings

__all__ = ["check_values", "number", "run_name", "switch", "whole_number"]

SEEDS = ("seed", "seeds.split", "seeds.noise", "seeds.pretrain", "seeds.train", "seeds.annotator")


def check_values(config: DictConfig) -> None:
    """Refuse seeds, sizes and switches that no task can use."""
    for key in SEEDS:
        whole_number(config, key, least=0)
    for key, least in (("loader.batch_size", 1), ("loader.predict_batch_size", 1), ("loader.num_workers", 0)):
        whole_number(config, key, least=least)
    _check_processes(config)
    if config.get("ssl"):
        for key, least in (("ssl.seed", 0), ("ssl.epochs", 1), ("ssl.batch_size", 2)):
            whole_number(config, key, least=least)
    for key in ("force", "loader.resident", "callbacks.dynamics"):
        switch(config, key)
    if (sampling := config.loader.get("sampling", "uniform")) not in {"uniform", "balanced"}:
        raise InputError(f"loader.sampling={sampling!r}", allowed="uniform, balanced")
    number(config, "callbacks.checkpoint_seconds", lowest=0, highest=math.inf)
    wandb_settings(config)


def whole_number(config: DictConfig, key: str, *, least: int) -> int:
    """The value of a dotted key as an int of ``least`` or more."""
    value = OmegaConf.select(config, key)
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise InputError(f"{key}={value!r}", allowed=f"a whole number of {least} or more")
    return value


def _check_processes(config: DictConfig) -> None:
    """How many processes train, and on what, stands in the config: with other numbers it is another training."""
    processes = 1
    for key in ("trainer.devices", "trainer.num_nodes"):
        try:
            processes *= whole_number(config, key, least=1)
        except InputError as error:
            fix = f"Give the number, e.g. {key}=2; CUDA_VISIBLE_DEVICES chooses among the GPUs"
            raise InputError(error.problem, allowed=error.allowed, fix=fix) from error
    if processes > 1 and config.trainer.accelerator == "auto":
        raise InputError(
            f"trainer.accelerator=auto with {processes} processes, which share batch statistics on GPUs but not CPUs",
            allowed="gpu, cpu",
            fix="Type trainer.accelerator=gpu",
        )


def number(config: DictConfig, key: str, *, lowest: float, highest: float) -> float:
    """The value of a dotted key as a float from ``lowest`` to ``highest``."""
    value = OmegaConf.select(config, key)
    if isinstance(value, bool) or not isinstance(value, int | float) or not lowest <= value <= highest:
        bounds = f"from {lowest:g} to {highest:g}" if math.isfinite(highest) else f"of {lowest:g} or more"
        raise InputError(f"{key}={value!r}", allowed=f"a number {bounds}")
    return float(value)


def switch(config: DictConfig, key: str) -> bool:
    """The value of a dotted key as a bool."""
    value = OmegaConf.select(config, key)
    if not isinstance(value, bool):
        raise InputError(f"{key}={value!r}", allowed="true, false")
    return value


def run_name(config: DictConfig) -> str | None:
    """The name of the run for people; ``name=3`` is the name "3"."""
    return None if config.name is None else str(config.name)
