"""A contest: one data set, its noisy labels, one training's posteriors; every entry faces the same answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from alc.annotators.annotator import Annotator
from alc.arrays import FloatArray, IntArray
from alc.consensus.fused_state import FusedState
from alc.dynamics import TrainingDynamics
from alc.errors import InputError
from alc.features import Features
from alc.labels import LabelCounts
from alc.leaderboard.setting import Setting
from alc.posteriors import Posteriors
from alc.seeding import stream
from alc.selection.fused import FusedSelector
from alc.selection.selector import Scoring, SelectionRule, best_first
from alc.simulation.ceiling import ceiling_order, fused_gain_and_cost, majority_gain_and_cost
from alc.simulation.label_changes import LabelChanges
from alc.simulation.opinion import FusedOpinion, Opinion
from alc.simulation.queue import Rescore, simulate_queue

__all__ = ["CEILING", "RANDOM", "Contest"]

RANDOM, CEILING = "random", "ceiling"


@dataclass(frozen=True, eq=False, kw_only=True)
class Contest:
    """What all entries share.

    Attributes:
        given: (N,) noisy labels.
        truth: (N,) labels taken as true; only the ceiling sees them.
        distribution: (N, C) law of the answers; likewise.
        posteriors: Of the training.
        dynamics: Of the training, or None.
        features: Of the training, or None.
        sample_id: (N,) ids, which posteriors, dynamics and features are joined by.
        annotator: Who answers; each seed gets a panel of its own.
        seeds: Of the panels.
        budget: Annotations per entry.
        panels: Panels that the gains and costs of a ceiling are estimated with, where they have no closed form.
    """

    given: IntArray
    truth: IntArray
    distribution: FloatArray
    posteriors: Posteriors
    sample_id: IntArray
    annotator: Annotator
    seeds: Sequence[int]
    budget: int
    dynamics: TrainingDynamics | None = None
    features: Features | None = None
    panels: int = 32
    _scores: dict[str, FloatArray] = field(default_factory=dict, init=False, repr=False)

    @property
    def counts(self) -> LabelCounts:
        """One vote per sample."""
        return LabelCounts.from_labels(self.given, self.distribution.shape[1])

    def play(self, setting: Setting, selectors: Mapping[str, SelectionRule]) -> dict[str, list[LabelChanges]]:
        """Simulations of every selector in one setting, one per panel; random order and the ceiling first.

        Selectors that score the fused state follow every answer where the setting fuses; elsewhere they order once,
        by what is believed before the first answer.  All others order once by posteriors and given labels.
        """
        aligned = self.posteriors.aligned_to(self.sample_id)
        state = setting.initial_state(aligned, self.given) if setting.needs_fusion else None
        rules = {name: rule for name, rule in selectors.items() if name not in {RANDOM, CEILING}}
        gain, cost = self._true_gain_and_cost(setting, state)
        found: dict[str, list[LabelChanges]] = {RANDOM: [], CEILING: []}
        for seed in self.seeds:
            opinion = self._opinion(setting, aligned, state)
            anyhow = stream(seed, "selection").permutation(len(self.given))
            found[RANDOM].append(self._simulated(setting, opinion, seed, anyhow))
            # The ceiling asks by the truth, which no estimate of the law of votes allows for: it is told what random
            # order has learned by then.
            opinion = self._opinion(setting, aligned, state, opinion)
            best = ceiling_order(gain, cost, rng=stream(seed, "selection"))
            found[CEILING].append(self._simulated(setting, opinion, seed, best))
        for name, rule in rules.items():
            found[name] = [self._entry(setting, aligned, state, seed, name, rule) for seed in self.seeds]
        return found

    def _entry(
        self,
        setting: Setting,
        posteriors: Posteriors,
        state: FusedState | None,
        seed: int,
        name: str,
        rule: SelectionRule,
    ) -> LabelChanges:
        if isinstance(rule, FusedSelector) and setting.is_fused:
            return self._simulated(setting, self._opinion(setting, posteriors, state), seed, rescore=rule.score)
        if not isinstance(rule, Scoring):
            raise InputError(
                f"selector={name} has no score to order by",
                allowed="selectors that score; random order and the ceiling are always simulated",
            )
        if name not in self._scores:
            bound = rule.bound(self.sample_id, dynamics=self.dynamics, features=self.features)
            self._scores[name] = bound.scores(posteriors, self.counts)
        order = best_first(self._scores[name], rng=stream(seed, "selection"))
        return self._simulated(setting, self._opinion(setting, posteriors, state), seed, order)

    def _opinion(
        self, setting: Setting, posteriors: Posteriors, state: FusedState | None, learned: Opinion | None = None
    ) -> Opinion:
        laws = learned.laws if isinstance(learned, FusedOpinion) else None
        return setting.opinion(posteriors, self.given, self.distribution.shape[1], state, laws)

    def _simulated(
        self,
        setting: Setting,
        opinion: Opinion,
        seed: int,
        order: IntArray | None = None,
        rescore: Rescore | None = None,
    ) -> LabelChanges:
        return simulate_queue(
            order,
            rescore,
            opinion,
            self.annotator.reseeded(seed),
            budget=self.budget,
            adjudication=setting.adjudication,
            tie=stream(seed, "ties").random(len(self.given)),
        )

    def _true_gain_and_cost(self, setting: Setting, state: FusedState | None) -> tuple[FloatArray, FloatArray]:
        label = setting.start_labels(state, self.given)
        if setting.is_fused:
            assert state is not None
            return fused_gain_and_cost(state, label, self.truth, self.annotator, setting.adjudication, self.panels)
        return majority_gain_and_cost(
            label, self.truth, self.distribution, self.annotator, setting.adjudication, self.panels
        )
