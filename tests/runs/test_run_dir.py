"""A run's directory: complete or not, locked, cleaned after a crash, honest about damage."""

import errno
import json
import logging
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
import yaml

from alc.errors import InputError
from alc.runs.manifest import Artefact, Manifest, sources_digest
from alc.runs.run_dir import RunDir, require_writable

CONFIG = {"seed": 0, "rate": 0.2, "text": "1e-3", "tags": ["a", None], "section": {"on": True}}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "runs" / "simulate" / "0123456789"


def finish(path: Path, content: str = "a,b\n", *, name: str | None = None, force: bool = False) -> Manifest:
    with RunDir.open(path, name=name, force=force) as run:
        run.write_config(CONFIG)
        (path / "figures").mkdir(exist_ok=True)
        (path / "figures" / "f.png").write_bytes(b"png")
        (path / "curves.csv").write_text(content)
        run.finish(["curves.csv", "figures/f.png"], headline={"area": 0.5, "bad": float("nan")}, parents=["aaaaaaaaaa"])
        assert run.complete
        return run.manifest


HEADER = """
import logging, sys, time
from pathlib import Path
from alc.runs import RunDir
logging.basicConfig()
path = Path(sys.argv[1])
"""


def start_process(body: str, *arguments: Path) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", HEADER + textwrap.dedent(body), *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_for(file: Path) -> None:
    deadline = time.monotonic() + 20
    while not file.exists():
        assert time.monotonic() < deadline, f"{file} did not appear"
        time.sleep(0.02)


def test_a_finished_run_is_skipped(path: Path) -> None:
    manifest = finish(path)
    with RunDir.open(path) as run:
        assert run.complete
        assert run.manifest == manifest
    assert not (path / ".owner.json").exists()


def test_manifest_lists_what_was_promised(path: Path) -> None:
    finish(path)
    content = json.loads((path / "manifest.json").read_text())
    assert content["task"] == "simulate"
    assert content["run_id"] == "0123456789"
    assert content["status"] == "complete"
    assert content["parents"] == ["aaaaaaaaaa"]
    assert content["headline"] == {"area": 0.5, "bad": None}
    assert set(content["artefacts"]) == {"config.yaml", "curves.csv", "figures/f.png"}
    assert content["artefacts"]["figures/f.png"]["bytes"] == 3
    assert content["environment"]["sources"] == sources_digest()
    assert content["environment"]["host"]["cores"] == os.cpu_count()
    assert yaml.safe_load((path / "config.yaml").read_text()) == CONFIG


def test_artefact_digest_matches_hashlib(tmp_path: Path) -> None:
    from hashlib import sha256

    content = bytes(range(256)) * 5000
    (tmp_path / "a").write_bytes(content)
    assert Artefact.of(tmp_path / "a") == Artefact(sha256(content).hexdigest(), len(content))


def test_a_promise_that_is_not_kept_leaves_the_run_incomplete(path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"ranking\.csv"), RunDir.open(path) as run:
        run.finish(["ranking.csv"])
    with RunDir.open(path) as run:
        assert not run.complete


@pytest.mark.parametrize("damage", ["gone", "cut"])
def test_a_damaged_run_is_computed_again(path: Path, damage: str, caplog: pytest.LogCaptureFixture) -> None:
    finish(path)
    if damage == "gone":
        (path / "curves.csv").unlink()
    else:
        (path / "curves.csv").write_text("a")
    with caplog.at_level(logging.WARNING), RunDir.open(path) as run:
        assert not run.complete
        assert not (path / "manifest.json").exists()
    (message,) = [record.getMessage() for record in caplog.records]
    assert "simulate/0123456789" in message
    assert "curves.csv" in message


