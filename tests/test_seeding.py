"""Named streams: reproducible, independent, and honest about bad seeds."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alc.errors import InputError
from alc.seeding import derive_seed, stream


def test_stream_values_never_change() -> None:
    """A change here would change every run that was ever made."""
    assert stream(0, "noise").integers(0, 1000, 5).tolist() == [858, 734, 388, 716, 709]
    assert derive_seed(0, "annotator") == 5164378704177067918


@given(seed=st.integers(0, 2**70), name=st.text(max_size=8))
@settings(max_examples=30, deadline=None)
def test_stream_property(seed: int, name: str) -> None:
    np.testing.assert_array_equal(stream(seed, name).random(4), stream(seed, name).random(4))
    assert 0 <= derive_seed(seed, name) < 2**63
    assert derive_seed(seed, name) == derive_seed(seed, name)


def test_names_and_seeds_give_different_streams() -> None:
    keys: list[tuple[int, tuple[str | int, ...]]] = [
        (seed, names) for seed in range(4) for names in ((), ("noise",), ("split",), ("noise", 1), (1, "noise"))
    ]
    firsts = {stream(seed, *names).random() for seed, names in keys}
    assert len(firsts) == len(keys)
    assert len({derive_seed(seed, *names) for seed, names in keys}) == len(keys)


def test_streams_of_one_seed_are_uncorrelated() -> None:
    noise, split = stream(7, "noise").normal(size=20_000), stream(7, "split").normal(size=20_000)
    assert abs(np.corrcoef(noise, split)[0, 1]) < 4 / np.sqrt(20_000)


def test_one_stream_does_not_feel_what_another_consumed() -> None:
    first = stream(0, "noise")
    before = stream(0, "split").random()
    first.random(1000)
    assert stream(0, "split").random() == before


def test_numpy_integers_are_seeds() -> None:
    seed: Any = np.int64(5)
    assert stream(seed, "a").random() == stream(5, "a").random()


@pytest.mark.parametrize("seed", [-1, True, 1.5, "3", None])
def test_bad_seeds_are_named(seed: Any) -> None:
    with pytest.raises(
        InputError, match=r"seed .* Allowed: a whole number of 0 or more\. Type e\.g\. seed=0"
    ) as caught:
        stream(seed, "noise")
    assert repr(seed) in str(caught.value)
    with pytest.raises(InputError):
        derive_seed(seed, "noise")
