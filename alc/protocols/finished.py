"""One training of a protocol: done once, and read when a later start asks again."""

import logging
from pathlib import Path

from alc.arrays import IntArray
from alc.protocols.fit import FitPredict
from alc.protocols.passes import ONE_PASS, Passes
from alc.protocols.quiet import is_first_process
from alc.protocols.result import FitResult, fingerprint

__all__ = ["finished_training"]

log = logging.getLogger(__name__)


def finished_training(
    fit: FitPredict,
    labels: IntArray,
    train_rows: IntArray,
    predict_rows: IntArray,
    *,
    seed: int,
    directory: Path,
    passes: Passes = ONE_PASS,
    name: str = "",
) -> FitResult:
    """The outcome of a training, from the ``.npz`` beside its directory where an earlier start has finished it.

    Args:
        fit: One training and its predictions.
        labels: (N,) noisy labels.
        train_rows: Rows to train on.
        predict_rows: Rows to predict.
        seed: Seed of the training.
        directory: Of its checkpoint and logs.
        passes: How the rows are predicted.
        name: What to call it in the log, to which the first of several processes writes; "" logs nothing.
    """
    path = directory.with_name(f"{directory.name}.npz")
    mark = fingerprint(labels, train_rows, predict_rows, seed, passes.label)
    result = FitResult.load(path, mark)
    if name and is_first_process():
        kept = "kept from an earlier start" if result else f"training on {len(train_rows)} samples"
        log.info("%s: %s.", name, kept)
    if result is None:
        result = fit(labels, train_rows, predict_rows, seed=seed, directory=directory, passes=passes)
        result.save(path, mark)
    return result
