"""Weights from files: what fits is loaded, anything else is named."""

import logging
import os
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from alc.errors import InputError
from alc.models.backbone import TimmBackbone
from alc.models.base import Backbone
from alc.models.cifar_resnet import CifarResNet
from alc.models.small_resnet import SmallResNet
from alc.models.tuning import FineTune, Full, LinearProbe, Tuning
from alc.models.weights import Start
from alc.models.weights_file import TrainedOn, read_weights, save_weights


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
    """Runs code when unpickled: makes a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple[Callable[[str], None], tuple[str]]:
        return (os.mkdir, (str(self.folder),))


@pytest.mark.parametrize("suffix", [".pt", ".ckpt"])
def test_no_code_of_a_file_runs(tmp_path: Path, suffix: str) -> None:
    trace, path = tmp_path / "ran", (tmp_path / "code").with_suffix(suffix)
    torch.save(Payload(trace), path)
    with pytest.raises(InputError, match=path.name):
        small(3, path)
    path.write_bytes(pickle.dumps(Payload(trace), protocol=2))
    with pytest.raises(InputError, match=path.name):
        small(3, path)
    assert not trace.exists()
    torch.save(Payload(trace), path)
    torch.load(path, weights_only=False)
    assert trace.exists()  # it would have


def test_bad_files_are_named(tmp_path: Path) -> None:
    missing = tmp_path / "none.pt"
    code = tmp_path / "code.pt"
    code.write_bytes(pickle.dumps(Payload(tmp_path / "ran"), protocol=2))
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


def same(network: SmallResNet, other: SmallResNet, *names: str) -> list[bool]:
    return [torch.equal(network.state_dict()[name], other.state_dict()[name]) for name in names]


BODY, HEAD = "stages.0.conv1.weight", "classifier.weight"


def test_what_is_saved_says_what_it_is_and_comes_back(tmp_path: Path) -> None:
    source, path = small(3), tmp_path / "w.safetensors"
    save_weights(path, source, TrainedOn(8, 12, "none"))
    stored = read_weights(path)
    assert stored.about == {
        **{"format": "alc-weights-1", "alc": "0.1.0", "backbone": "SmallResNet", "networks": "1", "num_classes": "3"},
        **{"height": "8", "width": "12", "normalisation": "none"},
    }
    assert stored.trained_on == TrainedOn(8, 12, "none")
    assert all(torch.equal(value, stored.tensors[name]) for name, value in source.state_dict().items())
    assert same(small(3, path), source, BODY, HEAD) == [True, True]


def test_an_encoder_is_saved_without_its_classifier(tmp_path: Path) -> None:
    for source in (small(3), TimmBackbone(3, "test_resnet")):
        save_weights(tmp_path / "w.safetensors", source, head=False)
        stored = read_weights(tmp_path / "w.safetensors")
        left_out = source.state_dict().keys() - stored.tensors.keys()
        assert {name.rpartition(".")[0] for name in left_out} == {source.head_name}
        assert "num_classes" not in stored.about


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_the_layout_in_memory_does_not_change_the_file(tmp_path: Path, layout: torch.memory_format) -> None:
    torch.manual_seed(0)
    network = small(3)
    save_weights(tmp_path / "a.safetensors", network)
    save_weights(tmp_path / "b.safetensors", network.to(memory_format=layout))
    assert (tmp_path / "a.safetensors").read_bytes() == (tmp_path / "b.safetensors").read_bytes()


def test_two_networks_take_their_counterparts_or_both_the_first(tmp_path: Path) -> None:
    pair = [small(3), small(3)]
    save_weights(tmp_path / "pair.safetensors", pair)
    twins = [small(3), small(3)]
    Start(tmp_path / "pair.safetensors")(twins)
    assert [same(ours, theirs, BODY, HEAD) for ours, theirs in zip(twins, pair, strict=True)] == [[True, True]] * 2
    alone = small(3)
    Start(tmp_path / "pair.safetensors")([alone])
    assert same(alone, pair[0], BODY, HEAD) == [True, True]
    save_weights(tmp_path / "one.safetensors", pair[0])
    Start(tmp_path / "one.safetensors")(twins := [small(3), small(3)])
    assert [same(each, pair[0], BODY, HEAD) for each in twins] == [[True, False]] * 2
    assert same(twins[0], twins[1], HEAD) == [False]  # alike in everything, co-teaching would train one network twice


@pytest.mark.parametrize(
    ("classes", "build", "head", "words"),
    [
        (3, small, True, "its classifier included"),
        (5, small, False, "with a new classifier of 5 classes, since that of the file has 3"),
        (3, FineTune()(small), False, "with a new classifier."),
        (3, LinearProbe()(small), False, "with a new classifier."),
    ],
)
def test_the_fate_of_the_classifier_is_told_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, classes: int, build: type[SmallResNet], head: bool, words: str
) -> None:
    save_weights(tmp_path / "w.safetensors", source := small(3))
    start = Start(tmp_path / "w.safetensors")
    with caplog.at_level(logging.INFO):
        for _ in range(2):
            start([network := build(num_classes=classes)])
    (line,) = caplog.messages
    assert words in line
    assert torch.equal(network.loadable()[0].state_dict()[BODY], source.state_dict()[BODY])
    if classes == 3:
        assert torch.equal(network.head.get_parameter("weight"), source.classifier.weight) == head


def test_an_encoder_without_a_classifier_gets_a_new_one(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    save_weights(tmp_path / "w.safetensors", source := small(2), head=False)
    with caplog.at_level(logging.INFO):
        Start(tmp_path / "w.safetensors")([network := small(3)])
    assert "since the file has none that fits" in caplog.text
    assert same(network, source, BODY) == [True]


def test_tensors_too_many_are_another_architecture(tmp_path: Path) -> None:
    """A deeper network has all the tensors of this one, and more."""
    deep = SmallResNet(3, stem=4, widths=(8,), blocks=(2,), strides=(2,))
    torch.save(deep.state_dict(), tmp_path / "deep.pt")
    save_weights(tmp_path / "deep.safetensors", deep)
    torch.save({"state_dict": {f"networks.0.{k}": v for k, v in deep.state_dict().items()}}, tmp_path / "deep.ckpt")
    for suffix in ("pt", "ckpt", "safetensors"):
        problem = r"deep.* of another architecture: it has 12 tensors too many, the first is stages\.1\.conv1\.weight"
        with pytest.raises(InputError, match=problem) as caught:
            small(3, tmp_path / f"deep.{suffix}")
        assert ("the file says SmallResNet" in str(caught.value)) == (suffix == "safetensors")


def test_what_a_method_keeps_beside_its_networks_is_not_too_much(tmp_path: Path) -> None:
    state = {f"networks.{i}.{name}": value for i in (0, 1) for name, value in small(3).state_dict().items()}
    torch.save({"state_dict": state | {"targets": torch.zeros(5, 3)}}, tmp_path / "last.ckpt")
    assert torch.equal(small(3, tmp_path / "last.ckpt").stem.weight, state["networks.0.stem.weight"])


def test_a_prefix_of_other_projects_is_dropped_and_old_files_lack_counters(tmp_path: Path) -> None:
    source = small(3)
    old = {f"module.{k}": v for k, v in source.state_dict().items() if not k.endswith("num_batches_tracked")}
    torch.save({"state_dict": old}, tmp_path / "w.pt")
    assert same(small(3, tmp_path / "w.pt"), source, BODY, HEAD) == [True, True]


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_numbers_that_are_none_are_named(tmp_path: Path, value: float) -> None:
    source = small(3)
    state = source.state_dict()
    state["stages.0.norm1.bias"][2] = value
    torch.save(state, tmp_path / "w.pt")
    with pytest.raises(InputError, match=r"w\.pt: stages\.0\.norm1\.bias has 1 of 8 values that are not finite"):
        small(3, tmp_path / "w.pt")


def test_code_in_a_file_is_refused_without_advice_to_run_it(tmp_path: Path) -> None:
    (tmp_path / "code.pt").write_bytes(pickle.dumps(Payload(tmp_path / "ran"), protocol=2))
    torch.save({"state_dict": {"w": torch.zeros(1)}, "model": Payload(tmp_path / "ran")}, tmp_path / "object.pt")
    for name in ("code.pt", "object.pt"):
        with pytest.raises(InputError, match="holds Python objects, which could run code") as caught:
            read_weights(tmp_path / name)
        assert "weights_only" not in str(caught.value)
    torch.save([torch.zeros(1)], tmp_path / "list.pt")
    with pytest.raises(InputError, match=r"list\.pt holds no tensors"):
        read_weights(tmp_path / "list.pt")


@pytest.mark.parametrize("text", ["hello world", "epoch,loss\n1,2\n", '{"a": 1}', "version https://git-lfs.github.com"])
def test_a_text_file_with_the_name_of_weights_says_how_it_begins(tmp_path: Path, text: str) -> None:
    (tmp_path / "w.pt").write_text(text)
    with pytest.raises(InputError, match=r"w\.pt was not written by torch\.save: it begins with") as caught:
        read_weights(tmp_path / "w.pt")
    assert repr(text[:16]) in str(caught.value)


def test_an_empty_or_a_cut_file_of_torch(tmp_path: Path) -> None:
    torch.save({"w": torch.zeros(9)}, tmp_path / "w.pt")
    whole = (tmp_path / "w.pt").read_bytes()
    (tmp_path / "w.pt").write_bytes(whole[:200])
    with pytest.raises(InputError, match=r"w\.pt is damaged \(PytorchStreamReader failed"):
        read_weights(tmp_path / "w.pt")
    (tmp_path / "w.pt").write_bytes(b"")
    with pytest.raises(InputError, match=r"w\.pt was not written by torch\.save: it is empty"):
        read_weights(tmp_path / "w.pt")


@pytest.mark.parametrize("zipped", [True, False])
def test_both_kinds_of_files_of_torch_are_read(tmp_path: Path, zipped: bool) -> None:
    torch.save({"w": torch.ones(2)}, tmp_path / "w.pt", _use_new_zipfile_serialization=zipped)
    assert read_weights(tmp_path / "w.pt").tensors["w"].tolist() == [1, 1]


def test_a_truncated_safetensors_file_is_damaged(tmp_path: Path) -> None:
    save_weights(tmp_path / "w.safetensors", small(3))
    whole = (tmp_path / "w.safetensors").read_bytes()
    for length in (0, 5, 300, len(whole) - 1):
        (tmp_path / "w.safetensors").write_bytes(whole[:length])
        with pytest.raises(InputError, match=r"w\.safetensors is damaged"):
            read_weights(tmp_path / "w.safetensors")


def test_another_image_size_matters_where_positions_are_embedded(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    vit = TimmBackbone(3, "test_vit", options={"img_size": 32})
    save_weights(tmp_path / "vit.safetensors", vit, TrainedOn(32, 32, "data"))
    wide = TimmBackbone(3, "test_vit", options={"img_size": 64})
    with pytest.raises(InputError, match=r"vit\.safetensors is of another image size: pos_embed has shape"):
        Start(tmp_path / "vit.safetensors", TrainedOn(64, 64, "data"))([wide])
    with pytest.raises(InputError, match=r"another image size.*32x32 pixels, these have 16x64.*img_size"):
        Start(tmp_path / "vit.safetensors", TrainedOn(16, 64, "data"))([vit])
    save_weights(tmp_path / "net.safetensors", small(3), TrainedOn(32, 32, "data"))
    Start(tmp_path / "net.safetensors", TrainedOn(28, 28, "none"))([small(3)])
    assert "trained on images of 32x32 pixels, these have 28x28" in caplog.text
    assert "trained with loader.normalisation=data, here it is none" in caplog.text
    caplog.clear()
    Start(tmp_path / "net.safetensors", TrainedOn(32, 32, "data"))([small(3)])
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


@pytest.mark.parametrize("tuning", [Full(), FineTune(0.5), LinearProbe()])
@pytest.mark.parametrize("networks", [1, 2])
@pytest.mark.parametrize("kind", ["small", "timm"])
def test_what_goes_on_is_the_very_same_network(tmp_path: Path, tuning: Tuning, networks: int, kind: str) -> None:
    def plain(*, num_classes: int) -> Backbone:
        return small(num_classes) if kind == "small" else TimmBackbone(num_classes, "test_resnet")

    build = tuning(plain)
    source, target = ([build(num_classes=3) for _ in range(networks)] for _ in range(2))
    save_weights(tmp_path / "w.safetensors", source, learned={"forget_rate": "0.25"})
    Start(tmp_path / "w.safetensors", None, goes_on=True)(target)
    for one, other in zip(source, target, strict=True):
        states = one.state_dict(), other.state_dict()
        assert states[0].keys() == states[1].keys()
        assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])
    assert read_weights(tmp_path / "w.safetensors").about["forget_rate"] == "0.25"
