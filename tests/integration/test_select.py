"""Choosing among finished trainings on noisy, cleaned and true validation labels, and what is refused."""

import json
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from alc.noise import Symmetric
from alc.posteriors import Posteriors
from alc.samples import SampleTable
from alc.sources.synthetic import SyntheticSource
from tests.integration.commands import ONE_MODEL, TRAIN, Done, alc, only, state

DATA = ["data=synthetic", "data.samples=60", "data.size=8", "data.test_samples=30"]
TRAINED = [*ONE_MODEL, "data.test_samples=30", "trainer=cpu", "trainer.precision=32-true"]
METHODS = {"plain": ("trainer.max_epochs=6",), "robust": ("method=elr", "trainer.max_epochs=3"),
           "two": ("method=co_teaching", "trainer.max_epochs=1")}  # fmt: skip
MODELS = "models=[plain,robust,two]"
NOISE = "noise.rate=0.4"


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with three finished trainings of as many methods."""
    folder = tmp_path_factory.mktemp("trained")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name, settings in METHODS.items():
            done = alc("train", *TRAINED, *settings, f"name={name}")
            assert done.code == 0, done.err
    return folder


@pytest.fixture
def folder(trained: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """That folder as the current one; each test adds runs of its own."""
    monkeypatch.chdir(trained)
    monkeypatch.delenv("HYDRA_FULL_ERROR", raising=False)
    monkeypatch.setattr("alc.tasks.select.draw_choice", lambda *_: [])  # takes most of the time, and one test looks
    return trained


def selected(*arguments: str) -> tuple[Path, dict[str, Any], Done]:
    done = alc("select", *arguments)
    assert done.code == 0, done.err
    (line,) = [line for line in done.out.splitlines() if line.startswith("numbers ")]
    file = Path(line.split()[1])
    return file.parent, json.loads(file.read_text()), done


def test_the_numbers_are_those_of_the_posteriors_and_labels(trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(trained)
    run, summary, done = selected(*DATA, MODELS, NOISE, "initialisations=3", "seeds.noise=5", "seeds.annotator=2")
    dataset = SyntheticSource(samples=60, size=8, test_samples=30).load(0)
    assert dataset.test_labels is not None
    predicted = {
        name: Posteriors.load(Path("runs") / name / "test_posteriors.npz").mean.argmax(axis=1) for name in METHODS
    }
    noisy = [Symmetric(0.4).apply(dataset.test_labels, 3, None, seed)[0] for seed in (5, 6, 7)]
    for name, guess in predicted.items():
        entry = summary["models"][name]
        assert entry["true"] == pytest.approx((guess == dataset.test_labels).mean())
        assert entry["noisy"]["values"] == pytest.approx([(guess == labels).mean() for labels in noisy])
    assert summary["seeds"] == [2, 3, 4]
    assert [entry["samples"] for entry in summary["labels"].values()] == [0, 3, 6]
    assert summary["wrong_labels"] == pytest.approx([(labels != dataset.test_labels).mean() for labels in noisy])
    best = max(summary["models"].values(), key=lambda entry: float(entry["true"]))["true"]
    assert [name for name, entry in summary["models"].items() if entry["true"] == best] == summary["right"]
    scores, table = pd.read_csv(run / "scores.csv"), pd.read_csv(run / "table.csv")
    assert len(scores) == 3 * 3 * 3 + 3
    assert table["place"].is_monotonic_increasing
    assert list(table) == ["model", "place", "true", "noisy", "noisy sd", "cleaned 10%", "cleaned 10% sd",
                           "cleaned 20%", "cleaned 20% sd"]  # fmt: skip
    manifest = json.loads((run / "manifest.json").read_text())
    assert sorted(manifest["parents"]) == sorted(path.name for path in Path("runs/train").iterdir())
    assert set(manifest["headline"]) == {"best", "noisy", "cleaned 10%", "cleaned 20%"}
    with Image.open(run / "figures" / "model_choice.png") as picture:
        assert min(picture.size) > 200
    assert "Noisy labels choose" in done.out
    for state_of_labels in ("cleaned 10%", "cleaned 20%"):
        assert f"Labels {state_of_labels}: " in done.out


def test_the_same_command_finds_the_run_and_names_ids_and_files_are_the_same_models(folder: Path) -> None:
    run, summary, first = selected(*DATA, MODELS, NOISE)
    before = state(run)
    _, _, again = selected(*DATA, MODELS, NOISE)
    assert "SKIP select/" in again.err
    assert state(run) == before
    assert again.out == first.out
    plain = Path("runs/plain").resolve()
    (folder / "brought.npz").write_bytes((Path("runs/two") / "test_posteriors.npz").read_bytes())
    mixed = f"models={{plain: {plain.name}, robust: robust, two: brought.npz}}"
    other, same, _ = selected(*DATA, mixed, NOISE)
    assert other != run
    assert same["models"] == summary["models"]
    assert same["labels"] == summary["labels"]
    assert json.loads((other / "manifest.json").read_text())["parents"] == [
        plain.name,
        Path("runs/robust").resolve().name,
    ]
    _, listed, _ = selected(*DATA, f"models=[{plain.name},brought.npz]", NOISE)
    assert list(listed["models"]) == [plain.name, "brought"]


def test_who_ranks_and_how_is_a_choice(folder: Path) -> None:
    runs = [
        selected(*DATA, MODELS, NOISE, *more)
        for more in (
            (),
            ("ranked_by=own",),
            ("ranked_by=robust",),
            ("ranked_by=runs/two/test_posteriors.npz",),
            ("selector=random", "metric=log_likelihood", "shares=0.5"),
            ("selector=oracle_once",),
        )
    ]
    assert len({run for run, _, _ in runs}) == len(runs)
    assert [summary["ranked_by"].split()[0] for _, summary, _ in runs[:4]] == ["mean", "own", "training", "file"]
    noisy = [[entry["noisy"]["mean"] for entry in summary["models"].values()] for _, summary, _ in runs]
    assert all(each == noisy[0] for each in noisy[:4])
    assert max(noisy[4]) < 0
    assert list(runs[4][1]["labels"]) == ["noisy", "cleaned 50%"]
    oracle = runs[5][1]["labels"]["cleaned 20%"]
    assert oracle["label_accuracy"]["mean"] == pytest.approx(0.6 + 6 / 30)  # each question corrects a label


def test_the_next_command_is_a_sweep_that_runs(folder: Path) -> None:
    _, _, done = selected(*DATA, MODELS, NOISE, "initialisations=2")
    (line,) = [line for line in done.out.splitlines() if line.startswith("next ")]
    program, *arguments = shlex.split(line.removeprefix("next").partition("  (")[0])
    assert program == "alc-select"
    assert "-m" in arguments
    again = alc("select", *arguments)
    assert again.code == 0, again.err
    assert again.err.count("SKIP select/") == 1


def test_samples_of_cross_fitted_models_and_labels_that_are_noisy_already(folder: Path) -> None:
    """Predictions of samples the models have not seen; the label noise is that of a file."""
    data = [*TRAIN, "data.test_samples=30", "data.ambiguous=0"]
    for name, epochs in (("folds_1", 1), ("folds_4", 4)):
        done = alc(
            "train", *data, "trainer=cpu", "trainer.precision=32-true", f"trainer.max_epochs={epochs}", f"name={name}"
        )
        assert done.code == 0, done.err
    samples = SampleTable.load(Path("runs/folds_1/samples.parquet"))
    assert samples.reference is not None
    command = [*DATA, "data.ambiguous=0", "validation=samples", "models=[folds_1,folds_4]"]
    _, summary, _ = selected(*command, "noise.rate=0.2")
    assert summary["data"]["images"] == 60
    for name in ("folds_1", "folds_4"):
        guess = Posteriors.load(Path("runs") / name / "posteriors.npz").mean.argmax(axis=1)
        assert summary["models"][name]["true"] == pytest.approx((guess == samples.reference).mean())
    assert alc("train", *TRAINED, "data.ambiguous=0", "name=seen").code == 0
    alc("select", *command[:-1], "models=[folds_1,seen]").refused(
        "in_sample", "posteriors=cross_fit", "validation=test"
    )
    _, by_seen, _ = selected(*command, "ranked_by=seen")  # who only ranks may have seen them
    assert by_seen["ranked_by"].startswith("training")

    (folder / "img").mkdir()
    rows = ["path,label,reference_label"]
    rng = np.random.default_rng(0)
    for number in range(20):
        Image.fromarray(rng.integers(0, 255, (8, 8, 3), dtype=np.uint8)).save(folder / "img" / f"{number}.png")
        true = "ab"[number % 2]
        rows.append(f"img/{number}.png,{'b' if number < 6 else true},{true}")
    (folder / "val.csv").write_text("\n".join(rows) + "\n")
    truth = np.arange(20) % 2
    for name, wrong in (("good", 1), ("bad", 9)):
        guess = np.where(np.arange(20) >= 20 - wrong, 1 - truth, truth)
        Posteriors.single(np.where(np.eye(2)[guess] > 0, 0.9, 0.1)).save(folder / f"{name}.npz")
    csv = ["data=csv", "data.file=val.csv", "data.image_size=8", "noise=none", "models=[good.npz,bad.npz]"]
    _, summary, _ = selected(*csv, "validation=samples", "shares=[0.5]")
    assert summary["wrong_labels"] == [0.15] * 5
    assert summary["right"] == ["good"]
    assert summary["models"]["good"]["true"] == pytest.approx(0.95)
    alc("select", *csv).refused("no test images", "validation=samples")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["models=[plain]"], ["models=['plain'] is one model or none", "two models or more"]),
        (["models=plain"], ["models=plain", "two models or more"]),
        ([], ["models has no value"]),
        (["models=[plain,robst]"], ["models=robst", "Did you mean 'robust'?"]),
        (["models=[plain,plain]"], ["same model", "different models"]),
        (["models={a: plain, b: plain}"], ["plain and a are the same model"]),
        (["models=[plain,non.npz]"], ["there is no file", "non.npz"]),
        ([MODELS, "ranked_by=mea"], ["ranked_by=mea"]),
        ([MODELS, "shares=[0.1,1.5]"], ["1.5 is no share", "up to 1"]),
        ([MODELS, "shares=[0]"], ["0 is no share"]),
        ([MODELS, "shares=[ten]"], ["'ten' is no share"]),
        ([MODELS, "shares=[0.01]"], ["0.01 of 30 samples is none"]),
        ([MODELS, "metric=f1"], ["metric=f1", "accuracy, top_2_accuracy, log_likelihood"]),
        ([MODELS, "validation=tst"], ["validation=tst", "Did you mean 'test'?"]),
        ([MODELS, "initialisations=0"], ["initialisations=0", "1 or more"]),
        ([MODELS, "seeds.noise=-1"], ["seeds.noise=-1"]),
        ([MODELS, "noise=none"], ["noise=none", "nothing to clean"]),
        ([MODELS, "noise=human_temperature"], ["human_temperature", "counts of human labels"]),
        ([MODELS, "selector=[joint,entropy]"], ["selector=[joint,entropy]", "one selector"]),
        ([MODELS, "selector=oracle"], ["selector=oracle", "oracle_once"]),
        ([MODELS, "selector=aum"], ["selector=aum", "the course of a training"]),
        ([MODELS, "selector=knn"], ["selector=knn", "features"]),
        ([MODELS, "method=elr"], ["alc-select does not use the group 'method'"]),
        ([MODELS, "data.test_samples=33"], ["other test images", "data.test_samples is 30 there and 33 here"]),
        ([MODELS, "seeds.split=1"], ["other test images", "seeds.split is 0 there and 1 here"]),
    ],
)  # fmt: skip
def test_what_is_refused(folder: Path, arguments: list[str], words: list[str]) -> None:
    done = alc("select", *DATA, *arguments)
    done.refused(*words)


def test_files_that_do_not_fit(folder: Path) -> None:
    Posteriors.single(np.full((30, 4), 0.25)).save(folder / "wide.npz")
    Posteriors.single(np.full((20, 3), 1 / 3)).save(folder / "few.npz")
    alc("select", *DATA, "models=[plain,wide.npz]").refused("wide.npz", "4 classes, the data have 3")
    alc("select", *DATA, "models=[plain,few.npz]").refused("few.npz", "lack 10 of 30")


def test_settings_that_leave_the_test_images_alone_do_not_matter(folder: Path) -> None:
    """Only the images and labels of the test set have to be the same."""
    assert alc("train", *TRAINED, "data.pixel_noise=20.0", "noise.rate=0.1", "name=other").code == 0
    _, summary, _ = selected(*DATA, "models=[plain,other]", "data.pixel_noise=20")
    assert list(summary["models"]) == ["plain", "other"]


def test_a_run_of_another_task_is_told(folder: Path) -> None:
    run, _, _ = selected(*DATA, MODELS, NOISE, "name=choice")
    alc("select", *DATA, "models=[plain,choice]").refused("models=choice is a select run")
    assert only(folder, "runs/choice").resolve() == run.resolve()
    assert run.name in alc("runs", "--task", "select").out
