"""Noise options that are given by one rate: the observed label depends on the true class alone."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

from alc.arrays import FloatArray, IntArray
from alc.errors import InputError
from alc.noise.corrupt import corrupt
from alc.noise.report import NoiseReport
from alc.noise.transition import asymmetric_cifar10, check_rate, pair_flip, symmetric
from alc.seeding import stream

__all__ = ["AsymmetricCifar10", "ClassNoise", "PairFlip", "Symmetric", "check_exact"]


def check_exact(exact: bool) -> None:
    """Refuse anything but true and false: a non-empty text would count as true."""
    if not isinstance(exact, bool):
        raise InputError(f"noise.exact is {exact!r}", allowed="true or false")


@dataclass(frozen=True)
class ClassNoise(ABC):
    """Class-conditional noise of a given rate; see :func:`alc.noise.corrupt.corrupt` for ``exact``."""

    rate: float
    exact: bool = True

    def __post_init__(self) -> None:
        check_rate(self.rate, "noise.rate")
        check_exact(self.exact)

    @abstractmethod
    def transition(self, num_classes: int) -> FloatArray:
        """The matrix (C, C) for this rate."""

    def apply(
        self, labels: IntArray, num_classes: int, distribution: FloatArray | None, seed: int
    ) -> tuple[IntArray, NoiseReport]:
        """Corrupt the labels with the stream ``noise`` of the seed; the human distribution is not used."""
        del distribution
        return corrupt(labels, self.transition(num_classes), stream(seed, "noise"), exact=self.exact)

    def digests(self) -> dict[str, str]:
        """None: no file is read."""
        return {}


@dataclass(frozen=True)
class Symmetric(ClassNoise):
    """A share ``rate`` of the labels becomes any other class, see :func:`alc.noise.transition.symmetric`."""

    def transition(self, num_classes: int) -> FloatArray:
        """The symmetric matrix (C, C)."""
        return symmetric(num_classes, self.rate)


@dataclass(frozen=True)
class PairFlip(ClassNoise):
    """A share ``rate`` of the labels becomes the next class, see :func:`alc.noise.transition.pair_flip`."""

    def transition(self, num_classes: int) -> FloatArray:
        """The pair-flip matrix (C, C)."""
        return pair_flip(num_classes, self.rate)


@dataclass(frozen=True)
class AsymmetricCifar10(ClassNoise):
    """Look-alike classes of CIFAR-10 are confused, see :func:`alc.noise.transition.asymmetric_cifar10`."""

    def transition(self, num_classes: int) -> FloatArray:
        """The matrix (10, 10); another number of classes is an error."""
        if num_classes != 10:
            raise InputError(
                f"noise=asymmetric_cifar10 for data with {num_classes} classes",
                allowed="CIFAR-10's ten classes",
                fix="Use noise=pairflip, or noise=transition with a matrix for your classes",
            )
        return asymmetric_cifar10(self.rate)
