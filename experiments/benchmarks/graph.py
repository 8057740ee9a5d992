"""Time and memory of the selectors that look at neighbours: python experiments/benchmarks/graph.py.

Features are ten Gaussian clusters with 30 % wrong labels.  The peers are scikit-learn's brute-force neighbours and, for
few samples, the dense inverse of the released code.
"""

import argparse
import os
import platform
import resource
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.metrics import roc_auc_score
from sklearn.neighbors import NearestNeighbors

from alc.arrays import BoolArray, FloatArray, IntArray
from alc.features import Features
from alc.labels import LabelCounts
from alc.selection.graph import LabelPropagation, affinity, propagate
from alc.selection.knn import NeighbourDisagreement
from alc.selection.neighbours import nearest_neighbours

if TYPE_CHECKING:
    from alc.selection.by_features import FeatureScore


def clusters(num_samples: int, dim: int, num_classes: int) -> tuple[Features, LabelCounts, BoolArray]:
    """Features around one centre per class, labels of which three in ten were drawn anew, and which are wrong."""
    rng = np.random.default_rng(0)
    truth = rng.integers(num_classes, size=num_samples)
    values = rng.normal(size=(num_classes, dim)).astype(np.float32)[truth]
    values += 2.5 * rng.standard_normal((num_samples, dim), dtype=np.float32)
    labels = np.where(rng.random(num_samples) < 0.3, rng.integers(num_classes, size=num_samples), truth)
    return Features(values, np.arange(num_samples)), LabelCounts.from_labels(labels, num_classes), labels != truth


def timed(name: str, function: Callable[[], Any]) -> Any:
    """Call, and print the seconds (elapsed, of one processor) and the most memory the process has held so far."""
    start, worked = time.perf_counter(), time.process_time()
    outcome = function()
    seconds, processor = time.perf_counter() - start, time.process_time() - worked
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"{name:<46}{seconds:>9.1f}{processor:>11.1f}{memory:>9.2f}", flush=True)
    return outcome


def by_dense_inverse(features: Features, label: IntArray, num_classes: int, hidden: IntArray) -> FloatArray:
    """What the released code computes for one chunk; there the inverse is made once for all of them."""
    graph = affinity(features.values, 12, "cosine").toarray()
    known = np.eye(num_classes)[label]
    known[hidden] = 0
    return np.asarray(np.linalg.inv(np.eye(len(label)) - 0.9 * graph)[hidden] @ (known / known.sum(axis=0)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=50_000)
    parser.add_argument("--dims", type=int, nargs="+", default=[64, 512])
    parser.add_argument("--classes", type=int, default=10)
    parser.add_argument("--dense", type=int, default=2000, help="samples for the dense inverse; 0 leaves it out")
    parser.add_argument("--peer", action=argparse.BooleanOptionalAction, default=True, help="scikit-learn's neighbours")
    options = parser.parse_args()

    info = Path("/proc/cpuinfo")
    names = [line.split(":")[1].strip() for line in info.read_text().splitlines() if line.startswith("model name")]
    model, threads = names[0] if names else platform.machine(), os.environ.get("OMP_NUM_THREADS", "all")
    print(f"{model}, {os.cpu_count()} cores, {threads} threads, NumPy {np.__version__}")
    print(f"{'':<46}{'elapsed s':>9}{'CPU s':>11}{'peak GiB':>9}")
    for dim in options.dims:
        features, counts, wrong = clusters(options.samples, dim, options.classes)
        print(f"N = {options.samples:,}, D = {dim}, C = {options.classes}")
        timed("12 neighbours", partial(nearest_neighbours, features.values, 12))
        selectors: dict[str, FeatureScore] = {"knn": NeighbourDisagreement(), "graph": LabelPropagation()}
        for name, score in selectors.items():
            values = timed(f"selector {name}", partial(score, features, counts))
            print(f"  AUROC of finding the wrong labels {roc_auc_score(wrong, values):.4f}")
        if options.peer:
            peer = NearestNeighbors(n_neighbors=12, algorithm="brute", metric="cosine", n_jobs=1).fit(features.values)
            timed("scikit-learn, 12 neighbours, brute, cosine", peer.kneighbors)
    if options.dense:
        features, counts, _ = clusters(options.dense, 64, options.classes)
        hidden, label = np.arange(options.dense // 10), counts.majority
        print(f"N = {options.dense:,}, D = 64, one chunk of a tenth hidden")
        dense = timed("dense inverse", partial(by_dense_inverse, features, label, options.classes, hidden))
        graph = affinity(features.values, 12, "cosine")
        ours = timed("conjugate gradients", partial(propagate, graph, label, options.classes, hidden, 0.9))
        np.testing.assert_allclose(ours, dense, atol=1e-9)


if __name__ == "__main__":
    main()
