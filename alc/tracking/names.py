"""Metric names: the same in every logger and every dashboard, one table with what they mean."""

from dataclasses import dataclass

__all__ = ["ANNOTATIONS", "EPOCH", "GALLERY", "METRICS", "Metric", "cleaning", "level"]

EPOCH, ANNOTATIONS = "epoch", "annotations"
"""The x axes: of ``train/*`` and of ``cleaning/*``."""

GALLERY = "samples/most_suspicious"
"""The table of images."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One quantity.

    Attributes:
        name: Its name; ``<selector>`` stands for a selector's name, ``<percent>`` for a label accuracy in percent.
        axis: ``epoch`` or ``annotations`` for a curve, empty for one number per run.
        file: Where it stands in the run directory.
        meaning: In a few words.
    """

    name: str
    axis: str
    file: str
    meaning: str


METRICS: tuple[Metric, ...] = (
    Metric("train/loss", EPOCH, "metrics.csv", "mean loss of the epoch on the noisy labels"),
    Metric(
        "train/accuracy_noisy",
        EPOCH,
        "metrics.csv",
        "share of training samples whose prediction equals their noisy label",
    ),
    Metric("train/forget_rate", EPOCH, "metrics.csv", "co-teaching: share of each batch that is left out"),
    Metric(
        "train/clean_share",
        EPOCH,
        "metrics.csv",
        "semi-supervision: mean probability that a training label is right, by the mixture of losses",
    ),
    Metric(
        "train/spread",
        EPOCH,
        "metrics.csv",
        "self-supervision: 1 where the projections point everywhere alike, 0 where they have collapsed",
    ),
    Metric(
        "cleaning/label_accuracy/<selector>",
        ANNOTATIONS,
        "curves.csv",
        "share of labels that are right, mean over annotator panels",
    ),
    Metric(
        "cleaning/expected_label_accuracy/<selector>",
        ANNOTATIONS,
        "curves.csv",
        "the same, its exact expectation, where it is known",
    ),
    Metric(
        "cleaning/total_variation/<selector>",
        ANNOTATIONS,
        "curves.csv",
        "total variation between label counts and label distribution, mean over samples",
    ),
    Metric("cleaning/remaining_clear/<selector>", ANNOTATIONS, "curves.csv", "wrong labels left in clear samples"),
    Metric(
        "cleaning/remaining_ambiguous/<selector>",
        ANNOTATIONS,
        "curves.csv",
        "wrong labels left in ambiguous samples",
    ),
    Metric("cleaning/area/<selector>", "", "summary.json", "mean label accuracy over the budget"),
    Metric("cleaning/final_accuracy/<selector>", "", "summary.json", "label accuracy when the budget is spent"),
    Metric(
        "cleaning/annotations_to_<percent>/<selector>",
        "",
        "summary.json",
        "annotations until that share of labels is right, median over panels",
    ),
    Metric(
        "cleaning/saving_to_<percent>/<selector>",
        "",
        "summary.json",
        "how many times fewer than random needs, median over panels",
    ),
    Metric("noise/realised_rate", "", "noise.json", "share of labels that are wrong at the start"),
    Metric(
        "posteriors/agreement_with_given_labels",
        "",
        "manifest.json",
        "share of samples whose likeliest class is their noisy label",
    ),
)


def cleaning(quantity: str, selector: str) -> str:
    """The name of a quantity of one selector.

    >>> cleaning("label_accuracy", "joint")
    'cleaning/label_accuracy/joint'
    """
    return f"cleaning/{quantity}/{selector}"


def level(share: float) -> str:
    """A label accuracy as it stands in a name.

    >>> level(0.9), level(0.975)
    ('90', '97.5')
    """
    return f"{100 * share:g}"
