"""Bad input on the command line: exit code 2, one message that can be acted on, nothing half-written."""

import copy
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import yaml
from hydra import compose, initialize_config_dir
from omegaconf import DictConfig, OmegaConf
from PIL import Image

from alc.cli import app
from alc.errors import InputError
from alc.sources.cifar10h import read_counts
from alc.tasks import simulate, train
from tests.integration.commands import NETWORK, ONE_MODEL, SIMULATE, TRAIN, alc, only, without_figures

CSV = [
    *("data=csv", "data.file=labels.csv", "data.image_size=8", "trainer=fast_dev_run", "posteriors.num_folds=2"),
    *("loader.batch_size=8", *NETWORK),
]


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    without_figures(monkeypatch)


@pytest.fixture
def pictures(folder: Path) -> list[str]:
    """Rows of a good CSV file and the images they name."""
    rng = np.random.default_rng(0)
    (folder / "img").mkdir()
    rows = []
    for i in range(24):
        Image.fromarray(rng.integers(0, 255, (8, 8, 3), dtype=np.uint8)).save(folder / "img" / f"{i}.png")
        rows.append(f"img/{i}.png,{'ab'[i % 2]},{'ab'[i % 2] if i > 2 else 'a'}")
    return rows


def write(rows: list[str], header: str = "path,label,reference_label") -> None:
    Path("labels.csv").write_text("\n".join([header, *rows]) + "\n")


@pytest.fixture(scope="module")
def composed() -> DictConfig:
    with initialize_config_dir(str(app.config_directory()), version_base="1.3"):
        return compose("simulate", SIMULATE)


@pytest.fixture(scope="module")
def own_images() -> DictConfig:
    """The config of a training on labels.csv."""
    with initialize_config_dir(str(app.config_directory()), version_base="1.3"):
        return compose("train", CSV)


@pytest.fixture
def simulation(composed: DictConfig) -> DictConfig:
    """The config of a simulation, to be changed."""
    return copy.deepcopy(composed)


def refused(run: Callable[[DictConfig], None], config: DictConfig, override: str, words: list[str]) -> None:
    """Assert that a task refuses a value in words a user understands."""
    key, _, value = override.partition("=")
    OmegaConf.update(config, key, yaml.safe_load(value))
    with pytest.raises(InputError) as caught:
        run(config)
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize(
    ("task", "typed", "words"),
    [
        (
            "train",
            "ssl.epochs=3",
            ["ssl=none has no keys", "ssl=byol or ssl=simclr", "Type e.g. ssl=byol ssl.epochs=3"],
        ),
        (
            "train",
            "ssl.method.temperature=0.1",
            ["Allowed: keys of ssl=simclr.", "ssl=simclr ssl.method.temperature=0.1"],
        ),
        ("rank", "averaging.decay=0.9", ["averaging=none has no keys", "Type e.g. averaging=ema averaging.decay=0.9"]),
        ("simulate", "refresh.every=9", ["refresh=none has no keys", "refresh=fine_tune refresh.every=9"]),
        ("train", "ssl.epoch=3", ["'ssl.epoch' does not exist", "Allowed: keys of ssl=byol or ssl=simclr."]),
        ("rank", "refresh.every=9", ["'refresh.every' does not exist"]),
    ],
)
def test_a_key_of_a_group_that_is_none_says_what_to_type(folder: Path, task: str, typed: str, words: list[str]) -> None:
    alc(task, typed).refused(*words)


def test_images_that_the_network_can_not_read_are_told_before_training(folder: Path) -> None:
    plain = [each for each in ONE_MODEL if not each.startswith("backbone")]
    network = ["backbone=any_timm", "backbone.name=test_vit", "backbone.pretrained=false"]
    options = "backbone.options.img_size=32"
    alc("train", *plain, *network, options).refused(
        "'backbone.options' holds nothing so far", f"Type +{options} to add"
    )
    alc("train", *plain, *network, "backbone.options={img_size:32}").refused("Type +backbone.options.img_size=VALUE")
    done = alc("train", *plain, *network, f"+{options}", "+backbone.options.dynamic_img_size=false")
    done.refused("cannot read images of 8x8 pixels", "Set backbone.options.img_size=8")
    assert nothing_is_finished(folder)
    assert not list(folder.glob("runs/train/*/checkpoints/**/*.ckpt"))


