"""What the task commands share: where the configs are, Hydra's start, and how failures are told.

Exit codes: 0 done, 1 an unexpected error or failed jobs of a sweep, 2 input that is refused, 130 interrupted,
143 terminated.
"""

import importlib
import json
import os
import sys
import tempfile
import traceback
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import alc
from alc.cli.termination import Termination
from alc.errors import InputError
from alc.resolvers import register

if TYPE_CHECKING:
    from collections.abc import Callable

    from omegaconf import DictConfig

__all__ = ["config_directory", "launch"]

register()  # here, because a launcher may resolve the configs of a sweep in processes of its own

_SWEPT = "ALC_SWEPT_KEYS"  # the keys of a sweep, for whoever names it in a job, in whichever process
_FAILURES = "ALC_FAILED_JOBS"  # names a file that the jobs of a sweep append to, whichever process they run in


def config_directory() -> Path:
    """The folder of the primary configs: beside the package in a clone, inside it once installed."""
    package = Path(alc.__file__).resolve().parent
    for folder in (package.parent / "conf", package / "conf"):
        if (folder / "simulate.yaml").is_file():
            return folder
    raise InputError(f"no configs beside or inside {package}", fix="Install the project again")


def launch(task: str) -> None:
    """Run a task from the command line; the process ends here unless all went well."""
    program = f"alc-{task}"
    with Termination() as termination:
        _launch(task, program, termination)


def _launch(task: str, program: str, termination: Termination) -> None:
    try:
        _start(task, program)
    except InputError as error:
        if _wants_traceback():
            raise
        _quit(2, f"{program}: {error}")
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
    check(sys.argv[1:], program=program, config_name=task, config_path=configs)

    os.environ[_SWEPT] = " ".join(swept(sys.argv[1:]))

    def job(config: "DictConfig") -> None:
        _run_job(config, task, program)

    with tempfile.TemporaryDirectory(prefix="alc-") as folder:
        failures = Path(folder) / "failed.jsonl"
        os.environ[_FAILURES] = str(failures)
        decorate: Callable[[Callable[[DictConfig], None]], Callable[[], None]]
        decorate = hydra.main(version_base="1.3", config_path=str(configs), config_name=task)
        with told_at_the_end(Path(folder) / "offline.txt"):
            decorate(job)()
        lines = failures.read_text(encoding="utf-8").splitlines() if failures.is_file() else []
    if lines:
        failed = sorted((json.loads(line) for line in lines), key=lambda entry: int(entry["job"]))
        told = "".join(f"\n#{entry['job']} {entry['overrides']}\n  {entry['message']}" for entry in failed)
        _quit(1, f"{program}: {len(failed)} of the jobs failed, the others are done:{told}")


def _run_job(config: "DictConfig", task: str, program: str) -> None:
    from hydra.core.hydra_config import HydraConfig
    from hydra.types import RunMode

    try:
        _require_values(config)
        importlib.import_module(f"alc.tasks.{task}").run(config)
    except Exception as error:
        if _wants_traceback():
            raise
        message = _describe(error, config, task)
        job = HydraConfig.get()
        if job.mode != RunMode.MULTIRUN:
            _quit(2 if isinstance(error, InputError) else 1, f"{program}: {message}")
        print(f"{program}: job {job.job.num} failed: {message}", file=sys.stderr)
        entry = {"job": job.job.num, "overrides": " ".join(job.overrides.task), "message": message}
        with Path(os.environ[_FAILURES]).open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")


def _require_values(config: "DictConfig") -> None:
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    try:
        OmegaConf.to_container(config, resolve=True)
    except OmegaConfBaseException as error:
        first = str(error).splitlines()[0]
        raise InputError(f"config key {error.full_key!r} can not be resolved: {first}") from error
    if missing := sorted(OmegaConf.missing_keys(config)):
        raise InputError(f"{', '.join(missing)} has no value", fix=f"Type {missing[0]}=VALUE")


def _describe(error: Exception, config: "DictConfig", task: str) -> str:
    """The message of an expected error; of an unexpected one also where its traceback lies."""
    notes = list(getattr(error, "__notes__", ()))
    if isinstance(error, InputError):
        return str(error)
    first = " ".join(str(error).split()) or "no message"
    if not notes:
        notes = [_keep_traceback(error, config, task)]
    return f"{type(error).__name__}: {first}\n  {notes[0]}"


def _keep_traceback(error: Exception, config: "DictConfig", task: str) -> str:
    """An error outside any run directory still leaves its traceback in a file."""
    text = "".join(traceback.format_exception(error))
    with suppress(OSError):
        folder = Path(config.paths.runs) / "errors"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{datetime.now().astimezone():%Y-%m-%d_%H-%M-%S}-{task}-{os.getpid()}.txt"
        path.write_text(text, encoding="utf-8")
        return f"Traceback: {path}"
    return text


def _interrupted(program: str, termination: Termination) -> NoReturn:
    code = 143 if termination.received else 130
    _quit(code, f"\n{program}: interrupted. Finished work is kept; the same command continues.")


def _wants_traceback() -> bool:
    return os.environ.get("HYDRA_FULL_ERROR") == "1"


def _quit(code: int, message: str) -> NoReturn:
    print(message, file=sys.stderr)
    raise SystemExit(code)
