"""Which model noisy, cleaned and true labels choose, from the posteriors kept here."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import yaml

from alc.annotators.label_distribution import LabelDistributionAnnotator
from alc.arrays import IntArray
from alc.model_selection import select_model
from alc.noise import InstanceDependent, Symmetric
from alc.posteriors import Posteriors
from alc.selection.oracle import Oracle
from alc.selection.scores import cross_entropy
from alc.selection.selector import Random, SelectionRule, Selector
from alc.simulation.replay import Reference
from alc.sources.cifar10 import Cifar10Source
from alc.sources.dataset import one_hot
from experiments.table2_model_selection.features import FILES, write

__all__ = ["measured", "quantities"]

HERE = Path(__file__).parent
IMAGES, INITIALISATIONS = 10_000, 5
TRUSTED = "trusted_3000.npz"
ORDERS: dict[str, SelectionRule] = {
    "cross_entropy": Selector(cross_entropy),
    "cross_entropy_trusted": Selector(cross_entropy),  # by the posteriors of TRUSTED
    "random": Random(),
    "oracle_once": Oracle(repeats=False),
}


def measured(data: Path) -> dict[str, float]:
    """What the selections of the recipes beside this file find, for both kinds of noise and four orders."""
    source = Cifar10Source(root=str(data), part="test", test_subset=IMAGES)
    truth = source.load(0).test_labels
    assert truth is not None
    found: dict[str, float] = {}
    with TemporaryDirectory() as folder:
        write(str(data), Path(folder), IMAGES)
        idn = InstanceDependent(0.4, features=str(Path(folder) / FILES[1]), projection_seed=0)
        for name, noise in (("sym", Symmetric(0.4)), ("idn", idn)):
            noisy = [noise.apply(truth, 10, None, seed)[0] for seed in range(INITIALISATIONS)]
            for order, summary in _selections(name, truth, noisy):
                found |= {f"{name} {order}: {key}": value for key, value in quantities(order, summary)}
    return found


def quantities(order: str, summary: dict[str, Any]) -> Iterator[tuple[str, float]]:
    """Names and numbers of one selection, accuracies as shares, those of the models for the ranker's order alone."""
    for name, entry in summary["models"].items() if order == "cross_entropy" else ():
        yield f"{name}, true", entry["true"]
        for state in summary["labels"]:
            yield f"{name}, {state}", entry[state]["mean"]
    for state, entry in summary["labels"].items():
        yield f"labels right, {state}", entry["label_accuracy"]["mean"]
        yield f"right model chosen, {state}", entry["right"]
        yield f"Kendall's tau, {state}", entry["kendall_tau"]["mean"]
    settled = summary["relabels_until_right"]["median"]
    yield "annotations until right", float("inf") if settled is None else settled


def _selections(noise: str, truth: IntArray, noisy: list[IntArray]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Order and summary, with the models of the recipe."""
    named, ranker = _recipe(noise)
    models = {name: Posteriors.load(HERE / "posteriors" / file) for name, file in named.items()}
    ids, distribution = np.arange(len(truth)), one_hot(truth, 10)
    for order, selector in ORDERS.items():
        outcome = select_model(
            models,
            noisy=noisy,
            reference=Reference.of(distribution, truth),
            sample_id=ids,
            selector=selector,
            annotator=LabelDistributionAnnotator(distribution, ids, 0),
            seeds=range(INITIALISATIONS),
            ranked_by=Posteriors.load(HERE / "posteriors" / (TRUSTED if order.endswith("trusted") else ranker)),
        )
        yield order, outcome.summary()


def _recipe(noise: str) -> tuple[dict[str, str], str]:
    """Names of the models and of the ranker's file; the recipe of idn changes some of those of sym."""
    models: dict[str, str] = {}
    ranker = ""
    for each in dict.fromkeys(("sym", noise)):
        recipe = yaml.safe_load((HERE / f"select_{each}.yaml").read_text(encoding="utf-8"))
        models |= {name: Path(file).name for name, file in recipe["models"].items()}
        ranker = Path(recipe["ranked_by"]).name
    return models, ranker
