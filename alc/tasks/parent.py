"""Where a task's posteriors come from: the training its config implies, a named run, or a file."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from omegaconf import DictConfig

from alc.errors import InputError
from alc.posteriors import Posteriors
from alc.tasks.problem import Problem
from alc.tasks.training import trained, training_path

__all__ = ["Parent", "find_parent"]


@dataclass(frozen=True)
class Parent:
    """The source of posteriors, known before anything is trained.

    Attributes:
        identity: What enters the id of a run that reads it: a run id, or the digest of a file.
        run_ids: The run ids among that, for the manifest.
        load: Reads the posteriors, training first if need be.
    """

    identity: str
    run_ids: tuple[str, ...]
    load: Callable[[Callable[[], Problem]], Posteriors]


def find_parent(config: DictConfig, digests: dict[str, str]) -> Parent:
    """Resolve ``posteriors_from``: ``auto``, a run id or name, or a ``posteriors.npz``."""
    wanted = str(config.posteriors_from)
    if wanted == "auto":
        path = training_path(config, digests)

        def load(problem: Callable[[], Problem]) -> Posteriors:
            return Posteriors.load(trained(config, digests, problem=problem) / "posteriors.npz")

        return Parent(path.name, (path.name,), load)
    if wanted.endswith(".npz"):
        file = Path(wanted)
        if not file.is_file():
            raise InputError(
                f"posteriors_from={wanted}: there is no such file", fix="Type auto, a run id or a file.npz"
            )
        return Parent(sha256(file.read_bytes()).hexdigest(), (), lambda problem: Posteriors.load(file))
    runs = Path(config.paths.runs)
    found = next((run for run in (runs / "train" / wanted, runs / wanted) if (run / "manifest.json").is_file()), None)
    if found is None or not re.fullmatch(r"[\w.-]+", wanted):
        raise InputError(
            f"posteriors_from={wanted}: no finished training of that id or name in {runs / 'train'}",
            allowed="auto, a run id, a run's name, or a file that ends in .npz",
            fix="Type alc-runs to list the runs, or posteriors_from=auto to train",
        )
    found = found.resolve()
    return Parent(found.name, (found.name,), lambda problem: Posteriors.load(found / "posteriors.npz"))
