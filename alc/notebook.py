"""The cleaning half in two calls, for notebooks and for posteriors of any model: no Hydra, no torch, no files."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from alc.adjudication import UntilMajority
from alc.annotators.label_distribution import LabelDistributionAnnotator
from alc.arrays import FloatArray, IntArray
from alc.comparison import BASELINE, Comparison, compare
from alc.consensus.posterior_fusion import PosteriorFusion
from alc.dynamics import TrainingDynamics
from alc.errors import InputError, did_you_mean
from alc.features import Features
from alc.labels import LabelCounts
from alc.posteriors import Posteriors
from alc.samples import SampleTable
from alc.seeding import stream
from alc.selection import confident_learning as confident
from alc.selection import dynamics as course
from alc.selection import fused, scores
from alc.selection import small_loss as mixture
from alc.selection.activelab import activelab
from alc.selection.by_features import FeatureSelector
from alc.selection.fused import FusedSelector
from alc.selection.graph import LabelPropagation
from alc.selection.knn import NeighbourDisagreement
from alc.selection.oracle import Oracle
from alc.selection.rank_ensemble import RankEnsemble
from alc.selection.selector import Random, SelectionRule, Selector
from alc.selection.wann import WeightedAdaptiveNeighbours
from alc.simulation.budget import Budget
from alc.simulation.replay import Reference

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["SELECTORS", "SimulationTables", "rank", "simulate"]

SELECTORS: dict[str, SelectionRule] = {
    "random": Random(),
    "oracle": Oracle(repeats=True),
    "oracle_once": Oracle(repeats=False),
    "cross_entropy": Selector(scores.cross_entropy),
    "joint": Selector(scores.joint),
    "joint_released": Selector(scores.joint_released),
    "self_confidence": Selector(scores.self_confidence),
    "normalized_margin": Selector(scores.normalized_margin),
    "entropy": Selector(scores.entropy),
    "bald": Selector(scores.bald),
    "confident_learning": Selector(partial(confident.confident_learning, flag="confident_learning")),
    "prune_by_noise_rate": Selector(partial(confident.confident_learning, flag="prune_by_noise_rate")),
    "prune_by_class": Selector(partial(confident.confident_learning, flag="prune_by_class")),
    "prune_by_both": Selector(partial(confident.confident_learning, flag="both")),
    "adjusted_self_confidence": Selector(confident.adjusted_self_confidence),
    "adjusted_normalized_margin": Selector(confident.adjusted_normalized_margin),
    "confidence_weighted_entropy": Selector(confident.confidence_weighted_entropy),
    "activelab": Selector(activelab),
    "small_loss": Selector(mixture.small_loss),
    "small_loss_by_class": Selector(mixture.small_loss_by_class),
    "rank_ensemble": RankEnsemble(
        [
            Selector(scores.cross_entropy),
            Selector(scores.normalized_margin),
            Selector(confident.adjusted_self_confidence),
        ]
    ),
    "least_fused_confidence": FusedSelector(fused.least_fused_confidence, PosteriorFusion()),
    "expected_gain": FusedSelector(fused.expected_gain, PosteriorFusion()),
    "aum": course.DynamicsSelector(course.aum),
    "mean_loss": course.DynamicsSelector(course.mean_loss),
    "forgetting": course.DynamicsSelector(course.forgetting),
    "low_confidence": course.DynamicsSelector(course.low_confidence),
    "variability": course.DynamicsSelector(course.variability),
    "small_loss_dynamics": course.DynamicsSelector(mixture.small_loss_dynamics),
    "knn": FeatureSelector(NeighbourDisagreement()),
    "wann": FeatureSelector(WeightedAdaptiveNeighbours()),
    "graph": FeatureSelector(LabelPropagation()),
    "graph_released": FeatureSelector(LabelPropagation(k=None, chunks=None)),
}
"""The selectors of ``conf/selector`` with their default values, by name."""


def _selector(name: str) -> SelectionRule:
    if name not in SELECTORS:
        raise InputError(
            f"there is no selector {name!r}", allowed=", ".join(SELECTORS), fix=did_you_mean(name, SELECTORS)
        )
    return SELECTORS[name]


def _posteriors(probs: FloatArray | Posteriors) -> Posteriors:
    if isinstance(probs, Posteriors):
        return probs
    probs = np.asarray(probs)
    return Posteriors(probs, np.arange(probs.shape[1])) if probs.ndim == 3 else Posteriors.single(probs)


def _labels(labels: IntArray, posteriors: Posteriors) -> IntArray:
    labels = np.asarray(labels)
    if labels.shape != (len(posteriors),):
        raise InputError(
            f"labels have shape {labels.shape}, the probabilities are of {len(posteriors)} samples",
            allowed="one label per row of probabilities, in the same order",
        )
    return labels


def _features(features: FloatArray | Features | None, posteriors: Posteriors) -> Features | None:
    if features is None or isinstance(features, Features):
        return features
    features = np.asarray(features)
    if features.ndim != 2 or len(features) != len(posteriors):
        raise InputError(
            f"features have shape {features.shape}, the probabilities are of {len(posteriors)} samples",
            allowed="(N, D), one row per row of probabilities, in the same order",
        )
    return Features(features, posteriors.sample_id)


def rank(
    labels: IntArray,
    probs: FloatArray | Posteriors,
    *,
    selector: str = "cross_entropy",
    class_names: Sequence[str] | None = None,
    seed: int = 0,
    dynamics: TrainingDynamics | None = None,
    features: FloatArray | Features | None = None,
) -> "pd.DataFrame":
    """Samples in the order their labels should be looked at, most suspicious first.

    Args:
        labels: (N,) given labels as class indices.
        probs: (N, C), or (M, N, C) for several members; out-of-sample probabilities rank best.
        selector: One of :data:`SELECTORS` that needs no truth.
        class_names: C names; the indices as text if not given.
        seed: Breaks ties.
        dynamics: Of a training on these labels, for ``aum``, ``mean_loss``, ``forgetting`` and the like.
        features: (N, D) of any network, for ``knn`` and ``graph``.

    >>> probs = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]])
    >>> rank(np.array([0, 0, 1]), probs)[["rank", "sample_id", "given", "suggested"]]
       rank  sample_id given suggested
    0     1          1     0         1
    1     2          2     1         0
    2     3          0     0         0
    """
    from alc.ranking import rank_table

    posteriors, chosen = _posteriors(probs), _selector(selector)
    names = tuple(class_names) if class_names is not None else tuple(str(c) for c in range(posteriors.num_classes))
    if chosen.needs_distribution:
        raise InputError(
            f"selector {selector!r} knows the truth; it only exists in simulations", allowed="any other selector"
        )
    samples = SampleTable(posteriors.sample_id, names, _labels(labels, posteriors))
    counts = LabelCounts.from_labels(samples.given, samples.num_classes)
    rng = stream(seed, "selection")
    return rank_table(
        samples, posteriors, counts, chosen, rng, dynamics=dynamics, features=_features(features, posteriors)
    )


@dataclass(frozen=True, slots=True, eq=False)
class SimulationTables:
    """Outcome of :func:`simulate`.

    Attributes:
        summary: One row per selector: area, final accuracy, annotations to reach levels, saving against random.
        curves: Long table of mean and band per selector, metric and number of annotations.
        details: Trajectories and curves of every seed.
    """

    summary: "pd.DataFrame"
    curves: "pd.DataFrame"
    details: Comparison

    def _repr_html_(self) -> str:
        return str(self.summary.to_html(float_format="{:.4f}".format))

    def __repr__(self) -> str:
        return str(self.summary.to_string(float_format="{:.4f}".format))


def simulate(
    labels: IntArray,
    probs: FloatArray | Posteriors,
    label_counts: IntArray,
    *,
    selectors: str | Sequence[str] = ("random", "cross_entropy", "oracle"),
    budget: int | None = None,
    seeds: int = 5,
    levels: Sequence[float] = (0.90, 0.95),
    dynamics: TrainingDynamics | None = None,
    features: FloatArray | Features | None = None,
) -> SimulationTables:
    """What each selector would have corrected, had simulated annotators been asked in its order.

    Args:
        labels: (N,) given, noisy labels.
        probs: (N, C) or (M, N, C) class probabilities of any model.
        label_counts: (N, C) how often people chose each class; one-hot reference labels make annotators that never err.
        selectors: Names out of :data:`SELECTORS`; ``random`` is always simulated.
        budget: Annotations to buy; 4 per wrong label if not given.
        seeds: Panels of annotators.
        levels: Label accuracies whose cost is reported.
        dynamics: As for :func:`rank`.
        features: As for :func:`rank`.
    """
    if isinstance(seeds, bool) or not isinstance(seeds, int) or seeds < 1:
        raise InputError(f"seeds={seeds!r}", allowed="a whole number of 1 or more: how many annotator panels")
    if wrong := [level for level in levels if not 0 < level <= 1]:
        raise InputError(f"levels: {wrong[0]!r} is no label accuracy", allowed="numbers above 0 and up to 1, e.g. 0.9")
    selectors = [selectors] if isinstance(selectors, str) else selectors
    posteriors = _posteriors(probs)
    counts = LabelCounts(np.asarray(label_counts))
    if len(counts) != len(posteriors):
        raise InputError(
            f"label counts have {len(counts)} rows, the probabilities are of {len(posteriors)} samples",
            allowed="one row of counts per row of probabilities, in the same order",
        )
    chosen = {name: _selector(name) for name in dict.fromkeys([BASELINE, *selectors])}
    comparison = compare(
        chosen,
        initial=LabelCounts.from_labels(_labels(labels, posteriors), counts.num_classes),
        reference=Reference.of(counts.distribution),
        posteriors=posteriors,
        dynamics=dynamics,
        features=_features(features, posteriors),
        sample_id=posteriors.sample_id,
        annotator=LabelDistributionAnnotator(counts.distribution, posteriors.sample_id, seed=0),
        budget=Budget(annotations=budget),
        seeds=range(seeds),
        adjudication=UntilMajority(),
        expected_up_to=0,
    )
    return SimulationTables(summary_table(comparison.summary(levels)), comparison.curve_table(), comparison)


def summary_table(summary: dict[str, Any]) -> "pd.DataFrame":
    """``summary.json`` as one row per selector, best area first."""
    import pandas as pd

    rows = []
    for name, entry in summary["selectors"].items():
        row: dict[str, Any] = {
            "selector": name,
            "area": entry["area"]["mean"],
            "final accuracy": entry["final_accuracy"]["mean"],
        }
        for level, cost in entry["relabels_to"].items():
            name_of_level = f"{100 * float(level):g}%"
            row[f"to {name_of_level}"] = _number(cost["median"])
            row[f"seeds at {name_of_level}"] = f"{cost['reached']}/{cost['seeds']}"
            row[f"saving at {name_of_level}"] = _number(entry["saving_vs_random"][level]["median"])
        rows.append(row)
    return pd.DataFrame(rows).sort_values("area", ascending=False, ignore_index=True).set_index("selector")


def _number(value: float | None) -> float:
    return float("nan") if value is None else value
