"""alc-rank: rank the samples of a data set, the most suspicious label first."""

from functools import cache
from pathlib import Path

from omegaconf import DictConfig

from alc.build import build
from alc.errors import InputError
from alc.ranking import rank_table, write_ranking
from alc.runs.identity import run_id
from alc.runs.run_dir import RunDir
from alc.seeding import stream
from alc.tasks.console import say
from alc.tasks.parent import find_parent
from alc.tasks.problem import input_digests, load_problem, plain
from alc.tasks.sheet import draw_contact_sheet

__all__ = ["run"]


def run(config: DictConfig) -> None:
    """Rank, training first unless a run has the posteriors."""
    selectors = build(config, "selector")
    if len(selectors) != 1:
        raise InputError(f"selector={list(selectors)}", allowed="one selector; alc-simulate compares several")
    (name, selector), digests = next(iter(selectors.items())), input_digests(config)
    parent = find_parent(config, digests)
    path = Path(config.paths.runs) / "rank" / run_id("rank", plain(config), {**digests, "posteriors": parent.identity})
    with RunDir.open(path, force=bool(config.force), name=config.name) as run_dir:
        if not run_dir.complete:
            problem = cache(lambda: load_problem(config))
            posteriors = parent.load(problem)
            samples = problem().samples
            run_dir.write_config(plain(config))
            ranking = rank_table(samples, posteriors, problem().initial, selector, stream(config.seed, "selection"))
            write_ranking(ranking, path / "ranking.csv")
            figures = draw_contact_sheet(problem(), ranking, path / "figures" / "contact_sheet", top=48)
            files = ["ranking.csv", *(str(figure.relative_to(path)) for figure in figures)]
            run_dir.finish(files, headline={"selector": name, "samples": len(samples)}, parents=parent.run_ids)
    _report(path, name)


def _report(path: Path, name: str) -> None:
    import pandas as pd

    top = pd.read_csv(path / "ranking.csv", nrows=10)
    shown = [column for column in top if column not in {"given_class", "suggested_class", "reference_class"}]
    say(f"Most suspicious labels by {name}:", top[shown].to_string(index=False, float_format="{:.3f}".format), "")
    say(f"ranking  {path / 'ranking.csv'}", f"sheet    {path / 'figures' / 'contact_sheet.png'}")
    say("next     alc-simulate  (what correcting in this order would have saved, where a truth is known)")
