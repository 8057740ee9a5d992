"""Probabilities that stay on disk and are looked at in blocks of rows: the same scores, and no copy of the table."""

import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from alc.labels import LabelCounts
from alc.notebook import SELECTORS
from alc.posteriors import Posteriors
from alc.selection import information
from alc.selection.fused import FusedSelector
from alc.selection.selector import Scoring, compares_members
from tests.selection.test_flagged import noisy

EVERY = {
    name: rule
    for name, rule in SELECTORS.items()
    if isinstance(rule, Scoring)
    and rule.needs_posteriors
    and not (compares_members(rule) or isinstance(rule, FusedSelector))
}


def test_these_are_all_that_need_one_table_of_probabilities() -> None:
    assert len(EVERY) == 17


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
@pytest.mark.parametrize("name", EVERY)
def test_blocks_of_a_file_score_as_a_table_at_once(
    name: str, dtype: type, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    probs, label = noisy(500, 7, 0)
    np.save(tmp_path / "probs.npy", probs.astype(dtype))
    counts = LabelCounts.from_labels(label, 7)
    at_once = EVERY[name].scores(Posteriors.single(np.load(tmp_path / "probs.npy")), counts)
    monkeypatch.setattr(information, "BLOCK_ELEMENTS", 7 * 33)
    mapped = Posteriors.single(np.load(tmp_path / "probs.npy", mmap_mode="c"))
    np.testing.assert_allclose(EVERY[name].scores(mapped, counts), at_once, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("name", EVERY)
def test_a_table_on_disk_is_not_copied(name: str, tmp_path: Path) -> None:
    """The table has 16 MB here; ImageNet's has 5 GB, and its label counts as a table would have 10."""
    probs, label = noisy(20_000, 200, 1)
    np.save(tmp_path / "probs.npy", probs.astype(np.float32))
    del probs
    mapped = Posteriors.single(np.load(tmp_path / "probs.npy", mmap_mode="c"))
    counts = LabelCounts.from_labels(label, 200)
    EVERY[name].scores(Posteriors.single(np.eye(3)), LabelCounts.from_labels(np.array([0, 1, 1]), 3))  # imports
    tracemalloc.start()
    EVERY[name].rank(mapped, counts, rng=np.random.default_rng(0))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8_000_000
