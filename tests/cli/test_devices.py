"""One device for each worker."""

import os
import platform
from pathlib import Path

import pytest
from filelock import FileLock
from omegaconf import OmegaConf

from alc.cli import devices
from alc.cli.devices import device_of, take_device

JOBLIB = OmegaConf.create(
    {"_target_": "hydra_plugins.hydra_joblib_launcher.joblib_launcher.JoblibLauncher", "n_jobs": 2}
)
ON_GPU = OmegaConf.create({"trainer": {"accelerator": "auto"}})


@pytest.mark.parametrize(
    ("place", "visible", "found", "device"),
    [
        (0, None, 4, "0"),
        (3, None, 4, "3"),
        (4, None, 4, "0"),
        (1, "2,5", 4, "5"),
        (2, "2,5", 4, "2"),
        (0, "GPU-ab,GPU-cd", 2, "GPU-ab"),
        (0, None, 1, None),
        (1, None, 0, None),
        (1, "3", 4, None),
        (1, "", 4, None),
    ],
)
def test_device_of(place: int, visible: str | None, found: int, device: str | None) -> None:
    assert device_of(place, visible, found) == device


@pytest.fixture
def gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four GPUs, and a process that has no place yet."""
    monkeypatch.setattr(devices, "_held", [])
    monkeypatch.setattr(devices, "_gpus", lambda: 4)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES")


@pytest.mark.usefixtures("gpus")
def test_a_worker_takes_the_first_free_place_and_keeps_it(tmp_path: Path) -> None:
    other = FileLock(tmp_path / f".worker_{platform.node()}_0.lock", is_singleton=False)
    with other:
        take_device(ON_GPU, JOBLIB, tmp_path)
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "1"
    take_device(ON_GPU, JOBLIB, tmp_path)
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "1"


@pytest.mark.usefixtures("gpus")
@pytest.mark.parametrize(
    ("config", "launcher"),
    [
        ({"trainer": {"accelerator": "cpu"}}, dict(JOBLIB)),
        ({}, {"_target_": "hydra._internal.core_plugins.basic_launcher.BasicLauncher"}),
        ({}, {"_target_": "hydra_plugins.hydra_submitit_launcher.submitit_launcher.SlurmLauncher"}),
        ({}, {**JOBLIB, "n_jobs": 1}),
    ],
)
def test_who_needs_no_device_gets_none(config: dict[str, object], launcher: dict[str, object], tmp_path: Path) -> None:
    take_device(OmegaConf.create(config), OmegaConf.create(launcher), tmp_path)
    assert "CUDA_VISIBLE_DEVICES" not in os.environ
