"""Runs as one table."""

from pathlib import Path
from typing import Any

import pytest

from alc.errors import InputError
from alc.runs import RunDir, read_runs
from alc.runs.sweep import begin_sweep, job_record

SYMMETRIC = {"_target_": "alc.noise.Symmetric", "rate": 0.2, "exact": True}
CROSS_ENTROPY = {"score": {"_target_": "cross_entropy"}}


def finished(path: Path, config: dict[str, Any], area: float) -> None:
    with RunDir.open(path) as run:
        run.write_config(config)
        run.finish([], headline={"area": area}, parents=["0123456789"])


def simulation(**changes: object) -> dict[str, Any]:
    seeds = {"split": 0, "train": changes.get("seed", 0), "annotator": changes.get("seed", 0)}
    return {
        "seed": 0,
        "seeds": seeds,
        "noise": SYMMETRIC,
        "scheduler": {"T_max": changes.get("epochs", 3)},
        "trainer": {"max_epochs": changes.get("epochs", 3)},
        "selector": {"random": {}, "cross_entropy": CROSS_ENTROPY},
        "name": str(changes),
        "paths": {"runs": str(changes)},
        **changes,
    }


def columns(runs: Path, *configs: dict[str, Any]) -> dict[str, list[Any]]:
    """What the table tells of finished simulations with these configs."""
    for place, config in enumerate(configs):
        finished(runs / "simulate" / f"{place:010}", config, 0.5 + place / 10)
    table = read_runs(runs)
    assert list(table["run"]) == [f"simulate/{place:010}" for place in range(len(configs))]
    assert set(table["status"]) == {"complete"}
    assert list(table["area"]) == [0.5 + place / 10 for place in range(len(configs))]
    assert set(table["parents"]) == {"0123456789"}
    known = ["run", "status", "area", "seconds", "parents", "message"]
    return {str(name): list(column) for name, column in table.drop(columns=known).items()}


def test_only_what_differs_is_a_column_and_what_goes_together_is_one(tmp_path: Path) -> None:
    assert columns(tmp_path, simulation(), simulation()) == {}
    told = columns(tmp_path / "more", simulation(), simulation(seed=1), simulation(epochs=5))
    assert told == {"seed": [0, 1, 0], "trainer.max_epochs": [3, 3, 5]}


def test_groups_are_told_by_their_class_and_selectors_by_their_names(tmp_path: Path) -> None:
    pairs = {"_target_": "alc.noise.PairFlip", "rate": 0.2}
    other = {"random": {}, "knn": {"_target_": "alc.selection.knn.KNN", "k": 3}}
    told = columns(tmp_path, simulation(), simulation(noise=pairs), simulation(selector=other))
    assert told == {
        "noise": ["Symmetric", "PairFlip", "Symmetric"],
        "selector": ["random cross_entropy"] * 2 + ["random knn"],
    }
    nested = {**other, "knn": {**other["knn"], "k": 9}}
    told = columns(tmp_path / "k", simulation(), simulation(selector=other), simulation(selector=nested))
    assert told["selector.knn.k"][1:] == [3, 9]


def test_runs_without_numbers_have_rows_too(tmp_path: Path) -> None:
    finished(tmp_path / "train" / "aaaaaaaaaa", {"seed": 1}, 0.5)
    with pytest.raises(RuntimeError), RunDir.open(tmp_path / "simulate" / "bbbbbbbbbb"):
        raise RuntimeError("boom")
    table = read_runs(str(tmp_path)).set_index("run")
    assert table["status"].to_dict() == {"train/aaaaaaaaaa": "complete", "simulate/bbbbbbbbbb": "failed"}
    assert table["message"]["simulate/bbbbbbbbbb"] == "RuntimeError: boom"
    assert list(read_runs(tmp_path, "train")["run"]) == ["train/aaaaaaaaaa"]
    assert read_runs(tmp_path, "rank").empty


def test_a_sweep_has_a_row_per_point_with_what_was_typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALC_JOBS", "")
    run = tmp_path / "simulate" / "aaaaaaaaaa"
    finished(run, simulation(), 0.5)
    begin_sweep(tmp_path / "multirun" / "2026-01-01" / "jobs")
    given = ["data=digits", "+extra=x"]
    with job_record(0, "simulate", ["noise.rate=0.2", "selector=[joint,bald]", *given]):
        with RunDir.open(tmp_path / "train" / "cccccccccc") as training:
            training.finish([])
        finished(tmp_path / "simulate" / "bbbbbbbbbb", simulation(), 0.7)
    with job_record(1, "simulate", ["noise.rate=0.4", "selector=joint", *given]), RunDir.open(run) as opened:
        assert opened.complete
    with job_record(2, "simulate", ["noise.rate=0.4", "selector=joint", "data=digits"]) as messages:
        messages.append("no luck")
    table = read_runs(tmp_path / "multirun" / "latest")
    assert list(table["job"]) == [0, 1, 2]
    assert list(table["status"]) == ["done", "done", "failed"]
    assert list(table["noise.rate"]) == [0.2, 0.4, 0.4]
    assert list(table["selector"]) == ["[joint,bald]", "joint", "joint"]
    assert list(table["extra"].fillna("")) == ["x", "x", ""]
    assert "data" not in table
    assert list(table["area"])[:2] == [0.7, 0.5]
    assert list(table["computed"]) == [True, False, False]
    assert list(table["trained"]) == ["cccccccccc", "", ""]
    assert table["message"][2] == "no luck"


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no folder"):
        read_runs(tmp_path / "none")
