"""Where a task's posteriors come from: the training its config implies, a named run, or a file."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from omegaconf import DictConfig

from alc.errors import InputError
from alc.posteriors import Posteriors
from alc.runs.lock import owner
from alc.runs.manifest import Manifest
from alc.samples import SampleTable
from alc.sources.inputs import file_digest
from alc.sources.probability_file import PROBABILITY_ENDINGS, read_probability_file
from alc.tasks.console import say
from alc.tasks.named_run import named_runs
from alc.tasks.next_command import training_command
from alc.tasks.problem import Problem
from alc.tasks.training import trained, training_path

__all__ = ["Parent", "different_samples", "find_parent"]

ALLOWED = "auto, the id or the name of a training, or a file of probabilities that ends in .csv, .npy or .npz"


@dataclass(frozen=True)
class Parent:
    """The source of posteriors, known before anything is trained.

    Attributes:
        title: What a reader is told: the training or the file.
        identity: What enters the id of a run that reads it: a run id, or the digest of a file.
        run_ids: The run ids among that, for the manifest.
        read: Reads the posteriors, training first if need be.
        directory: Where the training keeps its files; None for a file that somebody brought.
    """

    title: str
    identity: str
    run_ids: tuple[str, ...]
    read: Callable[[Problem], Posteriors]
    directory: Path | None = None

    def load(self, problem: Problem) -> Posteriors:
        """The posteriors of the samples of a problem, in their order."""
        posteriors, samples = self.read(problem), problem.samples
        try:
            posteriors = posteriors.aligned_to(samples.sample_id)
        except InputError as error:
            raise InputError(f"{self.title}: {error.problem}", allowed=error.allowed, fix=error.fix) from error
        if posteriors.num_classes != samples.num_classes:
            raise InputError(
                f"{self.title} has posteriors of {posteriors.num_classes} classes, the data have {samples.num_classes}",
                allowed="the same classes in the same order",
            )
        return posteriors


def find_parent(config: DictConfig, digests: dict[str, str]) -> Parent:
    """Resolve ``posteriors_from``: ``auto``, the id or name of a training, or a file of probabilities."""
    wanted = config.posteriors_from
    if wanted == "auto":
        path = training_path(config, digests)
        return Parent(
            f"training {path.name}",
            path.name,
            (path.name,),
            lambda problem: Posteriors.load(trained(config, digests, problem=problem) / "posteriors.npz"),
            path,
        )
    if str(wanted).endswith(PROBABILITY_ENDINGS):
        file = Path(str(wanted))
        if not file.is_file():
            raise InputError(f"posteriors_from={wanted}: there is no file {file.absolute()}", allowed=ALLOWED)
        return Parent(f"file {file}", file_digest(file), (), lambda problem: _of_file(file, problem))
    found = _training(Path(config.paths.runs), wanted)
    return Parent(
        f"training {found.name}", found.name, (found.name,), lambda problem: _of_same_images(found, problem), found
    )


def _of_file(file: Path, problem: Problem) -> Posteriors:
    """The probabilities in a file, joined by id or path where it has them, else row by row."""
    return read_probability_file(file).of(problem.samples)


def _of_same_images(training: Path, problem: Problem) -> Posteriors:
    """The posteriors of a named training, if it saw the images that this problem is about.

    Ids alone do not tell: in a table or a folder they are row numbers, which move when a file is added.
    """
    theirs, ours = SampleTable.load(training / "samples.parquet"), problem.samples
    differs = different_samples(theirs, ours)
    if differs:
        raise InputError(
            f"posteriors_from={training.name} was trained on other data: {differs}",
            allowed="a training of the same images",
            fix="Type posteriors_from=auto to find or train the right one",
        )
    changed = int((theirs.given != ours.given).sum())
    if changed:
        say(f"note: training {training.name} saw other labels, {changed} of {len(ours)} differ from those ranked here")
    return Posteriors.load(training / "posteriors.npz")


def different_samples(theirs: SampleTable, ours: SampleTable) -> str | None:
    """In what the samples of a training differ from others, noisy labels aside; None where they are the same."""
    if theirs.class_names != ours.class_names:
        return f"its classes are {', '.join(theirs.class_names)}, here they are {', '.join(ours.class_names)}"
    if not np.array_equal(theirs.sample_id, ours.sample_id):
        return f"it has {len(theirs)} samples of other ids, here there are {len(ours)}"
    if not np.array_equal(theirs.path, ours.path):
        return "its images have other paths"
    if theirs.reference is not None and ours.reference is not None and (theirs.reference != ours.reference).any():
        return "its reference labels are others"
    return None


def _training(runs: Path, wanted: object) -> Path:
    """The finished training of that id or name."""
    there = [run for run in named_runs(runs, wanted, ("train",)) if run.is_dir()]
    found = next((run for run in there if Manifest.read(run) is not None), None)
    if found is None and there:
        begun = owner(there[0])
        raise InputError(
            f"posteriors_from={wanted}: that run is not finished",
            allowed=ALLOWED,
            fix=f"Type {begun['command'] if begun and begun['command'] else 'the command that began it'}: it continues",
        )
    if found is None:
        name = str(wanted)
        make = f", {training_command(name)} to make one" if re.fullmatch(r"\w[\w.-]*", name) else ""
        raise InputError(
            f"posteriors_from={wanted}: no training of that id or name in {runs / 'train'}",
            allowed=ALLOWED,
            fix=f"Type alc-runs --task train to list them{make}, or posteriors_from=auto to train",
        )
    found = found.resolve()
    if found.parent.name != "train":
        manifest = Manifest.read(found)
        parents = manifest.parents if manifest else ()
        of = f", of the posteriors of training {parents[0]}" if parents else ""
        fix = f"Type posteriors_from={parents[0]}" if parents else "Type alc-runs to list the runs"
        raise InputError(f"posteriors_from={wanted} is a {found.parent.name} run{of}", allowed=ALLOWED, fix=fix)
    return found
