"""alc-select: choose among trained models on noisy, cleaned and true validation labels."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from omegaconf import DictConfig, ListConfig

from alc.atomic import atomic_path
from alc.build import build
from alc.errors import InputError
from alc.model_selection import ModelSelection, select_model
from alc.model_selection.select import check_metric, check_selector, check_shares
from alc.posteriors import Posteriors
from alc.runs.identity import run_id
from alc.runs.run_dir import RunDir
from alc.selection.selector import SelectionRule
from alc.tasks.candidates import Candidate, find_candidate, find_candidates
from alc.tasks.choice_report import report, table_of
from alc.tasks.problem import input_digests, plain
from alc.tasks.validation import ValidationSet, load_validation, validation_kind
from alc.tasks.values import run_name, switch, whole_number

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["run"]

NO_PART = ("posteriors", "augmentation", "trainer", "models", "ranked_by")
"""Of the config: what data options set beside the data, and names of models, which count by what they name."""
RANKED_BY = ("mean", "own")


@dataclass(frozen=True)
class Choice:
    """Everything a model selection needs beside the images, checked before these are read.

    Attributes:
        models: Name -> model.
        ranker: The model whose posteriors rank, where it is one.
        ranked_by: As it was typed.
        selector: Name and rule.
        shares: Parts of the samples to relabel.
        metric: Name of the score.
        initialisations: Number of label initialisations.
    """

    models: dict[str, Candidate]
    ranker: Candidate | None
    ranked_by: str
    selector: tuple[str, SelectionRule]
    shares: tuple[float, ...]
    metric: str
    initialisations: int

    @classmethod
    def of(cls, config: DictConfig) -> Self:
        """The choice of a config; an error names the key at fault."""
        for key in ("seed", "seeds.split", "seeds.noise", "seeds.annotator"):
            whole_number(config, key, least=0)
        switch(config, "force")
        kind = validation_kind(config)
        check_metric(config.metric)
        selector = _selector(config)
        shares = check_shares(list(config.shares) if isinstance(config.shares, ListConfig) else [config.shares])
        initialisations = whole_number(config, "initialisations", least=1)
        models, ranked_by = find_candidates(config, kind), str(config.ranked_by)
        ranker = None
        if ranked_by not in RANKED_BY:  # one of the models by the name it is shown with, or any other
            ranker = models.get(ranked_by) or find_candidate(config, kind, config.ranked_by, "ranked_by")
        return cls(models, ranker, ranked_by, selector, shares, str(config.metric), initialisations)

    @property
    def inputs(self) -> dict[str, str]:
        """What enters the id of the run: models by name and content, in their order."""
        ranked_by = self.ranker.identity if self.ranker else self.ranked_by
        models = {
            f"model {place}": f"{name}: {each.identity}" for place, (name, each) in enumerate(self.models.items())
        }
        return {**models, "ranked_by": ranked_by}

    @property
    def parents(self) -> tuple[str, ...]:
        """Ids of the runs that are read."""
        read = [*self.models.values(), *([self.ranker] if self.ranker else [])]
        return tuple(dict.fromkeys(each.identity for each in read if each.directory is not None))


def run(config: DictConfig) -> None:
    """Compare the models, unless a run has done so; ends with a table and what the noisy labels would have chosen."""
    choice = Choice.of(config)
    content = {key: value for key, value in plain(config).items() if key not in NO_PART}
    path = Path(config.paths.runs) / "select" / run_id("select", content, {**input_digests(config), **choice.inputs})
    with RunDir.open(path, force=config.force, name=run_name(config)) as run_dir:
        if not run_dir.complete:
            _select(config, choice, run_dir)
    report(path)


def _selector(config: DictConfig) -> tuple[str, SelectionRule]:
    selectors: dict[str, SelectionRule] = build(config, "selector")
    if len(selectors) != 1:
        raise InputError(
            f"selector=[{','.join(selectors)}]",
            allowed="one selector",
            fix="Sweep over several: -m selector=joint,random",
        )
    name, selector = next(iter(selectors.items()))
    check_selector(selector, f"selector={name}")
    return name, selector


def _select(config: DictConfig, choice: Choice, run_dir: RunDir) -> None:
    validation = load_validation(config)
    models = {name: each.load(validation, config, judged=True) for name, each in choice.models.items()}
    ranker = choice.ranker.load(validation, config, judged=False) if choice.ranker else None
    outcome, rates = _outcome(config, choice, validation, models, ranker)
    data = {
        "name": validation.dataset.name,
        "kind": validation.kind,
        "images": len(validation.sample_id),
        "note": validation.dataset.description,
    }
    summary: dict[str, Any] = {
        "data": data,
        "wrong_labels": rates,
        "selector": choice.selector[0],
        "ranked_by": choice.ranker.title if choice.ranker else choice.ranked_by,
        "shares": list(choice.shares),
        "runs": {name: each.title for name, each in choice.models.items()},
        **outcome.summary(),
    }
    run_dir.write_config(plain(config))
    scores = outcome.score_table()
    for name, table in (("scores.csv", scores), ("table.csv", table_of(summary))):
        with atomic_path(run_dir.path / name) as temporary:
            table.to_csv(temporary, index=False, float_format="%.8g")
    with atomic_path(run_dir.path / "summary.json") as temporary:
        temporary.write_text(json.dumps(summary, indent=2, allow_nan=False) + "\n", encoding="utf-8")
    title = f"{data['name']}, {data['images']:,} validation images, {sum(rates) / len(rates):.1%} of the labels wrong"
    files = ["scores.csv", "table.csv", "summary.json", *draw_choice(run_dir.path, scores, outcome.metric, title)]
    right = {state: f"{entry['right']}/{len(outcome.seeds)}" for state, entry in summary["labels"].items()}
    run_dir.finish(files, headline={"best": " = ".join(summary["right"]), **right}, parents=choice.parents)


def draw_choice(run: Path, scores: "pd.DataFrame", metric: str, title: str) -> list[str]:
    """Draw the scores; the files, relative to the run."""
    from alc.figures import model_choice, save_figure

    drawn = save_figure(model_choice(scores, metric=metric, title=title), run / "figures" / "model_choice")
    return [str(file.relative_to(run)) for file in drawn]


def _outcome(
    config: DictConfig,
    choice: Choice,
    validation: ValidationSet,
    models: dict[str, Posteriors],
    ranker: Posteriors | None,
) -> tuple[ModelSelection, list[float]]:
    """The comparison, and the share of wrong labels of each initialisation."""
    first = int(config.seeds.annotator)
    drawn = [validation.noisy(int(config.seeds.noise) + each) for each in range(choice.initialisations)]
    panel = build(config, "annotator")(validation.reference.distribution, validation.sample_id, first)
    outcome = select_model(
        models,
        noisy=[labels for labels, _ in drawn],
        reference=validation.reference,
        sample_id=validation.sample_id,
        selector=choice.selector[1],
        annotator=panel,
        seeds=range(first, first + choice.initialisations),
        shares=choice.shares,
        ranked_by=ranker if ranker is not None else ("own" if choice.ranked_by == "own" else "mean"),
        adjudication=build(config, "adjudication"),
        metric=choice.metric,
    )
    return outcome, [report.realised for _, report in drawn]
