"""Weights from files: what fits is loaded, anything else is named."""

import pickle
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from alc.errors import InputError
from alc.models.backbone import TimmBackbone
from alc.models.cifar_resnet import CifarResNet
from alc.models.small_resnet import SmallResNet


def small(num_classes: int, weights: Path | None = None, stem: int = 4) -> SmallResNet:
    return SmallResNet(num_classes, stem=stem, widths=(8,), blocks=(1,), strides=(2,), weights=weights)


def test_safetensors_round_trip(tmp_path: Path) -> None:
    source = small(3)
    save_file(source.state_dict(), tmp_path / "w.safetensors")
    loaded = small(3, tmp_path / "w.safetensors")
    assert all(torch.equal(value, loaded.state_dict()[name]) for name, value in source.state_dict().items())


def test_a_lightning_checkpoint_loads_and_its_head_of_other_size_does_not(tmp_path: Path) -> None:
    source = small(3)
    state = {f"networks.0.{name}": value for name, value in source.state_dict().items()}
    torch.save({"epoch": 3, "state_dict": state}, tmp_path / "last.ckpt")
    loaded = small(5, tmp_path / "last.ckpt")
    assert torch.equal(loaded.stem.weight, source.stem.weight)
    assert loaded.head.get_parameter("weight").shape == (5, 8)


def test_timm_weights(tmp_path: Path) -> None:
    source = TimmBackbone(3, "test_resnet")
    torch.save(source.network.state_dict(), tmp_path / "w.pt")
    loaded = TimmBackbone(4, "test_resnet", weights=tmp_path / "w.pt")
    name = next(iter(source.network.state_dict()))
    assert torch.equal(loaded.network.state_dict()[name], source.network.state_dict()[name])


class Payload:
    """Runs code when unpickled."""

    def __reduce__(self) -> tuple[type[Path], tuple[str]]:
        return (Path, ("x",))


def test_bad_files_are_named(tmp_path: Path) -> None:
    missing = tmp_path / "none.pt"
    code = tmp_path / "code.pt"
    code.write_bytes(pickle.dumps(Payload(), protocol=2))
    torch.save(small(3).state_dict(), tmp_path / "whole.pt")
    cut = tmp_path / "cut.pt"
    cut.write_bytes((tmp_path / "whole.pt").read_bytes()[:500])
    text = tmp_path / "text.safetensors"
    text.write_text("not weights")
    empty = tmp_path / "empty.pt"
    torch.save({"epoch": 1}, empty)
    for path in (missing, code, cut, text, empty):
        with pytest.raises(InputError, match=path.name):
            small(3, path)


def test_another_architecture_is_named(tmp_path: Path) -> None:
    torch.save(small(3).state_dict(), tmp_path / "w.pt")
    with pytest.raises(InputError, match="another architecture"):
        TimmBackbone(3, "test_resnet", weights=tmp_path / "w.pt")
    with pytest.raises(InputError, match=r"has shape \(8, 4, 3, 3\)"):
        small(3, tmp_path / "w.pt", stem=6)


def test_a_checkpoint_of_another_depth_is_named_and_of_other_classes_keeps_its_body(tmp_path: Path) -> None:
    state = {f"networks.0.{name}": value for name, value in CifarResNet(10, 8).state_dict().items()}
    torch.save({"state_dict": state | {"targets": torch.zeros(5, 10)}}, tmp_path / "last.ckpt")
    with pytest.raises(InputError, match=r"last.ckpt is of another architecture: it lacks .* the first is blocks\."):
        CifarResNet(10, 14, weights=tmp_path / "last.ckpt")
    loaded = CifarResNet(3, 8, weights=tmp_path / "last.ckpt")
    assert torch.equal(loaded.stem.weight, state["networks.0.stem.weight"])
    assert loaded.classifier.weight.shape == (3, 64)
