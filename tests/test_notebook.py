"""The two calls for notebooks: light, in agreement with the parts they are made of, and clear about bad input."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import alc
from alc.annotators.label_distribution import LabelDistributionAnnotator
from alc.comparison import compare
from alc.dynamics import TrainingDynamics
from alc.errors import InputError
from alc.features import Features
from alc.labels import LabelCounts
from alc.notebook import SELECTORS, summary_table
from alc.posteriors import Posteriors
from alc.ranking import rank_table
from alc.samples import SampleTable
from alc.seeding import stream
from alc.selection.selector import Scoring
from alc.simulation.budget import Budget
from alc.simulation.replay import Reference

N, C = 40, 3
RNG = np.random.default_rng(0)
COUNTS = RNG.multinomial(20, [1 / 3] * 3, N) + 40 * np.eye(C, dtype=int)[RNG.integers(0, C, N)]
LABELS = np.where(RNG.random(N) < 0.4, RNG.integers(0, C, N), COUNTS.argmax(axis=1))
PROBS = RNG.dirichlet(np.ones(C), N) * 0.4 + 0.6 * COUNTS / COUNTS.sum(axis=1, keepdims=True)
FEATURES = RNG.normal(size=(N, 5)) + 4 * PROBS[:, [0, 1, 2, 0, 1]]
LOSS, P_GIVEN, MARGIN = RNG.random((3, 4, N))
DYNAMICS = TrainingDynamics(LOSS, P_GIVEN, MARGIN, RNG.random((4, N)) < 0.5, np.arange(N))
EVIDENCE: dict[str, Any] = {"dynamics": DYNAMICS, "features": FEATURES}

PROGRAM = """
import sys
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"torch", "torchvision", "hydra", "omegaconf", "pytorch_lightning", "lightning"}:
            raise ImportError(name + " is blocked")
