"""Time of a simulation, ranking and curves included, beside a plain loop: python experiments/benchmarks/simulation.py.

The plain loop does per request what the released code does: score all samples, sort, take the best not yet taken, draw
answers until a strict majority, then measure label accuracy and total variation over the whole data set.  It is slow,
so above 10,000 samples it is left out.
"""

import argparse
import os
import platform
import resource
import time

import numpy as np

from alc.adjudication import UntilMajority
from alc.annotators.label_distribution import LabelDistributionAnnotator
from alc.arrays import FloatArray, IntArray
from alc.comparison import compare
from alc.labels import LabelCounts
from alc.notebook import SELECTORS
from alc.posteriors import Posteriors
from alc.simulation.budget import Budget
from alc.simulation.replay import Reference


def problem(num_samples: int, num_classes: int) -> tuple[FloatArray, IntArray, FloatArray]:
    """Peaked label distributions, 30 % noise, posteriors of a fair model; float32 as models write them."""
    rng = np.random.default_rng(0)
    distribution = rng.dirichlet(np.full(num_classes, 0.05), num_samples)
    labels = distribution.argmax(axis=1)
    wrong = rng.random(num_samples) < 0.3 * num_classes / (num_classes - 1)
    labels = np.where(wrong, rng.integers(0, num_classes, num_samples), labels)
    probs = rng.random((num_samples, num_classes), dtype=np.float32) ** 4 + 2 * distribution.astype(np.float32)
    return distribution, labels, probs / probs.sum(axis=1, keepdims=True)


def plain_loop(distribution: FloatArray, labels: IntArray, probs: FloatArray, budget: int) -> tuple[float, float]:
    """Seconds and final label accuracy of the cross-entropy selector, one request at a time."""
    begin, rng = time.perf_counter(), np.random.default_rng(0)
    counts = np.eye(distribution.shape[1], dtype=np.int64)[labels]
    truth, taken, spent = distribution.argmax(axis=1), np.zeros(len(labels), dtype=bool), 0
    cumulative = distribution.cumsum(axis=1)
    accuracy: list[float] = []
    variation: list[float] = []
    while spent < budget:
        votes = counts / counts.sum(axis=1, keepdims=True)
        score = -(votes * np.log(probs + 1e-12)).sum(axis=1)
        row = next(int(i) for i in np.argsort(-score) if not taken[i])
        taken[row] = True
        while True:
            counts[row, min(int((cumulative[row] <= rng.random()).sum()), counts.shape[1] - 1)] += 1
            spent += 1
            first, second = np.sort(counts[row])[[-1, -2]]
            if first > second or spent == budget:
                break
        votes = counts / counts.sum(axis=1, keepdims=True)
        accuracy.append(float((counts.argmax(axis=1) == truth).mean()))
        variation.append(float(0.5 * np.abs(votes - distribution).sum(axis=1).mean()))
    return time.perf_counter() - begin, accuracy[-1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=10_000)
    parser.add_argument("--classes", type=int, default=10)
    parser.add_argument("--repeats", type=int, default=9, help="annotator seeds; the median is quoted")
    parser.add_argument("--selectors", nargs="+", default=["random", "cross_entropy", "joint", "oracle_once", "oracle"])
    arguments = parser.parse_args()
    distribution, labels, probs = problem(arguments.samples, arguments.classes)
    budget, ids = int(0.9 * arguments.samples), np.arange(arguments.samples)
    reference = Reference.of(distribution)
    annotator = LabelDistributionAnnotator(distribution, ids, 0)
    posteriors = Posteriors.single(probs)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"N = {arguments.samples:,}, C = {arguments.classes}, budget {budget:,}; {arguments.repeats} seeds; "
          f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, NumPy {np.__version__}")  # fmt: skip
    print(f"{'selector':14} {'median ms':>10} {'min':>9} {'max':>9} {'accuracy':>9}")
    medians = {}
    for name in arguments.selectors:
        milliseconds, accuracy = [], []
        for seed in range(arguments.repeats):
            begin = time.perf_counter()
            comparison = compare(
                {"random": SELECTORS[name]},  # the baseline's place, so that nothing else is simulated
                initial=LabelCounts.from_labels(labels, arguments.classes),
                reference=reference,
                posteriors=posteriors,
                sample_id=ids,
                annotator=annotator,
                budget=Budget(annotations=budget),
                seeds=[seed],
                adjudication=UntilMajority(),
                expected_up_to=0,
            )
            milliseconds.append(1000 * (time.perf_counter() - begin))
            accuracy.append(float(comparison.curves["random"][0].label_accuracy[-1]))
            del comparison
        medians[name] = float(np.median(milliseconds))
        print(f"{name:14} {medians[name]:10.1f} {min(milliseconds):9.1f} {max(milliseconds):9.1f} "
              f"{np.mean(accuracy):9.4f}")  # fmt: skip
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory of the process {peak:.0f} MiB, of which {before:.0f} MiB before the first simulation")
    if arguments.samples <= 10_000:
        seconds, final = plain_loop(distribution, labels, probs, budget)
        ratio = 1000 * seconds / medians.get("cross_entropy", float("nan"))
        print(f"plain loop, cross_entropy: {seconds:.1f} s (accuracy {final:.4f}), {ratio:,.0f} times ours")


if __name__ == "__main__":
    main()
