"""The records of a sweep's jobs."""

from pathlib import Path

import pytest

from alc.runs.run_dir import RunDir
from alc.runs.sweep import begin_sweep, failed_jobs, in_sweep, job_record, read_jobs


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The records of the first sweep of a folder of runs."""
    monkeypatch.setenv("ALC_JOBS", "")
    folder = tmp_path / "multirun" / "2026-01-01" / "jobs"
    begin_sweep(folder)
    return folder


def test_a_job_tells_what_became_of_its_runs(folder: Path, tmp_path: Path) -> None:
    train, simulate = tmp_path / "train" / ("a" * 10), tmp_path / "simulate" / ("b" * 10)
    for number in range(2):
        with job_record(number, "simulate", ["seed=1"]), RunDir.open(simulate) as run:
            assert in_sweep()
            if not run.complete:
                with RunDir.open(train) as parent:
                    parent.finish([])
                run.finish([], parents=[train.name])
    assert not in_sweep()
    first, second = read_jobs(folder)
    assert (first.status, first.task, first.overrides, first.run) == ("done", "simulate", ("seed=1",), simulate)
    assert (first.computed, first.used) == ((train, simulate), ())
    assert (second.computed, second.used, second.run) == ((), (simulate,), simulate)


def test_a_failed_job_and_one_that_was_killed(folder: Path, tmp_path: Path) -> None:
    with job_record(10, "train", ["seed=${x}"]) as messages:
        messages.append("no luck")
    with pytest.raises(KeyboardInterrupt), job_record(9, "train", []):
        raise KeyboardInterrupt
    (folder / "11.jsonl").write_text('{"task": "train", "over')
    killed, failed, cut = read_jobs(folder)
    assert [killed.number, failed.number, cut.number] == [9, 10, 11]
    assert (killed.status, cut.status, cut.task) == ("unfinished", "unfinished", "")
    assert (failed.status, failed.message, failed.run) == ("failed", "no luck", None)
    assert failed_jobs(tmp_path) == [failed]


def test_a_failure_is_forgotten_when_a_later_sweep_has_done_the_job(folder: Path, tmp_path: Path) -> None:
    with job_record(0, "train", ["seed=1"]) as messages:
        messages.append("no luck")
    begin_sweep(folder.parents[1] / "2026-01-02" / "jobs")
    with job_record(3, "train", ["seed=1"]):
        pass
    assert failed_jobs(tmp_path) == []


@pytest.mark.usefixtures("folder")
def test_a_failure_in_a_run_is_found_in_the_run(tmp_path: Path) -> None:
    with job_record(0, "train", ["seed=1"]) as messages:
        with pytest.raises(RuntimeError), RunDir.open(tmp_path / "train" / "0123456789"):
            raise RuntimeError("boom")
        messages.append("boom")
    assert failed_jobs(tmp_path) == []


def test_the_last_sweep_has_a_link_and_a_folder_of_runs_can_be_moved(folder: Path, tmp_path: Path) -> None:
    run = tmp_path / "train" / "0123456789"
    with job_record(0, "train", ["seed=1"]) as messages, RunDir.open(run) as opened:
        opened.finish([])
        messages.append("no luck")
    assert [job.run for job in read_jobs(tmp_path / "multirun" / "latest" / "jobs")] == [run]
    begin_sweep(folder.parents[1] / "2026-01-02" / "jobs")
    assert (tmp_path / "multirun" / "latest").readlink() == Path("2026-01-02")
    assert len(failed_jobs(tmp_path)) == 1  # the link is no sweep of its own
    begin_sweep(tmp_path / "elsewhere" / "jobs")
    assert not (tmp_path / "latest").exists()
    tmp_path.rename(tmp_path.with_name("moved"))
    (job,) = read_jobs(tmp_path.with_name("moved") / "multirun" / "2026-01-01" / "jobs")
    assert job.run == tmp_path.with_name("moved") / "train" / run.name
    tmp_path.with_name("moved").rename(tmp_path)
