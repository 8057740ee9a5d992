"""backbone.weights and tuning: from a run by id or name, from a file, and what is none of these."""

import json
import shutil
from contextlib import chdir
from pathlib import Path

import pytest
import torch

from alc.models.weights_file import read_weights
from alc.runs.manifest import Manifest
from tests.integration.commands import SIMULATE, TRAIN, alc, only, without_figures

IN_SAMPLE = ["posteriors=in_sample", *(word for word in TRAIN if not word.startswith("posteriors"))]
SIMULATED = ["posteriors=in_sample", *(word for word in SIMULATE if not word.startswith("posteriors"))]
WEIGHTS = "weights.safetensors"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one training by the name ``first``, to be copied."""
    folder = tmp_path_factory.mktemp("first")
    with chdir(folder):
        done = alc("train", *IN_SAMPLE, "name=first")
    assert done.code == 0, done.err
    return folder


@pytest.fixture
def first(template: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The run of a training whose weights others start from, by the name ``first``."""
    without_figures(monkeypatch)
    shutil.copytree(template / "runs", folder / "runs", symlinks=True)
    return only(folder, "runs/train/*")


def trained(*overrides: str) -> tuple[Path, str]:
    """The run of a training, and what was said on the way."""
    done = alc("train", *IN_SAMPLE, *overrides)
    assert done.code == 0, done.err
    (name,) = done.trainings
    return Path("runs") / "train" / name, done.err


def test_a_training_of_one_model_leaves_its_weights(first: Path) -> None:
    manifest = Manifest.read(first)
    assert manifest is not None
    assert WEIGHTS in manifest.artefacts
    assert read_weights(first / WEIGHTS).about["num_classes"] == "3"
    assert not list((first / "checkpoints").rglob(f"*{WEIGHTS}"))


def test_path_id_and_name_are_the_same_training_from_every_task(first: Path, folder: Path) -> None:
    probe, said = trained("backbone.weights=first", "tuning=linear_probe")
    assert "with a new classifier" in said
    manifest = Manifest.read(probe)
    assert manifest is not None
    assert manifest.parents == (first.name,)
    shutil.copy(first / WEIGHTS, "copy.safetensors")
    for wanted in ("first", first.name, f"runs/first/{WEIGHTS}", "runs/first", "copy.safetensors"):
        done = alc("train", *IN_SAMPLE, f"backbone.weights={wanted}", "tuning=linear_probe")
        assert done.trainings == [], wanted
        assert f"SKIP train/{probe.name}" in done.err
    ids = set()
    for wanted in (first.name, "copy.safetensors"):
        done = alc("simulate", *SIMULATED, f"backbone.weights={wanted}", "tuning=linear_probe")
        assert done.code == 0, done.err
        assert done.trainings == []
        assert f"training {probe.name}" in done.out
        ids.add(only(folder, "runs/simulate/*").name)
    assert alc("rank", *IN_SAMPLE, "backbone.weights=first", "tuning=linear_probe").trainings == []
    assert len(ids) == 1


def test_a_file_of_other_content_is_another_training(first: Path) -> None:
    shutil.copy(first / WEIGHTS, "copy.safetensors")
    probe, _ = trained("backbone.weights=copy.safetensors", "tuning=linear_probe")
    tensors = dict(read_weights(first / WEIGHTS).tensors)
    torch.save({name: 1.5 * tensor for name, tensor in tensors.items()}, "copy.pt")
    other, _ = trained("backbone.weights=copy.pt", "tuning=linear_probe")
    assert other.name != probe.name
    manifest = Manifest.read(other)
    assert manifest is not None
    assert manifest.parents == ()


@pytest.mark.parametrize("method", ["cross_entropy", "co_teaching", "elr"])
def test_a_probe_under_every_method_has_the_encoder_it_started_from(first: Path, method: str) -> None:
    run, _ = trained("backbone.weights=first", "tuning=linear_probe", f"method={method}")
    before, stored = read_weights(first / WEIGHTS).tensors, read_weights(run / WEIGHTS)
    for index in range(stored.num_networks):
        after = stored.of_network(index, stored.num_networks)
        same = {name for name in after if torch.equal(after[name], before[name])}
        assert same == {name for name in before if not name.startswith("classifier.")}


def test_co_teaching_goes_on_from_co_teaching_and_one_network_from_its_first(first: Path) -> None:
    pair, _ = trained("method=co_teaching")
    theirs = read_weights(pair / WEIGHTS)
    assert theirs.num_networks == 2
    again, said = trained("method=co_teaching", f"backbone.weights={pair.name}", "optimizer.lr=0.0")
    assert "its classifier included" in said
    ours = read_weights(again / WEIGHTS)
    for index in (0, 1):
        mine, its = ours.of_network(index, 2), theirs.of_network(index, 2)
        assert all(torch.equal(mine[name], its[name]) for name in its if "running" not in name and "num_b" not in name)
    alone, _ = trained(f"backbone.weights={pair.name}", "tuning=linear_probe")
    one, its = read_weights(alone / WEIGHTS).tensors, theirs.of_network(0, 1)
    assert all(torch.equal(one[name], its[name]) for name in its if not name.startswith("classifier."))


