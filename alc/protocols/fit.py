"""Fit: train one module on some rows with some labels, and predict others."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
import pytorch_lightning as pl
import torch
from pytorch_lightning.loggers import Logger

from alc.arrays import FloatArray, IntArray
from alc.callbacks.checkpoint import LastCheckpoint, usable_checkpoint
from alc.callbacks.dropout_draws import DropoutDraws, require_dropout
from alc.callbacks.epoch_seed import EpochSeed
from alc.callbacks.posterior_writer import PosteriorWriter
from alc.callbacks.training_dynamics import RecordDynamics
from alc.data.augmentation import Augmentation
from alc.data.datamodule import LabelledImages, require_batch
from alc.data.memory import memory_for
from alc.data.normalisation import Normalisation, NormalisationName
from alc.data.resident import ResidentImages
from alc.data.sampling import Sampling
from alc.data.unlabelled import UnlabelledViews
from alc.errors import InputError
from alc.labels import check_labels
from alc.methods.base import ClassifierModule
from alc.methods.compute import Compute
from alc.models.weights_file import save_weights
from alc.posteriors import Posteriors
from alc.protocols.beginning import begin
from alc.protocols.passes import ONE_PASS, Passes
from alc.protocols.quiet import is_first_process
from alc.protocols.result import FitResult, fingerprint
from alc.protocols.trained_on import trained_on
from alc.protocols.trainer import TrainerFactory
from alc.seeding import derive_seed
from alc.sources.parts import JoinedImages

if TYPE_CHECKING:
    from alc.sources.images import Images

__all__ = ["Fit", "FitPredict"]

log = logging.getLogger(__name__)


class FitPredict(Protocol):
    """Trains on some rows with given labels, predicts others."""

    def check(self, train_rows: IntArray) -> None:
        """Refuse rows that could not be trained on; a protocol of several trainings asks before the first."""
        ...

    def __call__(
        self,
        labels: IntArray,
        train_rows: IntArray,
        predict_rows: IntArray,
        *,
        seed: int,
        directory: Path,
        passes: Passes = ONE_PASS,
        targets: FloatArray | None = None,
    ) -> FitResult:
        """Labels (N,), of which only those of ``train_rows`` matter; ``directory`` keeps what a later start needs.

        ``targets`` (N, C) are distributions to learn from: of their rows those of ``train_rows`` matter, and no label
        does.  Where there are images without labels, rows from N on are theirs.
        """
        ...


HIDDEN = -1
"""What stands in the place of a label that a training may not know."""


def _known(labels: IntArray, train_rows: IntArray, size: int, targets: FloatArray | None) -> IntArray:
    """What a training may know of all its images: labels of the rows it is trained on, or the likeliest targets."""
    known: IntArray = np.full(size, HIDDEN, dtype=np.int64)
    known[train_rows] = labels[train_rows] if targets is None else targets[train_rows].argmax(axis=1)
    return known


def _no_callbacks() -> list[pl.Callback]:
    return []


def _no_logger(directory: Path) -> Logger | list[Logger] | None:
    return None


@dataclass(eq=False)
class Fit:
    """One training and its predictions with Lightning; calling it twice with the same arguments gives the same numbers.

    A training that was interrupted continues from ``last.ckpt`` in its directory and ends with the parameters it would
    have had.  The images are decoded, and where resident copied to the device, once for all calls.

    Attributes:
        images: The N images.
        build_module: Makes an untrained module; it is called with torch seeded.
        build_trainer: Makes a trainer, e.g. a partial of :func:`~alc.protocols.trainer.make_trainer`.
        augmentation: Random views in training.
        normalisation: Name of the normalisation; ``data`` measures ``images``.
        batch_size: Training batch over all processes together.
        predict_batch_size: Prediction batch.
        resident: Whether all images lie on the device as uint8; otherwise worker processes read them in batches.
        num_workers: Those worker processes.
        keep_weights: Whether the final networks go to ``weights.safetensors`` in the directory of the training.
        test_images: Clean test images to predict as well, or None.
        unlabelled_images: Images to learn from without labels, for methods that do, or None.
        record_dynamics: Whether to record what the network says about every training sample in every epoch.
        checkpoint_seconds: Least time between two checkpoints; the last epoch always writes one.
        extra_callbacks: Makes further callbacks for one training, e.g. an average of the weights.
        build_logger: Makes the logger or loggers of the training in that directory, or None for none.
        compute: Memory layout and compilation.
        sampling: Which rows form an epoch, see :data:`~alc.data.sampling.Sampling`.
    """

    images: "Images"
    build_module: Callable[[], ClassifierModule]
    build_trainer: TrainerFactory
    augmentation: Augmentation
    normalisation: NormalisationName
    batch_size: int
    predict_batch_size: int
    resident: bool
    num_workers: int = 0
    keep_weights: bool = False
    test_images: "Images | None" = None
    unlabelled_images: "Images | None" = None
    record_dynamics: bool = True
    checkpoint_seconds: float = 30.0
    extra_callbacks: Callable[[], Sequence[pl.Callback]] = _no_callbacks
    build_logger: Callable[[Path], Logger | list[Logger] | None] = _no_logger
    compute: Compute = field(default_factory=Compute)
    sampling: Sampling = "uniform"
    _ready: dict[str, "Images"] = field(default_factory=dict, init=False, repr=False)
    _scaling: Normalisation | None = field(default=None, init=False, repr=False)

    def __call__(
        self,
        labels: IntArray,
        train_rows: IntArray,
        predict_rows: IntArray,
        *,
        seed: int,
        directory: Path,
        passes: Passes = ONE_PASS,
        targets: FloatArray | None = None,
    ) -> FitResult:
        """Train and predict; see :class:`FitPredict`."""
        mark = fingerprint(labels, train_rows, predict_rows, seed, targets=targets)
        labels = _known(labels, train_rows, len(self.images) + self.num_further, targets)
        recorder = RecordDynamics(train_rows) if self.record_dynamics else None
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(derive_seed(seed, "init"))
            module = self.build_module()
            self.compute.apply(module)
            check_labels(labels[train_rows], module.num_classes, "training labels")
            self._check_passes(passes, module)
            known = torch.from_numpy(np.asarray(train_rows, dtype=np.int64))
            begin(module, self.images, self._normalised())
            module.prepare(torch.from_numpy(labels), known)
            if targets is not None:
                module.learn_from(torch.from_numpy(np.asarray(targets, dtype=np.float32)), known)
            trainer = self.build_trainer(
                callbacks=[
                    EpochSeed(seed),
                    *([recorder] if recorder else []),
                    *self.extra_callbacks(),
                    LastCheckpoint(directory, mark, self.checkpoint_seconds),
                ],
                logger=self.build_logger(directory) or False,
                default_root_dir=directory,
            )
            data = self._data(labels, train_rows, predict_rows, seed, views=module.unlabelled)
            checkpoint = usable_checkpoint(directory, mark)
            if checkpoint is not None and is_first_process():
                log.info("Continuing from %s.", checkpoint)
            lower = f"Lower loader.batch_size, now {self.batch_size}"
            with memory_for("training", lower), self.compute.compiling():
                trainer.fit(module, datamodule=data, ckpt_path=checkpoint, weights_only=True)
            probs, features = self._predict(module, data, directory / "predictions.npz", seed, passes)
            test_probs = None if self.test_images is None else self._predict_test(module, seed, directory, passes)
            if self.keep_weights and trainer.is_global_zero:
                seen = trained_on(self.images, self.normalisation)
                save_weights(directory / "weights.safetensors", module.predictors, seen, learned=module.learned())
        return FitResult(probs, test_probs, recorder.dynamics() if recorder else None, features)

    @property
    def num_further(self) -> int:
        """Images without labels."""
        return 0 if self.unlabelled_images is None else len(self.unlabelled_images)

    def check(self, train_rows: IntArray) -> None:
        """Refuse fewer rows than a batch has."""
        require_batch(len(train_rows), self.batch_size)

    def check_targets(self) -> None:
        """Refuse a method that learns from labels only."""
        with torch.random.fork_rng(devices=[]):
            module = self.build_module()
        if type(module).learn_from is ClassifierModule.learn_from:
            module.learn_from(torch.empty(0), torch.empty(0))  # which says so

    def _predict(
        self, module: ClassifierModule, data: LabelledImages, path: Path, seed: int, passes: Passes
    ) -> tuple[FloatArray, FloatArray | None]:
        """Probabilities (T * M, n, C) and features (n, D), if kept, of the rows the data module predicts."""
        probs: list[FloatArray] = []
        features: list[FloatArray] = []
        for draw in range(passes.count):
            data.predict_views(draw if passes.augmented else None)
            writer = PosteriorWriter(path, data.predict_rows, "in_sample")
            trainer = self.build_trainer(
                callbacks=[writer, *([DropoutDraws(seed, draw)] if passes.dropout else [])],
                logger=False,
                default_root_dir=path.parent,
                enable_progress_bar=False,
            )
            with memory_for("prediction", f"Lower loader.predict_batch_size, now {self.predict_batch_size}"):
                trainer.predict(module, datamodule=data, return_predictions=False)
            probs.append(Posteriors.load(path).probs)
            if module.keep_features:
                features.append(np.load(writer.features_path, allow_pickle=False))
            trainer.strategy.barrier("predictions read")
            if trainer.is_global_zero:
                path.unlink()
                writer.features_path.unlink(missing_ok=True)
        return np.concatenate(probs), np.mean(features, axis=0) if features else None

    def _predict_test(self, module: ClassifierModule, seed: int, directory: Path, passes: Passes) -> FloatArray:
        """Mean probabilities (n_test, C) of the test images, never augmented; their labels stay out of this half."""
        rows = np.arange(len(self._images("test")))
        data = self._data(np.zeros(len(rows), dtype=np.int64), rows[:0], rows, seed, part="test")
        plain = passes if passes.dropout else ONE_PASS
        return np.asarray(self._predict(module, data, directory / "test_predictions.npz", seed, plain)[0].mean(axis=0))

    def _check_passes(self, passes: Passes, module: ClassifierModule) -> None:
        """Refuse, before anything is trained, passes that could not differ."""
        if passes.dropout:
            require_dropout(module)
        if passes.augmented and self.augmentation.is_identity:
            raise InputError(
                "posteriors.augmented is true, but no augmentation is chosen",
                fix="Choose one, e.g. augmentation=shift, or set posteriors.augmented=false posteriors.passes=1",
            )

    def _data(
        self,
        labels: IntArray,
        train_rows: IntArray,
        predict_rows: IntArray,
        seed: int,
        *,
        part: str = "train",
        views: UnlabelledViews | None = None,
    ) -> LabelledImages:
        images = self._images(part)
        return LabelledImages(
            images,
            labels,
            train_rows,
            predict_rows,
            normalisation=self._normalised(),
            augmentation=self.augmentation,
            batch_size=self.batch_size,
            predict_batch_size=self.predict_batch_size,
            seed=seed,
            num_workers=self.num_workers,
            channels_last=self.compute.channels_last,
            sampling=self.sampling,
            unlabelled=None if views is None else (views.rows(train_rows, len(self.images), len(images)), views),
        )

    def _normalised(self) -> Normalisation:
        if self._scaling is None:
            self._scaling = Normalisation.named(self.normalisation, self.images)
        return self._scaling

    def _images(self, part: str) -> "Images":
        """Those of the samples and then those without labels (``train``), or of the test set (``test``)."""
        if part not in self._ready:
            images = self.test_images if part == "test" else self.images
            if part == "train" and self.unlabelled_images is not None:
                images = JoinedImages(self.images, self.unlabelled_images)
            assert images is not None
            self._ready[part] = ResidentImages(images) if self.resident else images
        return self._ready[part]
