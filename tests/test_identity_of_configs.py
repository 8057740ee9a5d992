"""Which runs each key of a composed config names anew: said here once more, apart from the lists that decide it."""

from collections.abc import Iterator
from typing import Any

import pytest
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from alc.cli.app import config_directory
from alc.runs.identity import pretraining_id, run_id, training_id

DIGESTS = {"images": "ab12"}
TRAINING, PRETRAINING, SIMULATION = "training", "pretraining", "simulation"
ALL, TRAINS, DECIDES = {TRAINING, PRETRAINING, SIMULATION}, {TRAINING, SIMULATION}, {SIMULATION}
NAMED: dict[str, set[str]] = {
    "data.test_fraction": ALL,
    "data.annotator_accuracy": TRAINS,
    "data.neighbours": TRAINS,
    "noise.rate": TRAINS,
    "ssl.epochs": ALL,
    "ssl.seed": ALL,
    "ssl.method.temperature": ALL,
    "ssl.views.flip": ALL,
    "backbone.stem": ALL,
    "tuning.encoder_rate": TRAINS,
    "method.keep_features": TRAINS,
    "optimizer.lr": TRAINS,
    "scheduler.T_max": TRAINS,
    "augmentation.shift": TRAINS,
    "loader.batch_size": TRAINS,
    "loader.normalisation": ALL,
    "loader.num_workers": set(),
    "posteriors.num_folds": TRAINS,
    "trainer.max_epochs": TRAINS,
    "trainer.precision": ALL,
    "trainer.devices": ALL,
    "trainer.accelerator": set(),
    "trainer.enable_progress_bar": set(),
    "compute.compile": ALL,
    "averaging.decay": TRAINS,
    "callbacks.dynamics": TRAINS,
    "seeds.split": ALL,
    "seeds.noise": TRAINS,
    "seeds.train": TRAINS,
    "seeds.pretrain": DECIDES,  # of itself: it is ssl.seed that the trainings see
    "seeds.annotator": DECIDES,
    "seed": DECIDES,
    "selector.joint._target_": DECIDES,
    "annotator._target_": DECIDES,
    "adjudication._target_": DECIDES,
    "budget.annotations": DECIDES,
    "refresh.every": DECIDES,
    "simulation.seeds": DECIDES,
    "simulation.figures": set(),
    "logger._target_": set(),
    "paths.runs": set(),
    "posteriors_from": set(),
    "name": set(),
    "force": set(),
}


@pytest.fixture(scope="module")
def config() -> dict[str, Any]:
    """A simulation whose every group holds keys."""
    chosen = ["ssl=simclr", "tuning=fine_tune", "averaging=ema", "refresh=fine_tune", "seeds.pretrain=0"]
    with initialize_config_dir(str(config_directory()), version_base="1.3"):
        content = OmegaConf.to_container(compose("simulate", chosen), resolve=True)
    assert isinstance(content, dict)
    return {str(key): value for key, value in content.items()}


def ids(config: dict[str, Any]) -> dict[str, str]:
    return {
        TRAINING: training_id(config, DIGESTS),
        PRETRAINING: pretraining_id(config, DIGESTS),
        SIMULATION: run_id("simulate", config, DIGESTS),
    }


def with_other(config: dict[str, Any], dotted: str) -> dict[str, Any]:
    """The config with another value of one key."""
    key, _, rest = dotted.partition(".")
    section = config.get(key, {})
    return {**config, key: with_other(section, rest) if rest else {"another": section}}


@pytest.mark.parametrize("dotted", NAMED)
def test_a_key_names_anew_what_it_decides_and_nothing_else(config: dict[str, Any], dotted: str) -> None:
    before, after = ids(config), ids(with_other(config, dotted))
    assert {kind for kind in before if before[kind] != after[kind]} == NAMED[dotted]


def test_every_group_and_every_seed_is_tried(config: dict[str, Any]) -> None:
    assert {dotted.partition(".")[0] for dotted in NAMED} >= set(config)
    assert {f"seeds.{name}" for name in config["seeds"]} <= set(NAMED)


def keys(node: object, dotted: str) -> Iterator[str]:
    if isinstance(node, dict):
        for name, entry in node.items():
            yield from keys(entry, f"{dotted}.{name}" if dotted else name)
    else:
        yield dotted


def test_the_keys_tried_exist(config: dict[str, Any]) -> None:
    assert set(NAMED) - set(keys(config, "")) == set()
