"""The config a finished run was made with, to train once more like it."""

from collections.abc import Collection
from pathlib import Path

from omegaconf import DictConfig, OmegaConf

from alc.errors import InputError
from alc.runs.identity import TRAINING_GROUPS
from alc.runs.run_dir import CONFIG

__all__ = ["recorded", "with_recorded"]

FOLLOWS = {"scheduler.T_max": "trainer.max_epochs", "scheduler.epochs": "trainer.max_epochs"}
"""What stretches with the training in ``conf``: a run keeps values only, and these are to go on following."""


def recorded(run: Path) -> DictConfig:
    """The config of a finished run, its schedule following the number of epochs again where it did."""
    file = run / CONFIG
    try:
        config = OmegaConf.load(file)
    except OSError as error:
        raise InputError(
            f"run {run.parent.name}/{run.name} has no {CONFIG}", allowed="a run that is complete"
        ) from error
    assert isinstance(config, DictConfig)
    for key, followed in FOLLOWS.items():
        value = OmegaConf.select(config, key)
        if value is not None and value == OmegaConf.select(config, followed):
            OmegaConf.update(config, key, f"${{{followed}}}")
    return config


def with_recorded(
    config: DictConfig, run: Path, *, typed: Collection[str] = (), without: Collection[str] = ()
) -> DictConfig:
    """A config whose training is that of a finished run, but for what was typed.

    Args:
        config: The composed config of any task.
        run: The run.
        typed: Overrides (``group=option``, ``key=value``) that stand against the run.
        without: Groups and keys of a training that stay as they are in ``config``.
    """
    theirs, made = recorded(run), OmegaConf.create(OmegaConf.to_container(config, resolve=False))
    assert isinstance(made, DictConfig)
    keys = [override.partition("=")[0].lstrip("+~").partition("@")[0] for override in typed]
    for dotted in TRAINING_GROUPS:
        if dotted in without or dotted in keys:
            continue
        section = OmegaConf.select(theirs, dotted)
        inside = [key for key in keys if key.startswith(f"{dotted}.")]
        OmegaConf.update(made, dotted, {} if section is None else section, merge=False, force_add=True)
        for key in inside:
            OmegaConf.update(made, key, OmegaConf.select(config, key), force_add=True)
    return made
