"""Images from parts of a ranking."""

import numpy as np
import pytest

from alc.errors import InputError
from alc.figures import Band, rank_bands

NAMES = ("cat", "dog")


def band(name: str, number: int = 3, **other: object) -> Band:
    rng = np.random.default_rng(number)
    fields: dict[str, object] = {
        "images": rng.integers(0, 256, (number, 8, 8, 3), dtype=np.uint8),
        "given": np.arange(number) % 2,
        "noisiness": np.linspace(1.5, 0.125, number),
        "ambiguity": np.full(number, 0.25),
    }
    return Band(name, **(fields | other))  # type: ignore[arg-type] # the fields, one of them replaced


def test_every_image_says_how_noisy_and_ambiguous_it_is() -> None:
    figure = rank_bands([band("top 3", reference=np.array([1, 1, 0])), band("last")], NAMES, title="A ranking")
    assert len(figure.axes) == 6
    words = [[text.get_text() for text in axes.texts] for axes in figure.axes]
    assert words[0] == ["✗ cat", "CE 1.50, AMB 0.25", "true dog"]
    assert words[1] == ["dog", "CE 0.81, AMB 0.25"]  # right
    assert words[3][0] == "cat"  # of the second part no truth is known
    assert [text.get_text() for text in figure.texts if text.get_text() in {"top 3", "last"}] == ["top 3", "last"]
    assert figure.get_suptitle().startswith("A ranking\nCE: cross-entropy")
    lowest = min(axes.get_position().y0 for axes in figure.axes)
    assert 0 < lowest < max(axes.get_position().y1 for axes in figure.axes) < 1


def test_parts_that_do_not_fit_are_refused() -> None:
    with pytest.raises(InputError, match=r"the parts hold \[3, 2\] images"):
        rank_bands([band("a"), band("b", 2)], NAMES)
    with pytest.raises(InputError, match=r"the parts hold \[\] images"):
        rank_bands([], NAMES)
    with pytest.raises(InputError, match="a: 2 values of ambiguity"):
        rank_bands([band("a", ambiguity=np.zeros(2))], NAMES)
