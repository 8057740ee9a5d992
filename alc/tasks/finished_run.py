"""The finished run that a config names by id or name, or a refusal that says what to type."""

from pathlib import Path

from alc.errors import InputError, did_you_mean
from alc.runs.manifest import Manifest
from alc.tasks.named_run import named_runs, names_of_runs

__all__ = ["finished_run"]


def finished_run(runs: Path, wanted: object, task: str, key: str) -> tuple[Path, Manifest]:
    """Directory and manifest of a finished run of one task.

    Args:
        runs: Folder of all runs.
        wanted: Id or name.
        task: What kind of run it must be.
        key: Where the config names it, for messages.

    Raises:
        InputError: There is none of that id or name, it is of another task, not finished, or damaged.
    """
    allowed = f"the id or the name of a finished alc-{task} run"
    found = [run.resolve() for run in named_runs(runs, wanted, (task,)) if run.is_dir()]
    if not found:
        near = did_you_mean(str(wanted), names_of_runs(runs, (task,)))
        raise InputError(
            f"{key}={wanted}: no {task} run of that id or name in {runs / task}",
            allowed=allowed,
            fix=near or f"Type alc-runs --task {task} to list them, or alc-{task} to make one",
        )
    run = next((each for each in found if each.parent.name == task), found[0])
    manifest = Manifest.read(run)
    if run.parent.name != task:
        raise InputError(
            f"{key}={wanted} is a {run.parent.name} run",
            allowed=allowed,
            fix=f"Type alc-runs --task {task} to list them",
        )
    if manifest is None:
        raise InputError(
            f"{key}={wanted}: run {task}/{run.name} is not finished",
            allowed=allowed,
            fix=f"Type the alc-{task} command that began it again: it continues",
        )
    if damage := manifest.damage(run):
        raise InputError(
            f"{key}={wanted}: run {task}/{run.name} is damaged, {damage}",
            allowed=allowed,
            fix=f"Type the command that made it again: {manifest.command}",
        )
    return run, manifest