def nothing_is_finished(folder: Path) -> bool:
    runs = folder / "runs"
    return (
        not any(runs.rglob("manifest.json"))
        and not any(runs.rglob("posteriors.npz"))
        and not any(runs.rglob(".*.tmp*"))
    )


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("budget.annotations=0", ["budget.annotations=0", "1 or more", "Type e.g. budget.annotations=1000"]),
        ("budget.annotations=-5", ["budget.annotations=-5", "1 or more"]),
        ("budget.annotations=some", ["budget.annotations='some'"]),
        ("simulation.seeds=0", ["simulation.seeds=0", "1 or more"]),
        ("simulation.seeds=two", ["simulation.seeds='two'"]),
        ("simulation.levels=[1.5]", ["simulation.levels", "1.5", "up to 1"]),
        ("simulation.levels=[high]", ["simulation.levels", "'high'"]),
        ("simulation.confidence=95", ["simulation.confidence=95", "0.9999"]),
        ("simulation.interval=sd", ["simulation.interval='sd'", "t, normal"]),
        ("simulation.top=0", ["simulation.top=0", "1 or more"]),
        ("simulation.expected_up_to=some", ["simulation.expected_up_to='some'", "a whole number of 0 or more"]),
        ("noise.rate=1.5", ["noise.rate is 1.5", "0 to 1"]),
        ("noise.rate=abc", ["noise.rate is 'abc'", "0 to 1"]),
        ("noise.rate=0", ["0 labels are wrong", "noise=symmetric"]),
        ("seed=abc", ["seed='abc'", "0 or more"]),
        ("seeds.annotator=-1", ["seeds.annotator=-1", "0 or more"]),
        ("loader.batch_size=x", ["loader.batch_size='x'", "1 or more"]),
        ("loader.predict_batch_size=0", ["loader.predict_batch_size=0", "1 or more"]),
        ("callbacks.checkpoint_seconds=x", ["callbacks.checkpoint_seconds='x'", "0 or more"]),
        ("force=maybe", ["force='maybe'", "true, false"]),
        ("name=a/b", ["name='a/b'", "Type e.g. name=first_try"]),
        ("data.samples=0", ["data.samples is 0", "3 or more"]),
        ("backbone.weights=none.pt", ["backbone.weights=none.pt", "no file", "none.pt", "the name of a run"]),
    ],
)
def test_values_are_refused_before_anything_is_trained(
    folder: Path, simulation: DictConfig, capsys: pytest.CaptureFixture[str], override: str, words: list[str]
) -> None:
    refused(simulate.run, simulation, override, words)
    assert "Training" not in capsys.readouterr().out
    assert nothing_is_finished(folder)


def test_the_command_tells_it_in_one_line(folder: Path) -> None:
    alc("simulate", *SIMULATE, "budget.annotations=-5").refused("budget.annotations=-5", "1 or more")
    alc("simulate", *SIMULATE, "noise.rate=abc").refused("noise.rate is 'abc'", "0 to 1")
    alc("simulate", *SIMULATE, "selector=jont").refused("selector=jont", "Did you mean 'joint'?")
    alc("simulate", *SIMULATE, "simulation.sedds=3").refused("simulation.sedds", "Did you mean 'seeds'?")
    assert not (folder / "runs").exists()


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("optimizer.lr=abc", ["optimizer"]),
        ("optimizer.lr=-1", ["optimizer", "-1"]),
        ("backbone.widths=3", ["backbone"]),
        ("posteriors.num_folds=1", ["folds", "1", "2 or more"]),
        ("trainer.max_epochs=0", ["trainer.max_epochs is 0", "1 or more"]),
        ("loader.batch_size=500", ["batch size 500", "30 or less"]),
        ("optimizer.lr=1.0e+30", ["loss", "optimizer.lr"]),
    ],
)
def test_what_only_a_training_can_refuse(folder: Path, simulation: DictConfig, override: str, words: list[str]) -> None:
    refused(train.run, simulation, override, words)
    assert nothing_is_finished(folder)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("img/5.png,,b", ["line 7", "column label", "empty"]),
        ("img/5.png,c,b", ["line 7", "'c'", "a, b"]),
        ("img/5.png,7,b", ["line 7", "'7'", "a, b"]),
        ("img/4.png,b,b", ["line 7", "'img/4.png'", "line 6"]),
        ("img/99.png,b,b", ["line 7", "'img/99.png'", "data.root"]),
        ("img/5.png,b", ["line 7", "2 values"]),
    ],
    ids=["missing", "unknown", "out of range", "duplicate", "no file", "short"],
)
def test_a_row_of_a_csv_file(
    folder: Path, own_images: DictConfig, pictures: list[str], row: str, words: list[str]
) -> None:
    write([*pictures[:5], row, *pictures[6:]])
    refused(train.run, own_images, "data.classes=[a,b]", ["labels.csv", *words])
    assert nothing_is_finished(folder)


