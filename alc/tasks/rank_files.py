"""Ranking labels in a file by probabilities or features in another: nothing is trained, no config, no torch."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from alc.errors import InputError, did_you_mean
from alc.features import Features
from alc.knn_posteriors import knn_posteriors
from alc.labels import LabelCounts
from alc.notebook import SELECTORS
from alc.posteriors import PosteriorProtocol, Posteriors
from alc.ranking import rank_table, write_ranking
from alc.report.page import Written, write_report
from alc.seeding import stream
from alc.selection.selector import SelectionRule
from alc.sources.inputs import input_root
from alc.sources.label_file import LabelColumns, LabelFile, read_label_file
from alc.sources.picture import picture_or_reason
from alc.sources.probability_file import read_array, read_probability_file
from alc.tasks.console import progress, say

if TYPE_CHECKING:
    import pandas as pd

    from alc.arrays import UInt8Array

__all__ = ["FileRanking", "LabelColumns", "feature_values"]


@dataclass(frozen=True)
class FileRanking:
    """The settings of ``alc-rank LABELS PROBS``.

    Attributes:
        labels: CSV file of labels.
        probs: Class probabilities, or None: then the neighbours among ``features`` are asked.
        features: One vector per sample, for that and for the selectors that look at neighbours; or None.
        out: Folder for ``ranking.csv`` and ``report.html``.
        images: Folder the paths are relative to, to show the images; None shows none.
        selector: One of :data:`~alc.notebook.SELECTORS`.
        classes: Names of the columns of probabilities, in their order; None for the order of the labels.
        columns: Headers of the label file.
        separator: Of CSV files: one character, or ``tab``.
        protocol: How the probabilities were made, for the page.
        budget: Annotations that can be bought; None where nobody asks.
        rows: The most samples on the page; 0 writes none.
        k: Neighbours that vote.
        folds: Parts of the data, whose samples do not vote for one another.
        prior: Votes of the class frequencies.
        seed: Breaks ties, and deals samples to folds.
    """

    labels: Path
    probs: Path | None = None
    features: Path | None = None
    out: Path = Path("ranking")
    images: Path | None = None
    selector: str = "cross_entropy"
    classes: Sequence[str] | None = None
    columns: LabelColumns = field(default_factory=LabelColumns)
    separator: str = ","
    protocol: PosteriorProtocol = "external"
    budget: int | None = None
    rows: int = 20_000
    k: int = 10
    folds: int = 10
    prior: float = 1.0
    seed: int = 0

    def run(self) -> None:
        """Read, rank, write and say what came out.

        Raises:
            InputError: A file or a setting that is refused; nothing is written then.
        """
        rule = self._rule()
        labels, posteriors, features = self._read()
        samples = labels.samples
        paths = labels.inside(input_root(self.images, "Type --images FOLDER")) if self.images else None
        counts = LabelCounts.from_labels(samples.given, samples.num_classes)
        ranking = rank_table(samples, posteriors, counts, rule, stream(self.seed, "selection"), features=features)
        if labels.ids is not None:
            ranking.insert(2, "id", labels.ids[ranking["sample_id"].to_numpy()])
        write_ranking(ranking, self.out / "ranking.csv")
        written = None
        if self.rows > 0:
            written = write_report(
                self.out / "report.html",
                ranking,
                samples,
                posteriors,
                title=self.labels.stem,
                selector=self.selector,
                rows=self.rows,
                budget=self.budget,
                images=None if paths is None else self._images(paths, ranking),
            )
        self._say(ranking, written)

    def _rule(self) -> SelectionRule:
        usable = [name for name, rule in SELECTORS.items() if not (rule.needs_distribution or rule.needs_dynamics)]
        if self.selector not in usable:
            raise InputError(
                f"--selector {self.selector}", allowed=", ".join(usable), fix=did_you_mean(self.selector, usable)
            )
        rule = SELECTORS[self.selector]
        if rule.needs_features and self.features is None:
            raise InputError(
                f"--selector {self.selector} looks at neighbours",
                fix="Type --features FILE, or choose another selector",
            )
        return rule

    def _read(self) -> tuple[LabelFile, Posteriors, Features | None]:
        if self.probs is None and self.features is None:
            raise InputError("there is nothing to rank by", fix="Give a file of probabilities, or --features FILE")
        probs = None if self.probs is None else read_probability_file(self.probs, self.classes, self.separator)
        classes = self.classes or (probs.class_names if probs is not None else None)
        labels = read_label_file(
            self.labels,
            columns=self.columns,
            classes=classes,
            num_classes=None if probs is None else probs.num_classes,
            separator=self.separator,
        )
        samples = labels.samples
        features = None
        if self.features is not None:
            features = Features(feature_values(self.features, len(samples)), samples.sample_id, self.features.name)
        if probs is not None:
            posteriors = probs.of(samples, labels.ids).aligned_to(samples.sample_id)
            if posteriors.protocol == "external" != self.protocol:
                posteriors = Posteriors(posteriors.probs, posteriors.sample_id, self.protocol, posteriors.source)
            return labels, posteriors, features
        assert features is not None
        rng = stream(self.seed, "folds")
        settings: dict[str, Any] = {"num_classes": samples.num_classes, "prior": self.prior, "group": samples.group}
        return labels, knn_posteriors(features, samples.given, self.k, self.folds, rng, **settings), features

    def _images(self, paths: Sequence[str], ranking: "pd.DataFrame") -> "Iterator[UInt8Array | str]":
        assert self.images is not None
        rows = ranking["sample_id"].to_numpy()[: self.rows].tolist()
        for row in progress(rows, "report"):
            yield picture_or_reason(self.images.expanduser() / paths[row])

    def _say(self, ranking: "pd.DataFrame", written: Written | None) -> None:
        hidden = {"given_class", "suggested_class", "reference_class"}
        top = ranking.head(10)[[column for column in ranking if column not in hidden]]
        say(f"Most suspicious labels by {self.selector}:", top.to_string(index=False, float_format="{:.3f}".format), "")
        say(f"ranking  {self.out / 'ranking.csv'}")
        if written is not None:
            say(f"report   {self.out / 'report.html'}")
        if written is not None and written.problems:
            say(f"         {len(written.problems)} images can not be shown; the first: {written.problems[0]}")


def feature_values(file: Path, num_samples: int) -> "np.ndarray[Any, Any]":
    """Features (N, D) in a ``.npy`` or ``.npz`` file, in the order of the samples.

    Raises:
        InputError: They are of another number of samples, or no numbers.
    """
    values = read_array(file, "features (N, D) in .npy or .npz")
    if values.ndim != 2 or not np.issubdtype(values.dtype, np.number) or len(values) != num_samples:
        raise InputError(
            f"{file} holds an array of shape {values.shape} and type {values.dtype}",
            allowed=f"features ({num_samples}, D), one row per sample in the same order",
        )
    return values.astype(np.float32, copy=False)
