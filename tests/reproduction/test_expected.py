"""What experiments/ keep still gives what their expected.csv say, without training."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from experiments.expected import FOLDERS, HERE, compared

pytestmark = pytest.mark.reproduction


@pytest.fixture(scope="module")
def data() -> Path:
    root = os.environ.get("ALC_DATA_ROOT")
    if not root:
        pytest.fail("set ALC_DATA_ROOT to the folder with CIFAR-10, cifar10h-counts.npy and pneumoniamnist.npz")
    return Path(root)


@pytest.mark.parametrize("folder", FOLDERS)
def test_expected_numbers(folder: str, data: Path) -> None:
    table = compared(folder, data)
    assert len(table) > 0
    wrong = table[~table["agrees"]]
    assert wrong.empty, f"\n{wrong.to_string(index=False)}"


def test_panels_scatter_around_the_exact_curve(data: Path) -> None:
    exact = compared("fig3b_models", data).set_index("quantity")["measured"]
    rows = pd.read_csv(HERE / "fig3b_models" / "summary.csv").query("selector in ('cross_entropy', 'joint')")
    for row in rows.to_dict("records"):
        area = exact[f"T={row['temperature']:g} {row['model']} {row['selector']} area"]
        assert abs(area - row["area"]) < 4 * row["area_std"] / np.sqrt(20)
