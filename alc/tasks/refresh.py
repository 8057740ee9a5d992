"""Rounds of active cleaning: each is a run of its own, found among the finished ones or trained now."""

import shutil
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from hashlib import sha256
from pathlib import Path

import numpy as np
from omegaconf import DictConfig

from alc.arrays import IntArray
from alc.atomic import atomic_path
from alc.build import build
from alc.errors import InputError
from alc.labels import LabelCounts
from alc.noise import measure
from alc.posteriors import Posteriors
from alc.runs.identity import run_id, training_config
from alc.runs.run_dir import RunDir
from alc.seeding import derive_seed
from alc.simulation.active import Session
from alc.tasks.console import say
from alc.tasks.parent import Parent
from alc.tasks.plan import Plan
from alc.tasks.problem import Problem, plain
from alc.tasks.recorded import with_recorded
from alc.tasks.refresh_plan import RefreshPlan
from alc.tasks.start import starting_weights, training_inputs
from alc.tasks.training import forget_states, train_into, training_numbers
from alc.tasks.weights import WEIGHTS, WEIGHTS_KEY, StartingWeights

__all__ = ["Rounds", "labels_digest", "relabelled", "require_refresh", "rounds_of"]

OF_THE_DATA = ("data", "noise", "seeds.split", "seeds.noise")
"""What a simulation says about its problem, whichever training it ranks by."""


def require_refresh(config: DictConfig, parent: Parent | None) -> RefreshPlan | None:
    """The plan of a config, refused before anything is trained where nothing could go on from the parent.

    None where models stay as they are, or where no selector ranks by what they say.
    """
    plan = RefreshPlan.of(config)
    if plan is None or parent is None:
        return None
    if parent.directory is None:
        raise InputError(
            f"refresh={plan.start} with posteriors_from={config.posteriors_from}: a file is no model to train again",
            allowed="posteriors_from=auto, or the id or name of a training",
            fix="Type posteriors_from=auto, or refresh=none",
        )
    if (config.trainer.devices, config.trainer.num_nodes) != (1, 1):
        raise InputError(
            "refresh trains many times in one process, which several processes at a time can not follow",
            allowed="trainer.devices=1 trainer.num_nodes=1",
        )
    if plan.goes_on:
        auto = config.posteriors_from == "auto"
        if not (build(config, "posteriors").one_model if auto else (parent.directory / WEIGHTS).is_file()):
            what = "posteriors=" + str(config.posteriors._target_).rpartition(".")[2] if auto else parent.title
            raise InputError(
                f"refresh.start=current goes on from the weights of one model, and {what} leaves none: "
                "it trains several models",
                allowed="posteriors=in_sample or mc_dropout, or refresh=from_scratch",
                fix="Type posteriors=in_sample, or refresh=from_scratch",
            )
    return plan


def rounds_of(config: DictConfig, refresh: RefreshPlan, plan: Plan, problem: Problem, parent: Parent) -> "Rounds":
    """The rounds of a simulation whose parent is finished; says where they will not be what was thought of."""
    active = [name for name, selector in plan.selectors.items() if selector.needs_posteriors]
    static = [name for name in plan.selectors if name not in active]
    wrong = int((problem.labels != problem.reference().labels).sum())
    size = plan.budget.size(wrong, len(problem.samples))
    if not active:
        say("note: refresh: no selector ranks by posteriors, so all keep the order they start with")
    elif refresh.every >= size:
        say(f"note: refresh.every={refresh.every} and the budget is {size} annotations: no model is ever refreshed")
    else:
        say(f"refresh: {', '.join(active)}, every {refresh.every} of {size} annotations; static: {', '.join(static)}")
    return Rounds(config, refresh, problem, parent, training_inputs(config))


def labels_digest(labels: IntArray) -> str:
    """What labels (N,) are in the identity of a run that trains on them."""
    return sha256(np.ascontiguousarray(labels, dtype="<i8").tobytes()).hexdigest()


def relabelled(problem: Problem, labels: IntArray) -> Problem:
    """The same images with these labels (N,), and the noise that is left where it can be measured."""
    samples = replace(problem.samples, given=np.asarray(labels, dtype=np.int64))
    truth = samples.reference
    noise = None if truth is None else measure(truth, samples.given, samples.num_classes)
    return replace(problem, samples=samples, noise=noise)


