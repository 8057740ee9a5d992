"""Instance-dependent noise: every image has a flip rate and wrong classes of its own, from its features."""

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Literal, get_args

import numpy as np

from alc.arrays import FloatArray, IntArray
from alc.errors import InputError, did_you_mean
from alc.features import Features
from alc.labels import check_labels
from alc.noise.corrupt import draw_observed
from alc.noise.report import NoiseReport
from alc.noise.transition import check_rate
from alc.seeding import stream

__all__ = ["InstanceDependent", "Normalise", "flip_rates", "instance_rows"]

Normalise = Literal["none", "l2", "standard"]

ALLOWED = "a features.npz, or the id or the name of a training that has kept one"


@dataclass(frozen=True)
class InstanceDependent:
    """Labels drawn from each image's own distribution, made of its features by a random projection.

    Xia et al. (2020), Algorithm 2, as Bernhardt et al. (2022) use it: a flip rate per image, see :func:`flip_rates`, is
    shared out among the wrong classes by the softmax of a random projection of the image's features, one projection per
    true class, see :func:`instance_rows`.  The paper takes rate 0.4, std 0.01 and the 2048 pooled features that an
    ImageNet ResNet-50 gives for CIFAR-10 images with pixels from 0 to 255, neither scaled nor standardised; with so
    large numbers the softmax is all but one-hot, so an image errs towards one class only.  Features of length 1 spread
    the errors, standardised ones lie between.

    Attributes:
        rate: Mean flip rate, 0 to 1.
        std: Standard deviation of the flip rates before they are truncated to 0..1; 0 gives all images the same.
        features: An ``.npz`` written by :meth:`alc.features.Features.save`, of all samples; joined by id.
            A config may also name a training that has kept features, by id or name.
        normalise: ``none`` as released; ``l2`` scales every row to length 1; ``standard`` gives every column mean 0
            and standard deviation 1 over the samples that are corrupted.
        projection_seed: Of the projections alone.  With the same one, sets of any size and any ``seeds.noise`` are
            corrupted by the same mechanism, e.g. training and validation labels (the released code's sets share one).
            None draws them with everything else.
    """

    rate: float = 0.4
    std: float = 0.01
    features: str | None = None
    normalise: Normalise = "none"
    projection_seed: int | None = None

    def __post_init__(self) -> None:
        check_rate(self.rate, "noise.rate")
        if isinstance(self.std, bool) or not isinstance(self.std, int | float) or not 0 <= self.std < np.inf:
            raise InputError(f"noise.std is {self.std!r}", allowed="a number of 0 or more")
        if self.normalise not in get_args(Normalise):
            words = get_args(Normalise)
            hint = did_you_mean(str(self.normalise), words)
            raise InputError(f"noise.normalise is {self.normalise!r}", allowed=", ".join(words), fix=hint)
        seed = self.projection_seed
        if seed is not None and (isinstance(seed, bool) or not isinstance(seed, int) or seed < 0):
            raise InputError(f"noise.projection_seed is {seed!r}", allowed="a whole number of 0 or more, or null")

    def apply(
        self,
        labels: IntArray,
        num_classes: int,
        distribution: FloatArray | None,
        seed: int,
        sample_id: IntArray | None = None,
    ) -> tuple[IntArray, NoiseReport]:
        """Draw with the stream ``noise`` of the seed; the requested rate is the mean of the flip rates drawn.

        Args:
            labels: (N,) reference labels.
            num_classes: C.
            distribution: Not used.
            seed: ``seeds.noise``.
            sample_id: (N,) ids by which the features are joined; 0..N-1 if not given.

        Raises:
            InputError: There is no features file, it is none, or it lacks samples.
        """
        del distribution
        labels, rng = check_labels(labels, num_classes), stream(seed, "noise")
        ids = np.arange(len(labels)) if sample_id is None else sample_id
        values = _normalised(Features.load(self._file()).aligned_to(ids).values, self.normalise)
        rates = flip_rates(len(labels), self.rate, self.std, rng)
        shared = None if self.projection_seed is None else stream(self.projection_seed, "noise", "projection")
        rows = instance_rows(values, labels, num_classes, rates, shared or rng)
        return draw_observed(labels, rows, rng.random(len(labels)))

    def digests(self) -> dict[str, str]:
        """Name and SHA-256 of the features file."""
        file = self._file()
        try:
            return {file.name: sha256(file.read_bytes()).hexdigest()}
        except OSError as error:
            problem = f"noise.features: {file} cannot be read ({error.strerror or error})"
            raise InputError(problem, allowed=ALLOWED) from error

    def _file(self) -> Path:
        if self.features is None:
            raise InputError(
                "noise=instance needs features of every image and noise.features is null",
                allowed=ALLOWED,
                fix="Train a network on trusted labels with alc-train noise=none posteriors=in_sample "
                "method.keep_features=true, or save those of any network with "
                "alc.features.Features(values, sample_id).save('features.npz'); then type noise.features=<file or run>",
            )
        return Path(self.features).expanduser()


def flip_rates(num_samples: int, rate: float, std: float, rng: np.random.Generator) -> FloatArray:
    """One flip rate per sample (N,), normal with this mean and deviation truncated to 0..1; one uniform number each.

    Truncation moves the mean where ``rate`` lies within a few ``std`` of 0 or 1.
    """
    from scipy.stats import truncnorm

    uniform = rng.random(num_samples)
    if std == 0:
        return np.full(num_samples, float(rate))
    low, high = -rate / std, (1 - rate) / std
    return np.asarray(np.clip(truncnorm.ppf(uniform, low, high, loc=rate, scale=std), 0, 1))


def instance_rows(
    values: FloatArray, labels: IntArray, num_classes: int, rates: FloatArray, rng: np.random.Generator
) -> FloatArray:
    """What each sample may be labelled as, (N, C): 1 - rate for its class, the rate times a softmax for the others.

    The softmax is of features (N, D) times the projection (D, C) of the sample's class, standard normal numbers drawn
    class by class as float32, without the class itself.
    """
    if num_classes < 2:
        raise InputError(f"label noise over {num_classes} classes", allowed="2 classes or more")
    rows = np.empty((len(labels), num_classes))
    for label in range(num_classes):
        projection = rng.standard_normal((values.shape[1], num_classes), dtype=np.float32)
        own = np.flatnonzero(labels == label)
        logits = values[own].astype(np.float64) @ projection
        logits[:, label] = -np.inf
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        rows[own] = rates[own, None] * powers / powers.sum(axis=1, keepdims=True)
    rows[np.arange(len(labels)), labels] = 1 - rates
    return rows


def _normalised(values: FloatArray, normalise: Normalise) -> FloatArray:
    """The features (N, D) as ``normalise`` asks; rows or columns without any length or spread become 0."""
    if normalise == "none":
        return values
    values = values.astype(np.float64)
    if normalise == "l2":
        size = np.sqrt((values**2).sum(axis=1, keepdims=True))
        return np.asarray(values / np.where(size > 0, size, 1))
    spread = values.std(axis=0)
    return np.asarray((values - values.mean(axis=0)) / np.where(spread > 0, spread, 1))
