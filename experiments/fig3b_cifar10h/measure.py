"""Exact expected areas of the vanilla model, from the posteriors kept here."""

from pathlib import Path

from experiments.replayed import annotations_to, cifar10h, expected_curve, random_curve, scored

__all__ = ["measured"]

HERE = Path(__file__).parent


def measured(data: Path) -> dict[str, float]:
    """Area and annotations to 90 % of random order and of three scores."""
    benchmark = cifar10h(data, 2.0)
    curves = {"random": random_curve(benchmark)}
    for score in ("cross_entropy", "joint", "joint_released"):
        curves[score] = expected_curve(benchmark, scored(benchmark, HERE / "posteriors.npz", score))
    areas = {f"{name} area": float(curve[:-1].mean()) for name, curve in curves.items()}
    return areas | {f"{name} to 90%": annotations_to(curve, 0.9) for name, curve in curves.items()}