@dataclass(eq=False)
class Rounds:
    """The refresh of a simulation (see :class:`~alc.simulation.active.Refresh`) by trainings that are runs.

    A round is named by what it learns from: the config of its training, the labels, and the weights it goes on from,
    that is, the run of the round before.  So selectors and panels share rounds as long as their labels coincide, and
    so do simulations.

    Attributes:
        config: Of the simulation.
        plan: What a round is.
        problem: Images, and the labels at the start.
        parent: The training whose posteriors come first; it is finished.
        digests: Of the input files of the training.
        made: One row per round of every session, in the order done.
    """

    config: DictConfig
    plan: RefreshPlan
    problem: Problem
    parent: Parent
    digests: dict[str, str]
    made: list[dict[str, object]] = field(default_factory=list)

    def __post_init__(self) -> None:
        assert self.parent.directory is not None
        self._root: Path = self.parent.directory
        if self.config.posteriors_from == "auto":
            self._base = self.config
        else:
            self._base = with_recorded(self.config, self._root, without=OF_THE_DATA)
            self.plan = RefreshPlan.of(self._base) or self.plan
        files = {name: digest for name, digest in self.digests.items() if name != WEIGHTS_KEY}
        self._start = None if self.plan.goes_on else starting_weights(self._base)
        self._files = files if self._start is None else {**files, WEIGHTS_KEY: self._start.identity}
        self._trained_rate = self._learned_rate()

    @property
    def every(self) -> int:
        """Annotations between two rounds."""
        return self.plan.every

    @property
    def run_ids(self) -> tuple[str, ...]:
        """The runs of all rounds, each once, in the order of their first use."""
        return tuple(dict.fromkeys(str(row["run"]) for row in self.made))

    def session(self, selector: str, seed: int) -> Session:
        """The rounds of one simulation; those that go on from weights begin with the parent's."""
        before, number = self._root, 0

        def update(counts: LabelCounts, labels: IntArray, spent: int) -> Posteriors:
            nonlocal before, number
            number += 1
            told = {"selector": selector, "seed": seed, "round": number, "annotations": spent}
            before = self._round(labels, before, told)
            return Posteriors.load(before / "posteriors.npz")

        return update

    def circumstances(self) -> dict[str, object]:
        """What a reader of the numbers must know beside them."""
        return {**asdict(self.plan), "rounds": len(self.made), "runs": len(self.run_ids)}

    def write(self, path: Path) -> None:
        """Write :attr:`made` as CSV: selector, seed, round, annotations, labels_changed, run."""
        import pandas as pd

        columns = ["selector", "seed", "round", "annotations", "labels_changed", "run"]
        with atomic_path(path) as temporary:
            pd.DataFrame(self.made, columns=columns).to_csv(temporary, index=False)

    def _round(self, labels: IntArray, before: Path, told: dict[str, object]) -> Path:
        """Directory of the finished round on these labels."""
        changed = int((labels != self.problem.labels).sum())
        config = self.plan.of_round(self._base, changed / len(labels), self._trained_rate)
        inputs = {**self._files, "labels": labels_digest(labels)}
        weights, seed = self._start, int(config.seeds.train)
        if self.plan.goes_on:
            inputs["weights of"] = before.name
            weights = StartingWeights(before.name, (before.name,), partial(_weights_in, before))
            seed = derive_seed(seed, "refresh", before.name)  # or every round would see the same batches and views
        content = training_config(plain(config))
        path = Path(config.paths.runs) / "refresh" / run_id("refresh", content, inputs)
        self.made.append({**told, "labels_changed": changed, "run": path.name})
        say(f"Refresh {path.name}: {told['selector']}, panel {told['seed']}, round {told['round']} "
            f"after {told['annotations']} annotations, {changed} of {len(labels)} labels changed")  # fmt: skip
        with RunDir.open(path) as run:
            if not run.complete:
                run.write_config(content)
                problem = relabelled(self.problem, labels)
                files = train_into(run, config, problem, weights, seed=seed, goes_on=self.plan.goes_on)
                run.finish(files, headline=training_numbers(run, problem), parents=weights.run_ids if weights else ())
                forget_states(run)
                shutil.rmtree(path / "checkpoints", ignore_errors=True)  # the weights are what goes on from here
        return path

    def _learned_rate(self) -> float | None:
        """The forget rate that the parent's weights tell of."""
        if not self.plan.goes_on or "forget_rate" not in self._base.method:
            return None
        from alc.models.weights_file import read_weights

        told = read_weights(self._root / WEIGHTS).about.get("forget_rate")
        return None if told is None else float(told)


def _weights_in(run: Path, problem: Problem | None) -> Path:
    return run / WEIGHTS
