"""Every option of conf/data composes with a primary config of the agreed order, and fills in its source."""

from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir
from hydra.utils import get_class, instantiate
from omegaconf import DictConfig

CONF = Path(__file__).parents[2] / "conf"
OPTIONS = sorted(path.stem for path in (CONF / "data").glob("*.yaml"))
PRIMARY = """
defaults:
  - _self_
  - noise: symmetric
  - posteriors: cross_fit
  - data: digits
seed: 0
seeds:
  split: ${seed}
  noise: ${seed}
paths:
  data: data
hydra:
  searchpath:
    - file://CONF
"""


@pytest.fixture
def primary(tmp_path: Path) -> Path:
    (tmp_path / "train.yaml").write_text(PRIMARY.replace("CONF", str(CONF)))
    (tmp_path / "posteriors").mkdir()
    (tmp_path / "noise").mkdir()
    for group, option in (
        ("posteriors", "in_sample"),
        ("posteriors", "cross_fit"),
        ("noise", "symmetric"),
        ("noise", "none"),
        ("noise", "human_temperature"),
        ("noise", "human_temperature_released"),
    ):
        (tmp_path / group / f"{option}.yaml").write_text(f"name: {option}\n")
    return tmp_path


def composed(primary: Path, *overrides: str) -> DictConfig:
    with initialize_config_dir(str(primary), version_base="1.3"):
        return compose("train", overrides=list(overrides))


def test_all_options_are_there() -> None:
    assert OPTIONS == ["cifar10", "cifar10h", "cifar10h_paper", "csv", "digits", "folder", "medmnist", "synthetic"]


@pytest.mark.parametrize("option", OPTIONS)
def test_option_composes_and_spells_out_every_field(primary: Path, option: str) -> None:
    overrides = ["data.file=labels.csv"] if option == "csv" else []
    config = composed(primary, f"data={option}", *overrides)
    source = instantiate(config.data)
    cls = get_class(config.data._target_)
    assert type(source) is cls
    assert set(config.data) - {"_target_"} == set(cls.__dataclass_fields__)
    header = (CONF / "data" / f"{option}.yaml").read_text().splitlines()
    assert next(line for line in header if not line.startswith("# @package")).startswith("# ")


@pytest.mark.parametrize(
    ("option", "noise", "posteriors"),
    [
        ("digits", "symmetric", "cross_fit"),
        ("synthetic", "symmetric", "cross_fit"),
        ("medmnist", "symmetric", "cross_fit"),
        ("folder", "none", "cross_fit"),
        ("csv", "none", "cross_fit"),
        ("cifar10", "symmetric", "in_sample"),
        ("cifar10h", "human_temperature", "in_sample"),
        ("cifar10h_paper", "human_temperature_released", "in_sample"),
    ],
)
def test_option_implies(primary: Path, option: str, noise: str, posteriors: str) -> None:
    config = composed(primary, f"data={option}")
    assert (config.noise.name, config.posteriors.name) == (noise, posteriors)
    assert config.seeds.noise == (1234 if option == "cifar10h_paper" else 0)
    other = "in_sample" if posteriors == "cross_fit" else "cross_fit"
    typed = composed(primary, f"data={option}", "noise=human_temperature", f"posteriors={other}")
    assert (typed.noise.name, typed.posteriors.name) == ("human_temperature", other)


def test_the_paper_keeps_its_noise_seed(primary: Path) -> None:
    config = composed(primary, "data=cifar10h_paper", "seed=3", "data.root=elsewhere")
    assert (config.seeds.noise, config.seeds.split, config.data.root) == (1234, 3, "elsewhere")


@pytest.mark.parametrize("option", ["digits", "synthetic"])
def test_embedded_sources_load_as_configured(primary: Path, option: str) -> None:
    data = instantiate(composed(primary, f"data={option}").data).load(0)
    assert data.distribution is not None
    assert data.test_images is not None


def test_class_lists_arrive(primary: Path, tmp_path: Path) -> None:
    config = composed(primary, "data=folder", f"data.root={tmp_path}", "data.classes=[posteriors,nois]")
    with pytest.raises(ValueError, match="Did you mean 'noise'"):
        instantiate(config.data).load(0)
