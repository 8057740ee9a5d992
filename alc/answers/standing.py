"""Where a project stands: what its log makes of its labels, and what is open."""

from typing import TYPE_CHECKING

import numpy as np

from alc.adjudication import Adjudication, FixedAnswers, SingleAnswer, UntilMajority
from alc.answers.outcome import Outcome, outcome
from alc.answers.project import ANSWERS, Project
from alc.answers.votes import Votes, count_votes
from alc.arrays import IntArray
from alc.errors import InputError
from alc.samples import SampleTable

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["adjudication_of", "described", "open_ids", "samples_of", "standing_of"]

RULES: dict[str, type[Adjudication]] = {
    "UntilMajority": UntilMajority,
    "SingleAnswer": SingleAnswer,
    "FixedAnswers": FixedAnswers,
}


def samples_of(project: Project, queue: "pd.DataFrame") -> SampleTable:
    """The samples of a project with their given labels, in the order of their ids."""
    ordered = queue.sort_values("sample_id")
    number = {name: position for position, name in enumerate(project.class_names)}
    given = ordered["given"].map(number).to_numpy().astype(np.int64)
    path = ordered["path"].to_numpy().astype(np.str_) if "path" in ordered else np.empty(0, dtype=np.str_)
    return SampleTable(ordered["sample_id"].to_numpy(), project.class_names, given, path)


def standing_of(project: Project, samples: SampleTable, adjudication: Adjudication) -> tuple[Votes, Outcome]:
    """The votes in the log of a project, and what they make of its labels.

    Raises:
        InputError: The log has an answer about a sample, or with a label, that the project does not have.
    """
    answers = project.log.read()
    known = set(samples.sample_id.tolist())
    for line, answer in enumerate(answers, start=1):
        if answer.sample_id not in known or answer.label not in (None, *project.class_names):
            raise InputError(
                f"{project.folder / ANSWERS}: answer {line}, {answer.key}, says that sample {answer.sample_id} is "
                f"{answer.label!r}",
                allowed=f"samples of its queue.csv, and {', '.join(project.class_names)}",
                fix="Is the file of another project?",
            )
    votes = count_votes(answers)
    return votes, outcome(samples.sample_id, samples.given, project.class_names, votes, adjudication)


def open_ids(queue: "pd.DataFrame", result: Outcome) -> IntArray:
    """Samples that were given out, or answered, and are not settled, in the order of the queue."""
    begun = set(queue.loc[queue["round"] > 0, "sample_id"].tolist()) | set(result.sample_id[result.answered].tolist())
    begun -= set(result.sample_id[result.settled].tolist())
    return np.asarray([each for each in queue["sample_id"].tolist() if each in begun], dtype=np.int64)


def adjudication_of(project: Project) -> Adjudication:
    """The rule that answers were last brought back with; until a majority forms where none were."""
    settings = dict(project.settings.get("adjudication") or {"name": "UntilMajority"})
    return RULES[settings.pop("name")](**settings)


def described(adjudication: Adjudication) -> dict[str, object]:
    """A rule as plain values, for :func:`adjudication_of`.

    >>> described(SingleAnswer())
    {'name': 'SingleAnswer', 'keeps_initial_votes': False}
    """
    fields = {name: getattr(adjudication, name) for name in getattr(adjudication, "__dataclass_fields__", {})}
    return {"name": type(adjudication).__name__, **fields}
