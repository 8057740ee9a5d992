"""A small made-up curves table: two selectors, ten annotations, three seeds."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

ACCURACY = {"random": 0.80, "joint": 0.88}  # after the last annotation; 0.75 at the start


def build(names: dict[str, float], budget: int = 10, seeds: int = 3) -> pd.DataFrame:
    parts = []
    steps = np.arange(budget + 1)
    for name, end in names.items():
        accuracy = 0.75 + (end - 0.75) * np.floor(steps / 2) / max(budget // 2, 1)
        for metric, mean in {
            "label_accuracy": accuracy,
            "total_variation": 1 - accuracy,
            "remaining_clear": np.round(40 * (0.9 - accuracy)),
            "remaining_ambiguous": np.round(60 * (1 - accuracy)),
        }.items():
            band = 0.01 * mean if seeds > 1 else np.nan
            parts.append(
                pd.DataFrame(
                    {
                        "selector": name,
                        "annotations": steps,
                        "metric": metric,
                        "mean": mean,
                        "low": mean - band,
                        "high": mean + band,
                        "seeds": seeds,
                    }
                )
            )
    return pd.concat(parts, ignore_index=True)


@pytest.fixture
def curves() -> pd.DataFrame:
    return build(ACCURACY)


@pytest.fixture
def make_curves() -> Callable[..., pd.DataFrame]:
    return build
