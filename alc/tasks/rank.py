"""alc-rank: rank the samples of a data set, the most suspicious label first."""

from pathlib import Path

from omegaconf import DictConfig

from alc.build import build
from alc.errors import InputError
from alc.posteriors import Posteriors
from alc.ranking import rank_table, without, write_ranking
from alc.runs.identity import run_id
from alc.runs.run_dir import RunDir
from alc.seeding import stream
from alc.selection.selector import SelectionRule
from alc.sources.inputs import file_digest
from alc.tasks.checked import read_checked
from alc.tasks.console import say
from alc.tasks.evidence import Evidence, read_evidence, require_evidence
from alc.tasks.feature_parent import feature_parent, given_features
from alc.tasks.next_command import next_command
from alc.tasks.parent import Parent, find_parent
from alc.tasks.problem import Problem, load_problem, plain
from alc.tasks.report import check_report, draw_report
from alc.tasks.sheet import draw_contact_sheet
from alc.tasks.start import training_inputs
from alc.tasks.tracking import track_ranking
from alc.tasks.values import check_values, run_name, whole_number

__all__ = ["run"]


def run(config: DictConfig) -> None:
    """Rank, training first unless a run has the posteriors."""
    check_values(config)
    (name, selector), digests = _selector(config), training_inputs(config)
    check_report(config)
    parent = feature_parent(config) or find_parent(config, digests)
    features = file_digest(Path(str(config.features_from)).expanduser()) if config.features_from is not None else None
    if features is None or not selector.needs_features:
        require_evidence(config, parent, [selector])
    checked = read_checked(config.checked)
    content = {**plain(config), "checked": checked.digest if checked else None, "features_from": features}
    path = Path(config.paths.runs) / "rank" / run_id("rank", content, {**digests, "posteriors": parent.identity})
    with RunDir.open(path, force=config.force, name=run_name(config)) as run_dir:
        if not run_dir.complete:
            problem = load_problem(config)
            done = checked.rows(problem.samples) if checked else None
            posteriors = parent.load(problem)
            evidence = _evidence(config, problem, parent, posteriors, selector)
            run_dir.write_config(plain(config))
            rng = stream(config.seed, "selection")
            ranking = rank_table(
                problem.samples,
                posteriors,
                problem.initial,
                selector,
                rng,
                dynamics=evidence.dynamics,
                features=evidence.features,
            )
            if done is not None:
                ranking = without(ranking, problem.samples.sample_id[done])
            write_ranking(ranking, path / "ranking.csv")
            figures = draw_contact_sheet(
                problem, ranking, path / "figures" / "contact_sheet", top=whole_number(config, "top", least=1)
            )
            pages = draw_report(config, problem, ranking, posteriors, path / "report.html", selector=name)
            files = ["ranking.csv", *(str(figure.relative_to(path)) for figure in figures)]
            headline: dict[str, float | str | None] = {"selector": name, "samples": len(ranking)}
            track_ranking(config, path, problem, ranking, parent, files)
            files += [page.name for page in pages]
            run_dir.finish(files, headline=headline, parents=parent.run_ids)
    _report(path, name)


def _selector(config: DictConfig) -> tuple[str, SelectionRule]:
    """The one selector, which must not know the truth; refused before anything is trained."""
    selectors: dict[str, SelectionRule] = build(config, "selector")
    if len(selectors) != 1:
        raise InputError(f"selector=[{','.join(selectors)}]", allowed="one selector; alc-simulate compares several")
    name, selector = next(iter(selectors.items()))
    if selector.needs_distribution:
        raise InputError(
            f"selector={name} ranks by the truth, which a ranking does not have",
            allowed="a selector that ranks by posteriors; alc-simulate compares it with the oracles",
            fix="Type e.g. selector=joint",
        )
    return name, selector


def _evidence(
    config: DictConfig, problem: Problem, parent: Parent, posteriors: Posteriors, selector: SelectionRule
) -> Evidence:
    features = given_features(config, problem) if selector.needs_features else None
    return read_evidence(parent, posteriors, [selector]) if features is None else Evidence(features=features)


def _report(path: Path, name: str) -> None:
    import pandas as pd

    top = pd.read_csv(path / "ranking.csv", nrows=10)
    shown = [column for column in top if column not in {"given_class", "suggested_class", "reference_class"}]
    say(f"Most suspicious labels by {name}:", top[shown].to_string(index=False, float_format="{:.3f}".format), "")
    if (path / "report.html").is_file():
        say(f"report   {path / 'report.html'}")
    say(f"ranking  {path / 'ranking.csv'}", f"sheet    {path / 'figures' / 'contact_sheet.png'}")
    if "reference" in top:
        say(f"next     {next_command('simulate')}  (what correcting in this order would have saved)")
    else:
        say("next     correct the first of these labels in your data and type the same command again")
        say("         (checked=FILE, a CSV file with a column path or sample_id, leaves out what was looked at)")
