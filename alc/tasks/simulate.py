"""alc-simulate: compare selectors by the labels they correct for the annotations they buy."""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omegaconf import DictConfig

from alc.atomic import atomic_path
from alc.build import build
from alc.comparison import Comparison, compare
from alc.errors import InputError
from alc.notebook import summary_table
from alc.posteriors import Posteriors
from alc.ranking import rank_table, write_ranking
from alc.runs.identity import run_id
from alc.runs.run_dir import RunDir
from alc.seeding import stream
from alc.selection.selector import Selector
from alc.tasks.charts import draw_curves
from alc.tasks.console import progress, say
from alc.tasks.parent import Parent, find_parent
from alc.tasks.problem import Problem, input_digests, load_problem, plain
from alc.tasks.sheet import draw_contact_sheet

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["run"]


def run(config: DictConfig) -> None:
    """Simulate, training first unless a run has the posteriors; ends with a table and what to do next."""
    digests = input_digests(config)
    parent = find_parent(config, digests) if _needs_posteriors(config) else None
    inputs = {**digests, "posteriors": parent.identity if parent else "none"}
    path = Path(config.paths.runs) / "simulate" / run_id("simulate", plain(config), inputs)
    with RunDir.open(path, force=bool(config.force), name=config.name) as run_dir:
        if not run_dir.complete:
            _simulate(config, run_dir, parent)
    _report(path, parent)


def _needs_posteriors(config: DictConfig) -> bool:
    return any(selector.needs_posteriors for selector in build(config, "selector").values())


def _simulate(config: DictConfig, run_dir: RunDir, parent: Parent | None) -> None:
    problem = cache(lambda: load_problem(config))
    posteriors = parent.load(problem) if parent else None
    comparison = _compare(config, problem(), posteriors)
    summary = comparison.summary(list(config.simulation.levels)) | _circumstances(problem(), posteriors)
    run_dir.write_config(plain(config))
    curves = comparison.curve_table(confidence=config.simulation.confidence, interval=config.simulation.interval)
    with atomic_path(run_dir.path / "trajectory.parquet") as temporary:
        comparison.trajectory_table().to_parquet(temporary, index=False)
    with atomic_path(run_dir.path / "curves.csv") as temporary:
        curves.to_csv(temporary, index=False, float_format="%.8g")
    with atomic_path(run_dir.path / "summary.json") as temporary:
        temporary.write_text(json.dumps(summary, indent=2, allow_nan=False) + "\n", encoding="utf-8")
    files = ["trajectory.parquet", "curves.csv", "summary.json"]
    figures = draw_curves(problem(), summary, curves, run_dir.path / "figures")
    ranking = _ranking(config, problem(), posteriors)
    if ranking is not None:
        write_ranking(ranking, run_dir.path / "ranking.csv")
        files.append("ranking.csv")
        sheet = run_dir.path / "figures" / "contact_sheet"
        figures += draw_contact_sheet(problem(), ranking, sheet, top=config.simulation.top)
    best = summary_table(summary).iloc[0]
    run_dir.finish(
        [*files, *(str(figure.relative_to(run_dir.path)) for figure in figures)],
        headline={"best": str(best.name), "area": float(best["area"]), "final_accuracy": float(best["final accuracy"])},
        parents=parent.run_ids if parent else (),
    )


def _compare(config: DictConfig, problem: Problem, posteriors: Posteriors | None) -> Comparison:
    reference, sample_id, settings = problem.reference(), problem.samples.sample_id, config.simulation
    panel = build(config, "annotator")
    first = int(config.seeds.annotator)
    return compare(
        build(config, "selector"),
        initial=problem.initial,
        reference=reference,
        posteriors=posteriors,
        sample_id=sample_id,
        annotator=panel(reference.distribution, sample_id, first),
        budget=build(config, "budget"),
        seeds=range(first, first + _num_seeds(settings.seeds)),
        adjudication=build(config, "adjudication"),
        with_expected=settings.expected,
        progress=lambda pairs: progress(pairs, "simulating"),
    )


def _num_seeds(seeds: object) -> int:
    if isinstance(seeds, bool) or not isinstance(seeds, int) or seeds < 1:
        raise InputError(
            f"simulation.seeds={seeds!r}", allowed="a whole number of 1 or more: how many annotator panels"
        )
    return seeds


def _circumstances(problem: Problem, posteriors: Posteriors | None) -> dict[str, Any]:
    """What a reader of the numbers must know beside them."""
    made = {"protocol": posteriors.protocol, "members": posteriors.num_members} if posteriors else None
    return {
        "data": {"name": problem.dataset.name, "samples": len(problem.samples), "note": problem.dataset.description},
        "noise": problem.noise.to_dict() if problem.noise else None,
        "posteriors": made,
    }


def _ranking(config: DictConfig, problem: Problem, posteriors: Posteriors | None) -> "pd.DataFrame | None":
    """The ranking of the first selector that scores posteriors; None where no selector does."""
    selector = next((each for each in build(config, "selector").values() if isinstance(each, Selector)), None)
    if selector is None or posteriors is None:
        return None
    rng = stream(int(config.seeds.annotator), "selection")
    return rank_table(problem.samples, posteriors, problem.initial, selector, rng)


def _report(path: Path, parent: Parent | None) -> None:
    summary = json.loads((path / "summary.json").read_text(encoding="utf-8"))
    noise, data = summary["noise"], summary["data"]
    wrong = f", {noise['realised']:.2%} of the labels wrong" if noise else ""
    say("", f"{data['name']}: {data['samples']} samples{wrong}; {summary['budget']} annotations, means of "
        f"{len(summary['seeds'])} annotator panels")  # fmt: skip
    if summary["posteriors"]:
        say(f"posteriors: {summary['posteriors']['protocol']}, training {parent.identity[:10] if parent else '-'}")
    table = summary_table(summary)
    formats = {column: _format(column) for column in map(str, table.columns) if not column.startswith("seeds")}
    say(table.to_string(formatters=formats, na_rep="-"), *_notes(summary), "")
    figure = path / "figures" / "label_accuracy.png"
    say(f"figure   {figure}", f"numbers  {path / 'summary.json'}", f"curves   {path / 'curves.csv'}")
    if (path / "ranking.csv").is_file():
        say(f"ranking  {path / 'ranking.csv'}")
    say("next     alc-simulate -m noise.rate=0.1,0.2,0.4  (sweep anything; finished points are skipped), or alc-runs")


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