def test_a_run_whose_parent_was_computed_again_is_computed_again(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    parent = path.parents[1] / "train" / "9876543210"

    def train(numbers: str) -> None:
        with RunDir.open(parent, force=True) as run:
            (parent / "posteriors.npz").write_text(numbers)
            run.finish(["posteriors.npz"])

    def simulate() -> bool:
        with RunDir.open(path) as run:
            done = run.complete
            if not done:
                (path / "curves.csv").write_text("a,b")
                run.finish(["curves.csv"], parents=[parent.name, "not there"])
        return done

    train("1")
    assert [simulate(), simulate()] == [False, True]
    train("1")  # again, with the same outcome
    assert simulate()
    train("2")
    with caplog.at_level(logging.WARNING):
        assert [simulate(), simulate()] == [False, True]
    assert "run 9876543210, which it read, was computed again since" in caplog.text
    shutil.rmtree(parent)  # gone is not changed: what was made of it stays
    assert simulate()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"task": "simulate"}', '{"artefacts": []}'])
def test_a_broken_manifest_is_no_manifest(path: Path, content: str) -> None:
    path.mkdir(parents=True)
    (path / "manifest.json").write_text(content)
    with RunDir.open(path) as run:
        assert not run.complete


def test_force_computes_again_from_nothing(path: Path) -> None:
    finish(path)
    (path / "fold_0.npz").write_bytes(b"")
    with RunDir.open(path, force=True) as run:
        assert not run.complete
        assert {entry.name for entry in path.iterdir()} <= {".lock", ".owner.json"}
    finish(path, force=True)


def leave_half_done(path: Path, sources: str) -> None:
    (path / "checkpoints").mkdir(parents=True)
    (path / "checkpoints" / "last.ckpt").write_bytes(b"c")
    (path / "figures").mkdir()
    for file in ("fold_0.npz", "best.ckpt", "curves.csv", ".posteriors.12.tmp.npz", "error.txt", "figures/f.png"):
        (path / file).write_bytes(b"x")
    (path / ".owner.json").write_text(json.dumps({"pid": 1, "host": "h", "sources": sources}))


def test_what_a_kill_leaves_is_removed_up_to_the_resumable(path: Path) -> None:
    leave_half_done(path, sources_digest())
    with RunDir.open(path) as run:
        assert not run.complete
        found = {entry.name for entry in path.iterdir()} - {".lock", ".owner.json"}
        assert found == {"checkpoints", "fold_0.npz", "best.ckpt"}
        assert (path / "checkpoints" / "last.ckpt").read_bytes() == b"c"


