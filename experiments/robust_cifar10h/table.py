"""The table of robust methods on the paper's CIFAR-10H set.

    python experiments/robust_cifar10h/table.py                # from results.csv beside it
    python experiments/robust_cifar10h/table.py --runs runs    # measures finished trainings, rewrites results.csv

Accuracy is of the mean prediction for clean CIFAR-10 train images, on which nothing was trained, stopped or chosen.
Wrong labels are ranked by cross-entropy of the given label; the area is that of the exact expected curve of the label
accuracy up to the budget.  Means and standard deviations over training seeds.
"""

import argparse
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml
from omegaconf import DictConfig, OmegaConf

from alc.adjudication import UntilMajority
from alc.build import build
from alc.labels import LabelCounts
from alc.metrics.ranking import auroc, average_precision
from alc.posteriors import Posteriors
from alc.runs.manifest import Manifest
from alc.samples import SampleTable
from alc.seeding import stream
from alc.selection.scores import cross_entropy
from alc.selection.selector import best_first
from alc.simulation.expected import expected_label_accuracy
from alc.simulation.replay import Reference

RESULTS = Path(__file__).with_name("results.csv")
NAMES = {"CrossEntropy": "cross-entropy", "CoTeaching": "co-teaching", "EarlyLearning": "ELR"}
TUNINGS = {"LinearProbe": "SimCLR + linear probe", "FineTune": "SimCLR + fine-tuning"}
PROTOCOLS = {"InSample": "in-sample", "CrossFit": "2-fold"}
KEYS = ["temperature", "method", "posteriors"]
COLUMNS = {"clean_accuracy": 3, "average_precision": 3, "auroc": 3, "expected_area": 4}
"""Measured column -> digits shown."""


def measured(run: Path, manifest: Manifest, budget: int) -> dict[str, Any]:
    """What one training found."""
    config = OmegaConf.create(yaml.safe_load((run / "config.yaml").read_text(encoding="utf-8")))
    assert isinstance(config, DictConfig)
    dataset = dataset_of(OmegaConf.to_yaml(config.data), int(config.seeds.split))
    samples, posteriors = SampleTable.load(run / "samples.parquet"), Posteriors.load(run / "posteriors.npz")
    assert samples.reference is not None
    clean = Posteriors.load(run / "test_posteriors.npz").mean.argmax(axis=1) == dataset.test_labels
    initial = LabelCounts.from_labels(samples.given, samples.num_classes)
    wrong, score = samples.given != samples.reference, cross_entropy(posteriors, initial)
    order = best_first(score, rng=stream(0, "selection"))
    reference = Reference.of(dataset.distribution, samples.reference)
    curve = expected_label_accuracy(order, initial, reference, budget=budget, adjudication=UntilMajority())
    return {
        "temperature": float(config.noise.temperature),
        "method": TUNINGS[kind(config.tuning)] if config.ssl else NAMES[kind(config.method)],
        "posteriors": PROTOCOLS[kind(config.posteriors)],
        "seed": int(config.seeds.train),
        "clean_accuracy": clean.mean(),
        "average_precision": average_precision(wrong, score),
        "auroc": auroc(wrong, score),
        "expected_area": curve[:-1].mean(),
        "minutes": manifest.wall_seconds / 60,
    }


def kind(section: DictConfig) -> str:
    return str(section._target_).rpartition(".")[2]


@cache
def dataset_of(data: str, split: int) -> Any:
    return build(DictConfig({"data": OmegaConf.create(data)}), "data").load(split)


def rows(results: pd.DataFrame) -> Iterator[str]:
    """The table in Markdown, one row per temperature, method and protocol."""
    yield "| T | method | posteriors | clean accuracy | AP | AUROC | expected area | minutes | seeds |"
    yield "|---|---|---|---|---|---|---|---|---|"
    methods, protocols = [*NAMES.values(), *TUNINGS.values()], list(PROTOCOLS.values())
    ranked = results.assign(m=results["method"].map(methods.index), p=results["posteriors"].map(protocols.index))
    for _, group in ranked.groupby(["temperature", "m", "p"]):
        first = group.iloc[0]
        cells = [f"{first['temperature']:g}", str(first["method"]), str(first["posteriors"])]
        cells += [spread(group[column], digits) for column, digits in COLUMNS.items()]
        cells += [f"{group['minutes'].median():.1f}", ", ".join(str(seed) for seed in sorted(group["seed"]))]
        yield f"| {' | '.join(cells)} |"


def spread(values: "pd.Series[float]", digits: int) -> str:
    deviation = f" ± {np.std(values, ddof=1):.{digits}f}" if len(values) > 1 else ""
    return f"{np.mean(values):.{digits}f}{deviation}"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=Path, help="folder of the finished runs; results.csv is rewritten from them")
    parser.add_argument("--budget", type=int, default=3074, help="annotations, as the paper's figure is plotted to")
    chosen = parser.parse_args()
    if chosen.runs is not None:
        manifests = {path.parent: Manifest.read(path.parent) for path in chosen.runs.glob("train/*/manifest.json")}
        found = [measured(run, each, chosen.budget) for run, each in manifests.items() if each is not None]
        table = pd.DataFrame(found).sort_values([*KEYS, "seed"])
        table.to_csv(RESULTS, index=False, float_format="%.6g")
        pretraining = [Manifest.read(path.parent) for path in chosen.runs.glob("pretrain/*/manifest.json")]
        minutes = [each.wall_seconds / 60 for each in pretraining if each is not None]
        print(f"{len(minutes)} pre-trainings took {sum(minutes):.0f} minutes, within the trainings that needed them.")
        print(f"All {len(table)} trainings took {table['minutes'].sum():.0f} minutes.\n")
    print("\n".join(rows(pd.read_csv(RESULTS))))


if __name__ == "__main__":
    main()
