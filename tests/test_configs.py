"""Every option of every group composes and can be built; what the help shows works; primaries agree on the training."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hydra import compose, initialize_config_dir
from omegaconf import DictConfig, OmegaConf

from alc.build import build
from alc.cli.app import config_directory
from alc.cli.overrides import check
from alc.errors import InputError
from alc.runs import PRETRAINING_GROUPS, TRAINING_GROUPS, pretraining_id, training_config, training_id

CONF = config_directory()
PRIMARIES = ("pretrain", "train", "rank", "simulate", "clean", "evaluate", "select", "export", "leaderboard")
GROUPS = sorted(folder.name for folder in CONF.iterdir() if folder.is_dir() and folder.name != "local")
OPTIONS = {group: sorted(file.stem for file in (CONF / group).glob("*.yaml")) for group in GROUPS}
SETTINGS = {"hydra", "launcher", "paths", "simulation", "refresh", "callbacks", "loader"}
"""Groups of plain values that the tasks read; the others describe objects."""
OF_CLEAN = {"treatment"}
"""Groups of alc-clean, which has those of a training besides."""
OF_LEADERBOARD = {"consensus", "setting"}
"""Groups of alc-leaderboard, which has those of a training besides; the others are all groups of alc-simulate."""
FILES: dict[str, object] = {
    "data.root": "folder",
    "data.file": "file.csv",
    "backbone.name": "resnet18",
    "noise.matrix": [[0.9, 0.1], [0.2, 0.8]],
}
"""What a user has to say where an option has no default."""


@pytest.fixture(autouse=True)
def configs() -> Iterator[None]:
    with initialize_config_dir(str(CONF), version_base="1.3"):
        yield


def composed(primary: str, *overrides: str) -> DictConfig:
    config = compose(primary, list(overrides))
    for key in OmegaConf.missing_keys(config):
        OmegaConf.update(config, key, FILES[key])
    return config


def plain(config: DictConfig) -> dict[str, Any]:
    content = OmegaConf.to_container(config, resolve=True)
    assert isinstance(content, dict)
    return {str(key): value for key, value in content.items()}


def examples() -> list[str]:
    found: list[str] = []
    for primary in PRIMARIES:
        text = (CONF / f"{primary}.yaml").read_text()
        found += re.findall(
            rf"^ +(alc-{primary}(?: .*)?)$", text.partition("Examples:")[2].partition("Writes")[0], re.M
        )
    return found


@pytest.mark.parametrize("row", range(max(map(len, OPTIONS.values()))))
def test_every_option_composes_and_is_built(row: int) -> None:
    """The row-th option of every group at once, starting over where a group has fewer: each is seen at least once."""
    chosen = {
        group: options[row % len(options)]
        for group, options in OPTIONS.items()
        if group not in OF_CLEAN | OF_LEADERBOARD
    }
    config = composed("simulate", *(f"{group}={option}" for group, option in chosen.items()))
    plain(config)
    for group, option in chosen.items():
        if group not in SETTINGS:
            built = build(config, group)
            assert (built is None) == (config[group] == {}), f"{group}={option}"
    assert set(build(config, "selector")) == {"random", chosen["selector"]}


@pytest.mark.parametrize("option", OPTIONS["data"])
def test_every_data_option_composes_with_its_own_defaults(option: str) -> None:
    config = composed("train", f"data={option}")
    assert build(config, "data") is not None
    assert build(config, "posteriors") is not None


@pytest.mark.parametrize(
    ("group", "option"), [(group, option) for group in sorted(OF_CLEAN) for option in OPTIONS[group]]
)
def test_every_option_of_cleaning_composes_and_is_built(group: str, option: str) -> None:
    config = composed("clean", f"{group}={option}", "labels.simulation=first")
    assert callable(build(config, group))


@pytest.mark.parametrize(
    ("group", "option"), [(group, option) for group in sorted(OF_LEADERBOARD) for option in OPTIONS[group]]
)
def test_every_option_of_the_leaderboard_composes_and_is_built(group: str, option: str) -> None:
    config = composed("leaderboard", f"{group}={option}")
    plain(config)
    built = build(config, group)
    assert set(built) == {option} if group == "setting" else hasattr(built, "fuse")


def test_every_group_is_used() -> None:
    used: set[str] = set()
    for primary in ("simulate", "clean", "leaderboard"):
        config = compose(primary, return_hydra_config=True)
        used |= {str(key) for key in [*config, *config.hydra.runtime.choices]}
    assert set(GROUPS) <= used


@pytest.mark.parametrize("command", examples())
def test_examples_of_the_help_are_accepted(command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    program, *arguments = shlex.split(command)
    check(arguments, program=program, config_name=program.removeprefix("alc-"), config_path=CONF)


def test_every_help_has_five_examples() -> None:
    assert len(examples()) == 5 * len(PRIMARIES)


@pytest.mark.parametrize("file", sorted(CONF.rglob("*.yaml")), ids=lambda file: file.relative_to(CONF).as_posix())
def test_every_file_says_what_it_is(file: Path) -> None:
    lines = [line for line in file.read_text().splitlines() if not line.startswith("# @package")]
    assert re.match(r"# \S", lines[0])


@pytest.mark.parametrize(
    ("primary", "typo"), [("train", "sead=1"), ("rank", "seeds.nois=1"), ("simulate", "noise.rte=0.1")]
)
def test_a_typo_is_an_error(primary: str, typo: str) -> None:
    with pytest.raises(InputError, match="does not exist"):
        check([typo], program=f"alc-{primary}", config_name=primary, config_path=CONF)


@pytest.mark.parametrize(
    "overrides",
    [
        (),
        ("data=synthetic", "trainer.max_epochs=1"),
        ("data=folder", "data.root=x"),
        ("data=cifar10h_paper", "noise.temperature=2"),
        ("noise=none", "seeds.noise=4"),
    ],
)
def test_every_primary_implies_the_same_training(overrides: tuple[str, ...]) -> None:
    train = plain(composed("train", *overrides))
    for primary in ("rank", "simulate"):
        other = plain(composed(primary, *overrides, "seeds.annotator=7"))
        assert training_config(other) == training_config(train)
        assert training_id(other, {"a": "b"}) == training_id(train, {"a": "b"})


@pytest.mark.parametrize("overrides", [(), ("ssl=byol", "trainer=gpu"), ("data=cifar10h_paper", "ssl.epochs=3")])
def test_every_primary_implies_the_same_pretraining(overrides: tuple[str, ...]) -> None:
    """Of a training that asks for one, whatever is decided later."""
    wanted = pretraining_id(plain(composed("pretrain", *overrides)), {"a": "b"})
    ssl = () if any(each.startswith("ssl=") for each in overrides) else ("ssl=simclr",)
    later = (
        "method=elr",
        "noise=none",
        "tuning=linear_probe",
        "trainer.max_epochs=7",
        "seeds.train=5",
        "loader.batch_size=9",
    )
    for primary in ("train", "simulate"):
        assert pretraining_id(plain(composed(primary, *overrides, *ssl, *later)), {"a": "b"}) == wanted
    for change in (
        "ssl.seed=4",
        "seeds.split=4",
        "seeds.pretrain=4",
        "ssl.views.flip=false",
        "backbone=cifar_resnet",
        "trainer.devices=2",
    ):
        assert pretraining_id(plain(composed("pretrain", *overrides, change)), {"a": "b"}) != wanted, change


def test_the_seed_of_a_pretraining_counts_for_trainings_that_have_one() -> None:
    plainly, other = (training_id(plain(composed("train", f"seeds.pretrain={seed}")), {}) for seed in (0, 1))
    assert plainly == other
    with_ssl = [training_id(plain(composed("train", "ssl=simclr", f"seeds.pretrain={seed}")), {}) for seed in (0, 1)]
    assert with_ssl[0] != with_ssl[1]


def test_the_training_groups_are_there() -> None:
    train = plain(composed("train"))
    for dotted in (*TRAINING_GROUPS, *PRETRAINING_GROUPS):
        group, _, key = dotted.partition(".")
        assert group in train
        assert not key or key in train[group]


def test_a_seed_named_alone_equals_the_default() -> None:
    assert training_id(plain(composed("train")), {}) == training_id(plain(composed("train", "seeds.noise=0")), {})
    assert training_id(plain(composed("train")), {}) != training_id(plain(composed("train", "seeds.noise=1")), {})


def test_data_options_choose_noise_and_protocol_unless_they_are_named() -> None:
    folder = composed("simulate", "data=folder")
    assert folder.noise._target_.endswith("NoNoise")
    assert folder.posteriors._target_.endswith("CrossFit")
    named = composed("simulate", "data=folder", "noise=symmetric", "posteriors=in_sample")
    assert named.noise._target_.endswith("Symmetric")
    assert named.posteriors._target_.endswith("InSample")


def test_a_data_option_can_fix_a_seed() -> None:
    paper = composed("simulate", "data=cifar10h_paper", "seed=5")
    assert (paper.seeds.noise, paper.seeds.train) == (1234, 5)


def test_random_is_always_there() -> None:
    assert list(composed("simulate").selector) == ["random", "cross_entropy", "joint", "oracle"]
    assert list(composed("simulate", "selector=joint").selector) == ["random", "joint"]
    assert list(composed("simulate", "selector=[oracle,random]").selector) == ["random", "oracle"]
    assert list(composed("rank", "selector=entropy").selector) == ["entropy"]
