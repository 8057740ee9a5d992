"""The plan of a simulation: everything it needs beside data and posteriors, checked before anything is trained."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self, cast, get_args

from omegaconf import DictConfig, ListConfig

from alc.adjudication import Adaptive, Adjudication, UntilMajority
from alc.annotators.annotator import Annotator, OrderedAnnotator
from alc.build import build
from alc.errors import InputError
from alc.selection.selector import SelectionRule
from alc.simulation.budget import Budget
from alc.simulation.summary import Interval
from alc.tasks.panel import annotators_for, kind_of
from alc.tasks.problem import Problem
from alc.tasks.values import number, switch, whole_number

__all__ = ["Plan"]

FIGURES = ("auto", "each", "none")


@dataclass(frozen=True, eq=False)
class Plan:
    """What is compared, who answers, and what is reported.

    Attributes:
        selectors: Name -> selector.
        panel: Makes the annotators from a label distribution (N, C), sample ids (N,), a seed, and whatever facts of the
            problem its class says it ``needs``.
        adjudication: When a sample is closed.
        budget: How many annotations.
        seeds: One annotator panel each.
        levels: Label accuracies whose cost is reported.
        confidence: Of the bands over seeds.
        interval: Kind of band.
        expected_up_to: Budget up to which exact expected curves are computed.
        top: Samples on the contact sheet.
        figures: Of which runs figures are drawn: ``auto``, ``each`` or ``none``.
    """

    selectors: dict[str, SelectionRule]
    panel: Callable[..., Annotator | OrderedAnnotator]
    adjudication: Adjudication
    budget: Budget
    seeds: range
    levels: tuple[float, ...]
    confidence: float
    interval: Interval
    expected_up_to: int
    top: int
    figures: str

    @classmethod
    def of(cls, config: DictConfig) -> Self:
        """Build the plan of a config; an error names the key at fault."""
        first = whole_number(config, "seeds.annotator", least=0)
        plan = cls(
            selectors=build(config, "selector"),
            panel=build(config, "annotator"),
            adjudication=build(config, "adjudication"),
            budget=build(config, "budget"),
            seeds=range(first, first + whole_number(config, "simulation.seeds", least=1)),
            levels=_levels(config.simulation.levels),
            confidence=number(config, "simulation.confidence", lowest=0.01, highest=0.9999),
            interval=_interval(config.simulation.interval),
            expected_up_to=whole_number(config, "simulation.expected_up_to", least=0),
            top=whole_number(config, "simulation.top", least=1),
            figures=_figures(config.simulation.figures),
        )
        switch(config, "simulation.mixed_code")
        if isinstance(plan.adjudication, Adaptive):
            raise InputError(
                "adjudication=adaptive stops by a fused posterior, and alc-simulate counts votes",
                allowed="until_majority, fixed, single",
                fix="Type alc-leaderboard, whose setting=fused is adaptive, or adjudication=until_majority",
            )
        repeating = [name for name, selector in plan.selectors.items() if selector.repeats]
        if repeating and not isinstance(plan.adjudication, UntilMajority):
            raise InputError(
                f"selector={repeating[0]} asks about a sample again, which only adjudication=until_majority defines",
                allowed="oracle_once in its place, or adjudication=until_majority",
                fix="Type e.g. 'selector=[cross_entropy,joint,oracle_once]'",
            )
        if repeating and getattr(kind_of(plan.panel), "answers_once", False):
            raise InputError(
                f"selector={repeating[0]} asks about a sample again and again, and these annotators answer it once",
                allowed="oracle_once in its place, or annotator=label_distribution",
                fix="Type e.g. 'selector=[cross_entropy,joint,oracle_once]'",
            )
        return plan

    @property
    def needs_training(self) -> bool:
        """Whether any selector ranks by posteriors, or by what a training keeps beside them."""
        return any(
            selector.needs_posteriors or selector.needs_dynamics or selector.needs_features
            for selector in self.selectors.values()
        )

    def annotators(self, problem: Problem) -> Annotator | OrderedAnnotator:
        """The panel of the first seed, told what it needs to know about the data."""
        return annotators_for(self.panel, problem, self.seeds[0])

    def require_feasible(self, problem: Problem) -> None:
        """Refuse data without a truth or the votes to answer from, and a budget that comes out as 0."""
        self.annotators(problem)
        wrong = int((problem.labels != problem.reference().labels).sum())
        self.budget.size(wrong, len(problem.samples))


def _levels(levels: object) -> tuple[float, ...]:
    values = []
    for value in levels if isinstance(levels, ListConfig) else [levels]:
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 1:
            raise InputError(
                f"simulation.levels: {value!r} is no label accuracy",
                allowed="a list of numbers above 0 and up to 1",
                fix="Type e.g. 'simulation.levels=[0.9,0.95]'",
            )
        values.append(float(value))
    return tuple(values)


def _figures(figures: object) -> str:
    if figures not in FIGURES:
        raise InputError(f"simulation.figures={figures!r} is unknown", allowed=", ".join(FIGURES))
    return str(figures)


def _interval(interval: object) -> Interval:
    if interval not in get_args(Interval):
        raise InputError(f"simulation.interval={interval!r} is unknown", allowed=", ".join(get_args(Interval)))
    return cast("Interval", interval)