def test_unreadable_images_are_found_before_training(folder: Path, pictures: list[str]) -> None:
    write(pictures)
    whole = (folder / "img" / "5.png").read_bytes()
    for content in (whole[: len(whole) // 2], b"no picture at all"):
        (folder / "img" / "5.png").write_bytes(content)
        done = alc("simulate", *CSV)
        done.refused("img/5.png", "1 of 24 images", "Replace or remove")
        assert done.trainings == []
    assert nothing_is_finished(folder)
    (folder / "img" / "5.png").write_bytes(whole)
    done = alc("simulate", *CSV, "simulation.seeds=2")  # and the corrected input just works
    assert done.code == 0, done.err
    assert "labels: 24 samples" in done.out


def test_data_without_a_truth_are_refused_before_training_and_can_be_ranked(folder: Path, pictures: list[str]) -> None:
    write([row.rpartition(",")[0] for row in pictures], "path,label")
    done = alc("simulate", *CSV)
    done.refused("no reference labels", "alc-rank")
    assert done.trainings == []
    ranked = alc("rank", *CSV)
    assert ranked.code == 0
    assert "alc-simulate" not in ranked.out  # it would be refused


def test_data_that_are_not_there(folder: Path) -> None:
    alc("train", "data=csv").refused("data.file has no value", "Type data.file=VALUE")
    alc("train", "data=csv", "data.file=none.csv").refused("none.csv", "Type data.file=")
    alc("train", "data=folder", "data.root=none").refused("'none'", str(folder / "none"), "Type data.root=")
    (folder / "data").mkdir()
    (folder / "data" / "pneumoniamnist.npz").write_text("no archive")
    done = alc("train", "data=medmnist")
    done.refused("pneumoniamnist.npz", "not an npz file")
    assert "pickle" not in done.err
    assert nothing_is_finished(folder)


def test_an_oracle_ranks_nothing_real(folder: Path) -> None:
    done = alc("rank", *TRAIN, "selector=oracle")
    done.refused("selector=oracle", "Type e.g. selector=joint")
    assert done.trainings == []
    alc("rank", *TRAIN, "selector=[joint,entropy]").refused("selector=[joint,entropy]", "one selector")


def test_counts_with_an_empty_row(folder: Path) -> None:
    counts = np.full((10_000, 10), 5, dtype=np.int64)
    counts[[17, 40]] = 0
    np.save("counts.npy", counts)
    with pytest.raises(InputError, match=r"counts\.npy.*row 17 has no vote \(2 such rows\)"):
        read_counts(Path("counts.npy"))


@pytest.mark.parametrize("runs", ["taken", "taken/runs"])
def test_a_folder_that_can_not_be_written(folder: Path, runs: str) -> None:
    (folder / "taken").write_text("a file")
    done = alc("simulate", *SIMULATE, f"paths.runs={runs}")
    done.refused(runs, "can not be written", "Type paths.runs=FOLDER")
    assert done.trainings == []
    alc("train", *TRAIN, "-m", "seed=0,1", f"paths.runs={runs}").refused(runs, "Type paths.runs=FOLDER")
    assert (folder / "taken").read_text() == "a file"


@pytest.mark.parametrize("writer", ["alc.atomic.os.fsync", "numpy.savez_compressed", "pandas.DataFrame.to_parquet"])
def test_a_full_disk(folder: Path, monkeypatch: pytest.MonkeyPatch, writer: str) -> None:
    import errno

    def fails(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(writer, fails)
        done = alc("simulate", *SIMULATE)
    done.refused("the disk is full", "Free some space", "paths.runs=FOLDER")
    assert not list(folder.glob("runs/simulate/*/manifest.json"))
    assert not list(folder.rglob(".*.tmp*"))
    again = alc("simulate", *SIMULATE)
    assert again.code == 0, again.err
    assert only(folder, "runs/simulate/*/manifest.json").is_file()


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("trainer.devices=auto", ("trainer.devices='auto'", "Give the number")),
        ("trainer.devices=-1", ("trainer.devices=-1", "Give the number")),
        ("trainer.devices=[0]", ("trainer.devices=[0]", "Give the number")),
        ("trainer.num_nodes=0", ("trainer.num_nodes=0",)),
        ("trainer.devices=2", ("accelerator=auto with 2 processes", "Type trainer.accelerator=gpu")),
        ("compute.compile=3", ("compute.compile",)),
        ("loader.batch_size=31", ("batch size 31", "the 30 samples", "loader.batch_size to 30")),
        ("posteriors.num_folds=61", ("61 folds", "2 to 60")),
    ],
)
def test_what_could_not_be_trained_is_refused_before_the_first_fold(
    folder: Path, override: str, words: tuple[str, ...]
) -> None:
    done = alc("train", *TRAIN, override)
    done.refused(*words)
    assert "Fold" not in done.err
    assert not list(folder.glob("runs/train/*/checkpoints/*"))
