"""The labels that people gave in a project, to train on."""

from pathlib import Path

import numpy as np
from omegaconf import DictConfig

from alc.answers.project import Project
from alc.answers.standing import adjudication_of, samples_of, standing_of
from alc.arrays import IntArray
from alc.errors import InputError
from alc.runs.manifest import Manifest
from alc.tasks.labelled import Labelled, as_trained
from alc.tasks.problem import load_problem
from alc.tasks.treated import training_of
from alc.tasks.values import check_values
from alc.treatments.treatment import label_table

__all__ = ["answered"]


def answered(config: DictConfig) -> Labelled:
    """The labels of the data of a project's ranking, those that people settled with what they say.

    Raises:
        InputError: The project was not made from a run, the data have changed, or nobody has answered.
    """
    project = Project.open(Path(str(config.labels.project)).expanduser())
    where = f"labels.project={config.labels.project}"
    for key in ("selector", "seed", "annotations", "samples"):
        if config.labels[key] is not None:
            raise InputError(f"{where} with labels.{key}={config.labels[key]}, which is about simulations",
                             allowed=f"labels.{key}=null")  # fmt: skip
    if not str(config.treatment._target_).endswith(".Bought"):
        raise InputError(f"{where}: the answers of people are what there is to train on", allowed="treatment=bought")
    run = Path(str(project.settings.get("ranking", "")))
    manifest = Manifest.read(run) if "run" in project.settings else None
    if manifest is None:
        raise InputError(
            f"{where} was made from {run}, which is no finished alc-rank run",
            allowed="a project made with alc-export ranking=RUN",
            fix=f"Train with any tool on {project.folder / 'labels.csv'}, or type alc-rank with your data and make one",
        )
    training = training_of(run, manifest)
    config = as_trained(config, run, training, "ranking")
    check_values(config)
    problem = load_problem(config)
    samples = samples_of(project, project.queue())
    votes, result = standing_of(project, samples, adjudication_of(project))
    if not votes.current:
        raise InputError(f"{where}: nobody has answered yet", fix=f"Type alc-review {project.folder}")
    ids, labels = problem.samples.sample_id, problem.labels
    row = np.flatnonzero(np.isin(ids, result.sample_id))
    by_id = np.searchsorted(result.sample_id, ids[row])  # both are the ids of the project, theirs in order
    same_classes = problem.samples.class_names == project.class_names
    if len(row) != len(samples) or not same_classes or (labels[row] != result.given[by_id]).any():
        raise InputError(
            f"{where} is not of these data: the samples, the classes or the given labels are others",
            allowed="the data it was made from",
            fix="Type data.root=FOLDER if they have moved; if they have changed, rank again and make another project",
        )

    def spread(values: IntArray, others: IntArray) -> IntArray:
        made = others.copy()
        made[row] = values[by_id]
        return made

    table = label_table(
        problem.samples,
        spread(result.label, labels),
        given=labels,
        resolved=spread(result.settled.astype(np.int64), np.zeros_like(labels)),
        annotations=spread(result.people.sum(axis=1), np.zeros_like(labels)),
        votes=spread(result.votes.sum(axis=1), np.ones_like(labels)),
    )
    people = len({answer.annotator for answer in votes.current})
    told = f"project {project.id[:8]}, {len(votes.current)} answers of {people} annotator{'s' * (people > 1)}"
    return Labelled(config, problem, table, told, run.name)
