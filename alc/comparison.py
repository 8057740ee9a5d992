"""Comparison: several selectors on the same labels, the same posteriors and the same annotators' answers."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypedDict

import numpy as np

from alc.adjudication import Adjudication, UntilMajority
from alc.annotators.annotator import Annotator, NamedAnnotators, OrderedAnnotator
from alc.arrays import FloatArray, IntArray
from alc.dynamics import TrainingDynamics
from alc.errors import InputError
from alc.features import Features
from alc.labels import LabelCounts
from alc.posteriors import Posteriors
from alc.seeding import stream
from alc.selection.oracle import Oracle
from alc.selection.selector import Scoring, SelectionRule, best_first
from alc.simulation.active import Refresh, Reorder, Session, simulate_active
from alc.simulation.budget import Budget
from alc.simulation.expected import expected_label_accuracy
from alc.simulation.repeating import simulate_repeating
from alc.simulation.replay import Curves, Reference, replay
from alc.simulation.simulator import simulate_order
from alc.simulation.summary import METRICS, Interval, band, reach, saving, spread, stacked
from alc.simulation.trajectory import Trajectory

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["BASELINE", "Comparison", "compare"]

BASELINE = "random"


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """Trajectories and curves of every selector and seed, and what they add up to.

    Attributes:
        budget: Annotations that could be bought.
        seeds: Annotator seeds, the same for every selector.
        sample_id: (N,) ids of the rows the trajectories speak of.
        trajectories: Per selector, one per seed.
        curves: Per selector, one per seed.
        expected: Exact expected label accuracy (budget + 1,) per selector with a static order and a closed law.
    """

    budget: int
    seeds: tuple[int, ...]
    sample_id: IntArray
    trajectories: dict[str, list[Trajectory]]
    curves: dict[str, list[Curves]]
    expected: dict[str, FloatArray] = field(default_factory=dict)

    def summary(self, levels: Sequence[float] = (0.90, 0.95)) -> dict[str, Any]:
        """Plain numbers for ``summary.json``: per selector area, final accuracy, annotations to levels, savings.

        Under the released rule final accuracy and annotations to levels include what is spent above the budget; areas
        and curves end at the budget.
        """
        to_level = {
            name: {level: [curve.annotations_to(level) for curve in curves] for level in levels}
            for name, curves in self.curves.items()
        }
        selectors: dict[str, Any] = {}
        for name, curves in self.curves.items():
            entry: dict[str, Any] = {
                "area": spread([curve.area(self.budget) for curve in curves]),
                "final_accuracy": spread([float(curve.label_accuracy[-1]) for curve in curves]),
                "annotations": spread([trajectory.spent for trajectory in self.trajectories[name]]),
                "relabels_to": {f"{level:g}": reach(to_level[name][level]) for level in levels},
                "saving_vs_random": {
                    f"{level:g}": saving(to_level[BASELINE][level], to_level[name][level]) for level in levels
                },
                "exhausted": sum(trajectory.is_exhausted for trajectory in self.trajectories[name]),
                "unresolved": sum(len(trajectory.unresolved) for trajectory in self.trajectories[name]),
            }
            if name in self.expected:
                entry["expected_area"] = float(self.expected[name][:-1].mean())
            selectors[name] = entry
        return {"budget": self.budget, "seeds": list(self.seeds), "selectors": selectors}

    def curve_table(self, *, confidence: float = 0.95, interval: Interval = "t") -> "pd.DataFrame":
        """Long table: selector, annotations, metric, mean, low, high, seeds, one row per annotation and metric.

        It ends where the last simulation did: behind that nothing changes, however large the budget.
        """
        import pandas as pd

        parts = []
        longest = max(trajectory.spent for trajectories in self.trajectories.values() for trajectory in trajectories)
        last = min(self.budget, longest)
        grid = np.arange(last + 1)
        for name, curves in self.curves.items():
            for metric in METRICS:
                over_seeds = band(stacked(curves, metric, last), confidence=confidence, interval=interval)
                columns = {"mean": over_seeds.mean, "low": over_seeds.low, "high": over_seeds.high}
                parts.append(pd.DataFrame({"selector": name, "annotations": grid, "metric": metric, **columns}))
        for name, expected in self.expected.items():
            columns = dict.fromkeys(("mean", "low", "high"), expected[: last + 1])
            parts.append(
                pd.DataFrame({"selector": name, "annotations": grid, "metric": "expected_label_accuracy", **columns})
            )
        return pd.concat(parts, ignore_index=True).assign(seeds=len(self.seeds))

    def trajectory_table(self) -> "pd.DataFrame":
        """Every annotation of every selector and seed, one row each."""
        import pandas as pd

        parts = [
            trajectory.to_frame(self.sample_id).assign(selector=name, seed=seed)
            for name, trajectories in self.trajectories.items()
            for seed, trajectory in zip(self.seeds, trajectories, strict=True)
        ]
        table = pd.concat(parts, ignore_index=True)
        return table[["selector", "seed", *(column for column in table if column not in {"selector", "seed"})]]


def compare(
    selectors: Mapping[str, SelectionRule],
    *,
    initial: LabelCounts,
    reference: Reference,
    posteriors: Posteriors | None,
    dynamics: TrainingDynamics | None = None,
    features: Features | None = None,
    sample_id: IntArray,
    annotator: Annotator | OrderedAnnotator,
    budget: Budget,
    seeds: Sequence[int],
    adjudication: Adjudication | None = None,
    expected_up_to: int = 20_000,
    refresh: Refresh | None = None,
    progress: Callable[[Iterable[tuple[str, int]]], Iterable[tuple[str, int]]] = iter,
) -> Comparison:
    """Simulate every selector on every annotator seed; ``random`` must be among them, savings are against it.

    Args:
        selectors: Name -> selector.
        initial: Votes at the start.
        reference: Measures the curves; only the oracles see its distribution.
        posteriors: Needed by selectors that score them; joined to ``sample_id`` by id.
        dynamics: Needed by selectors that score the course of training; joined by id.
        features: Needed by selectors that look at neighbours; joined by id.
        sample_id: (N,) ids of the rows of ``initial``.
        annotator: Who answers; each seed gets a panel of its own by ``reseeded``.
        budget: How many annotations.
        seeds: Annotator seeds; the random order and all tie-breaks depend on them too.
        adjudication: When a sample is closed; until_majority if not given.
        expected_up_to: Budget up to which exact expected curves are computed where they exist; they cost about its
            power of 1.5.
        refresh: Brings the model up to date in the course of the simulations of those selectors that score
            posteriors, one after the other; all others keep the order they had at the start.
        progress: Wraps the (selector, seed) pairs, e.g. in a progress bar.
    """
    adjudication = adjudication or UntilMajority()
    _check(selectors, initial, reference, sample_id, seeds)
    if posteriors is not None:
        posteriors = posteriors.aligned_to(sample_id)
        _require_classes(posteriors, initial)
    size = budget.size(int((initial.majority != reference.labels).sum()), len(initial))
    selectors = {
        name: selector.bound(sample_id, dynamics=dynamics, features=features) for name, selector in selectors.items()
    }
    scores: dict[str, FloatArray] = {}  # the same for every seed, and a graph of neighbours takes its time
    result = Comparison(
        size, tuple(seeds), sample_id, {name: [] for name in selectors}, {name: [] for name in selectors}
    )
    limits = _Limits(budget=size, rule=budget, adjudication=adjudication)
    for name, seed in progress([(name, seed) for name in selectors for seed in seeds]):
        selector, rng, panel = selectors[name], stream(seed, "selection"), annotator.reseeded(seed)
        is_static = not isinstance(annotator, NamedAnnotators)  # their law is not the label distribution
        if isinstance(selector, Oracle) and selector.repeats:
            trajectory = _repeated(selector, initial, reference, panel, size, budget, adjudication, rng)
            is_static = False
        elif isinstance(selector, Scoring):
            if name not in scores:
                scores[name] = selector.scores(posteriors, initial)
            order = best_first(scores[name], rng=rng)
            if refresh is not None and selector.needs_posteriors:
                reorder = _reorder(refresh.session(name, seed), selector, sample_id, seed)
                trajectory = simulate_active(order, reorder, initial, panel, every=refresh.every, **limits)
                is_static = False
            else:
                trajectory = simulate_order(order, initial, panel, **limits)
        else:
            truth = reference.distribution if selector.needs_distribution else None
            order = selector.rank(posteriors, initial, rng=rng, distribution=truth)
            trajectory = simulate_order(order, initial, panel, **limits)
        if is_static and seed == seeds[0] and name != BASELINE and size <= expected_up_to:
            result.expected.update(_expected(name, order, initial, reference, size, adjudication))
        result.trajectories[name].append(trajectory)
        result.curves[name].append(replay(trajectory, initial.counts, reference))
    return result


class _Limits(TypedDict):
    """What every simulator is told."""

    budget: int
    rule: Budget
    adjudication: Adjudication


def _reorder(session: Session, selector: Scoring, sample_id: IntArray, seed: int) -> Reorder:
    """The order by the posteriors of the moment; ties are broken as in the order at the start."""

    def reorder(counts: LabelCounts, labels: IntArray, spent: int) -> IntArray:
        posteriors = session(counts, labels, spent).aligned_to(sample_id)
        _require_classes(posteriors, counts)
        return best_first(selector.scores(posteriors, counts), rng=stream(seed, "selection"))

    return reorder


def _repeated(
    oracle: Oracle,
    initial: LabelCounts,
    reference: Reference,
    panel: Annotator | OrderedAnnotator,
    size: int,
    budget: Budget,
    adjudication: Adjudication,
    rng: np.random.Generator,
) -> Trajectory:
    """The repeating oracle, which never runs out of questions, stopped at C answers per sample as all others are."""
    most = initial.counts.size
    trajectory = simulate_repeating(
        lambda rows: oracle.score_table(reference.distribution[rows]),
        oracle.scores(initial.majority, reference.distribution),
        initial,
        panel,
        budget=min(size, most),
        rule=budget,
        adjudication=adjudication,
        rng=rng,
    )
    return replace(trajectory, budget=size, is_exhausted=size > most)


def _expected(
    name: str, order: IntArray, initial: LabelCounts, reference: Reference, budget: int, adjudication: Adjudication
) -> dict[str, FloatArray]:
    try:
        curve = expected_label_accuracy(order, initial, reference, budget=budget, adjudication=adjudication)
    except InputError:  # no closed law for this adjudication: the simulated mean is all there is
        return {}
    return {name: curve}


def _require_classes(posteriors: Posteriors, counts: LabelCounts) -> None:
    if posteriors.num_classes != counts.num_classes:
        raise InputError(
            f"posteriors have {posteriors.num_classes} classes, the labels {counts.num_classes}",
            allowed="the same classes in the same order",
        )


def _check(
    selectors: Mapping[str, SelectionRule],
    initial: LabelCounts,
    reference: Reference,
    sample_id: IntArray,
    seeds: Sequence[int],
) -> None:
    if BASELINE not in selectors:
        raise InputError(
            f"the selectors are {', '.join(selectors)}",
            allowed="a list with random in it, which savings are measured against",
        )
    if not seeds or len(set(seeds)) != len(seeds):
        raise InputError(f"annotator seeds are {list(seeds)}", allowed="one seed or more, all different")
    if not len(initial) == len(reference.labels) == len(sample_id):
        raise InputError(
            f"{len(initial)} rows of label counts, {len(reference.labels)} reference labels, {len(sample_id)} ids",
            allowed="one of each per sample",
        )
    if reference.distribution.shape[1] != initial.num_classes:
        raise InputError(
            f"the label distribution has {reference.distribution.shape[1]} classes, the labels {initial.num_classes}",
            allowed="the same classes on both sides",
        )
