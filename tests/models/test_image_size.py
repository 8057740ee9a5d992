"""A network that can not read images of a size says so before it is trained."""

import pytest
import torch

from alc.errors import InputError
from alc.models.backbone import TimmBackbone
from alc.models.image_size import require_size
from alc.models.small_resnet import SmallResNet


def test_a_network_made_for_another_size_says_what_to_type() -> None:
    with pytest.raises(InputError, match=r"TimmBackbone test_vit cannot read images of 16x16 pixels.*img_size=16"):
        require_size(TimmBackbone(3, "test_vit", options={"img_size": 32, "dynamic_img_size": False}), 16, 16)


def test_asking_changes_nothing() -> None:
    torch.manual_seed(0)
    network = SmallResNet(3, dropout=0.5)
    before, generator = {k: v.clone() for k, v in network.state_dict().items()}, torch.get_rng_state()
    require_size(network, 8, 8)
    assert network.training
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert torch.equal(torch.get_rng_state(), generator)
