"""A point of a sweep: recorded, with a log of its own, told in one line; in whichever process a launcher has put it."""

import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alc.cli.devices import take_device
from alc.cli.job import describe, run_task, wants_traceback
from alc.cli.point_log import point_log
from alc.errors import InputError
from alc.runs.index import headline_text
from alc.runs.lock import is_follower
from alc.runs.manifest import Manifest
from alc.runs.sweep import JOBS, Job, job_record

if TYPE_CHECKING:
    from omegaconf import DictConfig

__all__ = ["SWEPT", "run_point"]

SWEPT = "ALC_SWEPT_KEYS"
"""Environment variable: the keys of a sweep, for whoever names it in a job, in whichever process."""


def run_point(config: "DictConfig", task: str, program: str, hydra: Any, given: list[str]) -> None:
    """Run a point; one that fails is recorded and told, and the sweep goes on.

    Args:
        config: Of the point.
        task: The task.
        program: The name of the command.
        hydra: Hydra's part of the config.
        given: The overrides of the point.
    """
    folder, number = Path(os.environ[JOBS]), hydra.job.num
    with point_log(folder / f"{number}.log"), job_record(number, task, given) as failures:
        try:
            take_device(config, hydra.launcher, folder)
            if _several_processes(config):
                _run_as_command(task, program, hydra, given)
            else:
                run_task(config, task)
        except Exception as error:
            if wants_traceback():
                raise
            failures.append(describe(error, config, task))
        except SystemExit as error:  # would end the worker that has further jobs to do, and the sweep with it
            one_job = "submitit" in str(hydra.launcher.get("_target_"))  # which ends so when its time is up
            if one_job or is_follower() or isinstance(error.__context__, KeyboardInterrupt):
                raise
            failures.append(f"SystemExit: the task ended with exit code {error.code}")
    if not is_follower():
        swept = {*os.environ.get(SWEPT, "").split(), *(hydra.sweeper.get("params") or {})}
        job = Job.read(folder / f"{number}.jsonl")
        print(_line(job, swept), file=sys.stderr if job.status == "failed" else sys.stdout, flush=True)


def _line(job: Job, swept: set[str]) -> str:
    """What was varied, what it took and what came out."""
    varied = [each for each in job.overrides if each.partition("=")[0].lstrip("+~") in swept]
    begin = f"#{job.number}  {shlex.join(varied or job.overrides)}  "
    if job.status == "failed":
        return f"{begin}failed: {job.message}"
    manifest = Manifest.read(job.run) if job.run else None
    if manifest is None or job.run is None:
        return f"{begin}done"
    trained = [run.name for run in job.computed if run != job.run and run.parent.name == "train"]
    took = f"{manifest.wall_seconds:.1f} s" if job.run in job.computed else "done before"
    return "  ".join([f"{begin}{took}", headline_text(manifest.headline), *(f"trained {run}" for run in trained)])


def _several_processes(config: "DictConfig") -> bool:
    trainer = config.get("trainer") or {}
    return (trainer.get("devices", 1), trainer.get("num_nodes", 1)) != (1, 1)


def _run_as_command(task: str, program: str, hydra: Any, given: list[str]) -> None:
    """A point that several processes train becomes a command of its own.

    The trainer starts its helpers with the command line of this process; from that of a sweep, each of them would begin
    with the first point.
    """
    folders = [source.path for source in hydra.runtime.config_sources if source.provider == "command-line"]
    flags = [*(word for folder in folders for word in ("-cd", folder)), "-cn", str(hydra.job.config_name)]
    command = [sys.executable, "-m", f"alc.cli.{task}", *flags, "hydra.mode=RUN", *given]
    last = ""
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, errors="replace") as process:
        assert process.stderr is not None
        for line in process.stderr:
            sys.stderr.write(line)
            last = line.strip() or last
    if process.returncode in {130, 143}:
        raise KeyboardInterrupt
    if process.returncode:
        said = last.removeprefix(f"{program}: ")
        raise InputError(said) if process.returncode == 2 else RuntimeError(said)
