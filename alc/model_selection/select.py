"""Compare models on noisy labels of a validation set, while these are being cleaned, and on true ones.

The labels are relabelled in the order of a selector, each sample until its question is closed, and after every
annotation the models are compared anew.  Models are predictions, not networks: whatever made the posteriors, nothing is
trained here.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np

from alc.adjudication import Adjudication, UntilMajority
from alc.annotators.annotator import Annotator, OrderedAnnotator
from alc.arrays import FloatArray, IntArray
from alc.errors import InputError, did_you_mean
from alc.labels import LabelCounts
from alc.metrics.predictions import METRICS, SampleMetric
from alc.model_selection.outcome import ModelSelection
from alc.model_selection.right import is_right, settled_after
from alc.posteriors import Posteriors
from alc.seeding import stream
from alc.selection.selector import SelectionRule
from alc.simulation.budget import Budget
from alc.simulation.replay import Reference
from alc.simulation.simulator import simulate_order
from alc.simulation.trajectory import Trajectory

__all__ = ["RankedBy", "check_metric", "check_selector", "check_shares", "select_model"]

RankedBy = Literal["mean", "own"]
"""Whose posteriors rank the samples: the mean of all models compared, so that none has an advantage, or each model's
own, so that every model is judged on labels it has itself chosen to correct."""

ENDLESS = 1 << 62  # annotations; every question closes, so the simulation ends with the samples


def select_model(
    models: Mapping[str, Posteriors],
    *,
    noisy: Sequence[IntArray],
    reference: Reference,
    sample_id: IntArray,
    selector: SelectionRule,
    annotator: Annotator | OrderedAnnotator,
    seeds: Sequence[int],
    shares: Sequence[float] = (0.1, 0.2),
    ranked_by: Posteriors | RankedBy = "mean",
    adjudication: Adjudication | None = None,
    metric: str = "accuracy",
) -> ModelSelection:
    """Compare models on noisy labels, on labels cleaned in part, and on true ones.

    Args:
        models: Name -> posteriors of the validation images, two models or more; members are averaged, ids joined.
        noisy: S label initialisations, (N,) each.
        reference: What counts as true; only the oracle sees its distribution.
        sample_id: (N,) ids of the validation images.
        selector: Ranks the samples by posteriors and the noisy labels; a known truth is allowed without repeats.
        annotator: Who answers; each seed gets a panel of its own.
        seeds: S annotator seeds, one for each label initialisation; ties in the ranking are broken by them too.
        shares: Parts of the samples to relabel, above 0 and up to 1.
        ranked_by: Whose posteriors rank: those of one model (the paper: one selector, trained apart from the models
            compared), or see :data:`RankedBy`.
        adjudication: When a sample is closed; until_majority if not given.
        metric: One of :data:`~alc.metrics.predictions.METRICS`.
    """
    _check(models, noisy, reference, sample_id, seeds)
    check_selector(selector)
    shares, measure = check_shares(shares), check_metric(metric)
    adjudication = adjudication or UntilMajority()
    aligned = {name: posteriors.aligned_to(sample_id) for name, posteriors in models.items()}
    for name, posteriors in aligned.items():
        _require_classes(f"model {name!r}", posteriors, reference)
    means = [posteriors.mean for posteriors in aligned.values()]
    if ranked_by == "own":
        rankers = list(aligned.values())
    elif ranked_by == "mean":
        rankers = [Posteriors(np.stack(means), sample_id)]
    else:
        rankers = [ranked_by.aligned_to(sample_id)]
        _require_classes("ranked_by", rankers[0], reference)
    samples = [0, *(_number(share, len(sample_id)) for share in shares)]
    truth = reference.distribution if selector.needs_distribution else None
    scores, right_labels, annotations = (np.zeros((len(seeds), len(samples), len(means))) for _ in range(3))
    true_scores = np.array([measure(probs, reference.labels).sum() for probs in means])
    settled: list[int | None] = []
    for s, (labels, seed) in enumerate(zip(noisy, seeds, strict=True)):
        initial, panel = LabelCounts.from_labels(labels, reference.distribution.shape[1]), annotator.reseeded(seed)
        courses = []
        for ranker in rankers:
            order = selector.rank(ranker, initial, rng=stream(seed, "selection"), distribution=truth)
            courses.append(_relabelled(order, initial, panel, adjudication))
        running = []
        for m, probs in enumerate(means):
            course = courses[m % len(courses)]
            spent = np.concatenate([[0], np.flatnonzero(course.resolved) + 1])[samples]
            curve = _running(measure, probs, course)
            scores[s, :, m], annotations[s, :, m] = curve[spent], spent
            right_labels[s, :, m] = _right_labels(course, reference.labels)[spent]
            running.append(curve)
        longest = np.arange(max(map(len, running)))
        curves = np.stack([curve[np.minimum(longest, len(curve) - 1)] for curve in running], axis=1)
        settled.append(settled_after(is_right(curves, true_scores)))
    return ModelSelection(
        tuple(models),
        tuple(seeds),
        ("noisy", *(f"cleaned {100 * share:g}%" for share in shares)),
        tuple(samples),
        metric,
        scores / len(sample_id),  # sums until here: of 0 and 1 they are exact, and so are ties
        true_scores / len(sample_id),
        right_labels / len(sample_id),
        annotations.astype(np.int64),
        tuple(settled),
    )


def _relabelled(
    order: IntArray, initial: LabelCounts, panel: Annotator | OrderedAnnotator, adjudication: Adjudication
) -> Trajectory:
    """Every sample relabelled in that order, whatever it costs."""
    rule = Budget(annotations=ENDLESS)
    return simulate_order(order, initial, panel, budget=ENDLESS, rule=rule, adjudication=adjudication)


def _running(measure: SampleMetric, probs: FloatArray, course: Trajectory) -> FloatArray:
    """Sum of the scores of the samples after 0, 1, ... annotations (spent + 1,)."""
    change = np.zeros(course.spent + 1)
    at = np.flatnonzero(course.label_after != course.label_before)
    rows = probs[course.row[at]]
    change[at + 1] = measure(rows, course.label_after[at]) - measure(rows, course.label_before[at])
    change[0] = measure(probs, course.initial_label).sum()
    return np.cumsum(change)


def _right_labels(course: Trajectory, reference: IntArray) -> IntArray:
    """Number of right labels after 0, 1, ... annotations (spent + 1,)."""
    truth = reference[course.row]
    change = (course.label_after == truth).astype(np.int64) - (course.label_before == truth)
    return np.cumsum(np.concatenate([[int((course.initial_label == reference).sum())], change]))


def check_shares(shares: Sequence[float], name: str = "shares") -> tuple[float, ...]:
    """Shares of the samples to relabel, ascending; refused unless above 0, up to 1 and all different."""
    for share in shares:
        if isinstance(share, bool) or not isinstance(share, int | float) or not 0 < share <= 1:
            raise InputError(
                f"{name}: {share!r} is no share of the samples",
                allowed="numbers above 0 and up to 1, e.g. 0.1 for 10 %",
            )
    if not shares or len(set(shares)) != len(shares):
        raise InputError(f"{name} are {list(shares)}", allowed="one share or more, all different")
    return tuple(sorted(float(share) for share in shares))


def check_metric(metric: object) -> SampleMetric:
    """The metric of that name."""
    if metric not in METRICS:
        raise InputError(
            f"metric={metric} is unknown", allowed=", ".join(METRICS), fix=did_you_mean(str(metric), METRICS)
        )
    return METRICS[str(metric)]


def check_selector(selector: SelectionRule, name: str = "this selector") -> None:
    """Refuse selectors that never end, or rank by what nobody records of validation images."""
    if selector.repeats:
        raise InputError(
            f"{name} asks about a sample again, so no share of the samples is ever done",
            allowed="selectors that ask about every sample once, e.g. oracle_once",
        )
    if selector.needs_dynamics or selector.needs_features:
        what = "the course of a training" if selector.needs_dynamics else "features"
        raise InputError(
            f"{name} ranks by {what}, of which validation images have none",
            allowed="selectors that rank by posteriors, e.g. joint, cross_entropy, self_confidence",
        )


def _check(
    models: Mapping[str, Posteriors],
    noisy: Sequence[IntArray],
    reference: Reference,
    sample_id: IntArray,
    seeds: Sequence[int],
) -> None:
    if len(models) < 2:
        raise InputError(f"there is {len(models)} model to choose from", allowed="two models or more")
    if not seeds or len(set(seeds)) != len(seeds) or len(noisy) != len(seeds):
        raise InputError(
            f"seeds are {list(seeds)} for {len(noisy)} label initialisations",
            allowed="one seed for each of one label initialisation or more, all different",
        )
    for labels in noisy:
        if not len(labels) == len(reference.labels) == len(sample_id):
            raise InputError(
                f"{len(labels)} noisy labels, {len(reference.labels)} reference labels, {len(sample_id)} ids",
                allowed="one of each per validation image",
            )


def _require_classes(name: str, posteriors: Posteriors, reference: Reference) -> None:
    num_classes = reference.distribution.shape[1]
    if posteriors.num_classes != num_classes:
        raise InputError(
            f"{name} has posteriors of {posteriors.num_classes} classes, the validation labels {num_classes}",
            allowed="the same classes in the same order",
        )


def _number(share: float, num_samples: int) -> int:
    number = round(share * num_samples)
    if number < 1:
        raise InputError(f"shares: {share:g} of {num_samples} samples is none", allowed="shares of 1 sample or more")
    return number
