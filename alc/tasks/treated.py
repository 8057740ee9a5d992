"""The case that a treatment decides, and the problem that is left when it has."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from alc.build import build
from alc.errors import InputError
from alc.noise import measure
from alc.posteriors import Posteriors
from alc.runs.manifest import Manifest
from alc.samples import SampleTable
from alc.simulation.trajectory import Trajectory
from alc.sources.dataset import one_hot
from alc.sources.parts import JoinedImages, PartOfImages
from alc.tasks.problem import Problem
from alc.tasks.recorded import recorded
from alc.tasks.refresh import relabelled
from alc.treatments.treatment import Case, Pool, Treatment

if TYPE_CHECKING:
    import pandas as pd

    from alc.sources.images import Images

__all__ = ["case_of", "training_of", "treated"]


def training_of(simulation: Path, manifest: Manifest) -> Path | None:
    """Directory of the training that a simulation ranked by; None if somebody brought the posteriors."""
    return next((each for each in simulation.parent.parent.glob("train/*") if each.name in manifest.parents), None)


def case_of(
    treatment: Treatment, problem: Problem, events: "pd.DataFrame", simulation: Path, training: Path | None
) -> Case:
    """What the treatment needs to know.

    Args:
        treatment: Says what it needs.
        problem: Images and labels of the simulation.
        events: The annotations bought, of one selector and panel.
        simulation: Its directory.
        training: Directory of the training it ranked by.
    """
    settings = recorded(simulation)
    keeps = build(settings, "adjudication").keeps_initial_votes
    samples = problem.samples
    with _of_these_data(simulation):
        trajectory = Trajectory.from_frame(events, samples.sample_id, problem.labels, keeps_initial_votes=keeps)
    posteriors = pool = None
    if treatment.needs_posteriors:
        if training is None:
            raise InputError(
                f"simulation {simulation.name} ranked by posteriors that no training here has written",
                allowed="a simulation with posteriors_from=auto or a run",
                fix="Type another treatment, or simulate with the posteriors of a training",
            )
        posteriors = Posteriors.load(training / "posteriors.npz")
    if treatment.needs_pool:
        more = problem.dataset.pool
        if more is None:
            raise InputError(
                f"data {problem.dataset.name!r} holds no further images",
                allowed="cifar10h_paper, or synthetic with data.pool above 0",
                fix="Type another treatment",
            )
        truth = more.distribution
        if truth is None:
            truth = one_hot(more.samples.given, more.num_classes)
        seed = int(events["seed"].iloc[0]) if len(events) else int(settings.seeds.annotator)
        pool = Pool(more.samples, build(settings, "annotator")(truth, more.samples.sample_id, seed))
    return Case(samples, problem.initial, trajectory, posteriors, pool)


@contextmanager
def _of_these_data(simulation: Path) -> Iterator[None]:
    """Say of whatever does not fit that the data are not those of the simulation."""
    try:
        yield
    except InputError as error:
        raise InputError(
            f"simulation {simulation.name} is not of these data: {error.problem}",
            allowed="the data it was made from",
            fix="Type data.root=FOLDER if they have moved; if they have changed, simulate again",
        ) from error


def treated(problem: Problem, table: "pd.DataFrame") -> Problem:
    """The problem that a treatment leaves: other labels, fewer samples or more of them.

    Args:
        problem: As it was.
        table: What the treatment made of it.
    """
    ids, label = table["sample_id"].to_numpy(), table["label_class"].to_numpy()
    dataset, samples = problem.dataset, problem.samples
    if np.array_equal(ids, samples.sample_id):
        return relabelled(problem, label)
    old = np.flatnonzero(np.isin(samples.sample_id, ids))
    more = np.arange(len(ids) - len(old))
    left: SampleTable = samples.rows(old)
    images: Images = PartOfImages(dataset.images, old)
    if len(more):
        assert dataset.pool is not None
        left = joined(left, dataset.pool.samples.rows(more))
        images = JoinedImages(images, PartOfImages(dataset.pool.images, more))
    left = replace(left, given=label)
    assert np.array_equal(left.sample_id, ids)
    made = replace(dataset, images=images, samples=left, distribution=None, published=None, annotations=None, pool=None)
    truth = left.reference
    noise = None if truth is None else measure(truth, label, left.num_classes)
    return Problem(made, left, noise)


def joined(first: SampleTable, second: SampleTable) -> SampleTable:
    """The samples of one table and then those of another; what only one of them knows is lost."""
    columns = {}
    for name in ("reference", "group"):
        parts = [getattr(table, name) for table in (first, second)]
        columns[name] = None if any(part is None for part in parts) else np.concatenate(parts)
    ids, given = (np.concatenate([getattr(each, name) for each in (first, second)]) for name in ("sample_id", "given"))
    has_paths = len(first.path) and len(second.path)
    path = np.concatenate([first.path, second.path]) if has_paths else np.empty(0, dtype=np.str_)
    return SampleTable(ids, first.class_names, given, path, **columns)