def test_several_models_leave_no_weights_and_say_what_to_type(first: Path) -> None:
    done = alc("train", *IN_SAMPLE, "posteriors=cross_fit", "posteriors.num_folds=2", "name=folds")
    assert done.code == 0
    assert not list(Path("runs/folds").rglob(f"*{WEIGHTS}"))
    done = alc("train", *IN_SAMPLE, "backbone.weights=folds")
    done.refused("backbone.weights=folds", "no weights.safetensors", "several models", "posteriors=in_sample")


def test_folds_start_from_weights_too(first: Path) -> None:
    done = alc("train", *TRAIN, "backbone.weights=first", "tuning=fine_tune", "posteriors=cross_fit")
    assert done.code == 0, done.err
    assert done.err.count("Starting from") == 1


def test_names_of_nothing_and_of_other_runs(first: Path) -> None:
    before = sorted(Path("runs/train").iterdir())
    for wanted, words in {
        "frist": ("no run of that id or name", "Did you mean 'first'?"),
        "nobody_at_all": ("no run of that id or name", "alc-runs"),
        "runs/first/weigths.safetensors": ("no file", "Did you mean 'weights.safetensors'?"),
        "runs": ("no file and no run",),
        "runs/": ("folder without weights.safetensors",),
    }.items():
        alc("train", *IN_SAMPLE, f"backbone.weights={wanted}").refused(f"backbone.weights={wanted}", *words)
    alc("simulate", *SIMULATED, "backbone.weights=frist").refused("backbone.weights=frist", "Did you mean 'first'?")
    assert alc("rank", *IN_SAMPLE, "name=ranked").code == 0
    alc("train", *IN_SAMPLE, "backbone.weights=ranked").refused(
        "backbone.weights=ranked is a rank run", f"Type backbone.weights={first.name}"
    )
    assert sorted(Path("runs/train").iterdir()) == before


def test_unfinished_and_damaged_runs(first: Path) -> None:
    broken = Path("runs/train/0123456abc")
    shutil.copytree(first, broken)
    (broken / WEIGHTS).write_bytes((first / WEIGHTS).read_bytes()[:200])
    done = alc("train", *IN_SAMPLE, f"backbone.weights={broken.name}")
    done.refused(f"run train/{broken.name} is damaged", "weights.safetensors has 200 bytes", "alc-train")
    (broken / "manifest.json").unlink()
    done = alc("train", *IN_SAMPLE, f"backbone.weights={broken.name}")
    done.refused(f"run train/{broken.name} is not finished", "alc-train command")


def test_a_run_id_that_reads_as_a_number(first: Path) -> None:
    for name in ("1234567e12", "1234567890"):
        first.with_name(name).symlink_to(first, target_is_directory=True)
        done = alc("train", *IN_SAMPLE, f"backbone.weights={name}", "tuning=fine_tune")
        first.with_name(name).unlink()
        assert done.code == 0, done.err


@pytest.mark.parametrize("tuning", ["linear_probe", "fine_tune"])
def test_nothing_to_tune_is_refused(first: Path, tuning: str) -> None:
    done = alc("train", *IN_SAMPLE, f"tuning={tuning}")
    done.refused(f"tuning={tuning}", "no weights to start from", "backbone.weights=", "ssl=simclr", "pretrained=true")


def test_weights_of_another_network_are_refused_before_training(first: Path) -> None:
    for change, words in (
        ("backbone.blocks=[2]", ("another architecture", "lacks", "the file says SmallResNet")),
        ("backbone.stem=6", ("has shape", "as in the chosen backbone")),
    ):
        done = alc("train", *IN_SAMPLE, "backbone.weights=first", change)
        done.refused(WEIGHTS, *words)
        assert "Fold" not in done.err
    for name, content in {"text.pt": b"note", "cut.safetensors": (first / WEIGHTS).read_bytes()[:400]}.items():
        Path(name).write_bytes(content)
        alc("train", *IN_SAMPLE, f"backbone.weights={name}").refused(name, "Give a .safetensors file")


def test_other_classes_sizes_and_normalisations_are_told(first: Path) -> None:
    _, said = trained("backbone.weights=first", "data.classes=4", "data.size=12", "loader.normalisation=none")
    assert "with a new classifier of 4 classes, since that of the file has 3" in said
    assert "was trained on images of 8x8 pixels, these have 12x12" in said
    assert "was trained with loader.normalisation=data, here it is none" in said


def test_the_config_of_a_run_says_everything(first: Path) -> None:
    run, _ = trained("backbone.weights=first", "tuning=fine_tune", "tuning.encoder_rate=0.5")
    text = (run / "config.yaml").read_text()
    assert "encoder_rate: 0.5" in text
    assert "weights: first" in text
    assert json.loads((run / "manifest.json").read_text())["parents"] == [first.name]


def test_a_probe_of_digits_learns(folder: Path) -> None:
    common = ["data=digits", "posteriors=in_sample", "trainer.max_epochs=2", "noise.rate=0.2"]
    done = alc("train", *common, "name=base")
    assert done.code == 0, done.err
    done = alc("train", *common, "backbone.weights=base", "tuning=linear_probe", "method=co_teaching")
    assert done.code == 0, done.err
    manifest = Manifest.read(Path("runs") / "train" / done.trainings[0])
    assert manifest is not None
    assert float(manifest.headline["agreement_with_given_labels"] or 0) > 0.6
