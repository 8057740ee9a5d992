"""Time of each relabelling score beside the bare NumPy expression for it: python experiments/benchmarks/scores.py."""

import argparse
import math
import os
import platform
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from alc.arrays import FloatArray, IntArray
from alc.labels import LabelCounts
from alc.posteriors import Posteriors
from alc.selection import scores

Bare = Callable[[FloatArray, IntArray], Any]  # probs (M, N, C), labels (N,) -> (N,)


def bare_cross_entropy(probs: FloatArray, labels: IntArray) -> Any:
    p = probs[0]
    return -np.log(p[np.arange(len(p)), labels] + 1e-12) / math.log(p.shape[1])


def bare_joint(probs: FloatArray, labels: IntArray) -> Any:
    p = probs[0]
    logs = np.log(p + 1e-12)
    return ((p * logs).sum(axis=1) - logs[np.arange(len(p)), labels]) / math.log(p.shape[1])


def bare_joint_released(probs: FloatArray, labels: IntArray) -> Any:
    p = probs[0]
    logs = np.log(p + 1e-12) / math.log(p.shape[1])
    return -logs[np.arange(len(p)), labels] - np.maximum(-(p * logs).sum(axis=1) - 0.30, 0)


def bare_self_confidence(probs: FloatArray, labels: IntArray) -> Any:
    return 1 - probs[0][np.arange(len(labels)), labels]


def bare_normalized_margin(probs: FloatArray, labels: IntArray) -> Any:
    others, rows = probs[0].copy(), np.arange(len(labels))
    others[rows, labels] = -1
    return (others.max(axis=1) - probs[0][rows, labels] + 1) / 2


def bare_entropy(probs: FloatArray, _: IntArray) -> Any:
    p = probs[0]
    return -(p * np.log(p + 1e-12)).sum(axis=1) / math.log(p.shape[1])


def bare_bald(probs: FloatArray, _: IntArray) -> Any:
    mean = probs.mean(axis=0)
    within = -(probs * np.log(probs + 1e-12)).sum(axis=2).mean(axis=0)
    return (-(mean * np.log(mean + 1e-12)).sum(axis=1) - within) / math.log(mean.shape[1])


PAIRS: dict[str, tuple[scores.Score, Bare]] = {
    "cross_entropy": (scores.cross_entropy, bare_cross_entropy),
    "joint": (scores.joint, bare_joint),
    "joint_released": (scores.joint_released, bare_joint_released),
    "self_confidence": (scores.self_confidence, bare_self_confidence),
    "normalized_margin": (scores.normalized_margin, bare_normalized_margin),
    "entropy": (scores.entropy, bare_entropy),
    "bald": (scores.bald, bare_bald),
}


def bare_votes(probs: FloatArray, votes: IntArray) -> Any:
    p = probs[0]
    shares = votes / votes.sum(axis=1, keepdims=True)
    return -(shares * np.log(p + 1e-12)).sum(axis=1) / math.log(p.shape[1])


def hardware() -> str:
    """Processor, cores, Python and NumPy in one line."""
    info = Path("/proc/cpuinfo")
    names = [line.split(":")[1].strip() for line in info.read_text().splitlines() if line.startswith("model name")]
    model = names[0] if names else platform.processor() or platform.machine()
    return f"{model}, {os.cpu_count()} cores, Python {platform.python_version()}, NumPy {np.__version__}"


def medians(ours: Callable[[], Any], bare: Callable[[], Any], repeats: int) -> tuple[float, float]:
    """Median milliseconds of both, taken in turn so that a busy machine slows both."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(repeats + 1):  # the first round warms up
        for function, into in zip((ours, bare), times, strict=True):
            start = time.perf_counter()
            function()
            into.append(1e3 * (time.perf_counter() - start))
    return float(np.median(times[0][1:])), float(np.median(times[1][1:]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=1_000_000)
    parser.add_argument("--classes", type=int, default=10)
    parser.add_argument("--members", type=int, default=3, help="members of the posteriors that bald sees")
    parser.add_argument("--repeats", type=int, default=9)
    options = parser.parse_args()

    rng = np.random.default_rng(0)
    members = rng.dirichlet(np.full(options.classes, 0.3), (options.members, options.samples)).astype(np.float32)
    labels = rng.integers(0, options.classes, options.samples)
    several, single = Posteriors(members, np.arange(options.samples)), Posteriors.single(members[0])
    counts = LabelCounts.from_labels(labels, options.classes)

    print(hardware())
    print(f"N = {options.samples:,}, C = {options.classes}, float32, median of {options.repeats}")
    print(f"{'score':<28}{'ours ms':>10}{'bare ms':>10}{'ratio':>8}")

    def report(name: str, ours: Callable[[], Any], bare: Callable[[], Any]) -> None:
        np.testing.assert_allclose(ours(), bare(), rtol=1e-4, atol=1e-5)
        mine, theirs = medians(ours, bare, options.repeats)
        print(f"{name:<28}{mine:>10.1f}{theirs:>10.1f}{mine / theirs:>8.2f}")

    for name, (score, bare) in PAIRS.items():
        posteriors = several if name == "bald" else single
        report(name, partial(score, posteriors, counts), partial(bare, posteriors.probs, labels))
    many = LabelCounts(rng.multinomial(5, np.full(options.classes, 1 / options.classes), options.samples))
    report(
        "cross_entropy, 5 votes each",
        partial(scores.cross_entropy, single, many),
        partial(bare_votes, single.probs, many.counts),
    )


if __name__ == "__main__":
    main()
