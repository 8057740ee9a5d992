"""One job of a command: on its own, or as a point of a sweep."""

import importlib
import os
import shlex
import sys
import traceback
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from alc.errors import InputError
from alc.runs.command import working_on
from alc.runs.lock import is_follower

if TYPE_CHECKING:
    from omegaconf import DictConfig

__all__ = ["describe", "leave", "require_values", "run_job", "run_task", "wants_traceback"]


def run_job(config: "DictConfig", task: str, program: str) -> None:
    """Run a task; a failed point of a sweep is recorded, a failed command ends the process."""
    from hydra.core.hydra_config import HydraConfig
    from hydra.types import RunMode

    from alc.cli.sweep_job import run_point

    hydra = HydraConfig.get()
    given = _given(hydra)
    with working_on(overrides=shlex.join(given)):
        if hydra.mode == RunMode.MULTIRUN:
            run_point(config, task, program, hydra, given)
            return
        try:
            run_task(config, task)
        except Exception as error:
            if wants_traceback():
                raise
            leave(2 if isinstance(error, InputError) else 1, f"{program}: {describe(error, config, task)}")


def run_task(config: "DictConfig", task: str) -> None:
    """Run a task on a complete config."""
    require_values(config)
    importlib.import_module(f"alc.tasks.{task}").run(config)


def require_values(config: "DictConfig") -> None:
    """Refuse a config with a key that has no value, or one that can not be resolved."""
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    try:
        OmegaConf.to_container(config, resolve=True)
    except OmegaConfBaseException as error:
        first = str(error).splitlines()[0]
        raise InputError(f"config key {error.full_key!r} can not be resolved: {first}") from error
    if missing := sorted(OmegaConf.missing_keys(config)):
        raise InputError(f"{', '.join(missing)} has no value", fix=f"Type {missing[0]}=VALUE")


def wants_traceback() -> bool:
    """Whether the user asked for whole tracebacks."""
    return os.environ.get("HYDRA_FULL_ERROR") == "1"


def leave(code: int, message: str) -> NoReturn:
    """End the process with a message; of several processes of one training the first speaks."""
    if not is_follower():
        print(message, file=sys.stderr)
    raise SystemExit(code)


def describe(error: Exception, config: "DictConfig", task: str) -> str:
    """The message of an expected error; of an unexpected one also where its traceback lies."""
    notes = list(getattr(error, "__notes__", ()))
    if isinstance(error, InputError):
        return str(error)
    first = " ".join(str(error).split()) or "no message"
    if not notes:
        notes = [_keep_traceback(error, config, task)]
    return f"{type(error).__name__}: {first}\n  {notes[0]}"


def _given(hydra: Any) -> list[str]:
    """The overrides of the job as they were typed: a ``${...}`` in one of them is not Hydra's to resolve."""
    from omegaconf import OmegaConf

    given = OmegaConf.to_container(hydra.overrides.task, resolve=False)
    assert isinstance(given, list)
    return [str(override) for override in given]


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
