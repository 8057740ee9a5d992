from pathlib import Path

import numpy as np
import pytest
from hydra.utils import instantiate
from omegaconf import OmegaConf

from alc.dynamics import TrainingDynamics
from alc.features import Features
from alc.labels import LabelCounts
from alc.posteriors import Posteriors

FOLDER = Path(__file__).parents[2] / "conf" / "selector"
NAMES = {
    "random", "oracle", "oracle_once", "cross_entropy", "joint", "joint_released",
    "self_confidence", "normalized_margin", "entropy", "bald",
    "aum", "mean_loss", "forgetting", "low_confidence", "variability", "knn", "graph", "graph_released",
    "confident_learning", "prune_by_noise_rate", "prune_by_class", "prune_by_both",
    "adjusted_self_confidence", "adjusted_normalized_margin", "confidence_weighted_entropy",
    "activelab", "small_loss", "small_loss_by_class", "small_loss_dynamics", "wann", "rank_ensemble",
}  # fmt: skip


def test_the_options() -> None:
    assert {path.stem for path in FOLDER.iterdir()} >= NAMES


@pytest.mark.parametrize("name", sorted(NAMES))
def test_every_option_nests_under_its_name_and_ranks(name: str) -> None:
    path = FOLDER / f"{name}.yaml"
    assert path.read_text().startswith("# ")
    config = OmegaConf.to_container(OmegaConf.load(path))
    assert isinstance(config, dict)
    assert list(config) == [name]
    selector = instantiate(config[name])
    rng = np.random.default_rng(0)
    ids, probs = np.arange(20), rng.dirichlet(np.ones(3), (2, 20))
    counts = LabelCounts.from_labels(rng.integers(0, 3, 20), 3)
    loss, p_given, margin = rng.random((3, 4, 20))
    records = TrainingDynamics(loss, p_given, margin, rng.random((4, 20)) < 0.5, ids)
    bound = selector.bound(ids, dynamics=records, features=Features(rng.normal(size=(20, 4)), ids))
    assert selector.needs_dynamics + selector.needs_features + selector.needs_posteriors <= 1
    assert (bound is selector) != (selector.needs_dynamics or selector.needs_features)
    rows = bound.rank(
        Posteriors(probs, ids) if selector.needs_posteriors else None, counts, rng=rng, distribution=probs[0]
    )
    np.testing.assert_array_equal(np.sort(rows), ids)
