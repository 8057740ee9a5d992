"""Every option of conf/data composes with the primary config, and fills in its source."""

from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir
from hydra.utils import get_class, instantiate
from omegaconf import DictConfig

CONF = Path(__file__).parents[2] / "conf"
OPTIONS = sorted(path.stem for path in (CONF / "data").glob("*.yaml"))
TARGETS = {
    "alc.noise.Symmetric": "symmetric",
    "alc.noise.NoNoise": "none",
    "alc.noise.HumanTemperature": "human_temperature",
    "alc.noise.ReleasedHumanTemperature": "human_temperature_released",
    "alc.protocols.cross_fit.CrossFit": "cross_fit",
    "alc.protocols.in_sample.InSample": "in_sample",
}


def composed(*overrides: str) -> DictConfig:
    with initialize_config_dir(str(CONF), version_base="1.3"):
        return compose("train", overrides=list(overrides))


def implied(config: DictConfig) -> tuple[str, str]:
    return TARGETS[config.noise._target_], TARGETS[config.posteriors._target_]


def test_all_options_are_there() -> None:
    expected = {"cifar10", "cifar10h", "cifar10h_paper", "cifar10n", "csv", "digits", "folder", "medmnist", "synthetic"}
    expected |= {"nih_cxr", "noisy_cxr", "rsna_cxr"}
    assert set(OPTIONS) == expected


@pytest.mark.parametrize("option", OPTIONS)
def test_option_composes_and_spells_out_every_field(option: str) -> None:
    overrides = ["data.file=labels.csv"] if option == "csv" else []
    config = composed(f"data={option}", *overrides)
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
        ("noisy_cxr", "none", "in_sample"),
        ("rsna_cxr", "symmetric", "in_sample"),
        ("nih_cxr", "none", "cross_fit"),
        ("cifar10", "symmetric", "in_sample"),
        ("cifar10h", "human_temperature", "in_sample"),
        ("cifar10n", "none", "in_sample"),
        ("cifar10h_paper", "human_temperature_released", "in_sample"),
    ],
)
def test_option_implies(option: str, noise: str, posteriors: str) -> None:
    config = composed(f"data={option}")
    assert implied(config) == (noise, posteriors)
    assert config.seeds.noise == (1234 if option == "cifar10h_paper" else 0)
    other = "in_sample" if posteriors == "cross_fit" else "cross_fit"
    typed = composed(f"data={option}", "noise=human_temperature", f"posteriors={other}")
    assert implied(typed) == ("human_temperature", other)


def test_the_paper_keeps_its_noise_seed() -> None:
    config = composed("data=cifar10h_paper", "seed=3", "data.root=elsewhere")
    assert (config.seeds.noise, config.seeds.split, config.data.root) == (1234, 3, "elsewhere")


@pytest.mark.parametrize("option", ["digits", "synthetic"])
def test_embedded_sources_load_as_configured(option: str) -> None:
    data = instantiate(composed(f"data={option}").data).load(0)
    assert data.distribution is not None
    assert data.test_images is not None


def test_class_lists_arrive(tmp_path: Path) -> None:
    (tmp_path / "noise").mkdir()
    (tmp_path / "posteriors").mkdir()
    config = composed("data=folder", f"data.root={tmp_path}", "data.classes=[posteriors,nois]")
    with pytest.raises(ValueError, match="Did you mean 'noise'"):
        instantiate(config.data).load(0)
