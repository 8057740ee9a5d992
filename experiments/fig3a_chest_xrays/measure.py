"""Exact expected areas of every training, from the posteriors kept here."""

from pathlib import Path

import numpy as np

from alc.labels import LabelCounts
from alc.noise import Transition
from alc.simulation.replay import Reference
from alc.sources.dataset import one_hot
from alc.sources.medmnist import MedMnistSource
from experiments.replayed import Benchmark, annotations_to, expected_curve, random_curve, scored

__all__ = ["measured"]

HERE, BUDGET = Path(__file__).parent, 1164
MATRIX = [[0.658, 0.342], [0.063, 0.937]]


def benchmark(data: Path) -> Benchmark:
    """The training images of PneumoniaMNIST with the recipe's noise."""
    dataset = MedMnistSource(root=str(data), name="pneumoniamnist").load(0)
    samples = dataset.samples
    truth = samples.given if samples.reference is None else samples.reference
    labels, _ = Transition(MATRIX).apply(truth, 2, dataset.distribution, 0)
    return Benchmark(LabelCounts.from_labels(labels, 2), Reference.of(one_hot(truth, 2)), samples.sample_id)


def measured(data: Path) -> dict[str, float]:
    """Share of right labels at the start; areas and annotations to 95 % of random order and of every model."""
    case = benchmark(data)
    random = random_curve(case, BUDGET)
    found = {"right at the start": float(random[0]), "random area": float(random[:-1].mean())}
    found["random to 95%"] = annotations_to(random, 0.95)
    for file in sorted(HERE.glob("posteriors_*.npz")):
        curve = expected_curve(case, scored(case, file, "cross_entropy"), BUDGET)
        name = file.stem.removeprefix("posteriors_").replace("_", " ")
        found[f"{name} area"] = float(curve[:-1].mean())
        found[f"{name} to 95%"] = annotations_to(curve, 0.95)
    return {name: value for name, value in found.items() if np.isfinite(value)}
