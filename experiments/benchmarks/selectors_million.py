"""Every selector that needs only posteriors on a million samples, scoring and ordering, beside cleanlab's counterpart.

Seconds of processor time on one core (set OMP_NUM_THREADS=1), median of a few, since other work may run beside it.

    OMP_NUM_THREADS=1 python experiments/benchmarks/selectors_million.py [--rows 1000000] [--classes 10] [--repeats 5]
"""

import argparse
import time
import warnings
from collections.abc import Callable
from functools import partial
from statistics import median
from typing import Literal

import numpy as np
from cleanlab.filter import find_label_issues
from cleanlab.internal.label_quality_utils import get_normalized_entropy
from cleanlab.multiannotator import get_active_learning_scores
from cleanlab.rank import get_label_quality_scores
from sklearn.mixture import GaussianMixture

from alc.arrays import FloatArray, IntArray
from alc.labels import LabelCounts
from alc.notebook import SELECTORS
from alc.posteriors import Posteriors
from alc.selection.selector import compares_members

Peer = Callable[[IntArray, FloatArray], object]


def made(rows: int, classes: int) -> tuple[IntArray, FloatArray]:
    """Labels (N,) of which some are wrong, and two members' posteriors (2, N, C) in single precision."""
    rng = np.random.default_rng(0)
    truth = rng.integers(0, classes, rows)
    given = np.where(rng.random(rows) < 0.2, rng.integers(0, classes, rows), truth)
    logits = rng.normal(size=(2, rows, classes)).astype(np.float32)
    logits[:, np.arange(rows), truth] += 3
    np.exp(logits, out=logits)
    logits /= logits.sum(axis=2, keepdims=True)
    return given, logits


def quality(method: str, *, adjusted: bool = False) -> Peer:
    def peer(labels: IntArray, probs: FloatArray) -> object:
        return np.argsort(get_label_quality_scores(labels, probs, method=method, adjust_pred_probs=adjusted))

    return peer


def issues(filter_by: Literal["prune_by_noise_rate", "prune_by_class", "both", "confident_learning"]) -> Peer:
    def peer(labels: IntArray, probs: FloatArray) -> object:
        return find_label_issues(
            labels, probs, filter_by=filter_by, return_indices_ranked_by="self_confidence", n_jobs=1
        )

    return peer


def normalised_entropy(labels: IntArray, probs: FloatArray) -> object:
    return np.argsort(-get_normalized_entropy(probs))


def active_learning(labels: IntArray, probs: FloatArray) -> object:
    return np.argsort(get_active_learning_scores(labels[:, None].astype(float), probs)[0])


def mixture(labels: IntArray, probs: FloatArray) -> object:
    loss = -np.log(probs[np.arange(len(labels)), labels].astype(np.float64) + 1e-12)[:, None]
    loss = (loss - loss.min()) / np.ptp(loss)
    fitted = GaussianMixture(2, max_iter=10, tol=1e-2, reg_covar=5e-4, random_state=0).fit(loss)
    return np.argsort(-fitted.predict_proba(loss)[:, fitted.means_.argmax()])


PEERS: dict[str, tuple[str, Peer]] = {
    "self_confidence": ("cleanlab", quality("self_confidence")),
    "normalized_margin": ("cleanlab", quality("normalized_margin")),
    "adjusted_self_confidence": ("cleanlab", quality("self_confidence", adjusted=True)),
    "adjusted_normalized_margin": ("cleanlab", quality("normalized_margin", adjusted=True)),
    "confidence_weighted_entropy": ("cleanlab", quality("confidence_weighted_entropy")),
    "entropy": ("cleanlab", normalised_entropy),
    "confident_learning": ("cleanlab", issues("confident_learning")),
    "prune_by_noise_rate": ("cleanlab", issues("prune_by_noise_rate")),
    "prune_by_class": ("cleanlab", issues("prune_by_class")),
    "prune_by_both": ("cleanlab", issues("both")),
    "activelab": ("cleanlab", active_learning),
    "small_loss": ("scikit-learn", mixture),
}


def seconds(work: Callable[[], object], repeats: int) -> float:
    """Median processor time, after one run that is not counted."""
    work()
    taken = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return median(taken)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--classes", type=int, default=10)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    labels, members = made(options.rows, options.classes)
    one, two = Posteriors.single(members[0]), Posteriors(members, np.arange(options.rows))
    given = LabelCounts.from_labels(labels, options.classes)
    votes = given.with_answers(np.arange(options.rows), labels).with_answers(
        np.arange(options.rows), np.random.default_rng(1).permutation(labels)
    )
    print(
        f"{options.rows:,} samples, {options.classes} classes\n\n| selector | s | peer, s | ratio |\n|---|---|---|---|"
    )
    for name, rule in SELECTORS.items():
        if not rule.needs_posteriors or rule.needs_dynamics or rule.needs_features:
            continue
        posteriors = two if compares_members(rule) else one
        ours = seconds(partial(rule.rank, posteriors, given, rng=np.random.default_rng(0)), options.repeats)
        told = "  |  |"
        if name in PEERS:
            library, peer = PEERS[name]
            theirs = seconds(partial(peer, labels, members[0]), 1 if name == "activelab" else options.repeats)
            told = f"{library} {theirs:.2f} | {ours / theirs:.2f} |"
        print(f"| {name} | {ours:.2f} | {told}", flush=True)
    rule = SELECTORS["activelab"]
    ours = seconds(partial(rule.rank, one, votes, rng=np.random.default_rng(0)), options.repeats)
    print(f"| activelab, 3 votes each | {ours:.2f} |  |  |")


if __name__ == "__main__":
    main()
