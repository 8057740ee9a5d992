import numpy as np
import pytest

from alc.errors import InputError
from alc.figures import noise_confusion

COUNTS = np.array([[8, 2, 0], [0, 4, 0], [0, 0, 0]])


def test_cells_are_percent_of_the_row() -> None:
    figure = noise_confusion(COUNTS, ["cat", "dog", "eel"], title="Pets")
    axes = figure.axes[0]
    assert figure.get_suptitle() == "Pets\n14.3 % of 14 labels wrong"
    cells = {text.get_position(): text.get_text() for text in axes.texts if text.get_text().replace(".", "").isdigit()}
    assert cells == {(0, 0): "80.0", (1, 0): "20.0", (1, 1): "100"}  # (column, row); cells without a count stay blank
    assert [text.get_text() for text in axes.texts][-4:] == ["20.0 %", "0.0 %", "empty", "wrong"]
    shown = axes.images[0].get_array()
    assert isinstance(shown, np.ma.MaskedArray)
    assert shown[0, 1] == 20
    assert np.diag(np.ma.getmaskarray(shown)).all()
    assert [label.get_text() for label in axes.get_yticklabels()] == ["cat", "dog", "eel"]


def test_no_noise_is_said() -> None:
    assert noise_confusion(np.diag([3, 4])).get_suptitle() == "None of 7 labels wrong"


def test_many_classes_get_a_colour_bar() -> None:
    figure = noise_confusion(np.eye(50, dtype=np.int64) * 9 + 1)
    assert len(figure.axes) == 2
    assert not figure.axes[0].texts
    assert len(figure.axes[0].get_xticks()) == 25
    assert "by class 83.1 to 83.1 %" in figure.get_suptitle()


def test_long_and_strange_names_are_literal_and_short() -> None:
    names = ["$x_1$ opacity", "left lower lobe pleural thickening"]
    labels = [label.get_text() for label in noise_confusion(COUNTS[:2, :2], names).axes[0].get_yticklabels()]
    assert labels[0] == names[0]
    assert len(labels[1]) == 20
    assert labels[1].startswith("left")


@pytest.mark.parametrize(
    ("confusion", "message"),
    [
        (np.zeros((2, 3)), r"shape \(2, 3\)"),
        (np.zeros((0, 0)), r"shape \(0, 0\)"),
        (np.zeros((2, 2)), "counts no sample"),
        (np.array([[3, -1], [0, 2]]), "holds -1 at true 0, observed 1"),
        (np.array([[0.9, 0.1], [0.0, 1.0]]), "not rates"),
        (np.array([[np.nan, 1], [0, 1]]), "holds nan"),
    ],
)
def test_bad_matrices_are_refused(confusion: np.ndarray, message: str) -> None:
    with pytest.raises(InputError, match=message):
        noise_confusion(confusion)


def test_wrong_number_of_names() -> None:
    with pytest.raises(InputError, match="2 class names for 3 classes"):
        noise_confusion(COUNTS, ["cat", "dog"])
