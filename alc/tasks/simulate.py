"""alc-simulate: compare selectors by the labels they correct for the annotations they buy."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omegaconf import DictConfig

from alc.atomic import atomic_path
from alc.comparison import Comparison, compare
from alc.notebook import summary_table
from alc.posteriors import Posteriors
from alc.ranking import rank_table, write_ranking
from alc.runs.identity import run_id
from alc.runs.run_dir import RunDir
from alc.runs.sweep import in_sweep
from alc.seeding import stream
from alc.selection.selector import Scoring
from alc.simulation.class_curves import class_curve_table
from alc.tasks.charts import CONTACT_SHEET, FIGURES, draw_class_errors, draw_curves, wants_figures
from alc.tasks.console import progress, say
from alc.tasks.evidence import Evidence, read_evidence, require_evidence
from alc.tasks.next_command import next_command, plain_command
from alc.tasks.parent import Parent, find_parent
from alc.tasks.plan import Plan
from alc.tasks.problem import Problem, load_problem, plain
from alc.tasks.refresh import Rounds, require_refresh, rounds_of
from alc.tasks.refresh_plan import RefreshPlan
from alc.tasks.sheet import draw_contact_sheet
from alc.tasks.start import training_inputs
from alc.tasks.tracking import track_simulation
from alc.tasks.values import check_values, run_name

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["run"]

CLASS_CURVES = "class_curves.csv"


def run(config: DictConfig) -> None:
    """Simulate, training first unless a run has the posteriors; ends with a table and what to do next."""
    check_values(config)
    plan, digests = Plan.of(config), training_inputs(config)
    parent = find_parent(config, digests) if plan.needs_training else None
    require_evidence(config, parent, plan.selectors.values())
    refresh = require_refresh(config, parent)
    inputs = {**digests, "posteriors": parent.identity if parent else "none"}
    path = Path(config.paths.runs) / "simulate" / run_id("simulate", plain(config), inputs)
    problem: Problem | None = None
    with RunDir.open(path, force=config.force, name=run_name(config)) as run_dir:
        if not run_dir.complete:
            problem = _simulate(config, plan, run_dir, parent, refresh)
    if wants_figures(path, plan.figures):
        _draw(path, problem or load_problem(config), plan.top)
    _report(path, parent, _sweep(config))


def _simulate(
    config: DictConfig, plan: Plan, run_dir: RunDir, parent: Parent | None, refresh: RefreshPlan | None
) -> Problem:
    problem = load_problem(config)
    plan.require_feasible(problem)
    posteriors = parent.load(problem) if parent else None
    evidence = read_evidence(parent, posteriors, plan.selectors.values())
    rounds = rounds_of(config, refresh, plan, problem, parent) if refresh and parent else None
    comparison = _compare(plan, problem, posteriors, evidence, rounds)
    summary = comparison.summary(plan.levels) | _circumstances(problem, posteriors)
    summary |= {"refresh": rounds.circumstances()} if rounds else {}
    run_dir.write_config(plain(config))
    curves = comparison.curve_table(confidence=plan.confidence, interval=plan.interval)
    with atomic_path(run_dir.path / "trajectory.parquet") as temporary:
        comparison.trajectory_table().to_parquet(temporary, index=False)
    with atomic_path(run_dir.path / "curves.csv") as temporary:
        curves.to_csv(temporary, index=False, float_format="%.8g")
    names, truth = problem.samples.class_names, problem.reference().labels
    with atomic_path(run_dir.path / CLASS_CURVES) as temporary:
        class_curve_table(comparison.trajectories, truth, names).to_csv(temporary, index=False, float_format="%.6g")
    with atomic_path(run_dir.path / "summary.json") as temporary:
        temporary.write_text(json.dumps(summary, indent=2, allow_nan=False) + "\n", encoding="utf-8")
    files = ["trajectory.parquet", "curves.csv", CLASS_CURVES, "summary.json"]
    if rounds is not None:
        rounds.write(run_dir.path / "rounds.csv")
        files.append("rounds.csv")
    ranking = _ranking(plan, problem, posteriors, evidence)
    if ranking is not None:
        write_ranking(ranking, run_dir.path / "ranking.csv")
        files.append("ranking.csv")
    track_simulation(config, run_dir.path, problem, ranking, parent, files, rounds.run_ids if rounds else ())
    best = summary_table(summary).iloc[0]
    run_dir.finish(
        files,
        headline={"best": str(best.name), "area": float(best["area"]), "final_accuracy": float(best["final accuracy"])},
        parents=(*(parent.run_ids if parent else ()), *(rounds.run_ids if rounds else ())),
    )
    return problem


def _draw(path: Path, problem: Problem, top: int) -> None:
    """Draw a finished run from its files; figures are none of its artefacts, since they can be drawn again."""
    import pandas as pd

    summary = json.loads((path / "summary.json").read_text(encoding="utf-8"))
    draw_curves(problem, summary, pd.read_csv(path / "curves.csv"), path / FIGURES)
    if (path / CLASS_CURVES).is_file():
        draw_class_errors(pd.read_csv(path / CLASS_CURVES), summary["data"]["name"], path / FIGURES)
    if (path / "ranking.csv").is_file():
        draw_contact_sheet(problem, pd.read_csv(path / "ranking.csv"), path / FIGURES / CONTACT_SHEET, top=top)


def _compare(
    plan: Plan, problem: Problem, posteriors: Posteriors | None, evidence: Evidence, rounds: Rounds | None
) -> Comparison:
    reference, sample_id = problem.reference(), problem.samples.sample_id
    return compare(
        plan.selectors,
        initial=problem.initial,
        reference=reference,
        posteriors=posteriors,
        dynamics=evidence.dynamics,
        features=evidence.features,
        sample_id=sample_id,
        annotator=plan.annotators(problem),
        budget=plan.budget,
        seeds=plan.seeds,
        adjudication=plan.adjudication,
        expected_up_to=plan.expected_up_to,
        refresh=rounds,
        progress=lambda pairs: progress(pairs, "simulating"),
    )


def _circumstances(problem: Problem, posteriors: Posteriors | None) -> dict[str, Any]:
    """What a reader of the numbers must know beside them."""
    made = {"protocol": posteriors.protocol, "members": posteriors.num_members} if posteriors else None
    return {
        "data": {"name": problem.dataset.name, "samples": len(problem.samples), "note": problem.dataset.description},
        "noise": problem.noise.to_dict() if problem.noise else None,
        "posteriors": made,
    }


def _ranking(plan: Plan, problem: Problem, posteriors: Posteriors | None, evidence: Evidence) -> "pd.DataFrame | None":
    """The ranking of the first selector that has a score; None where no selector does."""
    selector = next((each for each in plan.selectors.values() if isinstance(each, Scoring)), None)
    if selector is None or posteriors is None:
        return None
    return rank_table(
        problem.samples,
        posteriors,
        problem.initial,
        selector,
        stream(plan.seeds[0], "selection"),
        dynamics=evidence.dynamics,
        features=evidence.features,
    )


def _sweep(config: DictConfig) -> str:
    """A sweep that makes sense with this config: of its noise, else of the trainings."""
    for key, values in (("rate", "0.1,0.2,0.4"), ("temperature", "1,2,3")):
        if config.posteriors_from == "auto" and config.get("noise") and key in config.noise:
            return f"noise.{key}={values}"
    return "seeds.train=0,1,2" if config.posteriors_from == "auto" else "seeds.annotator=0,10,20"


def _report(path: Path, parent: Parent | None, sweep: str) -> None:
    summary = json.loads((path / "summary.json").read_text(encoding="utf-8"))
    noise, data = summary["noise"], summary["data"]
    wrong = f", {noise['realised']:.2%} of the labels wrong" if noise else ""
    say("", f"{data['name']}: {data['samples']} samples{wrong}; {summary['budget']} annotations, means of "
        f"{len(summary['seeds'])} annotator panels")  # fmt: skip
    if summary["posteriors"] and parent:
        say(f"posteriors: {summary['posteriors']['protocol']}, {parent.title}")
    table = summary_table(summary)
    formats = {column: _format(column) for column in map(str, table.columns) if not column.startswith("seeds")}
    say(table.to_string(formatters=formats, na_rep="-"), *_notes(summary), "")
    if (figure := path / FIGURES / "label_accuracy.png").is_file():
        say(f"figure   {figure}")
    say(f"numbers  {path / 'summary.json'}", f"curves   {path / 'curves.csv'}")
    if (path / "ranking.csv").is_file():
        say(f"ranking  {path / 'ranking.csv'}")
    if in_sweep():
        return
    clean = plain_command("clean", f"labels.simulation={path.name}")
    say(f"clean    {clean}  (its labels, and a training on them)")
    say(f"next     {next_command('simulate', sweep, sweep=True)}  (finished points are skipped), or alc-runs")


def _format(column: str) -> Callable[[float], str]:
    if column.startswith("saving"):
        return "{:.2f}x".format
    return "{:.0f}".format if column.startswith("to ") else "{:.4f}".format


def _notes(summary: dict[str, Any]) -> list[str]:
    """What the table can not say: simulations that ran out of samples, or stopped in the middle of one."""
    notes = []
    exhausted = [name for name, entry in summary["selectors"].items() if entry["exhausted"]]
    if exhausted:
        notes.append(f"Nothing was left to ask before the budget was spent: {', '.join(exhausted)}.")
    return notes
