"""Every option of conf/noise: it builds, corrupts and reports; its bad values are refused when it is built."""

from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alc.errors import InputError
from alc.features import Features
from alc.noise import AsymmetricCifar10, NoiseModel, NoNoise, PairFlip, Symmetric, Transition
from alc.noise.class_noise import ClassNoise

LABELS = np.arange(1000) % 10
CONF = Path(__file__).parents[2] / "conf" / "noise"


def test_no_noise() -> None:
    observed, report = NoNoise().apply(LABELS, 10, None, 0)
    assert (observed == LABELS).all()
    assert (report.requested, report.realised) == (0.0, 0.0)
    assert NoNoise().digests() == {}


@pytest.mark.parametrize(
    ("model", "asked"), [(Symmetric(0.2), 0.2), (PairFlip(0.45), 0.45), (AsymmetricCifar10(0.4), 0.2)]
)
def test_class_noise(model: ClassNoise, asked: float) -> None:
    observed, report = model.apply(LABELS, 10, None, 0)
    assert report.requested == pytest.approx(asked)
    assert report.realised == pytest.approx(asked)
    assert (observed != model.apply(LABELS, 10, None, 1)[0]).any()
    assert (observed == model.apply(LABELS, 10, None, 0)[0]).all()
    assert model.digests() == {}


@settings(max_examples=25)
@given(rate=st.floats(0, 1), num_classes=st.integers(2, 12), seed=st.integers(0, 1000), exact=st.booleans())
def test_class_noise_property(rate: float, num_classes: int, seed: int, exact: bool) -> None:
    labels = np.random.default_rng(seed).integers(num_classes, size=400)
    for model in (Symmetric(rate, exact), PairFlip(rate, exact)):
        observed, report = model.apply(labels, num_classes, None, seed)
        assert report.requested == pytest.approx(rate)
        assert abs(report.realised - rate) <= (0.5 / 400 + 1e-9 if exact else 6 * 0.025)
        assert report.num_wrong == (observed != labels).sum()
    moved = PairFlip(rate, exact).apply(labels, num_classes, None, seed)[0]
    assert np.isin((moved - labels) % num_classes, [0, 1]).all()


def test_asymmetric_cifar10_wants_ten_classes() -> None:
    with pytest.raises(InputError, match="data with 3 classes"):
        AsymmetricCifar10(0.2).apply(np.array([0, 1, 2]), 3, None, 0)


@pytest.mark.parametrize("rate", [1.5, -0.1, "0.2", float("nan")])
def test_bad_rate_is_refused_when_built(rate: float) -> None:
    for make in (Symmetric, PairFlip, AsymmetricCifar10):
        with pytest.raises(InputError, match=r"noise\.rate is"):
            make(rate)


def test_bad_exact_is_refused_when_built() -> None:
    nonsense: Any = "no"
    with pytest.raises(InputError, match=r"noise\.exact is 'no'"):
        Symmetric(0.2, nonsense)
    with pytest.raises(InputError, match=r"noise\.exact is 'no'"):
        Transition([[1, 0], [0, 1]], nonsense)


def test_transition_from_the_config() -> None:
    model = Transition([[0.9, 0.1], [0.4, 0.6]])
    _, report = model.apply(np.arange(100) % 2, 2, None, 0)
    assert report.confusion.tolist() == [[45, 5], [20, 30]]
    assert report.requested == 0.25
    assert model.digests() == {}


def test_transition_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "matrix.csv"
    path.write_bytes("\ufeff0.9, 0.1\r\n\r\n0.4,0.6\r\n".encode())
    model = Transition(str(path))
    direct = Transition([[0.9, 0.1], [0.4, 0.6]])
    assert (model.apply(LABELS % 2, 2, None, 3)[0] == direct.apply(LABELS % 2, 2, None, 3)[0]).all()
    assert model.digests() == {"matrix.csv": sha256(path.read_bytes()).hexdigest()}
    path.write_text("0.8,0.2\n0.4,0.6\n")
    assert Transition(path).digests() != model.digests()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"0.9,0.1\n0.4,oops\n", r"line 2 holds 'oops'"),
        (b"cat,dog\n0.9,0.1\n0.4,0.6\n", r"line 1 holds 'cat'.*without a header"),
        (b"0.9;0.1\n0.4;0.6\n", r"line 1 holds '0.9;0.1'.*comma-separated"),
        (b"0.9,0.1\n1\n", r"line 2 has 1 numbers, the first has 2"),
        (b"0.9,0.1\n", r"has 1 rows of 2 numbers"),
        (b"", r"has 0 rows"),
        (b"0.9,0.1\n0.4,0.5\n", r"row 1 sums to 0.9"),
        (b"0.9,0.1\n0.4,inf\n", r"row 1, column 1 holds inf"),
        (b"\x93NUMPY\xff\xfe", r"is not text"),
        (b'0.9,"0.1\n0.4,0.6\n', r"is not comma-separated"),
    ],
)
def test_transition_file_errors_name_the_place(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "matrix.csv"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message) as error:
        Transition(path)
    assert str(path) in str(error.value)


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        ([[0.9, 0.1], [0.4, "a"]], "row 1 holds 'a'"),
        ([[0.9, 0.1], [0.4]], "row 1 has 1 numbers"),
        ([0.9, 0.1], "row 0 is 0.9"),
        ([["0.9,0.1"], "x"], "row 0 holds"),
        ([[0.9, 0.2], [0.4, 0.6]], "row 0 sums to 1.1"),
    ],
)
def test_transition_errors_name_the_row(matrix: Any, message: str) -> None:
    with pytest.raises(InputError, match=rf"noise\.matrix: {message}"):
        Transition(matrix)


def test_transition_refuses_a_missing_file_and_other_classes(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.csv cannot be read"):
        Transition(tmp_path / "none.csv")
    with pytest.raises(InputError, match=r"2 rows for data with 10 classes"):
        Transition([[1, 0], [0, 1]]).apply(LABELS, 10, None, 0)


@pytest.mark.parametrize("path", sorted(CONF.glob("*.yaml")), ids=lambda path: path.stem)
def test_option_builds_and_applies(path: Path, tmp_path: Path) -> None:
    from hydra.utils import instantiate
    from omegaconf import OmegaConf

    assert path.read_text().startswith("# ")
    config = OmegaConf.load(path)
    if path.stem == "transition":
        config.matrix = np.roll(np.eye(10), 1, axis=1).tolist()
    if path.stem == "instance":
        file = tmp_path / "features.npz"
        Features(np.random.default_rng(0).normal(size=(1000, 5)), np.arange(1000)).save(file)
        config.features = str(file)
    model: NoiseModel = instantiate(config)
    distribution = np.full((1000, 10), 0.02) + 0.8 * np.eye(10)[LABELS]
    observed, report = model.apply(LABELS, 10, distribution, 1234)
    assert observed.shape == LABELS.shape
    assert report.num_wrong == (observed != LABELS).sum()
    assert (report.num_wrong == 0) == (path.stem == "none")
    assert set(model.digests()) == ({"features.npz"} if path.stem == "instance" else set())
