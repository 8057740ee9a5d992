"""Every recipe under experiments/ composes, is built, and begins with the command that runs it."""

import importlib.util
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.core.utils import setup_globals
from omegaconf import OmegaConf, open_dict

from alc.build import build
from alc.cli.app import config_directory

EXPERIMENTS = Path(__file__).parents[1] / "experiments"
RECIPES = sorted(path for path in EXPERIMENTS.glob("*/*.yaml"))
OBJECTS = ["data", "noise", "backbone", "tuning", "method", "optimizer", "scheduler", "posteriors", "augmentation"]
OBJECTS += ["trainer", "compute", "averaging", "ssl.method", "ssl.optimizer", "ssl.scheduler", "ssl.views"]


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda path: path.relative_to(EXPERIMENTS).as_posix())
def test_a_recipe_composes_and_is_built(recipe: Path) -> None:
    setup_globals()
    GlobalHydra.instance().clear()
    searched = f"hydra.searchpath=[file://{config_directory()}]"
    with initialize_config_dir(str(recipe.parent), version_base="1.3"):
        config = compose(recipe.stem, [searched, "data.root=folder"], return_hydra_config=True)
        sweep: dict[str, Any] = dict(config.hydra.sweeper.params or {})
        chosen = [f"{key}={str(value).split(',', maxsplit=1)[0]}" for key, value in sweep.items()]
        compose(recipe.stem, [searched, "data.root=folder", *chosen])
    with open_dict(config):
        del config["hydra"]
    OmegaConf.to_container(config, resolve=True, throw_on_missing=True)
    for key in OBJECTS:
        if OmegaConf.select(config, key):
            assert build(config, key) is not None


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda path: path.relative_to(EXPERIMENTS).as_posix())
def test_a_recipe_begins_with_its_command(recipe: Path) -> None:
    first = recipe.read_text(encoding="utf-8").splitlines()[0]
    found = re.search(r": alc-(\w+) -cd (\S+) -cn (\S+)", first)
    assert found is not None, first
    assert (Path(found[2]), found[3]) == (recipe.parent.relative_to(EXPERIMENTS.parent), recipe.stem)


def test_the_table_of_robust_methods_is_that_of_its_results() -> None:
    folder = EXPERIMENTS / "robust_cifar10h"
    spec = importlib.util.spec_from_file_location("robust_table", folder / "table.py")
    assert spec is not None
    assert spec.loader is not None
    table = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(table)
    told = (folder / "README.md").read_text(encoding="utf-8").splitlines()
    found = list(table.rows(pd.read_csv(folder / "results.csv")))
    assert [line for line in told if line.startswith("| ") and line in found] == [found[0], *found[2:]]
