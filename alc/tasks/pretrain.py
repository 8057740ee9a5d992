"""alc-pretrain: self-supervised training of the backbone on the images of a data set."""

from omegaconf import DictConfig

from alc.tasks.console import say
from alc.tasks.next_command import choice, next_command
from alc.tasks.pretraining import pretrained
from alc.tasks.values import check_values, run_name
from alc.tasks.weights import WEIGHTS

__all__ = ["run"]


def run(config: DictConfig) -> None:
    """Pre-train, unless a run with this config is finished."""
    check_values(config)
    path = pretrained(config, force=config.force, name=run_name(config))
    following = next_command("train", f"ssl={choice('ssl')}", "tuning=linear_probe")
    say(f"weights  {path / WEIGHTS}", f"next     {following}")
