"""One training of a protocol: done once, and read when a later start asks again."""

import logging
from pathlib import Path

from alc.arrays import FloatArray, IntArray
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
    targets: FloatArray | None = None,
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
        targets: (N, C) distributions to learn from in the place of labels, or None.
        name: What to call it in the log, to which the first of several processes writes; "" logs nothing.
    """
    path = directory.with_name(f"{directory.name}.npz")
    mark = fingerprint(labels, train_rows, predict_rows, seed, passes.label, targets)
    result = FitResult.load(path, mark)
    if name and is_first_process():
        kept = "kept from an earlier start" if result else f"training on {len(train_rows)} samples"
        log.info("%s: %s.", name, kept)
    if result is None:
        soft = {} if targets is None else {"targets": targets}
        result = fit(labels, train_rows, predict_rows, seed=seed, directory=directory, passes=passes, **soft)
        result.save(path, mark)
    return result
