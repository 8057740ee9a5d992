"""Views at prediction: which there are, and what they show."""

import pytest
import torch

from alc.data.predicted_views import PredictedViews
from alc.errors import InputError

IMAGE = torch.arange(2 * 3 * 5 * 4.0).view(2, 3, 5, 4)


def test_the_image_itself_comes_first_and_alone_by_default() -> None:
    (only,) = PredictedViews()(IMAGE)
    assert torch.equal(only, IMAGE)


def test_mirrored_and_moved() -> None:
    found = list(PredictedViews(mirrored=True, shift=1)(IMAGE))
    assert len(found) == 6
    assert torch.equal(found[1], IMAGE.flip(3))
    assert torch.equal(found[2][:, :, 1:, 1:], IMAGE[:, :, :-1, :-1])
    assert torch.equal(found[4][:, :, :-1, :-1], IMAGE[:, :, 1:, 1:])
    assert torch.equal(found[2][:, :, 0, 1:], IMAGE[:, :, 1, :-1])  # mirrored at the border
    assert torch.equal(found[5], found[4].flip(3))


def test_refused() -> None:
    with pytest.raises(InputError, match=r"predicted.shift is -1"):
        PredictedViews(shift=-1)
    with pytest.raises(InputError, match=r"predicted.mirrored is 2"):
        PredictedViews(mirrored=2)
    assert len(list(PredictedViews(mirrored=0.5)(IMAGE))) == 2
    with pytest.raises(InputError, match=r"predicted.shift is 4.*less than the image size, 5 x 4"):
        list(PredictedViews(shift=4)(IMAGE))
