"""Noise as humans make it: labels drawn from the votes each image received, made more common by a temperature."""

import math
from dataclasses import dataclass

import numpy as np

from alc.arrays import FloatArray, IntArray
from alc.errors import InputError
from alc.labels import check_label_distribution
from alc.noise.corrupt import draw_observed
from alc.noise.report import NoiseReport
from alc.seeding import stream

__all__ = ["RELEASED_SEED", "HumanTemperature", "ReleasedHumanTemperature", "temperature_scaled"]

RELEASED_SEED = 1234
"""The seed that the released code of active label cleaning fixes for its CIFAR-10H labels."""


def _check_temperature(temperature: float) -> None:
    number = isinstance(temperature, int | float | np.number) and not isinstance(temperature, bool)
    if not number or not math.isfinite(temperature) or temperature <= 0:
        raise InputError(
            f"temperature is {temperature!r}", allowed="a number above 0", fix="Type e.g. noise.temperature=2"
        )


def temperature_scaled(distribution: FloatArray, temperature: float) -> FloatArray:
    """Each row (N, C) to the power 1/T, normalised again: ``q_T[n, c]`` proportional to ``q[n, c] ** (1 / T)``.

    How Bernhardt et al., *Active label cleaning* (Nature Communications 2022) set the noise rate of CIFAR-10H.  T > 1
    flattens, T < 1 sharpens; zeros stay zeros, so a label no human gave never appears.

    >>> temperature_scaled(np.array([[0.8, 0.2, 0.0]]), 2).round(4)
    array([[0.6667, 0.3333, 0.    ]])
    """
    _check_temperature(temperature)
    distribution = check_label_distribution(distribution)
    top = distribution.max(axis=1, keepdims=True)  # with the largest entry at 1 no power underflows the whole row
    powers = (distribution / top) ** (1 / float(temperature))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def _required(distribution: FloatArray | None, option: str) -> FloatArray:
    if distribution is None:
        raise InputError(
            f"noise={option} needs counts of human labels and this data set has none",
            allowed="data with human counts: data=cifar10h, data=cifar10h_paper",
            fix="Use one of them, or noise=symmetric",
        )
    return distribution


@dataclass(frozen=True)
class HumanTemperature:
    """Every label is an independent draw from its image's temperature-scaled human distribution."""

    temperature: float

    def __post_init__(self) -> None:
        _check_temperature(self.temperature)

    def apply(
        self, labels: IntArray, num_classes: int, distribution: FloatArray | None, seed: int
    ) -> tuple[IntArray, NoiseReport]:
        """Draw with the stream ``noise`` of the seed; the requested rate is the expected one."""
        del num_classes
        rows = temperature_scaled(_required(distribution, "human_temperature"), self.temperature)
        return draw_observed(labels, rows, stream(seed, "noise").random(len(rows)))

    def digests(self) -> dict[str, str]:
        """None: the counts are the data source's file."""
        return {}


@dataclass(frozen=True)
class ReleasedHumanTemperature:
    """The same draws as the released code, label by label: one Mersenne-Twister uniform per image, seed 1234.

    That code asks numpy's legacy ``choice`` for one label per image; each call consumes one uniform number and inverts
    the cumulative distribution at it, so the whole vector is one array of uniforms.
    """

    temperature: float

    def __post_init__(self) -> None:
        _check_temperature(self.temperature)

    def apply(
        self, labels: IntArray, num_classes: int, distribution: FloatArray | None, seed: int
    ) -> tuple[IntArray, NoiseReport]:
        """Draw as released; any seed but 1234 is refused rather than ignored."""
        del num_classes
        if seed != RELEASED_SEED:
            raise InputError(
                f"noise=human_temperature_released with seeds.noise={seed}",
                allowed=f"seeds.noise={RELEASED_SEED}, the released code's only seed (data=cifar10h_paper sets it)",
                fix=f"Type seeds.noise={RELEASED_SEED}, or noise=human_temperature for other seeds",
            )
        rows = temperature_scaled(_required(distribution, "human_temperature_released"), self.temperature)
        return draw_observed(labels, rows, np.random.RandomState(RELEASED_SEED).random_sample(len(rows)))

    def digests(self) -> dict[str, str]:
        """None: the counts are the data source's file."""
        return {}
