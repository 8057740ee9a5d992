"""Which protocols judge a sample unseen is known from the config alone, and it is what they then say of themselves."""

import pytest
from hydra import compose, initialize_config_dir

from alc.cli.app import config_directory
from alc.consensus.posterior_fusion import PosteriorFusion
from alc.selection.fused import FusedSelector, expected_gain
from alc.selection.selector import needs_out_of_sample
from alc.tasks.unseen import judged_unseen


@pytest.mark.parametrize(
    ("option", "unseen"),
    [
        ("in_sample", False),
        ("ensemble", False),
        ("mc_dropout", False),
        ("cross_fit", True),
        ("patch_kernel", True),
        ("self_training", True),
        ("joined", True),
    ],
)
def test_options(option: str, unseen: bool) -> None:
    with initialize_config_dir(str(config_directory()), version_base="1.3"):
        config = compose("train", [f"posteriors={option}"])
    assert judged_unseen(config.posteriors) == unseen


def test_one_part_that_saw_the_labels_spoils_the_rest() -> None:
    with initialize_config_dir(str(config_directory()), version_base="1.3"):
        seen = "posteriors.parts.networks={_target_: alc.protocols.in_sample.InSample, passes: 1, augmented: false}"
        config = compose("train", ["posteriors=joined", f"+{seen}"])
    assert not judged_unseen(config.posteriors)


def test_fused_selectors_want_unseen_posteriors() -> None:
    assert needs_out_of_sample(FusedSelector(expected_gain, PosteriorFusion()))
