"""The committed posteriors of experiments/fig3b_models still give the areas of its summary, without any seed."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from alc.adjudication import UntilMajority
from alc.labels import LabelCounts
from alc.noise import ReleasedHumanTemperature
from alc.posteriors import Posteriors
from alc.seeding import stream
from alc.selection import scores
from alc.selection.selector import best_first
from alc.simulation.expected import expected_label_accuracy
from alc.simulation.replay import Reference
from alc.sources.cifar10h_paper import Cifar10HPaperSource

pytestmark = pytest.mark.reproduction

FOLDER = Path(__file__).parents[2] / "experiments" / "fig3b_models"
BUDGET = 3074
ROWS = pd.read_csv(FOLDER / "summary.csv").query("selector in ('cross_entropy', 'joint', 'joint_released')")


@pytest.mark.parametrize(
    "row", ROWS.to_dict("records"), ids=lambda row: "{temperature:g}-{model}-{selector}".format(**row)
)
def test_expected_areas(row: dict[str, object]) -> None:
    root = os.environ.get("ALC_DATA_ROOT")
    if not root:
        pytest.fail("set ALC_DATA_ROOT to the folder with CIFAR-10 and cifar10h-counts.npy")
    dataset = Cifar10HPaperSource(root=root, samples=5000, subset_seed=1234, test_subset=None, download=False).load(0)
    samples, temperature = dataset.samples, float(str(row["temperature"]))
    assert samples.reference is not None
    assert dataset.distribution is not None
    noise = ReleasedHumanTemperature(temperature)
    labels, _ = noise.apply(samples.reference, samples.num_classes, dataset.distribution, 1234)
    initial = LabelCounts.from_labels(labels, samples.num_classes)
    posteriors = Posteriors.load(FOLDER / f"posteriors_{row['model']}_{temperature:g}.npz")
    score = getattr(scores, str(row["selector"]))(posteriors.aligned_to(samples.sample_id), initial)
    curve = expected_label_accuracy(
        best_first(score, rng=stream(0, "selection")),
        initial,
        Reference.of(dataset.distribution, samples.reference),
        budget=BUDGET,
        adjudication=UntilMajority(),
    )
    assert curve[:-1].mean() == pytest.approx(float(str(row["expected_area"])), abs=5e-4)  # kept as float16
    assert np.abs(curve[:-1].mean() - float(str(row["area"]))) < 4 * float(str(row["area_std"])) / np.sqrt(20)
