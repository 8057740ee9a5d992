"""What the task commands share: where the configs are, Hydra's start, and how failures are told.

Exit codes: 0 done, 1 an unexpected error or failed jobs of a sweep, 2 input that is refused, 130 interrupted,
143 terminated.
"""

import os
import shlex
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import alc
from alc.cli.job import leave, run_job, wants_traceback
from alc.cli.sweep_job import SWEPT
from alc.cli.termination import Termination
from alc.errors import InputError
from alc.resolvers import register
from alc.runs.command import command_line, working_on
from alc.runs.sweep import JOBS, begin_sweep, read_jobs

if TYPE_CHECKING:
    from collections.abc import Callable

    from omegaconf import DictConfig

__all__ = ["config_directory", "launch"]

register()  # here, because a launcher may resolve the configs of a sweep in processes of its own


def config_directory() -> Path:
    """The folder of the primary configs: beside the package in a clone, inside it once installed."""
    package = Path(alc.__file__).resolve().parent
    for folder in (package.parent / "conf", package / "conf"):
        if (folder / "simulate.yaml").is_file():
            return folder
    raise InputError(f"no configs beside or inside {package}", fix="Install the project again")


def launch(task: str, program: str | None = None) -> None:
    """Run a task from the command line; the process ends here unless all went well.

    Args:
        task: Name of the task and of its primary config.
        program: What the user typed, where that is not ``alc-<task>``.
    """
    program = program or f"alc-{task}"
    with Termination() as termination:
        _launch(task, program, termination)


def _launch(task: str, program: str, termination: Termination) -> None:
    try:
        _start(task, program)
    except InputError as error:
        if wants_traceback():
            raise
        leave(2, f"{program}: {error}")
    except KeyboardInterrupt:
        _interrupted(program, termination)
    except SystemExit as error:
        if isinstance(error.__context__, KeyboardInterrupt):  # how the trainer ends after Ctrl+C
            _interrupted(program, termination)
        raise


def _start(task: str, program: str) -> None:
    import hydra

    from alc.cli.overrides import check, overrides_last, swept
    from alc.tasks.waiting import told_at_the_end

    configs = config_directory()
    sys.argv[1:] = overrides_last(sys.argv[1:])
    points = check(sys.argv[1:], program=program, config_name=task, config_path=configs)
    if points:
        print(f"sweep    {points} point{'s' * (points != 1)}", flush=True)
    os.environ[SWEPT] = " ".join(swept(sys.argv[1:]))

    def job(config: "DictConfig") -> None:
        run_job(config, task, program)

    with tempfile.TemporaryDirectory(prefix="alc-") as folder, working_on(command=command_line()):
        begin_sweep(Path(folder) / "jobs")  # until Hydra says where; a config may be without that callback
        decorate: Callable[[Callable[[DictConfig], None]], Callable[[], None]]
        decorate = hydra.main(version_base="1.3", config_path=str(configs), config_name=task)
        try:
            with told_at_the_end(Path(folder) / "offline.txt"):
                decorate(job)()
            _tell_failures(program, Path(os.environ[JOBS]))
        except SystemExit as end:
            if not isinstance(end.__context__, KeyboardInterrupt):
                _tell_unfinished(program, Path(os.environ[JOBS]))
            raise
        finally:
            del os.environ[JOBS]


def _tell_failures(program: str, folder: Path) -> None:
    """What failed in a sweep, at its end, where one sees it."""
    failed = [job for job in read_jobs(folder) if job.status == "failed"]
    if failed:
        told = "".join(f"\n#{job.number} {shlex.join(job.overrides)}\n  {job.message}" for job in failed)
        leave(1, f"{program}: {len(failed)} of the jobs failed, the others are done:{told}")


def _tell_unfinished(program: str, folder: Path) -> None:
    """What was left of a sweep that ended early: a launcher gives up when one of its processes dies."""
    unfinished = [job for job in read_jobs(folder) if job.status == "unfinished"]
    if unfinished:
        told = "".join(f"\n#{job.number} {shlex.join(job.overrides)}" for job in unfinished)
        print(f"{program}: the sweep ended early, with these jobs at work:{told}", file=sys.stderr)
        print("Finished work is kept; the same command continues.", file=sys.stderr)


def _interrupted(program: str, termination: Termination) -> NoReturn:
    code = 143 if termination.received else 130
    leave(code, f"\n{program}: interrupted. Finished work is kept; the same command continues.")
