"""NoisyCXR: the paper's Table 3, both flip rules by hand, the released order of draws, what is missing."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from alc.errors import InputError
from alc.sources.noisy_cxr import NoisyCxrSource
from alc.sources.noisy_cxr_counts import PAPER, counts_of, main
from alc.sources.noisy_cxr_labels import (
    answer_distribution,
    flipped_rows,
    initial_labels,
    is_ambiguous,
    released_halves,
)
from tests.sources.cxr_files import Case, image_id, write_challenge, write_images, write_labels, write_mapping

CASES = [
    *[Case(opacity=number % 5 < 2, nih="Effusion|Infiltration", patient=number // 2) for number in range(20)],
    Case(True, "Pneumonia", (1, 1)),
    Case(False, "PNEUMONIA|Consolidation", (2,)),
    Case(True, "Hernia", (1, 3)),
    Case(False, "Cardiomegaly|Mass"),
    Case(True, "No Finding"),
    Case(False, "No Finding", (1,)),
    Case(False, "No Finding"),
]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_challenge(tmp_path / "cxr", CASES)


def source(root: Path, **options: Any) -> NoisyCxrSource:
    part: Any = options.pop("part", "train+val")
    return NoisyCxrSource(str(root), 8, part, **options)


def paper_images() -> tuple[Any, Any]:
    category = np.repeat([0, 0, 1, 1, 2, 2, 3, 3], PAPER[:4].ravel())
    truth = np.repeat([1, 0] * 4, PAPER[:4].ravel())
    order = np.random.default_rng(0).permutation(len(truth))
    return category[order], truth[order]


def test_per_class_flips_give_the_papers_table_3() -> None:
    category, truth = paper_images()
    noisy = initial_labels(category, truth)
    flipped = flipped_rows(category, truth, 0.1, "per_class", np.random.RandomState(1234))
    noisy[flipped] = 1 - noisy[flipped]
    np.testing.assert_array_equal(counts_of(category, truth, noisy), PAPER)
    assert len(flipped) == 399 + 855


def test_released_flips_are_one_fewer_and_leave_the_classes_to_chance() -> None:
    category, truth = paper_images()
    flipped = flipped_rows(category, truth, 0.1, "released", np.random.RandomState(1234))
    assert len(flipped) == len(set(flipped)) == 1253  # floor(0.10 * 12539)
    assert set(category[flipped]) == {1}
    assert 350 < (truth[flipped] == 1).sum() < 450


def test_flips_and_halves_in_the_order_of_the_released_code() -> None:
    """Written out once more as that code does it: subjects chosen by name, then all rows permuted."""
    category, truth = paper_images()
    subjects = np.array([f"s{row}" for row in range(len(category))])
    random_state = np.random.RandomState(1234)
    like = subjects[category == 1]
    selected = random_state.choice(like, replace=False, size=int(len(like) * 0.1))
    indices = random_state.permutation(np.arange(len(subjects)))
    legacy = np.random.RandomState(1234)
    assert subjects[flipped_rows(category, truth, 0.1, "released", legacy)].tolist() == selected.tolist()
    train, val = released_halves(len(subjects), legacy)
    assert train.tolist() == indices[:13342].tolist()
    assert val.tolist() == indices[13342:].tolist()


def test_ambiguous_images_and_what_annotators_answer() -> None:
    truth = np.array([1, 1, 1, 1, 0, 0, 0])
    lowest, highest = np.array([1, 1, 2, -1, -1, 1, 3]), np.array([1, 3, 2, -1, -1, 1, 3])
    ambiguous = is_ambiguous(truth, lowest, highest)
    assert ambiguous.tolist() == [True, False, False, False, False, True, True]
    released = answer_distribution(truth, ambiguous, "released")
    assert released[[0, 1, 4, 5]].tolist() == [[0.25, 0.75], [0, 1], [1, 0], [0.75, 0.25]]
    assert answer_distribution(truth, ambiguous, "paper")[[0, 5]].tolist() == [[0.34, 0.66], [0.67, 0.33]]
    assert answer_distribution(truth, ambiguous, "none").max(axis=1).tolist() == [1] * 7


def test_the_data_set(root: Path) -> None:
    data = source(root, flip_rate=0.0).load(0)
    assert data.test_images is None
    assert len(data) == 27
    by_number = {int(str(path).rpartition("/")[2][:4]): row for row, path in enumerate(data.samples.path)}
    rows = [by_number[number] for number in range(27)]
    assert data.samples.reference is not None
    assert data.samples.reference[rows].tolist() == [int(case.opacity) for case in CASES]
    assert data.samples.given[rows][20:].tolist() == [1, 1, 0, 0, 0, 0, 0]
    assert data.samples.given[rows][:20].tolist() == [int(case.opacity) for case in CASES[:20]]
    assert data.distribution is not None
    doubt = data.distribution[rows].max(axis=1) < 1
    assert np.flatnonzero(doubt).tolist() == [20, 21, 25]
    assert data.images.as_array()[rows, 0, 0, 0].tolist() == list(range(27))
    group = data.samples.group
    assert group is not None
    assert [group[rows[0]] == group[rows[1]], group[rows[1]] == group[rows[2]]] == [True, False]
    assert data.samples.sample_id[rows].tolist()[:5] == [0, 2, 3, 4, 6]  # rows of the mapping, with its test images


def test_flips_by_hand(root: Path) -> None:
    """20 consolidations or infiltrations, 8 of them Opacity: 2 of all, or round(0.8) + round(1.2)."""
    for rule, expected in (("released", None), ("per_class", [1, 1])):
        data = source(root, flips=rule).load(0)
        truth, given = data.samples.reference, data.samples.given
        assert truth is not None
        infiltration = np.array([int(str(path).rpartition("/")[2][:4]) < 20 for path in data.samples.path])
        wrong = infiltration & (truth != given)
        assert wrong.sum() == 2
        if expected:
            assert np.bincount(truth[wrong]).tolist() == expected
        assert (truth != given)[~infiltration].sum() == 3


def test_halves(root: Path) -> None:
    train, val = source(root, part="train").load(0), source(root, part="val").load(0)
    assert (len(train), len(val)) == (13, 14)
    assert set(train.samples.sample_id) & set(val.samples.sample_id) == set()
    assert train.test_labels is not None
    np.testing.assert_array_equal(train.test_labels, val.samples.reference)
    np.testing.assert_array_equal(source(root, part="train").load(7).samples.sample_id, train.samples.sample_id)
    both = source(root).load(0).samples
    np.testing.assert_array_equal(both.sample_id, np.concatenate([train.samples.sample_id, val.samples.sample_id]))
    np.testing.assert_array_equal(both.given[:13], train.samples.given)
    part = source(root, part="train", subset=5, test_subset=4).load(0)
    assert (len(part), len(part.test_labels if part.test_labels is not None else [])) == (5, 4)


def test_what_is_missing_is_named_with_where_it_is_published(root: Path) -> None:
    readers = root / "RSNA_pneumonia_all_probs.csv"
    readers.unlink()
    with pytest.raises(InputError, match=r"RSNA_pneumonia_all_probs.csv .* on Kaggle .* data.ambiguous=none makes all"):
        source(root).load(0)
    alone = source(root, ambiguous="none").load(0)
    assert "never in doubt" in alone.description
    assert alone.distribution is not None
    assert (alone.distribution.max(axis=1) == 1).all()
    (root / "pneumonia-challenge-dataset-mappings_2018.json").unlink()
    with pytest.raises(
        InputError, match=r"lack pneumonia-challenge-dataset-mappings_2018.json .* published at RSNA's page"
    ):
        source(root, ambiguous="none").load(0)
    (root / "stage_2_train_images" / f"{image_id(3)}.dcm").unlink()
    write_mapping(root, CASES)
    with pytest.raises(InputError, match=r"1 of 27 images are not there, the first: 0003aaaa.*kaggle.com"):
        source(root, ambiguous="none").load(0)
    (root / "stage_2_train_labels.csv").unlink()
    with pytest.raises(
        InputError, match=r"lack stage_2_train_labels.csv .* Kaggle.*; RSNA_pneumonia_all_probs.csv .*none"
    ):
        source(root).digests()


def test_digests_follow_what_is_used(root: Path) -> None:
    before = source(root).digests()
    assert set(before) == {
        "stage_2_train_labels.csv",
        "stage_2_detailed_class_info.csv",
        "pneumonia-challenge-dataset-mappings_2018.json",
        "RSNA_pneumonia_all_probs.csv",
        "images",
    }
    assert "RSNA_pneumonia_all_probs.csv" not in source(root, ambiguous="none").digests()
    write_images(root, 1, size=11)
    assert {name for name, digest in source(root).digests().items() if digest != before[name]} == {"images"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"part": "test"}, "data.part is 'test'. Allowed: train, val"),
        ({"flips": "both"}, "data.flips is 'both'"),
        ({"ambiguous": "0.66"}, "data.ambiguous"),
        ({"flip_rate": 10}, "data.flip_rate is 10"),
        ({"test_subset": 3}, "leaves no test set"),
        ({"window": "lung"}, "data.window is 'lung'"),
    ],
)
def test_what_is_refused(options: dict[str, Any], message: str, root: Path) -> None:
    with pytest.raises(InputError, match=message):
        source(root, **options).load(0)


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("stage_2_train_labels.csv", ",,,,,0", ",,,,,2", "Target is '2'"),
        ("stage_2_train_labels.csv", "453.0,1", "453.0,0", "0 here and 1 above"),
        ("stage_2_detailed_class_info.csv", ",Normal", ",Fine", "class is 'Fine'"),
        ("stage_2_detailed_class_info.csv", ",Normal", ",Lung Opacity", "Target in stage_2_train_labels.csv is 0"),
        ("RSNA_pneumonia_all_probs.csv", "(Low Prob)", "(No Prob)", "labelName is 'Lung Opacity .No Prob.'"),
        ("pneumonia-challenge-dataset-mappings_2018.json", "orig_labels", "labels", "entry 0 lacks 'orig_labels'"),
        ("pneumonia-challenge-dataset-mappings_2018.json", "[", "", "cannot be read as JSON"),
    ],
)
def test_damaged_files_are_refused(file: str, old: str, new: str, message: str, root: Path) -> None:
    text = (root / file).read_text()
    (root / file).write_text(text.replace(old, new, 1))
    with pytest.raises(InputError, match=message):
        source(root).load(0)


def test_counts_beside_the_papers(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(root)]) == 0
    shown = capsys.readouterr().out
    assert "NIH: Consolidation/Infiltration" in shown
    assert "27 images (paper 26,684), 5 wrong labels: 18.52% (12.56%)" in shown
    assert "3 ambiguous images; 17 patients" in shown
    write_labels(tmp_path / "rsna", CASES)
    assert main([str(tmp_path)]) == 2
    shown = capsys.readouterr().out
    assert "pneumonia-challenge-dataset-mappings_2018.json" in shown
    assert "27 images (paper 26,684), 11 Opacity (6,012), 16 Normal (20,672)" in shown
    assert main([str(tmp_path / "nowhere")]) == 2
