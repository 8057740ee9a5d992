"""What W&B may do wrong, and how little of it a study notices."""

import logging
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from alc.errors import InputError
from alc.tracking import connection
from alc.tracking.connection import RunCard, has_key
from alc.tracking.run import TrackedRun
from alc.tracking.settings import WandbSettings
from tests.tracking.wandb_files import offline_runs

CARD = RunCard("train-0123456789", "a training", "digits", "train", {"seed": 1})


def settings(folder: Path, **changes: Any) -> WandbSettings:
    values: dict[str, Any] = {
        "project": "alc",
        "entity": None,
        "offline": "auto",
        "directory": str(folder),
        "group": "auto",
        "job_type": "auto",
        "tags": ["a", "b"],
        "notes": None,
        "points": 500,
        "top": 10,
        "thumbnail": 96,
        "artifact": True,
        "leave_out": [],
        "start_timeout": 2.0,
        "finish_timeout": 5.0,
        "csv": dict,
    }
    return WandbSettings(**values | changes)


class Broken:
    """A run of W&B of which everything but the beginning fails."""

    settings = SimpleNamespace(sync_dir="wandb/run-1", mode="online")
    url = "https://example.org/run"

    def __init__(self) -> None:
        self.finished: list[int] = []
        self.calls = 0

    def log(self, row: object) -> None:
        self.calls += 1
        raise RuntimeError("the service\n has died")

    def finish(self, exit_code: int) -> None:
        self.finished.append(exit_code)
        raise RuntimeError("it has died")


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"project": ""}, "logger.project"),
        ({"offline": "yes"}, "logger.offline"),
        ({"points": 1}, "logger.points"),
        ({"top": 501}, "logger.top"),
        ({"top": True}, "logger.top"),
        ({"thumbnail": 0}, "logger.thumbnail"),
        ({"tags": "paper"}, "logger.tags"),
        ({"start_timeout": 0}, "logger.start_timeout"),
    ],
)
def test_settings_refuse(changes: dict[str, Any], key: str) -> None:
    with pytest.raises(InputError, match=key):
        settings(Path(), **changes)


