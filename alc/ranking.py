"""The ranking as a table to read, filter and hand to an annotator."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from alc.arrays import IntArray
from alc.atomic import atomic_path
from alc.dynamics import TrainingDynamics
from alc.errors import InputError
from alc.features import Features
from alc.labels import LabelCounts
from alc.posteriors import Posteriors
from alc.samples import SampleTable
from alc.selection.selector import Scoring, SelectionRule, best_first
from alc.simulation.expected import expected_annotations

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["rank_table", "without", "write_ranking"]


def rank_table(
    samples: SampleTable,
    posteriors: Posteriors,
    counts: LabelCounts,
    selector: SelectionRule,
    rng: np.random.Generator,
    *,
    dynamics: TrainingDynamics | None = None,
    features: Features | None = None,
) -> "pd.DataFrame":
    """One row per sample, the first to be relabelled first.

    Columns: ``rank`` from 1; ``sample_id``; ``path`` where images are files; ``given`` and ``suggested``, the names of
    the label the sample came with and of the likeliest class; ``p_given`` and ``p_suggested``, their mean
    probabilities; ``score``, higher = relabel sooner (absent for selectors without one); ``expected_cost``, how many
    annotations it takes until a majority forms if people answer as the posteriors say (absent unless every sample has
    one vote); ``reference``, a name, where it is known; and ``given_class``, ``suggested_class``, ``reference_class``,
    the same as class indices.

    Args:
        samples: Who is who.
        posteriors: Of at least these samples; they are joined by id.
        counts: Votes (N, C) in the order of ``samples``.
        selector: How to rank.
        rng: Breaks ties.
        dynamics: Needed by selectors that score the course of training; joined by id.
        features: Needed by selectors that look at neighbours; joined by id.

    Raises:
        InputError: Posteriors lack samples, shapes disagree, a score is not finite, or the selector needs the truth.
    """
    import pandas as pd

    if selector.needs_distribution:
        raise InputError(
            f"{type(selector).__name__} ranks by the true label distribution, which a ranking does not have",
            fix="Choose a selector that ranks by posteriors, e.g. selector=cross_entropy",
        )
    posteriors = posteriors.aligned_to(samples.sample_id)
    expected = (len(posteriors), posteriors.num_classes)
    if (len(samples), samples.num_classes) != expected or counts.shape != expected:
        raise InputError(
            f"posteriors are of {expected[0]} samples and {expected[1]} classes, the sample table of {len(samples)} "
            f"and {samples.num_classes}, label counts of {len(counts)} and {counts.num_classes}",
            allowed="the same samples and classes in all three",
        )

    selector = selector.bound(samples.sample_id, dynamics=dynamics, features=features)
    score = None
    if isinstance(selector, Scoring):
        score = selector.scores(posteriors, counts)
        rows = best_first(score, rng=rng)
    else:
        rows = selector.rank(posteriors, counts, rng=rng)

    probs, every = posteriors.mean, np.arange(len(samples))
    likeliest = probs.argmax(axis=1)
    given, suggested = samples.given[rows], likeliest[rows]

    names = pd.Index(list(samples.class_names))

    def named(classes: IntArray) -> "pd.Categorical[str]":
        return pd.Categorical.from_codes(classes, categories=names)

    columns: dict[str, object] = {"rank": np.arange(1, len(rows) + 1), "sample_id": samples.sample_id[rows]}
    if len(samples.path):
        columns["path"] = samples.path[rows]
    columns |= {
        "given": named(given),
        "suggested": named(suggested),
        "p_given": probs[every, samples.given][rows],  # the probabilities may be a file, which is read in its order
        "p_suggested": probs[every, likeliest][rows],
    }
    if score is not None:
        columns["score"] = score[rows]
    if counts.only_vote is not None:
        columns["expected_cost"] = expected_annotations(samples.given, probs).astype(probs.dtype)[rows]
    reference = None if samples.reference is None else samples.reference[rows]
    if reference is not None:
        columns["reference"] = named(reference)
    columns |= {"given_class": given, "suggested_class": suggested}
    if reference is not None:
        columns["reference_class"] = reference
    return pd.DataFrame(columns)


def without(frame: "pd.DataFrame", sample_id: IntArray) -> "pd.DataFrame":
    """A ranking without some samples, e.g. those that were looked at before; the others count from 1."""
    kept = frame[~frame["sample_id"].isin(sample_id)].reset_index(drop=True)
    return kept.assign(rank=np.arange(1, len(kept) + 1))


def write_ranking(frame: "pd.DataFrame", path: Path) -> None:
    """Write the table as UTF-8 CSV, whole or not at all; text is quoted only in a file where some of it has to be.

    Arrow writes a million rows in about a second, pandas in seven.
    """
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    table = pa.Table.from_pandas(frame, preserve_index=False)
    with atomic_path(Path(path)) as temporary:
        try:
            _write_csv(table, temporary, arrow_csv.WriteOptions(include_header=False, quoting_style="none"))
        except pa.ArrowInvalid:  # a comma, a quote or a line break in a path or a class name
            _write_csv(table, temporary, arrow_csv.WriteOptions(include_header=False, quoting_style="needed"))


def _write_csv(table: Any, path: Path, options: Any) -> None:
    from pyarrow import csv as arrow_csv

    with path.open("wb") as file:
        file.write((",".join(table.column_names) + "\n").encode())
        arrow_csv.write_csv(table, file, options)
