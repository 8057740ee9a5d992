from pathlib import Path

import numpy as np
import pytest
from hydra.utils import instantiate
from omegaconf import OmegaConf

from alc.labels import LabelCounts
from alc.posteriors import Posteriors

FOLDER = Path(__file__).parents[2] / "conf" / "selector"
NAMES = {
    "random", "oracle", "oracle_once", "cross_entropy", "joint", "joint_released",
    "self_confidence", "normalized_margin", "entropy", "bald",
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
    probs = rng.dirichlet(np.ones(3), (2, 12))
    counts = LabelCounts.from_labels(rng.integers(0, 3, 12), 3)
    rows = selector.rank(Posteriors(probs, np.arange(12)), counts, rng=rng, distribution=probs[0])
    np.testing.assert_array_equal(np.sort(rows), np.arange(12))
