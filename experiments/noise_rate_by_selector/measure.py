"""Exact expected areas at every temperature, from the posteriors kept here."""

from pathlib import Path

from experiments.replayed import cifar10h, expected_curve, random_curve, scored

__all__ = ["measured"]

HERE = Path(__file__).parent
SCORES = ("cross_entropy", "joint", "joint_released", "self_confidence", "normalized_margin", "entropy")


def measured(data: Path) -> dict[str, float]:
    """Area up to four annotations per wrong label, by temperature and score."""
    found: dict[str, float] = {}
    for temperature in (1, 2, 5, 10):
        benchmark = cifar10h(data, temperature)
        budget = 4 * int((benchmark.initial.majority != benchmark.reference.labels).sum())
        found[f"T={temperature} random area"] = float(random_curve(benchmark, budget)[:-1].mean())
        for score in SCORES:
            values = scored(benchmark, HERE / f"posteriors_{temperature}.npz", score)
            found[f"T={temperature} {score} area"] = float(expected_curve(benchmark, values, budget)[:-1].mean())
    return found