def test_a_key_is_found_without_asking(stranger: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not has_key()
    netrc = stranger / "netrc"
    netrc.write_text("machine example.org login user password x\n")
    assert not has_key()
    netrc.write_text("machine api.wandb.ai login user password x\n")
    assert has_key()
    netrc.write_text("machine wandb.example.org login user password x\n")
    assert not has_key()
    monkeypatch.setenv("WANDB_BASE_URL", "https://wandb.example.org")
    assert has_key()
    netrc.unlink()
    monkeypatch.setenv("WANDB_API_KEY", "x")
    assert has_key()


def test_without_a_key_runs_are_offline_and_it_is_said_once(stranger: Path, caplog: pytest.LogCaptureFixture) -> None:
    for number in range(2):
        run = TrackedRun.open(settings(stranger), RunCard(f"train-{number}", "n", "g", "train"))
        assert run.alive
        assert run.waits
        assert run.url is None
        run.close(failed=False)
    assert sorted(offline_runs(stranger)) == ["train-0", "train-1"]
    assert caplog.text.count("no API key") == 1


def test_an_unreachable_server_costs_one_timeout(
    stranger: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("WANDB_API_KEY", "0123456789" * 4)
    monkeypatch.setenv("WANDB_BASE_URL", "http://127.0.0.1:9")  # the port that discards; nobody listens
    begin = time.monotonic()
    for number in range(3):
        run = TrackedRun.open(settings(stranger), RunCard(f"train-{number}", "n", "g", "train"))
        assert run.waits
        run.row({"epoch": 0, "train/loss": 1.0})
        run.close(failed=False)
    assert time.monotonic() - begin < 15
    assert caplog.text.count("can not be reached") == 1
    assert [len(each.history) for each in offline_runs(stranger).values()] == [1, 1, 1]


def test_offline_tells_nothing_where_it_was_asked_for(
    stranger: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    assert connection._mode(settings(stranger, offline=True)) == "offline"
    monkeypatch.setenv("WANDB_MODE", "offline")
    assert connection._mode(settings(stranger)) == "offline"
    assert not caplog.text
    monkeypatch.setenv("WANDB_API_KEY", "x")
    assert connection._mode(settings(stranger, offline=False)) == "online"
    monkeypatch.setenv("WANDB_MODE", "disabled")
    assert not TrackedRun.open(settings(stranger), CARD).alive
    assert "WANDB_MODE=disabled" in caplog.text


def test_an_error_ends_the_tracking_and_is_told_once(
    stranger: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    broken = Broken()
    monkeypatch.setattr("alc.tracking.run.open_run", lambda *_: broken)
    run = TrackedRun.open(settings(stranger), CARD)
    assert run.url == broken.url
    for _ in range(3):
        run.row({"epoch": 0})
    run.numbers({"a": 1.0})
    run.files("x", "train", {"f": stranger / "none"}, parents=["train-1"])
    run.close(failed=True)
    run.close(failed=True)
    assert broken.calls == 1
    assert broken.finished == [1]
    warnings = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert [record.getMessage() for record in warnings] == [
        "W&B fails (log: the service has died) and shows no more of this run, which goes on."
    ]
    assert run.waits  # what it has written can be synced


def test_online_the_parents_are_inputs_if_they_are_there(stranger: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    used: list[str] = []
    stored: list[Any] = []

    def use(name: str) -> None:
        used.append(name)
        if name.startswith("train-2"):
            raise ValueError("no such artifact")

    run = SimpleNamespace(settings=Broken.settings, url=Broken.url, use_artifact=use, log_artifact=stored.append)
    monkeypatch.setattr("alc.tracking.run.open_run", lambda *_: run)
    tracked = TrackedRun.open(settings(stranger), CARD)
    tracked.files("simulate-1", "simulate", {}, parents=["train-2", "train-3"])
    assert used == ["train-2:latest", "train-3:latest"]
    assert tracked.alive
    assert stored[0].metadata == {"parents": ["train-2", "train-3"]}


def test_no_run_at_all_is_no_error_either(
    stranger: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: object) -> None:
        raise OSError("read-only file system")

    monkeypatch.setattr("alc.tracking.run.open_run", refuse)
    run = TrackedRun.open(settings(stranger), CARD)
    assert not run.alive
    run.row({"epoch": 0})
    run.close(failed=False)
    assert caplog.text.count("W&B fails (start: read-only file system)") == 1
    assert not run.waits


def test_what_a_run_is_filed_under(stranger: Path) -> None:
    run = TrackedRun.open(settings(stranger, notes="again"), CARD)
    image = np.zeros((1, 8, 8, 3), dtype=np.uint8)
    run.gallery("samples/x", ["given"], [["cat"]], image)
    file = stranger / "file.txt"
    file.write_text("content")
    run.files(CARD.run_id, "train", {"stored.txt": file}, parents=["pretrain-1"])
    run.numbers({"known": 2.0, "unknown": None})
    run.close(failed=False)
    (shown,) = offline_runs(stranger).values()
    assert (shown.run.run_id, shown.run.run_group, shown.run.job_type) == (CARD.run_id, "digits", "train")
    assert (shown.run.display_name, shown.run.notes, list(shown.run.tags)) == ("a training", "again", ["a", "b"])
    assert shown.config == {"seed": 1}
    assert shown.summary["known"] == 2
    assert "unknown" not in shown.summary
    artifact = shown.artifacts[CARD.run_id]
    assert artifact.metadata == '{"parents":["pretrain-1"]}'
    (entry,) = artifact.manifest.contents
    assert entry.path == "stored.txt"
    assert Path(entry.local_path).read_text() == "content"
    assert (stranger / "wandb") in Path(entry.local_path).parents  # beside the runs, not in somebody's home
    assert shown.exit_codes == [0]
