"""The table of robust methods on the paper's CIFAR-10H set, from the finished trainings of the two recipes beside it.

    python experiments/robust_cifar10h/table.py --runs runs

Accuracy is of the mean prediction for clean CIFAR-10 train images, which nothing was trained, stopped or chosen on.
Wrong labels are ranked by cross-entropy of the given label; the area is that of the exact expected curve of the label
accuracy up to the budget.  Means and standard deviations over training seeds.
"""

import argparse
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from omegaconf import DictConfig, OmegaConf

from alc.adjudication import UntilMajority
from alc.arrays import FloatArray
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

NAMES = {"CrossEntropy": "cross-entropy", "CoTeaching": "co-teaching", "EarlyLearning": "ELR"}
SSL = {"SimCLR": "SimCLR", "BYOL": "BYOL"}
PROTOCOLS = {"InSample": "in-sample", "CrossFit": "2-fold"}


@dataclass(frozen=True)
class Row:
    """What one training found."""

    key: tuple[float, str, str]
    seed: int
    numbers: tuple[float, ...]
    minutes: float
    host: str


def row(run: Path, manifest: Manifest, budget: int) -> Row:
    config = OmegaConf.create(yaml.safe_load((run / "config.yaml").read_text(encoding="utf-8")))
    assert isinstance(config, DictConfig)
    dataset = dataset_of(OmegaConf.to_yaml(config.data), int(config.seeds.split))
    samples, posteriors = SampleTable.load(run / "samples.parquet"), Posteriors.load(run / "posteriors.npz")
    assert samples.reference is not None
    assert dataset.test_labels is not None
    clean = Posteriors.load(run / "test_posteriors.npz").mean.argmax(axis=1) == dataset.test_labels
    initial = LabelCounts.from_labels(samples.given, samples.num_classes)
    wrong, score = samples.given != samples.reference, cross_entropy(posteriors, initial)
    order = best_first(score, rng=stream(0, "selection"))
    reference = Reference.of(dataset.distribution, samples.reference)
    curve = expected_label_accuracy(order, initial, reference, budget=budget, adjudication=UntilMajority())
    method = NAMES[config.method._target_.rpartition(".")[2]]
    if config.ssl:
        method = f"{SSL[config.ssl.method._target_.rpartition('.')[2]]} + linear probe"
    protocol = PROTOCOLS[config.posteriors._target_.rpartition(".")[2]]
    numbers = clean.mean(), average_precision(wrong, score), auroc(wrong, score), curve[:-1].mean()
    key = (float(config.noise.temperature), method, protocol)
    host = ", ".join(f"{name} {value}" for name, value in described(manifest).items())
    return Row(key, int(config.seeds.train), tuple(map(float, numbers)), manifest.wall_seconds / 60, host)


def described(manifest: Manifest) -> dict[str, object]:
    host = manifest.environment["host"]
    assert isinstance(host, dict)
    return {name: host[name] for name in ("cpu", "cores", "accelerator")}


@cache
def dataset_of(data: str, split: int) -> Any:
    return build(DictConfig({"data": OmegaConf.create(data)}), "data").load(split)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=Path, default=Path("runs"))
    parser.add_argument("--budget", type=int, default=3074, help="annotations, as the paper's figure is plotted to")
    chosen = parser.parse_args()
    manifests = {path.parent: Manifest.read(path.parent) for path in chosen.runs.glob("train/*/manifest.json")}
    rows = [row(run, manifest, chosen.budget) for run, manifest in manifests.items() if manifest is not None]
    print(
        "| temperature | method | posteriors | clean accuracy, % | AP | AUROC | expected area | minutes each | seeds |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    methods = [*NAMES.values(), *(f"{name} + linear probe" for name in SSL.values())]
    keys = sorted({each.key for each in rows}, key=lambda key: (key[0], methods.index(key[1]), key[2] != "in-sample"))
    for key in keys:
        found = sorted((each for each in rows if each.key == key), key=lambda each: each.seed)
        accuracy, precision, area_under, area = np.array([each.numbers for each in found]).T
        cells = [spread(100 * accuracy, 1), spread(precision, 3), spread(area_under, 3), spread(area, 4)]
        minutes = np.mean([each.minutes for each in found])
        seeds = ", ".join(str(each.seed) for each in found)
        print(f"| {key[0]:g} | {key[1]} | {key[2]} | {' | '.join(cells)} | {minutes:.1f} | {seeds} |")
    pretrainings = [Manifest.read(path.parent) for path in chosen.runs.glob("pretrain/*/manifest.json")]
    ssl = [each.wall_seconds / 60 for each in pretrainings if each is not None]
    print(f"\n{len(ssl)} pre-trainings took {sum(ssl):.0f} minutes, each within the first training that needed it.")
    print(f"All together {sum(each.minutes for each in rows):.0f} minutes.")
    print(f"Hosts: {', '.join(sorted({each.host for each in rows}))}")


def spread(values: FloatArray, digits: int) -> str:
    deviation = f" ± {values.std(ddof=1):.{digits}f}" if len(values) > 1 else ""
    return f"{values.mean():.{digits}f}{deviation}"


if __name__ == "__main__":
    main()
