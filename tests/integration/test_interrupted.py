"""Killed, interrupted, or stopped while writing: the next start continues or starts clean, and ends with the same."""

import signal
from pathlib import Path

import numpy as np
import pytest
import pytorch_lightning as pl

from alc.callbacks.checkpoint import LastCheckpoint
from alc.posteriors import Posteriors
from tests.integration.commands import (
    SIMULATE,
    TRAIN,
    alc,
    ended,
    only,
    start,
    start_python,
    state,
    wait_for,
    without_figures,
)

LONG = [*TRAIN, "trainer.max_epochs=20", "callbacks.checkpoint_seconds=0"]


save_if_due = LastCheckpoint.on_train_epoch_end


def interrupt_in_second_fold(self: LastCheckpoint, trainer: pl.Trainer, module: pl.LightningModule) -> None:
    """Ctrl+C after the fifth epoch."""
    save_if_due(self, trainer, module)
    if self.path.parent.name == "fold_1" and trainer.current_epoch == 4:
        signal.raise_signal(signal.SIGINT)


@pytest.mark.usefixtures("one_thread")
def test_a_killed_and_interrupted_training_ends_as_if_nothing_had_happened(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = start("train", *LONG, cwd=folder)
    wait_for(folder, "runs/train/*/checkpoints/fold_0/last.ckpt", process)
    process.send_signal(signal.SIGKILL)
    assert ended(process).code == -signal.SIGKILL
    training = only(folder, "runs/train/*")
    assert not (training / "manifest.json").exists()
    assert not (training / "posteriors.npz").exists()
    assert " interrupted " in alc("runs").out

    with monkeypatch.context() as patch:
        patch.setattr(LastCheckpoint, "on_train_epoch_end", interrupt_in_second_fold)
        done = alc("train", *LONG)
    assert done.code == 130
    assert done.err.endswith("alc-train: interrupted. Finished work is kept; the same command continues.\n")
    assert "Continuing from" in done.err

    done = alc("train", *LONG)
    assert done.code == 0
    assert "Fold 1 of 2: kept from an earlier start." in done.err
    assert "Continuing from" in done.err
    assert "not empty" not in done.err

    assert alc("train", *LONG, "paths.runs=whole").code == 0
    whole = only(folder, "whole/train/*")
    for file in ("posteriors.npz", "test_posteriors.npz", "dynamics.npz"):
        with np.load(training / file) as resumed, np.load(whole / file) as straight:
            for name in set(straight.files) - {"metadata"}:
                np.testing.assert_array_equal(resumed[name], straight[name])
    metrics, expected = ((run / "metrics.csv").read_text().splitlines() for run in (training, whole))
    assert len(expected) == 1 + 2 * 20
    assert set(metrics) <= set(expected)
    # Lightning logs an epoch just after its checkpoint is written; who stops in between, loses that line of the table.
    assert len(metrics) >= len(expected) - 2


DIES_WRITING = """
import os, sys
import pandas as pd
def die(frame, path, **_):
    path.write_bytes(b"PAR1 half of it")
    os._exit(9)
pd.DataFrame.to_parquet = die
from alc.cli.simulate import main
main()
"""


def test_a_process_that_dies_while_writing_leaves_nothing_that_looks_finished(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_figures(monkeypatch)
    arguments = [*SIMULATE, "selector=[oracle]"]
    (folder / "dies.py").write_text(DIES_WRITING)
    assert ended(start_python("dies.py", *arguments, cwd=folder)).code == 9
    run = only(folder, "runs/simulate/*")
    assert len(list(run.glob(".trajectory.*.tmp.parquet"))) == 1
    assert not (run / "trajectory.parquet").exists()
    assert not (run / "manifest.json").exists()
    done = alc("simulate", *arguments)
    assert done.code == 0
    assert "SKIP" not in done.err
    assert not list(run.glob(".*.tmp*"))


def test_half_written_posteriors_are_never_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def dies(*_: object, **__: object) -> None:
        raise SystemExit(9)

    with monkeypatch.context() as patch:
        patch.setattr("alc.posteriors.np.savez_compressed", dies)
        assert alc("train", *TRAIN).code == 9
    training = only(folder, "runs/train/*")
    assert not (training / "posteriors.npz").exists()
    done = alc("train", *TRAIN)
    assert done.code == 0
    assert done.err.count("kept from an earlier start") <= 2
    Posteriors.load(training / "posteriors.npz")


def test_a_damaged_training_is_done_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without_figures(monkeypatch)
    assert alc("train", *TRAIN).code == 0
    posteriors = only(folder, "runs/train/*/posteriors.npz")
    before = Posteriors.load(posteriors).probs
    posteriors.write_bytes(posteriors.read_bytes()[:100])
    assert " damaged " in alc("runs").out
    done = alc("rank", *TRAIN)
    assert done.code == 0
    assert "is computed again: posteriors.npz has 100 bytes" in done.err
    np.testing.assert_array_equal(Posteriors.load(posteriors).probs, before)


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_simulation_says_how_to_continue(
    folder: Path, monkeypatch: pytest.MonkeyPatch, sent: signal.Signals, code: int
) -> None:
    without_figures(monkeypatch)

    def interrupted(*_: object, **__: object) -> None:
        signal.raise_signal(sent)

    with monkeypatch.context() as patch:
        patch.setattr("alc.tasks.simulate.compare", interrupted)
        done = alc("simulate", *SIMULATE)
    assert done.code == code
    assert "the same command continues" in done.err
    assert not only(folder, "runs/simulate/*").joinpath("error.txt").exists()
    training = only(folder, "runs/train/*")
    trained = state(training)
    again = alc("simulate", *SIMULATE)
    assert again.code == 0
    assert again.trainings == []
    assert state(training) == trained


def test_a_terminated_training_is_no_success(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pytorch_lightning import LightningModule

    without_figures(monkeypatch)
    with monkeypatch.context() as patch:
        patch.setattr(LightningModule, "on_train_batch_end", lambda *_: signal.raise_signal(signal.SIGTERM))
        done = alc("train", *TRAIN)
    assert done.code == 143, done.err
    assert "the same command continues" in done.err
    assert not list(folder.glob("runs/train/*/manifest.json"))
    assert alc("train", *TRAIN).code == 0


def test_two_processes_on_one_run_train_once(folder: Path) -> None:
    both = [start("train", *TRAIN, cwd=folder) for _ in range(2)]
    done = [ended(process) for process in both]
    assert [each.code for each in done] == [0, 0], [each.err for each in done]
    assert sorted(len(each.trainings) for each in done) == [0, 1]
    (second,) = [each for each in done if not each.trainings]
    assert "SKIP train/" in second.err
    training = only(folder, "runs/train/*")
    for each in done:
        assert str(training.relative_to(folder) / "posteriors.npz") in each.out
    assert Posteriors.load(training / "posteriors.npz").probs.shape == (1, 60, 3)
