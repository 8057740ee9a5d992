"""The validation set of a model selection: images no model was trained on, with true labels, noisy ones, annotators."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from omegaconf import DictConfig

from alc.arrays import IntArray
from alc.build import build
from alc.errors import InputError, did_you_mean
from alc.noise import InstanceDependent, NoiseReport, NoNoise, measure
from alc.samples import SampleTable
from alc.simulation.replay import Reference
from alc.sources.dataset import ImageDataset, one_hot
from alc.tasks.noise import build_noise

__all__ = ["KINDS", "ValidationSet", "load_validation", "validation_kind"]

KINDS = ("test", "samples")


@dataclass(frozen=True, eq=False)
class ValidationSet:
    """N images to choose a model by.

    Attributes:
        kind: ``test``: the test images of the data, ids are their rows.  ``samples``: the samples of the data.
        dataset: The data they come from.
        sample_id: (N,) what predictions are joined by.
        reference: True labels, and what annotators answer from.  Of test images nobody has counted human labels, so
            annotators always give the true one there, as in the code released with Bernhardt et al. (2022).
        given: (N,) labels as they came, where these may be noisy.
        noise: The noise model that is applied to the true labels, or ``NoNoise``.
    """

    kind: str
    dataset: ImageDataset
    sample_id: IntArray
    reference: Reference
    given: IntArray
    noise: Any

    @property
    def samples(self) -> SampleTable:
        """The samples of the data, whichever kind is used."""
        return self.dataset.samples

    @property
    def num_classes(self) -> int:
        """C."""
        return self.dataset.num_classes

    def noisy(self, seed: int) -> tuple[IntArray, NoiseReport]:
        """One initialisation of the noisy labels (N,), and what the noise came to."""
        truth = self.reference.labels
        if isinstance(self.noise, NoNoise):
            return self.given, measure(truth, self.given, self.num_classes)
        by_id = {"sample_id": self.sample_id} if isinstance(self.noise, InstanceDependent) else {}
        people = self.dataset.distribution if self.kind == "samples" else None
        labels, report = self.noise.apply(truth, self.num_classes, people, seed, **by_id)
        return labels, report


def validation_kind(config: DictConfig) -> str:
    """``validation`` of a config, checked."""
    kind = str(config.validation)
    if kind not in KINDS:
        hint = did_you_mean(kind, KINDS)
        raise InputError(f"validation={kind} is unknown", allowed=", ".join(KINDS), fix=hint)
    return kind


def load_validation(config: DictConfig) -> ValidationSet:
    """The validation set of a config, its noise not yet drawn.

    Raises:
        InputError: Nothing is known to be true about these images, or nothing would be noisy about their labels.
    """
    kind, noise = validation_kind(config), build_noise(config)
    dataset: ImageDataset = build(config, "data").load(int(config.seeds.split))
    if kind == "test":
        labels = dataset.test_labels
        if labels is None:
            raise InputError(
                f"validation=test, and data {dataset.name!r} has no test images with trusted labels",
                fix="Give it some (e.g. data.test_file=FILE for data=csv), or type validation=samples",
            )
        if isinstance(noise, NoNoise):
            raise InputError(
                "noise=none leaves the labels of the test images as they are, so there is nothing to clean",
                allowed="a noise that is added to them, or validation=samples for labels that are noisy already",
                fix="Type e.g. noise=symmetric noise.rate=0.4",
            )
        reference = Reference.of(one_hot(labels, dataset.num_classes), labels)
        return ValidationSet(kind, dataset, np.arange(len(labels)), reference, labels, noise)
    samples, people = dataset.samples, dataset.distribution
    truth = samples.reference
    if truth is None and not isinstance(noise, NoNoise):
        truth = samples.given  # noise is added to them, so they count as true
    if truth is None:
        raise InputError(
            f"data {dataset.name!r} has no reference labels, so nobody knows which model is best",
            fix="Add a reference_label column, or add noise to labels you trust (noise=symmetric)",
        )
    reference = Reference.of(one_hot(truth, samples.num_classes) if people is None else people, truth)
    return ValidationSet(kind, dataset, samples.sample_id, reference, samples.given, noise)