sys.meta_path.insert(0, Blocked())
import numpy as np
import alc
labels, probs, counts = (np.load(name + ".npy") for name in ("labels", "probs", "counts"))
alc.simulate(labels, probs, counts, selectors=["joint", "oracle"], seeds=3).summary.to_pickle("summary.pkl")
alc.rank(labels, probs, selector="joint").to_pickle("ranking.pkl")
"""


def test_both_calls_work_where_torch_and_hydra_are_missing(tmp_path: Path) -> None:
    for name, array in (("labels", LABELS), ("probs", PROBS), ("counts", COUNTS)):
        np.save(tmp_path / f"{name}.npy", array)
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stderr
    tables = alc.simulate(LABELS, PROBS, COUNTS, selectors=["joint", "oracle"], seeds=3)
    pd.testing.assert_frame_equal(pd.read_pickle(tmp_path / "summary.pkl"), tables.summary)
    pd.testing.assert_frame_equal(
        pd.read_pickle(tmp_path / "ranking.pkl"), alc.rank(LABELS, PROBS, selector="joint"), check_exact=True
    )


def test_simulate_matches_compare() -> None:
    tables = alc.simulate(LABELS, PROBS, COUNTS, selectors=["joint", "oracle"], budget=30, seeds=3, levels=(0.8,))
    q, ids = COUNTS / COUNTS.sum(axis=1, keepdims=True), np.arange(N)
    comparison = compare(
        {name: SELECTORS[name] for name in ("random", "joint", "oracle")},
        initial=LabelCounts.from_labels(LABELS, C),
        reference=Reference.of(q),
        posteriors=Posteriors.single(PROBS),
        sample_id=ids,
        annotator=LabelDistributionAnnotator(q, ids, 0),
        budget=Budget(annotations=30),
        seeds=range(3),
        expected_up_to=0,
    )
    pd.testing.assert_frame_equal(tables.curves, comparison.curve_table())
    pd.testing.assert_frame_equal(tables.summary, summary_table(comparison.summary((0.8,))))
    assert tables.details.summary() == comparison.summary()
    for name in ("random", "joint", "oracle"):
        areas = [curves.area(30) for curves in comparison.curves[name]]
        assert tables.summary.loc[name, "area"] == pytest.approx(np.mean(areas))


def test_rank_matches_rank_table() -> None:
    names = ("x", "y", "z")
    ours = alc.rank(LABELS, PROBS, selector="normalized_margin", class_names=names, seed=3)
    theirs = rank_table(
        SampleTable(np.arange(N), names, LABELS),
        Posteriors.single(PROBS),
        LabelCounts.from_labels(LABELS, C),
        SELECTORS["normalized_margin"],
        stream(3, "selection"),
    )
    pd.testing.assert_frame_equal(ours, theirs)
    assert ours["score"].is_monotonic_decreasing


def test_defaults() -> None:
    tables = alc.simulate(LABELS, PROBS, COUNTS)
    wrong = int((COUNTS.argmax(axis=1) != LABELS).sum())
    assert tables.details.budget == 4 * wrong
    assert tables.details.seeds == tuple(range(5))
    assert set(tables.summary.index) == {"random", "cross_entropy", "oracle"}
    assert tables.summary["area"].is_monotonic_decreasing
    assert tables.summary["area"]["oracle"] > tables.summary["area"]["random"]
    assert list(tables.summary) == [
        "area", "final accuracy", "to 90%", "seeds at 90%", "saving at 90%",
        "to 95%", "seeds at 95%", "saving at 95%",
    ]  # fmt: skip
    assert tables.summary.loc["random", "saving at 90%"] == 1


def test_a_level_nobody_reaches_is_not_a_number() -> None:
    tables = alc.simulate(LABELS, PROBS, COUNTS, selectors=["random"], budget=2, seeds=2)
    assert np.isnan(tables.summary["to 95%"]["random"])
    assert tables.summary.loc["random", "seeds at 95%"] == "0/2"


def test_tables_show_themselves() -> None:
    tables = alc.simulate(LABELS, PROBS, COUNTS, selectors=["joint"], seeds=1, budget=10)
    assert "joint" in repr(tables)
    assert "<table" in tables._repr_html_()


def test_members_and_posteriors_are_understood() -> None:
    members = np.stack([PROBS, PROBS[:, [1, 2, 0]], PROBS])
    ranked = alc.rank(LABELS, members, selector="bald")
    assert sorted(ranked["sample_id"]) == list(range(N))
    by_id = alc.rank(LABELS, Posteriors.single(PROBS, np.arange(N) + 100))
    np.testing.assert_array_equal(by_id["sample_id"] - 100, alc.rank(LABELS, PROBS)["sample_id"])
    tables = alc.simulate(LABELS, members, COUNTS, selectors=["bald"], seeds=1, budget=5)
    assert "bald" in tables.summary.index
    listed: Any = PROBS.tolist()
    pd.testing.assert_frame_equal(alc.rank(LABELS, listed), alc.rank(LABELS, PROBS))


@pytest.mark.parametrize("name", SELECTORS)
def test_every_selector_simulates(name: str) -> None:
    members = np.stack([PROBS, PROBS[:, [1, 2, 0]]])
    tables = alc.simulate(LABELS, members, COUNTS, selectors=[name], seeds=1, budget=20, **EVIDENCE)
    assert set(tables.summary.index) == {"random", name}


@pytest.mark.parametrize("name", ["aum", "knn"])
def test_what_a_selector_needs_beside_posteriors_is_asked_for(name: str) -> None:
    ranked = alc.rank(LABELS, PROBS, selector=name, **EVIDENCE)
    scores = SELECTORS[name].bound(np.arange(N), dynamics=DYNAMICS, features=Features(FEATURES, np.arange(N)))
    assert isinstance(scores, Scoring)
    expected = scores.scores(None, LabelCounts.from_labels(LABELS, C))
    np.testing.assert_array_equal(ranked["score"], expected[ranked["sample_id"]])
    with pytest.raises(InputError, match="and there are none"):
        alc.rank(LABELS, PROBS, selector=name)
    with pytest.raises(InputError, match="and there are none"):
        alc.simulate(LABELS, PROBS, COUNTS, selectors=[name])
    with pytest.raises(InputError, match=r"features have shape \(39, 5\), the probabilities are of 40 samples"):
        alc.rank(LABELS, PROBS, selector=name, features=FEATURES[1:])


def test_the_selectors_are_those_of_the_command_line() -> None:
    folder = Path(alc.__file__).parents[1] / "conf" / "selector"
    assert {path.stem for path in folder.glob("*.yaml")} == set(SELECTORS)


@pytest.mark.parametrize(
    ("labels", "probs", "message"),
    [
        (LABELS[:-1], PROBS, r"labels have shape \(39,\), the probabilities are of 40 samples"),
        (LABELS[0], PROBS, r"labels have shape \(\)"),
        (LABELS, PROBS[0], r"probabilities have shape \(3,\)\. Allowed: \(N, C\)"),
        (LABELS, 0.5, r"probabilities have shape \(\)"),
        (LABELS, PROBS * 2, r"member 0, row 0 \(sample id 0\)"),
        (LABELS + 1, PROBS, r"labels: row \d+ holds 3 .*class indices 0 to 2"),
        (LABELS.astype(str), PROBS, "row 0 holds '"),
    ],
)
def test_bad_arrays_are_named(labels: Any, probs: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        alc.rank(labels, probs)
    with pytest.raises(InputError, match=message):
        alc.simulate(labels, probs, COUNTS)


def test_bad_choices_are_named() -> None:
    with pytest.raises(
        InputError, match=r"no selector 'joint_relased'\. Allowed: random, .*Did you mean 'joint_released'\?"
    ):
        alc.simulate(LABELS, PROBS, COUNTS, selectors=["joint_relased"])
    with pytest.raises(InputError, match="no selector 'joint_relased'"):
        alc.rank(LABELS, PROBS, selector="joint_relased")
    with pytest.raises(InputError, match="'oracle' knows the truth"):
        alc.rank(LABELS, PROBS, selector="oracle")
    with pytest.raises(InputError, match=r"class names are \['x'\]"):
        alc.rank(LABELS, PROBS, class_names=["x"])
    with pytest.raises(InputError, match="40 samples and 3 classes"):
        alc.rank(LABELS, PROBS, class_names=["w", "x", "y", "z"])
    with pytest.raises(InputError, match=r"budget\.annotations=0 buys nothing"):
        alc.simulate(LABELS, PROBS, COUNTS, budget=0)
    with pytest.raises(InputError, match=r"seeds=0\. Allowed: a whole number of 1 or more"):
        alc.simulate(LABELS, PROBS, COUNTS, seeds=0)
    with pytest.raises(InputError, match=r"label counts: row 0 has no vote \(40 such rows\)"):
        alc.simulate(LABELS, PROBS, 0 * COUNTS)
    with pytest.raises(InputError, match="label counts have 39 rows, the probabilities are of 40 samples"):
        alc.simulate(LABELS, PROBS, COUNTS[:-1])
    with pytest.raises(InputError, match="posteriors have 3 classes, the labels 4"):
        alc.simulate(LABELS, PROBS, np.hstack([COUNTS, COUNTS[:, :1]]))


def test_the_package_names_what_it_has() -> None:
    with pytest.raises(AttributeError, match="module 'alc' has no attribute 'simulat'"):
        alc.__getattr__("simulat")
    assert callable(alc.rank)
    assert alc.__version__
