"""alc-leaderboard: selectors, start labels, consensus and stopping on one training and identical answers."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from omegaconf import DictConfig

from alc.annotators.annotator import Annotator, NamedAnnotators
from alc.atomic import atomic_path
from alc.build import build
from alc.errors import InputError
from alc.leaderboard.contest import CEILING, RANDOM, Contest
from alc.leaderboard.row import entry_rows, panel_rows
from alc.leaderboard.setting import Setting
from alc.leaderboard.standings import standings
from alc.posteriors import Posteriors
from alc.runs.identity import run_id
from alc.runs.run_dir import RunDir
from alc.runs.sweep import in_sweep
from alc.selection.selector import SelectionRule
from alc.simulation.budget import Budget
from alc.tasks.console import say
from alc.tasks.evidence import read_evidence, require_evidence
from alc.tasks.panel import annotators_for
from alc.tasks.parent import Parent, find_parent
from alc.tasks.problem import Problem, load_problem, plain
from alc.tasks.start import training_inputs
from alc.tasks.unseen import judged_unseen, protocol_name
from alc.tasks.values import check_values, run_name, whole_number

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["run"]

RESULTS, PUBLISHED, PANELS = "results.csv", "results_published.csv", "panels.csv"


@dataclass(frozen=True, eq=False)
class Entries:
    """What competes, checked before anything is trained.

    Attributes:
        selectors: Name -> selector.
        settings: Name -> setting.
        panel: Makes annotators.
        budget: How many annotations.
        seeds: One annotator panel each.
        ceiling_panels: For the ceiling.
    """

    selectors: dict[str, SelectionRule]
    settings: dict[str, Setting]
    panel: Callable[..., object]
    budget: Budget
    seeds: range
    ceiling_panels: int

    @classmethod
    def of(cls, config: DictConfig) -> Self:
        """The entries of a config; an error names the key at fault."""
        first = whole_number(config, "seeds.annotator", least=0)
        entries = cls(
            selectors=build(config, "selector"),
            settings=build(config, "setting"),
            panel=build(config, "annotator"),
            budget=build(config, "budget"),
            seeds=range(first, first + whole_number(config, "panels", least=1)),
            ceiling_panels=whole_number(config, "ceiling_panels", least=1),
        )
        for name, rule in entries.selectors.items():
            if not rule.needs_posteriors and not rule.needs_dynamics and not rule.needs_features:
                raise InputError(
                    f"selector={name} ranks by nothing a training gives",
                    allowed="selectors that score; random order and the ceiling are always there",
                )
        if entries.budget.rule != "exact":
            raise InputError(f"budget.rule={entries.budget.rule}", allowed="exact", fix="Type budget=exact")
        return entries

    @property
    def fuses(self) -> str | None:
        """The first setting that combines posteriors with the votes."""
        return next((name for name, setting in self.settings.items() if setting.needs_fusion), None)


def run(config: DictConfig) -> None:
    """Let all entries compete, training first if need be; ends with a table and paired differences to the best."""
    check_values(config)
    entries, digests = Entries.of(config), training_inputs(config)
    parent = find_parent(config, digests)
    require_evidence(config, parent, entries.selectors.values())
    _require_unseen(config, entries)
    content, inputs = plain(config), {**digests, "posteriors": parent.identity}
    path = Path(config.paths.runs) / "leaderboard" / run_id("leaderboard", content, inputs)
    with RunDir.open(path, force=config.force, name=run_name(config)) as run_dir:
        if not run_dir.complete:
            _compete(config, entries, run_dir, parent)
    _report(path)


def _require_unseen(config: DictConfig, entries: Entries) -> None:
    """Refuse, before anything is trained, to fuse votes with posteriors of a model that has seen them."""
    protocol = protocol_name(config.posteriors)
    if entries.fuses and config.posteriors_from == "auto" and not judged_unseen(config.posteriors):
        raise InputError(
            f"setting={entries.fuses} fuses votes with posteriors, and {protocol} trains on those very votes",
            allowed="posteriors=cross_fit, joined, patch_kernel, self_training",
            fix="Type posteriors=cross_fit, or setting=paper",
        )


def _compete(config: DictConfig, entries: Entries, run_dir: RunDir, parent: Parent) -> None:
    import pandas as pd

    problem = load_problem(config)
    reference = problem.reference()
    posteriors = parent.load(problem)
    evidence = read_evidence(parent, posteriors, entries.selectors.values())
    annotator = annotators_for(entries.panel, problem, entries.seeds[0])
    if not isinstance(annotator, Annotator):
        raise InputError(
            "these annotators answer in the order of the questions, so that no two selectors face the same answers",
            allowed="annotator=label_distribution, recorded, confusion",
            fix="Type annotator=label_distribution",
        )
    _require_ids(entries, annotator)
    contest = Contest(
        given=problem.labels,
        truth=reference.labels,
        distribution=reference.distribution,
        posteriors=posteriors,
        sample_id=problem.samples.sample_id,
        annotator=annotator,
        seeds=entries.seeds,
        budget=entries.budget.size(int((problem.labels != reference.labels).sum()), len(problem.samples)),
        dynamics=evidence.dynamics,
        features=evidence.features,
        panels=entries.ceiling_panels,
    )
    truths = {RESULTS: reference.labels}
    if problem.dataset.published is not None:
        truths[PUBLISHED] = problem.dataset.published
    rows: dict[str, list[dict[str, object]]] = {name: [] for name in [*truths, PANELS]}
    for name, setting in entries.settings.items():
        say(f"{name}: {len(entries.selectors)} selectors, {len(entries.seeds)} panels, {contest.budget} annotations")
        played = contest.play(setting, entries.selectors)
        shared = _shared(config, problem, posteriors, setting, entries.seeds)
        for file, truth in truths.items():
            rows[file] += entry_rows(played, truth, shared)
        rows[PANELS] += panel_rows(played, entries.seeds, reference.labels, shared)
    run_dir.write_config(plain(config))
    for file, lines in rows.items():
        with atomic_path(run_dir.path / file) as temporary:
            pd.DataFrame(lines).to_csv(temporary, index=False, float_format="%.6g")
    best = _best(pd.DataFrame(rows[RESULTS]))
    run_dir.finish(list(rows), headline=best, parents=parent.run_ids)


def _require_ids(entries: Entries, annotator: Annotator) -> None:
    wants = next((name for name, each in entries.settings.items() if each.consensus.needs_annotator_ids), None)
    if wants is not None and not isinstance(annotator, NamedAnnotators):
        raise InputError(
            f"setting={wants} weighs annotators against each other, and these have no ids",
            allowed="annotator=recorded, annotator=confusion",
            fix="Type annotator=recorded for data with recorded votes, or leave that setting out",
        )


def _shared(
    config: DictConfig, problem: Problem, posteriors: Posteriors, setting: Setting, seeds: range
) -> dict[str, object]:
    """The columns that all rows of a setting share."""
    noise: Any = config.get("noise") or {}
    return {
        "data": problem.dataset.name,
        "temperature": noise.get("temperature"),
        "track": problem.dataset.track,
        "recipe": config.recipe,
        "protocol": posteriors.protocol,
        "start": setting.start,
        "consensus": setting.consensus_name,
        "stopping": setting.stopping_name,
        "noise_seed": config.seeds.noise,
        "train_seed": config.seeds.train,
        "annotator_seeds": f"{seeds[0]}-{seeds[-1]}",
    }


def _best(results: "pd.DataFrame") -> dict[str, float | str | None]:
    rows = results[~results["selector"].isin([RANDOM, CEILING])]
    if not len(rows):
        return {}
    best = rows.iloc[int(np.argmax(rows["area"].to_numpy()))]
    return {"best": f"{best['selector']}, {best['consensus']}", "area": float(best["area"])}


def _report(path: Path) -> None:
    import pandas as pd

    results, panels = pd.read_csv(path / RESULTS), pd.read_csv(path / PANELS)
    if in_sweep():
        say(f"results  {path / RESULTS}")
        return
    first = results.iloc[0]
    say(
        "",
        f"{first['data']}, track {first['track']}, {first['protocol']} posteriors, {int(first['budget'])} annotations",
    )
    for text in standings(results, panels):
        say(text)
    say("", f"numbers  {path / RESULTS}", f"panels   {path / PANELS}")
    say("next     python -m experiments.leaderboard.collect --runs RUNS brings the results of several runs together")
