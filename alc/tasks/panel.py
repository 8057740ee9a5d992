"""Annotators for a problem: they are told what they need to know about the data, and nothing else."""

from collections.abc import Callable
from typing import Any

from alc.annotators.annotator import Annotator, OrderedAnnotator
from alc.tasks.problem import Problem

__all__ = ["annotators_for", "kind_of"]


def kind_of(panel: object) -> object:
    """The class that a partial of the config makes."""
    return getattr(panel, "func", panel)


def annotators_for(panel: Callable[..., Any], problem: Problem, seed: int) -> Annotator | OrderedAnnotator:
    """The panel of one seed; of the facts of the problem it gets those its class says it ``needs``."""
    reference = problem.reference()
    facts = {
        "annotations": problem.dataset.annotations,
        "initial": problem.labels,
        "reference": reference.labels,
    }
    needed = {name: facts[name] for name in getattr(kind_of(panel), "needs", ())}
    annotators: Annotator | OrderedAnnotator = panel(reference.distribution, problem.samples.sample_id, seed, **needed)
    return annotators
