"""What experiments/table2_model_selection shows is what its selections found."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from alc.posteriors import Posteriors
from experiments.table2_model_selection import table
from experiments.table2_model_selection.features import pixels
from experiments.table2_model_selection.measure import quantities

FOLDER = Path(__file__).parents[1] / "experiments" / "table2_model_selection"


@pytest.fixture(scope="module")
def summaries() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = json.loads((FOLDER / "summary.json").read_text(encoding="utf-8"))
    return found


def test_the_tables_of_the_readme_are_those_of_the_summary(summaries: dict[str, dict[str, Any]]) -> None:
    told = (FOLDER / "README.md").read_text(encoding="utf-8")
    for rows in (table.model_rows, table.agreement_rows, table.until_right):
        assert "\n".join(rows(summaries)) in told


def test_what_is_expected_is_what_the_selections_found(summaries: dict[str, dict[str, Any]]) -> None:
    """The command and the functions below it agree, the one when it was run and the others in ``-m reproduction``."""
    expected = pd.read_csv(FOLDER / "expected.csv").set_index("quantity")["expected"]
    found = {
        f"{noise} {order}: {key}": value
        for noise, of_noise in summaries.items()
        for order, summary in of_noise.items()
        for key, value in quantities(order, summary)
    }
    assert set(expected.index) == found.keys()
    for quantity, value in found.items():
        assert expected[quantity] == pytest.approx(value, rel=1e-5)


def test_the_kept_posteriors_are_small_and_those_of_the_recipes() -> None:
    files = sorted((FOLDER / "posteriors").glob("*.npz"))
    recipes = "".join((FOLDER / f"select_{noise}.yaml").read_text(encoding="utf-8") for noise in ("sym", "idn"))
    assert sorted(set(re.findall(r"posteriors/(\w+\.npz)", recipes))) == [file.name for file in files]
    for file in files:
        assert file.stat().st_size < 220_000
        assert len(Posteriors.load(file)) == 10_000


def test_pixels_are_means_of_blocks() -> None:
    images = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 3), dtype=np.uint8)
    found = pixels(images)
    assert found.shape == (2, 192)
    for block, channel in ((0, 0), (1, 2), (8, 1), (63, 2)):  # row by row of blocks, the channel last
        top, left = 4 * (block // 8), 4 * (block % 8)
        expected = images[1, top : top + 4, left : left + 4, channel].mean()
        assert found[1, 3 * block + channel] == pytest.approx(expected)
