"""alc-pretrain: one pre-training, found again by every task that implies it, and what is refused."""

from pathlib import Path

import pandas as pd
import pytest
import torch
from safetensors.torch import load_file

from alc.runs.manifest import Manifest
from tests.integration.commands import SIMULATE, TRAIN, alc, only, without_figures

SSL = ["ssl.epochs=2", "ssl.batch_size=16", "ssl.method.hidden=8", "ssl.method.output=4", "ssl.views.blur=null"]


@pytest.fixture(autouse=True)
def plain(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without_figures(monkeypatch)


def test_every_task_finds_the_same_pretraining(folder: Path) -> None:
    first = alc("pretrain", *TRAIN, *SSL, "name=encoder")
    assert first.code == 0, first.err
    run = only(folder, "runs/pretrain/*")
    tensors = load_file(run / "weights.safetensors")
    assert not any(name.startswith("classifier") for name in tensors)
    metrics = pd.read_csv(run / "metrics.csv")
    assert metrics["train/loss"].notna().all()
    assert metrics["train/spread"].between(0, 2).all()

    again = alc("pretrain", *TRAIN, *SSL)
    assert f"SKIP pretrain/{run.name}" in again.err
    probe = ["ssl=simclr", "tuning=linear_probe"]
    trained = alc("train", *TRAIN, *SSL, *probe)
    assert trained.code == 0, trained.err
    simulated = alc("simulate", *SIMULATE, *SSL, *probe)
    assert simulated.code == 0, simulated.err
    assert only(folder, "runs/pretrain/*") == run
    training = Manifest.read(only(folder, "runs/train/*"))
    assert training is not None
    assert training.parents == (run.name,)


def test_one_command_from_nothing_pretrains_and_simulates(folder: Path) -> None:
    done = alc("simulate", *SIMULATE, *SSL, "ssl=byol", "ssl.method.predictor_hidden=4", "tuning=fine_tune")
    assert done.code == 0, done.err
    said = done.out.splitlines()
    order = [word for line in said for word in ("Pre-training", "Training") if line.startswith(word)]
    assert order == ["Training", "Pre-training"]  # announced, then found to need the other first
    assert only(folder, "runs/pretrain/*").is_dir()


def test_the_end_of_a_pretraining_says_what_to_type_next(folder: Path) -> None:
    done = alc("pretrain", *TRAIN, *SSL)
    assert done.code == 0, done.err
    assert "weights  runs/pretrain/" in done.out
    assert "next     alc-train" in done.out


def test_a_pretraining_may_start_from_another(folder: Path) -> None:
    assert alc("pretrain", *TRAIN, *SSL, "name=first").code == 0
    second = alc("pretrain", *TRAIN, *SSL, "backbone.weights=first", "ssl.optimizer.lr=1e-12", "name=second")
    assert second.code == 0, second.err
    one, two = (load_file(folder / "runs" / name / "weights.safetensors") for name in ("first", "second"))
    torch.testing.assert_close(two["stem.weight"], one["stem.weight"], rtol=0, atol=1e-6)
    manifest = Manifest.read((folder / "runs" / "second").resolve())
    assert manifest is not None
    assert manifest.parents == ((folder / "runs" / "first").resolve().name,)


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        (["ssl=none"], ["ssl=none", "ssl=simclr"]),
        (["ssl.batch_size=500"], ["ssl.batch_size is 500", "60 images"]),
        (["ssl.epochs=0"], ["ssl.epochs=0"]),
        (["ssl.method.temperature=-1"], ["temperature"]),
        (["ssl.optimizer.lr=-1"], ["ssl.optimizer"]),
        (["ssl.epoch=3"], ["ssl.epoch", "does not exist"]),
        (["tuning=linear_probe", "ssl.scheduler.warm_up=3"], ["warm_up is 3"]),
    ],
)
def test_what_can_not_be_trained_is_refused(folder: Path, overrides: list[str], words: list[str]) -> None:
    given = [each for each in SSL if each.partition("=")[0] not in {one.partition("=")[0] for one in overrides}]
    if overrides == ["ssl=none"]:
        given = []
    alc("pretrain", *TRAIN, *given, *overrides).refused(*words)
