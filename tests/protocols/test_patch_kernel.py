"""The patch kernel on digits: as good as promised, blind to a sample's own label; joined with networks."""

from pathlib import Path

import numpy as np
import pytest
import torch

from alc.arrays import IntArray, UInt8Array
from alc.errors import InputError
from alc.models.patch_features import PatchDictionary
from alc.posteriors import Posteriors
from alc.protocols.joined import Joined
from alc.protocols.obtained import Obtained
from alc.protocols.patch_kernel import PatchKernel
from tests.protocols.conftest import MakeFit

SMALL = PatchKernel(atoms=32, patch=3, regions=2)
SOME = np.zeros(4, dtype=np.int64)


@pytest.fixture
def images() -> torch.Tensor:
    return torch.randn(20, 3, 12, 12, generator=torch.Generator().manual_seed(0))


def test_mirror_images_have_the_same_features(images: torch.Tensor) -> None:
    dictionary = PatchDictionary.learned(
        images, atoms=16, patch=4, threshold=0.2, regions=2, generator=torch.Generator().manual_seed(1)
    )
    features = dictionary.features(images)
    assert features.shape == (20, 2 * 16 * 4)
    assert torch.allclose(dictionary.atoms.norm(dim=1), torch.ones(16), atol=1e-5)
    assert torch.equal(features, dictionary.features(images.flip(3)))
    assert (features >= 0).all()


def test_a_label_is_never_seen_by_its_own_posterior(
    make_fit: MakeFit, labelled: tuple[UInt8Array, IntArray], tmp_path: Path
) -> None:
    fit, labels = make_fit(), labelled[1]
    other = labels.copy()
    other[3] = 1 - other[3]

    def obtained(these: IntArray, folder: str) -> Obtained:
        ids = np.arange(len(these))
        return SMALL.obtain(fit, these, sample_id=ids, group=None, seed=0, directory=tmp_path / folder)

    first, second = obtained(labels, "a"), obtained(other, "b")
    assert first.posteriors.protocol == "cross_fit"
    assert first.posteriors.probs[0, 3] == pytest.approx(second.posteriors.probs[0, 3], abs=0.1)  # but for the scale
    assert first.posteriors.probs[0, 3].argmax() == second.posteriors.probs[0, 3].argmax()
    again = obtained(labels, "a")
    assert np.array_equal(first.posteriors.probs, again.posteriors.probs)
    assert (first.posteriors.mean.argmax(axis=1) == labels).mean() > 0.9


class Fixed:
    """A protocol that gives what it was told."""

    one_model = False

    def __init__(self, posteriors: Posteriors) -> None:
        self.posteriors = posteriors

    def obtain(self, fit: object, labels: IntArray, **_: object) -> Obtained:
        return Obtained(self.posteriors, None, None)


def test_members_stand_side_by_side(tmp_path: Path, make_fit: MakeFit) -> None:
    fit = make_fit()
    one = Posteriors(np.full((2, 4, 3), 1 / 3, dtype=np.float32), np.arange(4), "cross_fit")
    two = Posteriors(np.eye(3, dtype=np.float32)[[0, 1, 2, 0]][None], np.arange(4), "cross_fit")
    arguments = {"sample_id": np.arange(4), "group": None, "seed": 0, "directory": tmp_path}
    joined = Joined({"a": Fixed(one), "b": Fixed(two)}).obtain(fit, SOME, **arguments)  # type: ignore[dict-item, arg-type]
    assert joined.posteriors.probs.shape == (3, 4, 3)
    assert joined.posteriors.protocol == "cross_fit"
    seen = Posteriors(one.probs, one.sample_id, "in_sample")
    with pytest.raises(InputError, match="cross_fit and in_sample"):
        Joined({"a": Fixed(seen), "b": Fixed(two)}).obtain(fit, SOME, **arguments)  # type: ignore[dict-item, arg-type]
    with pytest.raises(InputError, match="two protocols"):
        Joined({"a": Fixed(one)})  # type: ignore[dict-item]


@pytest.mark.parametrize("wrong", [{"atoms": 0}, {"patch": 2.5}, {"ridge": 0}, {"width": -1.0}])
def test_bad_settings(wrong: dict[str, object]) -> None:
    with pytest.raises(InputError, match=f"posteriors.{next(iter(wrong))}="):
        PatchKernel(**wrong)  # type: ignore[arg-type]
