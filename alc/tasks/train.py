"""alc-train: train on noisy labels and write the posteriors of every sample."""

from omegaconf import DictConfig

from alc.tasks.console import say
from alc.tasks.training import trained

__all__ = ["run"]


def run(config: DictConfig) -> None:
    """Train, unless a run with this config is finished."""
    path = trained(config, force=bool(config.force), name=config.name)
    say(f"posteriors  {path / 'posteriors.npz'}", f"next        alc-rank posteriors_from={path.name}")
