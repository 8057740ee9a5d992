"""Every recipe under experiments/ composes, is built, and begins with the command that runs it."""

import importlib
import importlib.util
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.core.utils import setup_globals
from omegaconf import OmegaConf, open_dict

from alc.build import build
from alc.cli.app import config_directory
from experiments import expected
from experiments.collected import markdown
from experiments.expected import FOLDERS, HERE

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
        bare = compose(recipe.stem, [searched])
        given = [searched, *(["data.root=folder"] if "root" in bare.data else [])]  # digits come with a dependency
        config = compose(recipe.stem, given, return_hydra_config=True)
        sweep: dict[str, Any] = dict(config.hydra.sweeper.params or {})
        chosen = [f"{key}={str(value).split(',', maxsplit=1)[0]}" for key, value in sweep.items()]
        compose(recipe.stem, [*given, *chosen])
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


@pytest.mark.parametrize(
    ("module", "arguments"),
    [
        ("fig3a_chest_xrays.figure", ()),
        ("table1_cleaning.table", ()),
        ("ablations.figure", ("bald",)),
        ("ablations.figure", ("updates",)),
        ("ablations.figure", ("entropy",)),
        ("noise_rate_by_selector.figure", ("human",)),
        ("noise_rate_by_selector.figure", ("digits",)),
    ],
)
def test_a_table_of_a_readme_is_that_of_its_files(module: str, arguments: tuple[str, ...]) -> None:
    shown = importlib.import_module(f"experiments.{module}").shown(*arguments)
    told = (EXPERIMENTS / module.partition(".")[0] / "README.md").read_text(encoding="utf-8")
    assert f"\n{markdown(shown)}\n" in told


def test_every_measured_folder_says_what_is_expected() -> None:
    assert {"fig3b_models", "fig3a_chest_xrays", "table1_cleaning", "ablations", "fig4_percentiles"} <= set(FOLDERS)
    for folder in FOLDERS:
        table = pd.read_csv(HERE / folder / "expected.csv")
        assert list(table) == ["quantity", "expected", "tolerance", "paper"], folder
        assert table["quantity"].is_unique
        assert (table["tolerance"] > 0).all()
        assert table["expected"].notna().all()


def test_a_number_outside_its_tolerance_disagrees(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    measured = {"area": 0.91, "cost": 7.0}
    monkeypatch.setattr(expected, "HERE", tmp_path)
    monkeypatch.setattr(expected, "import_module", lambda name: SimpleNamespace(measured=lambda data: measured))
    (tmp_path / "made").mkdir()
    (tmp_path / "made" / "expected.csv").write_text(
        "quantity,expected,tolerance,paper\ncost,7,1,\narea,0.92,0.005,0.9\n"
    )
    assert expected.compared("made", tmp_path)["agrees"].tolist() == [True, False]
    expected.written("made", tmp_path)
    again = expected.compared("made", tmp_path).set_index("quantity")
    assert again["agrees"].all()
    assert again.loc["area", "paper"] == 0.9
    assert again.loc["cost", "tolerance"] == 1
    measured["more"] = 1.0
    with pytest.raises(ValueError, match="more"):
        expected.compared("made", tmp_path)
