"""What to type next: the command at hand with another program or further settings, so that it runs as it stands."""

import shlex

from hydra.core.hydra_config import HydraConfig

from alc.runs.identity import TRAINING_GROUPS

__all__ = ["choice", "next_command", "overrides", "plain_command", "training_command"]

TASKS = ("pretrain", "train", "rank", "simulate", "clean", "evaluate", "select", "export", "answers")
NOT_REPEATED = ("force", "name")


def next_command(task: str, *settings: str, sweep: bool = False) -> str:
    """A command line for ``task`` with the overrides of this process and some more.

    Args:
        task: ``pretrain``, ``train``, ``rank`` or ``simulate``.
        settings: Further overrides; they replace those of the same key.
        sweep: Whether the settings are to be swept.
    """
    flags, overrides = _typed()
    replaced = {_key(setting) for setting in settings}.union(NOT_REPEATED)
    kept = [override for override in overrides if _key(override) not in replaced]
    return shlex.join([f"alc-{task}", *flags, *(["-m"] if sweep else []), *kept, *settings])


def plain_command(task: str, *settings: str) -> str:
    """A command line for ``task`` with these settings and, of this process, only where its files are."""
    return shlex.join([f"alc-{task}", *(each for each in overrides() if _key(each).startswith("paths.")), *settings])


def training_command(name: str) -> str:
    """The training that the config at hand implies, as a command of its own that gives it a name."""
    flags, typed = _typed()
    groups = {"seed", "paths", *(group.partition(".")[0] for group in TRAINING_GROUPS)}
    kept = [override for override in typed if _key(override).partition(".")[0] in groups]
    return shlex.join(["alc-train", *flags, *kept, f"name={name}"])


def overrides() -> list[str]:
    """What was typed; nothing where no command was."""
    return _typed()[1]


def choice(group: str) -> str | None:
    """The option of a group that this process was started with; None where no command was typed."""
    return HydraConfig.get().runtime.choices.get(group) if HydraConfig.initialized() else None


def _typed() -> tuple[list[str], list[str]]:
    """Flags and overrides of this process; of one job where it sweeps, none where no command was typed."""
    if not HydraConfig.initialized():
        return [], []
    hydra = HydraConfig.get()
    folders = [source.path for source in hydra.runtime.config_sources if source.provider == "command-line"]
    flags = [word for folder in folders for word in ("-cd", folder)]
    if hydra.job.config_name not in TASKS:
        flags += ["-cn", str(hydra.job.config_name)]
    return flags, list(hydra.overrides.task)


def _key(override: str) -> str:
    return override.partition("=")[0].lstrip("+~")
