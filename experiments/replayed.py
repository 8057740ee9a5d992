"""What `measure.py` files share: the paper's CIFAR-10H benchmark, and the exact curve of an order, without training."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from alc.adjudication import UntilMajority
from alc.arrays import FloatArray, IntArray
from alc.labels import LabelCounts
from alc.noise import ReleasedHumanTemperature
from alc.posteriors import Posteriors
from alc.seeding import stream
from alc.selection import scores
from alc.selection.selector import best_first
from alc.simulation.expected import expected_label_accuracy
from alc.simulation.replay import Reference
from alc.sources.cifar10h_paper import Cifar10HPaperSource

__all__ = ["BUDGET", "Benchmark", "annotations_to", "cifar10h", "expected_curve", "random_curve", "scored"]

BUDGET = 3074
"""Annotations in the paper's Fig. 3b."""
ORDERS = 20


@dataclass(frozen=True, eq=False)
class Benchmark:
    """Noisy labels, what is true, and whose they are."""

    initial: LabelCounts
    reference: Reference
    sample_id: IntArray


def cifar10h(data: Path, temperature: float) -> Benchmark:
    """The 5,000 images with the labels that the released code draws at a temperature."""
    source = Cifar10HPaperSource(root=str(data), samples=5000, subset_seed=1234, test_subset=None, download=False)
    dataset = source.load(0)
    samples = dataset.samples
    assert samples.reference is not None
    assert dataset.distribution is not None
    noise = ReleasedHumanTemperature(temperature)
    labels, _ = noise.apply(samples.reference, samples.num_classes, dataset.distribution, 1234)
    reference = Reference.of(dataset.distribution, samples.reference)
    return Benchmark(LabelCounts.from_labels(labels, samples.num_classes), reference, samples.sample_id)


def scored(benchmark: Benchmark, posteriors: Path, score: str) -> FloatArray:
    """A score by its name of the posteriors in a file (N,)."""
    found: FloatArray = getattr(scores, score)(
        Posteriors.load(posteriors).aligned_to(benchmark.sample_id), benchmark.initial
    )
    return found


def expected_curve(benchmark: Benchmark, score: FloatArray, budget: int = BUDGET) -> FloatArray:
    """Expected label accuracy after 0 ... budget annotations in the order of a score."""
    return _expected(benchmark, best_first(score, rng=stream(0, "selection")), budget)


def random_curve(benchmark: Benchmark, budget: int = BUDGET) -> FloatArray:
    """The same in random order: the mean over twenty orders."""
    rng = stream(0, "random orders")
    number = len(benchmark.sample_id)
    return np.asarray(np.mean([_expected(benchmark, rng.permutation(number), budget) for _ in range(ORDERS)], axis=0))


def annotations_to(curve: FloatArray, level: float) -> float:
    """Annotations after which a curve first stands at a level; infinite if it never does."""
    reached = curve >= level
    return float(reached.argmax()) if reached.any() else float("inf")


def _expected(benchmark: Benchmark, order: IntArray, budget: int) -> FloatArray:
    return expected_label_accuracy(
        order, benchmark.initial, benchmark.reference, budget=budget, adjudication=UntilMajority()
    )
