"""The ablations again: exact areas from the posteriors kept here, and the updates from what they bought."""

from pathlib import Path

import numpy as np
import pandas as pd

from experiments.replayed import BUDGET, annotations_to, cifar10h, expected_curve, scored

__all__ = ["measured"]

HERE = Path(__file__).parent
SCORES = ("bald", "joint", "joint_released", "cross_entropy")


def measured(data: Path) -> dict[str, float]:
    """Area and annotations to 90 % of each score on the dropout posteriors; area of each way to update."""
    benchmark = cifar10h(data, 2.0)
    found: dict[str, float] = {}
    for score in SCORES:
        curve = expected_curve(benchmark, scored(benchmark, HERE / "posteriors_dropout.npz", score))
        found[f"dropout {score} area"] = float(curve[:-1].mean())
        found[f"dropout {score} to 90%"] = annotations_to(curve, 0.9)
    row = {int(sample): row for row, sample in enumerate(benchmark.sample_id)}
    truth, initial = benchmark.reference.labels, benchmark.initial.majority
    for (update, _), events in pd.read_parquet(HERE / "updates.parquet").groupby(["update", "seed"], sort=True):
        rows = np.array([row[int(sample)] for sample in events.sort_values("step")["sample_id"]])
        label = events.sort_values("step")["label_after"].to_numpy()
        right = initial == truth
        accuracy = [float(right.mean())]
        for at, now in zip(rows, label, strict=True):
            right[at] = now == truth[at]
            accuracy.append(float(right.mean()))
        name = f"updated {update} area"
        found[name] = found.get(name, 0.0) + float(np.mean(accuracy[:BUDGET])) / 2  # two panels
    return found
