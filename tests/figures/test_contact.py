from typing import Any

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from alc.errors import InputError
from alc.figures import contact_sheet
from alc.figures.palette import RIGHT, WRONG

NAMES = ["cat", "dog", "pleural thickening, left lower lobe"]
PIXELS = np.random.default_rng(0).integers(0, 256, (3, 8, 8, 3), dtype=np.uint8)


def sheet(**changes: Any) -> Figure:
    arguments: dict[str, Any] = {
        "images": PIXELS,
        "given": np.array([0, 1, 2]),
        "suggested": np.array([1, 1, 0]),
        "p_given": np.array([0.05, 0.9, 0.2]),
        "score": np.array([2.5, 0.1, -0.3]),
        "class_names": NAMES,
    }
    return contact_sheet(**(arguments | changes))


def captions(figure: Figure) -> list[list[str]]:
    return [[text.get_text() for text in axes.texts] for axes in figure.axes]


def test_every_image_has_its_labels_and_score() -> None:
    figure = sheet(title="First to check")
    assert captions(figure)[:2] == [
        ["given cat", "model dog", "score 2.5, p 0.05"],
        ["given dog", "model dog", "score 0.1, p 0.90"],
    ]
    assert figure.get_suptitle().startswith("First to check\n")
    image = figure.axes[0].images[0]
    assert image.get_interpolation() == "nearest"
    np.testing.assert_array_equal(np.asarray(image.get_array()), PIXELS[0])


def test_known_truth_is_marked_by_frame_and_sign() -> None:
    figure = sheet(reference=np.array([1, 1, 0]))
    lines = captions(figure)
    assert [line[0][:7] for line in lines] == ["✗ given", "✓ given", "✗ given"]
    assert lines[0][2] == "true dog"
    frames = [to_hex(axes.spines["left"].get_edgecolor()).upper() for axes in figure.axes]
    assert frames == [WRONG, RIGHT, WRONG]
    assert "Truly wrong (✗): 2 of 3 labels" in figure.get_suptitle().replace("\n", " ")


def test_captions_stay_within_their_column() -> None:
    figure = sheet(reference=np.array([2, 2, 2]), given=np.array([2, 2, 2]), class_names=["cat", "dog", "W" * 60])
    for axes in figure.axes:
        image, captions_ = axes.get_window_extent(), [text.get_window_extent() for text in axes.texts]
        assert max(box.x1 for box in captions_) <= image.x1 + 4
        assert min(box.y0 for box in captions_) >= 0


def test_rows_and_large_images() -> None:
    many = sheet(
        images=np.zeros((7, 300, 200, 3), dtype=np.uint8),
        given=np.zeros(7, dtype=np.int64),
        suggested=np.zeros(7, dtype=np.int64),
        p_given=np.zeros(7),
        score=np.zeros(7),
        columns=3,
    )
    assert len(many.axes) == 7
    assert len({round(axes.get_position().y0, 6) for axes in many.axes}) == 3
    assert many.axes[0].images[0].get_interpolation() == "auto"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"images": np.zeros((0, 8, 8, 3), dtype=np.uint8)}, "no images"),
        ({"images": np.zeros((3, 8, 8), dtype=np.uint8)}, r"shape \(3, 8, 8\)"),
        ({"images": np.zeros((3, 8, 8, 3))}, "float64"),
        ({"given": np.array([0, 1])}, r"given has shape \(2,\) for 3 images"),
        ({"suggested": np.array([0, 1, 3])}, "suggested: row 2 holds 3"),
        ({"reference": np.array([0, -1, 2])}, "reference: row 1 holds -1"),
        ({"p_given": np.array([0.1, 1.2, 0.3])}, "p_given: row 1 holds 1.2"),
        ({"p_given": np.array([0.1, 0.2, np.nan])}, "p_given: row 2 holds nan"),
        ({"score": np.array([np.inf, 1, 0])}, "score: row 0 holds inf"),
        ({"columns": 0}, "columns = 0"),
    ],
)
def test_bad_input_is_named(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        sheet(**changes)
