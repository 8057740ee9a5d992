"""alc-train: train on noisy labels and write the posteriors of every sample."""

from omegaconf import DictConfig

from alc.tasks.console import say
from alc.tasks.next_command import next_command
from alc.tasks.training import trained
from alc.tasks.values import check_values, run_name

__all__ = ["run"]


def run(config: DictConfig) -> None:
    """Train, unless a run with this config is finished."""
    check_values(config)
    path = trained(config, force=config.force, name=run_name(config))
    say(f"posteriors  {path / 'posteriors.npz'}", f"next        {next_command('rank')}")
