"""Philox 4x32-10 against its published answers, and uniforms as a function of (seed, sample, draw)."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare, kstest

from alc.annotators import philox
from alc.annotators.philox import philox4x32, uniforms

FULL = 0xFFFFFFFF
KNOWN_ANSWERS = [
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((FULL, FULL, FULL, FULL), (FULL, FULL), (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]
"""Counter, key and result out of the known-answer file of Random123, which the generator's authors publish."""

Words = tuple[int, int, int, int]


def scalar_philox(counter: Words, key: tuple[int, int]) -> Words:
    (a, b, c, d), (low, high) = counter, key
    for _ in range(10):
        left, right = a * 0xD2511F53, c * 0xCD9E8D57
        a, b, c, d = (right >> 32) ^ b ^ low, right & FULL, (left >> 32) ^ d ^ high, left & FULL
        low, high = (low + 0x9E3779B9) & FULL, (high + 0xBB67AE85) & FULL
    return a, b, c, d


def array_philox(counters: list[Words], key: tuple[int, int]) -> list[Words]:
    first, second, third, fourth = np.array(counters, dtype=np.uint64).T.copy()
    return [(a, b, c, d) for a, b, c, d in philox4x32((first, second, third, fourth), key).T.tolist()]


@pytest.mark.parametrize(("counter", "key", "answer"), KNOWN_ANSWERS)
def test_known_answers(counter: Words, key: tuple[int, int], answer: Words) -> None:
    assert array_philox([counter], key) == [answer]
    assert scalar_philox(counter, key) == answer


word = st.integers(0, FULL)


@given(counters=st.lists(st.tuples(word, word, word, word), min_size=1, max_size=5), key=st.tuples(word, word))
@settings(max_examples=40, deadline=None)
def test_philox_matches_scalar(counters: list[Words], key: tuple[int, int]) -> None:
    assert array_philox(counters, key) == [scalar_philox(counter, key) for counter in counters]


def test_philox_leaves_its_input_alone() -> None:
    words = [np.arange(4, dtype=np.uint64) for _ in range(4)]
    philox4x32((words[0], words[1], words[2], words[3]), (1, 2))
    for each in words:
        np.testing.assert_array_equal(each, np.arange(4))


@given(seed=st.integers(0, 2**63 - 1), sample=st.integers(0, 2**62), draw=st.integers(0, 1000))
@settings(max_examples=40, deadline=None)
def test_uniforms_match_scalar(seed: int, sample: int, draw: int) -> None:
    words = scalar_philox((draw // 2, sample & FULL, sample >> 32, 0), (seed & FULL, seed >> 32))
    high, low = words[2 * (draw % 2)], words[2 * (draw % 2) + 1]
    expected = ((high >> 5) * 2**26 + (low >> 6)) / 2**53
    assert uniforms(seed, np.array([sample]), draw, 1).tolist() == [[expected]]


@given(
    seed=st.integers(0, 2**63 - 1),
    ids=st.lists(st.integers(0, 2**40), min_size=1, max_size=8, unique=True),
    first=st.integers(0, 9),
    size=st.integers(1, 7),
    shuffle=st.integers(0, 1000),
)
@settings(max_examples=40, deadline=None)
def test_uniforms_depend_on_seed_sample_and_draw_alone(
    seed: int, ids: list[int], first: int, size: int, shuffle: int
) -> None:
    samples = np.array(ids)
    whole = uniforms(seed, samples, 0, 16)
    assert whole.shape == (len(ids), 16)
    assert ((whole >= 0) & (whole < 1)).all()
    np.testing.assert_array_equal(uniforms(seed, samples, first, size), whole[:, first : first + size])
    some = np.random.default_rng(shuffle).permutation(len(ids))[: 1 + len(ids) // 2]
    np.testing.assert_array_equal(uniforms(seed, samples[some], first, size), whole[some, first : first + size])


def test_uniforms_of_many_samples_are_the_same_in_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    ids = np.arange(100)
    whole = uniforms(3, ids, 1, 5)
    for rows in (1, 7, 64):
        monkeypatch.setattr(philox, "CHUNK_ROWS", rows)
        np.testing.assert_array_equal(uniforms(3, ids, 1, 5), whole)
    assert uniforms(3, ids[:0], 0, 2).shape == (0, 2)


@pytest.mark.parametrize("seed", [0, 12345, 2**40 + 1])
def test_uniforms_are_uniform(seed: int) -> None:
    values = uniforms(seed, np.arange(5000), 0, 8)
    assert kstest(values.ravel(), "uniform").pvalue > 1e-3
    for column in values.T:
        assert chisquare(np.histogram(column, bins=20, range=(0, 1))[0]).pvalue > 1e-4
    pairs = np.histogram2d(values[:, 0], values[:, 1], bins=8, range=[(0, 1), (0, 1)])[0]
    assert chisquare(pairs.ravel()).pvalue > 1e-4
    neighbours = np.corrcoef(values[:-1, 0], values[1:, 0])[0, 1]
    assert abs(neighbours) < 4 / np.sqrt(5000)


def test_seeds_differ_in_both_halves() -> None:
    ids = np.arange(50)
    panels = [uniforms(seed, ids, 0, 2) for seed in (0, 1, 2**31, 2**32, 2**33, 2**62)]
    for i, one in enumerate(panels):
        for other in panels[i + 1 :]:
            assert not (one == other).any()
