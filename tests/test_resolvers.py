"""What a config asks the machine: the CPU's flags, and a printed config that is the one that runs."""

from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir
from omegaconf import DictConfig, OmegaConf

from alc import resolvers
from alc.cli.app import config_directory
from alc.runs import training_id
from alc.tasks.precision import precision_note
from alc.tasks.problem import plain

WITH = "processor : 0\nmodel name : X\nflags\t\t: fpu avx512f avx512_bf16 amx_tile\n\nprocessor : 1\n"


@pytest.fixture
def cpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file in the place of /proc/cpuinfo, absent at first."""
    info = tmp_path / "cpuinfo"
    monkeypatch.setattr(resolvers, "cpu_has_bfloat16", lambda: resolvers.has_flag(info, "avx512_bf16"))
    return info


def trainer(option: str, *overrides: str) -> DictConfig:
    with initialize_config_dir(str(config_directory()), version_base="1.3"):
        return compose("train", [f"trainer={option}", *overrides])


@pytest.mark.parametrize(
    ("content", "expected"),
    [(WITH, True), (WITH.replace("avx512_bf16", "avx512_bf16x avx512_bf"), False), ("Features : bf16\n", False)],
)
def test_flags_are_read_as_words(tmp_path: Path, content: str, expected: bool) -> None:
    info = tmp_path / "cpuinfo"
    assert not resolvers.has_flag(info, "avx512_bf16")  # a system that does not tell
    info.write_text(content)
    assert resolvers.has_flag(info, "avx512_bf16") == expected


@pytest.mark.parametrize("option", ["cpu", "epochs_30"])
def test_cpu_recipes_follow_the_cpu_and_say_so(cpu: Path, option: str) -> None:
    without = trainer(option)
    assert without.trainer.precision == "32-true"
    assert precision_note(without.trainer)[0].startswith("precision 32-true: this CPU has no AVX512-BF16")
    before = training_id(plain(without), {})
    cpu.write_text(WITH)
    config = trainer(option)
    assert plain(config)["trainer"]["precision"] == "bf16-mixed"
    assert "precision: bf16-mixed" in OmegaConf.to_yaml(config, resolve=True)
    assert precision_note(config.trainer)[0].startswith("precision bf16-mixed: this CPU has AVX512-BF16")
    assert training_id(plain(config), {}) != before  # another precision is another training


def test_a_precision_that_is_typed_counts_as_the_same_and_needs_no_note(cpu: Path) -> None:
    cpu.write_text(WITH)
    typed = trainer("cpu", "trainer.precision=bf16-mixed")
    assert precision_note(typed.trainer) == []
    assert training_id(plain(typed), {}) == training_id(plain(trainer("cpu")), {})
    assert trainer("cpu", "trainer.precision=32-true").trainer.precision == "32-true"


def test_the_default_trainer_does_not_ask(cpu: Path) -> None:
    cpu.write_text(WITH)
    assert trainer("default").trainer.precision == "32-true"
