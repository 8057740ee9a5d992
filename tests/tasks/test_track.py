"""The track a training is filed under, from the command to the manifest."""

import json
from pathlib import Path

import numpy as np
import pytest
from hydra import compose, initialize_config_dir

from alc.cli.app import config_directory
from alc.errors import InputError
from alc.posteriors import Posteriors
from alc.runs.identity import pretraining_id, training_id
from alc.tasks.pretraining import pretrained
from alc.tasks.problem import plain
from alc.tasks.training import trained

SMALL = (
    "data=synthetic",
    "data.samples=60",
    "data.test_samples=6",
    "trainer.max_epochs=2",
    "trainer.accelerator=cpu",
    "backbone.widths=[4]",
    "backbone.blocks=[1]",
    "backbone.strides=[2]",
    "backbone.stem=4",
    "loader.batch_size=20",
    "posteriors=in_sample",
    "logger=none",
)


def config(runs: Path, *overrides: str, primary: str = "train"):  # type: ignore[no-untyped-def]  # a DictConfig
    with initialize_config_dir(str(config_directory()), version_base="1.3"):
        return compose(primary, [*SMALL, f"paths.runs={runs}", *overrides])


def headline(run: Path) -> dict[str, object]:
    content: dict[str, object] = json.loads((run / "manifest.json").read_text())["headline"]
    return content


def track(run: Path) -> object:
    assert headline(run)["track"] == Posteriors.load(run / "posteriors.npz").details["track"]
    return headline(run)["track"]


def test_samples_only(tmp_path: Path) -> None:
    assert track(trained(config(tmp_path))) == "labelled"


def test_images_without_labels_change_the_id_and_the_track(tmp_path: Path) -> None:
    method = ("method=semi_supervised", "method.warm_up=1", "method.strong.affine=null")
    without, beside = (trained(config(tmp_path, *method, *more)) for more in ((), ("data.unlabelled=30",)))
    assert without.name != beside.name
    assert (track(without), track(beside)) == ("labelled", "plus_unlabelled")
    ours, theirs = (Posteriors.load(run / "posteriors.npz") for run in (without, beside))
    assert len(ours) == len(theirs) == 60
    assert not np.array_equal(ours.probs, theirs.probs)


def test_a_method_that_would_not_learn_from_them_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"30 images without labels.*method=semi_supervised"):
        trained(config(tmp_path, "data.unlabelled=30"))


def test_self_supervision_learns_from_them(tmp_path: Path) -> None:
    ssl = ("ssl=simclr", "ssl.epochs=1", "ssl.batch_size=30", "ssl.views.blur=null")
    run = trained(config(tmp_path, *ssl, "data.unlabelled=30"))
    assert track(run) == "plus_unlabelled"
    (before,) = (tmp_path / "pretrain").iterdir()
    assert headline(before)["images"] == 90


def test_weights_from_elsewhere_are_external(tmp_path: Path) -> None:
    first = trained(config(tmp_path))
    same = trained(config(tmp_path, f"backbone.weights={first.name}", "optimizer.lr=0.001"))
    assert track(same) == "labelled"
    other = trained(config(tmp_path, f"backbone.weights={first.name}", "seeds.split=3"))
    assert track(other) == "external"
    onwards = trained(config(tmp_path, f"backbone.weights={other.name}", "seeds.split=3", "optimizer.lr=0.001"))
    assert track(onwards) == "external"
    file = tmp_path / "copy.safetensors"
    file.write_bytes((first / "weights.safetensors").read_bytes())
    assert track(trained(config(tmp_path, f"backbone.weights={file}"))) == "external"


def test_a_pretraining_of_these_images_is_not_external(tmp_path: Path) -> None:
    ssl = ("ssl=simclr", "ssl.epochs=1", "ssl.batch_size=30", "ssl.views.blur=null")
    encoder = pretrained(config(tmp_path, *ssl))
    assert track(trained(config(tmp_path, f"backbone.weights={encoder.name}"))) == "labelled"


def test_the_track_names_the_runs(tmp_path: Path) -> None:
    def ids(*overrides: str) -> tuple[str, str]:
        with initialize_config_dir(str(config_directory()), version_base="1.3"):
            content = plain(compose("train", ["data=cifar10h_paper", "data.root=x", "ssl=simclr", *overrides]))
        return training_id(content, {"a": "b"}), pretraining_id(content, {"a": "b"})

    found = [ids(), *(ids(f"data.track={track}") for track in ("paper", "plus_test", "plus_train"))]
    assert found[0] == found[1]
    assert len({pair[0] for pair in found}) == len({pair[1] for pair in found}) == 3
    assert ids("data.test_subset=5")[1] == ids()[1]
    assert ids("data.track=plus_train", "data.test_subset=5")[1] != ids("data.track=plus_train")[1]
