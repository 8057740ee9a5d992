"""How noisy and how ambiguous the images of four parts of the ranking are, from the posteriors of fig3b_models."""

from pathlib import Path

from alc.arrays import FloatArray, IntArray
from alc.seeding import stream
from alc.selection.selector import best_first
from experiments.replayed import Benchmark, cifar10h, scored

__all__ = ["measured", "noisiness_and_ambiguity", "parts"]

POSTERIORS = Path(__file__).parents[1] / "fig3b_models" / "posteriors_coteaching_2.npz"


def noisiness_and_ambiguity(benchmark: Benchmark) -> tuple[FloatArray, FloatArray]:
    """Cross-entropy of the label and entropy of the posteriors, both in units of log C (N,)."""
    return scored(benchmark, POSTERIORS, "cross_entropy"), scored(benchmark, POSTERIORS, "entropy")


def parts(benchmark: Benchmark) -> dict[str, IntArray]:
    """Rows of four parts of the ranking, as in the paper."""
    order = best_first(scored(benchmark, POSTERIORS, "joint_released"), rng=stream(0, "selection"))
    share = {name: slice(int(a * len(order)), int(b * len(order))) for name, a, b in SHARES}
    return {"top 10": order[:10]} | {name: order[each] for name, each in share.items()}


SHARES = (("25 to 50 %", 0.25, 0.5), ("50 to 75 %", 0.5, 0.75), ("bottom 10 %", 0.9, 1.0))


def measured(data: Path) -> dict[str, float]:
    """Means over each part: cross-entropy, entropy, and the share of wrong labels."""
    benchmark = cifar10h(data, 2.0)
    noisiness, ambiguity = noisiness_and_ambiguity(benchmark)
    wrong = benchmark.initial.majority != benchmark.reference.labels
    found: dict[str, float] = {}
    for name, rows in parts(benchmark).items():
        found[f"{name}: CE"] = float(noisiness[rows].mean())
        found[f"{name}: AMB"] = float(ambiguity[rows].mean())
        found[f"{name}: wrong labels"] = float(wrong[rows].mean())
    return found