def test_half_a_run_of_other_sources_starts_over(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    leave_half_done(path, "0" * 64)
    with caplog.at_level(logging.WARNING), RunDir.open(path):
        assert {entry.name for entry in path.iterdir()} <= {".lock", ".owner.json"}
    assert "other alc sources" in caplog.text


def test_a_run_of_other_sources_is_reused_with_a_warning(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    finish(path)
    manifest = path / "manifest.json"
    manifest.write_text(manifest.read_text().replace(sources_digest(), "0" * 64))
    with caplog.at_level(logging.WARNING), RunDir.open(path) as run:
        assert run.complete
    assert [record.getMessage() for record in caplog.records] == [
        "Run simulate/0123456789 was finished by other alc sources; force=true computes it again."
    ]


def test_an_error_leaves_its_traceback_and_the_next_success_removes_it(path: Path) -> None:
    with pytest.raises(ZeroDivisionError) as caught, RunDir.open(path):
        _ = 1 / 0
    text = (path / "error.txt").read_text()
    assert text.startswith("ZeroDivisionError: division by zero\n")
    assert "Traceback" in text
    assert caught.value.__notes__ == [f"Traceback: {path / 'error.txt'}"]
    finish(path)
    assert not (path / "error.txt").exists()


def test_an_error_after_the_end_does_not_blemish_the_run(path: Path) -> None:
    def finish_and_fail() -> None:
        with RunDir.open(path) as run:
            run.finish([])
            _ = 1 / 0

    with pytest.raises(ZeroDivisionError):
        finish_and_fail()
    with RunDir.open(path) as run:
        assert run.complete
    assert not (path / "error.txt").exists()


def test_an_interrupt_is_no_error(path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), RunDir.open(path):
        raise KeyboardInterrupt
    assert not (path / "error.txt").exists()
    with RunDir.open(path) as run:
        assert not run.complete


def test_names_link_to_runs(path: Path) -> None:
    runs = path.parents[1]
    finish(path, name="first")
    assert (runs / "first").resolve() == path.resolve()
    assert not (runs / "first").readlink().is_absolute()
    with RunDir.open(path, name="second"):
        pass
    assert (runs / "second" / "curves.csv").is_file()
    other = path.with_name("aaaaaaaaaa")
    finish(other, name="first")
    assert (runs / "first").resolve() == other.resolve()


@pytest.mark.parametrize("name", ["simulate", "a/b", "..", ".hidden", "", "with space"])
def test_impossible_names_are_refused(path: Path, name: str) -> None:
    path.parent.mkdir(parents=True)
    with pytest.raises(InputError, match="can not name a run"), RunDir.open(path, name=name):
        pass


def test_a_file_in_the_way_names_the_key_to_change(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("")
    wanted = r"paths\.runs=FOLDER"
    with pytest.raises(InputError, match=wanted) as caught, RunDir.open(tmp_path / "runs" / "train" / "0123456789"):
        pass
    assert str(tmp_path / "runs" / "train") in str(caught.value)
    (tmp_path / "ok" / "train").mkdir(parents=True)
    (tmp_path / "ok" / "train" / "0123456789").write_text("")
    with pytest.raises(InputError, match=wanted), RunDir.open(tmp_path / "ok" / "train" / "0123456789"):
        pass


def test_a_folder_without_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(InputError, match="not writable") as caught:
        require_writable(tmp_path)
    assert str(tmp_path) in str(caught.value)


def test_a_full_disk_is_told_once(path: Path) -> None:
    with pytest.raises(InputError, match="the disk is full") as caught, RunDir.open(path):
        raise OSError(errno.ENOSPC, "No space left on device", str(path / "posteriors.npz"))
    assert "paths.runs=FOLDER" in str(caught.value)
    assert "posteriors.npz" in str(caught.value)
    assert (path / "error.txt").is_file()


def test_other_errors_of_the_system_stay_what_they_are(path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="labels"), RunDir.open(path):
        Path("labels.csv").read_text()
    with pytest.raises(PermissionError), RunDir.open(path):
        raise PermissionError(errno.EACCES, "denied", "/elsewhere/labels.csv")


def test_a_helper_of_a_distributed_training_leaves_the_run_alone(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with RunDir.open(path):
        monkeypatch.setenv("LOCAL_RANK", "1")
        with RunDir.open(path) as follower:
            assert not follower.leader
            follower.write_config(CONFIG)
            follower.finish(["never.csv"])
        assert not (path / "config.yaml").exists()
        assert not (path / "manifest.json").exists()


def test_a_second_process_waits_and_finds_the_run_complete(path: Path, tmp_path: Path) -> None:
    go = tmp_path / "go"
    first = start_process(
        """
        with RunDir.open(path) as run:
            (path / "started").touch()
            while not Path(sys.argv[2]).exists():
                time.sleep(0.02)
            run.finish(["started"])
        """,
        path,
        go,
    )
    wait_for(path / "started")
    log = tmp_path / "waiting"
    second = start_process(
        """
        logging.getLogger("alc.runs.lock").addHandler(logging.FileHandler(sys.argv[2]))
        with RunDir.open(path) as run:
            print(run.complete)
        """,
        path,
        log,
    )
    wait_for(log)
    while "Waiting" not in log.read_text():
        time.sleep(0.02)
    go.touch()
    out, err = second.communicate(timeout=20)
    assert out.strip() == "True", err
    assert f"Waiting for run simulate/0123456789: process {first.pid} on" in err
    assert first.wait(timeout=20) == 0


def test_a_killed_process_leaves_an_unlocked_incomplete_run(path: Path) -> None:
    process = start_process(
        """
        with RunDir.open(path) as run:
            (path / "fold_0.npz").write_bytes(b"x")
            (path / "curves.csv").write_bytes(b"half")
            (path / "started").touch()
            time.sleep(60)
        """,
        path,
    )
    wait_for(path / "started")
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=20)
    with RunDir.open(path) as run:
        assert not run.complete
        assert (path / "fold_0.npz").exists()
        assert not (path / "curves.csv").exists()


def test_names_survive_where_links_are_not_allowed(
    path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(Path, "symlink_to", refuse)
    with caplog.at_level(logging.WARNING):
        finish(path, name="first")
    assert "No link" in caplog.text
