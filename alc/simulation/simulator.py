"""The simulator: samples in rank order, annotators, a budget; in comes an order, out comes a trajectory.

Between model updates only a sample that was asked about can change its score, and it is not asked again.  So the order
is one sort, every sample's answers can be drawn at once, and a simulation is array work instead of a loop.
"""

import numpy as np

from alc.adjudication import Adjudication
from alc.annotators.annotator import Annotator, OrderedAnnotator, can_answer
from alc.arrays import IntArray
from alc.errors import InputError
from alc.labels import LabelCounts
from alc.simulation.budget import Budget
from alc.simulation.one_at_a_time import ask_in_order
from alc.simulation.questions import Answers, ask_until_closed
from alc.simulation.trajectory import Trajectory

__all__ = ["bought", "require_same_classes", "simulate_order"]


def simulate_order(
    order: IntArray,
    initial: LabelCounts,
    annotator: Annotator | OrderedAnnotator,
    *,
    budget: int,
    rule: Budget,
    adjudication: Adjudication,
) -> Trajectory:
    """Ask about the samples in ``order`` until ``budget`` annotations are spent (Bernhardt et al. 2022, Algorithm 1).

    Args:
        order: (K,) rows of the data set, best first, each at most once; rows left out, and those nobody can answer
            about, are never asked about.
        initial: Votes at the start; the simulator never sees reference labels.
        annotator: Who answers.
        budget: Annotations to buy, 1 or more.
        rule: Whether the budget is exact or as released.
        adjudication: When a sample is closed.

    Returns:
        The annotations in the order bought.  When nothing is left to ask, it ends early and says so.
    """
    require_same_classes(annotator, initial)
    labels = initial.majority
    order = order[can_answer(annotator, order)]
    # Each question costs at least one answer, so no more than budget + 1 samples can be reached.
    reachable = order[: budget + 1]
    if isinstance(annotator, Annotator):
        answers = ask_until_closed(reachable, initial.counts, labels, annotator, adjudication)
    else:
        answers = ask_in_order(reachable, initial.counts, labels, annotator, adjudication, budget)
    return bought(reachable, answers, labels, budget, rule, keeps_initial_votes=adjudication.keeps_initial_votes)


def require_same_classes(annotator: Annotator | OrderedAnnotator, initial: LabelCounts) -> None:
    """Refuse annotators that answer with other classes."""
    if annotator.num_classes != initial.num_classes:
        raise InputError(
            f"the annotators answer with {annotator.num_classes} classes, the labels have {initial.num_classes}",
            allowed="the same classes on both sides",
        )


def bought(
    rows: IntArray, answers: Answers, labels: IntArray, budget: int, rule: Budget, *, keeps_initial_votes: bool
) -> Trajectory:
    """The answers about ``rows`` (K,), cut off where the budget ends; ``labels`` (N,) are those at the start."""
    size = rule.num_events(answers.cost, budget)
    part = slice(0, size)
    return Trajectory(
        row=np.repeat(rows[: len(answers.cost)], answers.cost)[part],
        draw=answers.draw[part],
        answer=answers.answer[part],
        label_before=answers.label_before[part],
        label_after=answers.label_after[part],
        resolved=answers.resolved[part],
        initial_label=labels,
        keeps_initial_votes=keeps_initial_votes,
        budget=budget,
        is_exhausted=size < budget + (rule.rule == "released"),
    )
