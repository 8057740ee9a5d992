"""Exact expected areas and costs of every model and score, from the posteriors kept here."""

from pathlib import Path

from experiments.replayed import annotations_to, cifar10h, expected_curve, random_curve, scored

__all__ = ["measured"]

HERE = Path(__file__).parent
MODELS, SCORES = ("vanilla", "coteaching", "elr"), ("cross_entropy", "joint", "joint_released")


def measured(data: Path) -> dict[str, float]:
    """Area per temperature, model and score; annotations to 90 % and the saving against random at temperature 2."""
    found: dict[str, float] = {}
    for temperature in (2, 10):
        benchmark = cifar10h(data, temperature)
        random = random_curve(benchmark)
        found[f"T={temperature} random area"] = float(random[:-1].mean())
        if temperature == 2:
            found["T=2 random to 90%"] = annotations_to(random, 0.9)
        for model in MODELS:
            for score in SCORES:
                posteriors = HERE / f"posteriors_{model}_{temperature}.npz"
                curve = expected_curve(benchmark, scored(benchmark, posteriors, score))
                name = f"T={temperature} {model} {score}"
                found[f"{name} area"] = float(curve[:-1].mean())
                if temperature == 2:
                    found[f"{name} to 90%"] = annotations_to(curve, 0.9)
                    found[f"{name} saving"] = annotations_to(random, 0.9) / annotations_to(curve, 0.9)
    return found
