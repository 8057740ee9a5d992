"""The list of runs, and ``alc-runs`` that prints it."""

from pathlib import Path

import pytest

from alc.cli.runs import main
from alc.runs import RunDir, find_runs
from alc.runs.command import working_on
from alc.runs.sweep import begin_sweep, job_record


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    root = tmp_path / "runs"
    with RunDir.open(root / "train" / "aaaaaaaaaa", name="first") as run:
        (run.path / "posteriors.npz").write_bytes(b"p")
        run.finish(
            ["posteriors.npz"], headline={"accuracy_noisy": 0.81234, "epochs": 3, "backbone": "small", "x": None}
        )
    with pytest.raises(RuntimeError), RunDir.open(root / "simulate" / "bbbbbbbbbb"):
        raise RuntimeError("no\nluck")
    (root / "simulate" / "cccccccccc").mkdir()
    with RunDir.open(root / "rank" / "dddddddddd") as run:
        (run.path / "ranking.csv").write_bytes(b"r")
        run.finish(["ranking.csv"])
    (root / "rank" / "dddddddddd" / "ranking.csv").unlink()
    (root / "multirun" / "2026-01-01_00-00-00").mkdir(parents=True)
    (root / "errors").mkdir()
    return root


def listing(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert isinstance(caught.value.code, int)
    out, err = capsys.readouterr()
    return caught.value.code, out, err


def test_every_state_of_a_run(runs: Path) -> None:
    found = {record.run_id: record for record in find_runs(runs)}
    assert {run_id: record.status for run_id, record in found.items()} == {
        "aaaaaaaaaa": "complete",
        "bbbbbbbbbb": "failed",
        "cccccccccc": "interrupted",
        "dddddddddd": "damaged",
    }
    assert found["aaaaaaaaaa"].name == "first"
    assert found["aaaaaaaaaa"].headline["accuracy_noisy"] == 0.81234
    assert found["bbbbbbbbbb"].note == "RuntimeError: no luck"
    assert found["dddddddddd"].note == "ranking.csv is missing"
    assert [record.task for record in find_runs(runs, "train")] == ["train"]


def test_a_run_at_work_is_running(runs: Path) -> None:
    with RunDir.open(runs / "simulate" / "cccccccccc"):
        assert {record.run_id: record.status for record in find_runs(runs)}["cccccccccc"] == "running"


def test_list(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = listing(capsys, "--runs", str(runs))
    assert code == 0
    assert len(out.splitlines()) == 5
    (line,) = [line for line in out.splitlines() if line.startswith("aaaaaaaaaa")]
    assert line.split()[1:4] == ["train", "first", "complete"]
    assert line.endswith("accuracy_noisy=0.8123  epochs=3  backbone=small  x=None")


def test_failed(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = listing(capsys, "--runs", str(runs), "--failed")
    assert code == 1
    assert [line.split()[0] for line in out.splitlines()] == ["id", "bbbbbbbbbb"]
    assert out.splitlines()[1].endswith("RuntimeError: no luck")
    code, out, _ = listing(capsys, "--runs", str(runs), "--failed", "--task", "train")
    assert (code, out) == (0, f"No failed runs in {runs}.\n")


def test_unknown_task(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = listing(capsys, "--runs", str(runs), "--task", "simulat")
    assert code == 2
    assert "Did you mean 'simulate'?" in err


@pytest.mark.parametrize("exists", [True, False])
def test_no_runs_says_what_to_type(tmp_path: Path, capsys: pytest.CaptureFixture[str], exists: bool) -> None:
    root = tmp_path / "runs"
    if exists:
        root.mkdir()
    code, out, _ = listing(capsys, "--runs", str(root))
    assert code == 0
    assert str(root) in out
    assert "Type alc-simulate" in out


def test_a_file_is_no_folder_of_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "runs").write_text("")
    code, _, err = listing(capsys, "--runs", str(tmp_path / "runs"))
    assert code == 2
    assert "is a file" in err


def test_failed_jobs_of_a_sweep(
    runs: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALC_JOBS", "")
    begin_sweep(runs / "multirun" / "2026-01-01_00-00-00" / "jobs")
    with job_record(0, "rank", ["seed=1", "data.root=a b"]) as messages:
        messages.append("there is no folder 'a b'.\nsecond line")
    with working_on(overrides="seed=2"), job_record(1, "train", ["seed=2"]) as messages:
        with pytest.raises(RuntimeError), RunDir.open(runs / "train" / "eeeeeeeeee"):
            raise RuntimeError("boom")
        messages.append("boom")
    code, out, _ = listing(capsys, "--runs", str(runs), "--failed")
    assert code == 1
    lines = {line.split()[0]: line for line in out.splitlines()}
    assert set(lines) == {"id", "bbbbbbbbbb", "-", "eeeeeeeeee"}
    assert lines["-"].split()[1] == "rank"
    assert lines["-"].endswith("seed=1 'data.root=a b'  there is no folder 'a b'.")
    assert "  seed=2  " in lines["eeeeeeeeee"]
    assert lines["eeeeeeeeee"].endswith("RuntimeError: boom")
