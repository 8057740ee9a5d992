from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from alc.errors import InputError
from alc.labels import LabelCounts
from alc.posteriors import Posteriors
from alc.ranking import rank_table, write_ranking
from alc.samples import SampleTable
from alc.selection import scores
from alc.selection.oracle import Oracle
from alc.selection.selector import Random, Selector

NAMES = ("normal", "pneumonia")
SAMPLES = SampleTable(
    np.array([10, 20, 30]),
    NAMES,
    np.array([0, 0, 1]),
    path=np.array(["a.png", "b.png", "c.png"]),
    reference=np.array([0, 1, 1]),
)
PROBS = np.array([[0.75, 0.25], [0.25, 0.75], [0.5, 0.5]])
COUNTS = LabelCounts.from_labels(SAMPLES.given, 2)
SELECTOR = Selector(scores.self_confidence)


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def test_rank_table() -> None:
    frame = rank_table(SAMPLES, Posteriors.single(PROBS, SAMPLES.sample_id), COUNTS, SELECTOR, rng())
    expected = {
        "rank": [1, 2, 3],
        "sample_id": [20, 30, 10],
        "path": ["b.png", "c.png", "a.png"],
        "given": ["normal", "pneumonia", "normal"],
        "suggested": ["pneumonia", "normal", "normal"],
        "p_given": [0.25, 0.5, 0.75],
        "p_suggested": [0.75, 0.5, 0.75],
        "score": [0.75, 0.5, 0.25],
        "expected_cost": [1.75, 1.5, 1.25],
        "reference": ["pneumonia", "pneumonia", "normal"],
        "given_class": [0, 1, 0],
        "suggested_class": [1, 0, 0],
        "reference_class": [1, 1, 0],
    }
    assert {name: frame[name].tolist() for name in frame.columns} == expected
    assert (frame["given"] == frame["suggested"]).tolist() == [False, False, True]


def test_rank_table_joins_posteriors_by_id() -> None:
    shuffled = Posteriors.single(PROBS[[2, 0, 1]], np.array([30, 10, 20]))
    in_order = Posteriors.single(PROBS, SAMPLES.sample_id)
    left, right = (rank_table(SAMPLES, posteriors, COUNTS, SELECTOR, rng()) for posteriors in (shuffled, in_order))
    pd.testing.assert_frame_equal(left, right)


def test_columns_that_are_not_known_are_absent() -> None:
    bare = SampleTable(SAMPLES.sample_id, NAMES, SAMPLES.given)
    frame = rank_table(bare, Posteriors.single(PROBS, SAMPLES.sample_id), COUNTS, Random(), rng())
    assert not {"path", "reference", "reference_class", "score"} & set(frame.columns)
    assert sorted(frame["sample_id"]) == [10, 20, 30]
    np.testing.assert_array_equal(frame["rank"], [1, 2, 3])


def test_selectors_that_know_the_truth_are_refused() -> None:
    with pytest.raises(InputError, match="selector=cross_entropy"):
        rank_table(SAMPLES, Posteriors.single(PROBS, SAMPLES.sample_id), COUNTS, Oracle(repeats=False), rng())


def test_disagreeing_input_is_refused() -> None:
    with pytest.raises(InputError, match="lack 1 of 3 samples, the first is id 30"):
        rank_table(SAMPLES, Posteriors.single(PROBS[:2], SAMPLES.sample_id[:2]), COUNTS, SELECTOR, rng())
    three = Posteriors.single(np.full((3, 3), 1 / 3), SAMPLES.sample_id)
    with pytest.raises(InputError, match="3 samples and 3 classes"):
        rank_table(SAMPLES, three, COUNTS, SELECTOR, rng())


def test_no_cost_is_expected_of_samples_with_several_votes() -> None:
    votes = LabelCounts(np.array([[2, 1], [1, 0], [0, 1]]))
    frame = rank_table(SAMPLES, Posteriors.single(PROBS, SAMPLES.sample_id), votes, SELECTOR, rng())
    assert "expected_cost" not in frame


def test_write_ranking_reads_back(tmp_path: Path) -> None:
    frame = rank_table(SAMPLES, Posteriors.single(PROBS, SAMPLES.sample_id), COUNTS, SELECTOR, rng())
    path = tmp_path / "new" / "ranking.csv"
    write_ranking(frame, path)
    lines = path.read_text().splitlines()
    assert lines[0] == ",".join(frame.columns)
    assert lines[1] == "1,20,b.png,normal,pneumonia,0.25,0.75,0.75,1.75,pneumonia,0,1,1"
    assert [entry.name for entry in path.parent.iterdir()] == ["ranking.csv"]


def test_write_ranking_quotes_what_needs_it(tmp_path: Path) -> None:
    names = ("normal, clear", 'the "other"\nclass')
    paths = np.array(["ä ö.png", "b,c.png", "d.png"])
    samples = SampleTable(SAMPLES.sample_id, names, SAMPLES.given, path=paths)
    frame = rank_table(samples, Posteriors.single(PROBS, SAMPLES.sample_id), COUNTS, SELECTOR, rng())
    write_ranking(frame, tmp_path / "ranking.csv")
    back = pd.read_csv(tmp_path / "ranking.csv")
    assert list(back.columns) == list(frame.columns)
    for column in ("path", "given", "suggested", "p_given", "score"):
        assert back[column].tolist() == frame[column].tolist()


def test_a_ranking_that_cannot_be_written_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pyarrow import csv as arrow_csv

    def full_disk(*_: object) -> None:
        raise OSError("No space left on device")

    path = tmp_path / "ranking.csv"
    path.write_text("old")
    frame = rank_table(SAMPLES, Posteriors.single(PROBS, SAMPLES.sample_id), COUNTS, SELECTOR, rng())
    monkeypatch.setattr(arrow_csv, "write_csv", full_disk)
    with pytest.raises(OSError, match="No space"):
        write_ranking(frame, path)
    assert path.read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 1
