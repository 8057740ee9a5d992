"""How a run is introduced to people who see many: its title, its group, and what was chosen."""

import os
from pathlib import Path

from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf

__all__ = ["choices", "group_of", "title_of"]

TASKS = ("pretrain", "train", "rank", "simulate", "clean", "evaluate", "select")
SHOWN = ("data", "noise", "method", "posteriors")
LONGEST = 120


def choices() -> dict[str, object]:
    """Group -> option of this command: what a dashboard filters by; nothing where no command was typed."""
    if not HydraConfig.initialized():
        return {}
    chosen = HydraConfig.get().runtime.choices
    return {str(group): option for group, option in chosen.items() if not str(group).startswith("hydra")}


def title_of(task: str, config: DictConfig) -> str:
    """A name of a few words: the one given, or the task with its data, noise, method and seed."""
    if config.get("name") is not None:
        return f"{task} {config.name}"
    chosen = choices()
    words = [task, *(str(chosen[group]) for group in SHOWN if chosen.get(group))]
    rate = OmegaConf.select(config, "noise.rate")
    if rate is not None and "noise" in chosen:
        words.insert(words.index(str(chosen["noise"])) + 1, f"{rate:g}" if isinstance(rate, int | float) else str(rate))
    return " ".join([*words, f"seed {OmegaConf.select(config, 'seeds.train')}"])[:LONGEST]


def group_of(config: DictConfig) -> str:
    """What a run belongs to, so that a sweep that is killed and started again, or widened, stays one group.

    The folder of the experiment (``-cd``); else the name of the primary config (``-cn``); else, in a sweep, what it
    varies; else the data set.
    """
    if not HydraConfig.initialized():
        return str(config.get("name") or "python")
    hydra = HydraConfig.get()
    folders = [source.path for source in hydra.runtime.config_sources if source.provider == "command-line"]
    if folders:
        return Path(str(folders[-1])).name[:LONGEST]
    if hydra.job.config_name not in TASKS:
        return str(hydra.job.config_name)[:LONGEST]
    data = str(hydra.runtime.choices.get("data"))
    if hydra.mode != RunMode.MULTIRUN:
        return data
    varied = sorted(os.environ.get("ALC_SWEPT_KEYS", "").split())
    told = ", ".join(varied)
    return (told if "data" in varied else f"{data}: {told}")[:LONGEST]
