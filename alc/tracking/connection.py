"""Whether a W&B run is online or offline, and the run itself; what is missing is said once."""

import logging
import netrc
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from alc.tracking.settings import WandbSettings

__all__ = ["RunCard", "has_key", "open_run", "surroundings"]

Mode = Literal["online", "offline", "disabled"]
HOSTS = ("wandb.ai", "wandb.com")
OFF = ("disabled", "offline", "dryrun")
log = logging.getLogger(__name__)

_told: set[str] = set()
"""What this process has said about the connection; after a failed one it does not try again."""


@dataclass(frozen=True)
class RunCard:
    """What W&B files a run under.

    Attributes:
        run_id: ``<task>-<run id>``: the same run of ours is the same run there, whichever attempt finishes it.
        name: What a list shows.
        group: Group.
        job_type: Job type.
        config: The config as plain values.
    """

    run_id: str
    name: str
    group: str
    job_type: str
    config: Mapping[str, Any] = field(default_factory=dict)


def open_run(settings: WandbSettings, card: RunCard) -> Any:
    """A W&B run: online where that is wanted and works, else offline; None where WANDB_MODE disables it.

    Raises:
        Exception: Whatever W&B raises where not even an offline run can be opened.
    """
    mode = _mode(settings)
    if mode == "disabled":
        return None
    if mode == "online":
        try:
            return _init(settings, card, "online")
        except Exception as error:
            first = (str(error).strip().splitlines() or [type(error).__name__])[0]
            _tell("unreachable", f"W&B can not be reached ({first}); runs are kept offline.")
            _forget_attempt()
    return _init(settings, card, "offline")


def has_key() -> bool:
    """Whether W&B could log in without asking: by an environment variable or a line of the netrc file."""
    if os.environ.get("WANDB_API_KEY") or os.environ.get("WANDB_IDENTITY_TOKEN_FILE"):
        return True
    file = os.environ.get("NETRC")
    candidates = [Path(file)] if file else [Path.home() / ".netrc", Path.home() / "_netrc"]
    own = urlsplit(os.environ.get("WANDB_BASE_URL", "")).netloc
    for path in candidates:
        try:
            hosts = netrc.netrc(path).hosts
        except (OSError, netrc.NetrcParseError):
            continue
        if any(host == own or host.endswith((*HOSTS, "coreweave.com")) for host in hosts):
            return True
    return False


@contextmanager
def surroundings(directory: Path) -> Iterator[None]:
    """Environment of calls to W&B: quiet, and copies of files beside the runs that wait for ``wandb sync``.

    What the user has set stays.  By default copies go to the home folder, where a sync from elsewhere misses them.
    """
    wanted = {"WANDB_SILENT": "true", "WANDB_DATA_DIR": str((directory / "wandb").absolute())}
    added = {name: value for name, value in wanted.items() if name not in os.environ}
    os.environ.update(added)
    try:
        yield
    finally:
        for name in added:
            os.environ.pop(name, None)


def _mode(settings: WandbSettings) -> Mode:
    asked = os.environ.get("WANDB_MODE", "")
    if asked == "disabled":
        _tell("disabled", "WANDB_MODE=disabled: nothing goes to W&B.")
        return "disabled"
    if settings.offline is True or (settings.offline == "auto" and asked in OFF):
        return "offline"
    if not has_key():
        _tell("no key", "W&B has no API key (type `wandb login` for one); runs are kept offline.")
        return "offline"
    return "offline" if "unreachable" in _told else "online"


def _forget_attempt() -> None:
    """End the service of W&B, for which the run it could not start is in use until then."""
    import wandb

    with suppress(Exception):
        wandb.teardown()


def _tell(what: str, message: str) -> None:
    if what not in _told:
        _told.add(what)
        log.warning("%s", message)


def _init(settings: WandbSettings, card: RunCard, mode: Mode) -> Any:
    import wandb

    wanted: dict[str, Any] = {
        "console": "off",
        "silent": True,
        "init_timeout": settings.start_timeout,
        "login_timeout": settings.start_timeout,
        "finish_timeout": settings.finish_timeout,
    }
    Path(settings.directory).mkdir(parents=True, exist_ok=True)
    return wandb.init(
        project=settings.project,
        entity=settings.entity,
        id=card.run_id,
        name=card.name,
        group=card.group,
        job_type=card.job_type,
        tags=list(settings.tags),
        notes=settings.notes,
        config=dict(card.config),
        dir=str(Path(settings.directory).absolute()),  # its service may have been started in another folder
        mode=mode,
        resume="allow",
        reinit="create_new",  # never another job's run, whatever became of it
        save_code=False,
        settings=wandb.Settings(**{key: each for key, each in wanted.items() if key in wandb.Settings.model_fields}),
    )
