"""posteriors_from: the id or the name of a training, a file, and what is none of these."""

import json
import shlex
import shutil
from pathlib import Path

import numpy as np
import pytest

from alc.posteriors import Posteriors
from alc.samples import SampleTable
from tests.integration.commands import SIMULATE, TRAIN, Loop, alc, without_figures


@pytest.fixture(autouse=True)
def plain(loop: Loop, monkeypatch: pytest.MonkeyPatch) -> None:
    without_figures(monkeypatch)


def save(path: Path, probs: np.ndarray, ids: np.ndarray) -> None:
    """A file of the right layout, by hand and without any check."""
    about = json.dumps({"format": "alc-posteriors-1", "protocol": "external"}).encode()
    np.savez(path, probs=probs, sample_id=ids, metadata=np.frombuffer(about, dtype=np.uint8))


def uniform(num_samples: int = 60, num_classes: int = 3) -> np.ndarray:
    return np.full((1, num_samples, num_classes), 1 / num_classes, dtype=np.float32)


def test_the_id_the_name_and_auto_are_the_same_simulation(loop: Loop) -> None:
    training = loop.training.name
    assert alc("train", *TRAIN, "name=first").code == 0
    runs = {path.name for path in (loop.folder / "runs" / "simulate").iterdir()}
    for wanted in (training, "first", "auto"):
        done = alc("simulate", *SIMULATE, f"posteriors_from={wanted}")
        assert done.code == 0
        assert f"training {training}" in done.out
    assert {path.name for path in (loop.folder / "runs" / "simulate").iterdir()} == runs


def test_a_file_counts_by_its_content(loop: Loop) -> None:
    samples = SampleTable.load(loop.training / "samples.parquet")
    assert samples.reference is not None
    sure = 0.98 * np.eye(3)[samples.reference] + 0.02 / 3
    backwards = slice(None, None, -1)  # joined by id, not by position
    save(loop.folder / "sure.npz", sure[None][:, backwards], samples.sample_id[backwards])
    simulate = [*SIMULATE, "data.ambiguous=0"]  # annotators that never err
    done = alc("simulate", *simulate, "posteriors_from=sure.npz")
    assert done.code == 0
    assert "posteriors: external, file sure.npz" in done.out
    (line,) = [line for line in done.out.splitlines() if line.startswith("joint ")]
    assert " 1.0000 " in line  # who knows the truth corrects everything
    (loop.folder / "sure.npz").rename(loop.folder / "moved.npz")
    assert "SKIP" in alc("simulate", *simulate, "posteriors_from=moved.npz").err
    save(loop.folder / "moved.npz", uniform(), np.arange(60))
    assert "SKIP" not in alc("simulate", *simulate, "posteriors_from=moved.npz").err


def test_files_that_are_none(loop: Loop) -> None:
    (loop.folder / "text.npz").write_text("just a note")
    Posteriors(uniform(), np.arange(60)).save(loop.folder / "cut.npz")
    (loop.folder / "cut.npz").write_bytes((loop.folder / "cut.npz").read_bytes()[:150])
    np.savez(loop.folder / "other.npz", images=np.zeros(3))
    for task, file in (("simulate", "text.npz"), ("rank", "cut.npz"), ("rank", "other.npz")):
        done = alc(task, *(SIMULATE if task == "simulate" else TRAIN), f"posteriors_from={file}")
        done.refused(file, "Give a posteriors.npz written by alc-train")
        assert "pickle" not in done.err


@pytest.mark.parametrize(
    ("change", "value", "words"),
    [
        (np.nan, "nan", "row 7 (sample id 17)"),
        (0.9, "0.9", "sums to 1.56667"),
        (-0.2, "-0.2", "sums to 0.466667"),
    ],
)
def test_a_file_with_impossible_numbers_names_the_row_and_the_value(
    loop: Loop, change: float, value: str, words: str
) -> None:
    probs = uniform()
    probs[0, 7, 2] = change
    save(loop.folder / "bad.npz", probs, np.arange(60) + 10)
    alc("simulate", *SIMULATE, "posteriors_from=bad.npz").refused("bad.npz", "row 7", value, words, "Apply a softmax")


def test_posteriors_of_other_data(loop: Loop) -> None:
    save(loop.folder / "few.npz", uniform(40), np.arange(40))
    alc("simulate", *SIMULATE, "posteriors_from=few.npz").refused("file few.npz", "lack 20 of 60", "id 40")
    save(loop.folder / "wide.npz", uniform(60, 4), np.arange(60))
    alc("rank", *TRAIN, "posteriors_from=wide.npz").refused("file wide.npz", "4 classes, the data have 3")
    training = loop.training.name
    done = alc("simulate", *SIMULATE, "data.samples=70", f"posteriors_from={training}")
    done.refused(f"posteriors_from={training}", "60 samples", "70")


def test_names_of_nothing_and_of_other_runs(loop: Loop) -> None:
    done = alc("simulate", *SIMULATE, "posteriors_from=nobody")
    done.refused(
        "posteriors_from=nobody", "Type alc-runs", f"{shlex.join(['alc-train', *TRAIN, 'name=nobody'])} to make one"
    )
    alc("simulate", *SIMULATE, "posteriors_from=../up").refused("posteriors_from=../up")
    alc("simulate", *SIMULATE, "posteriors_from=none.npz").refused(
        "posteriors_from=none.npz", str(loop.folder / "none.npz")
    )
    training = loop.training.name
    assert alc("rank", *TRAIN, "name=ranked").code == 0
    done = alc("simulate", *SIMULATE, "posteriors_from=ranked")
    done.refused("posteriors_from=ranked is a rank run", f"Type posteriors_from={training}")


def test_a_training_that_is_not_finished_names_its_command(loop: Loop) -> None:
    begun = loop.folder / "runs" / "train" / "0123456789"
    begun.mkdir()
    (begun / ".owner.json").write_text(
        json.dumps({"pid": 1, "host": "h", "sources": "s", "command": "alc-train seed=5"})
    )
    done = alc("simulate", *SIMULATE, "posteriors_from=0123456789")
    shutil.rmtree(begun)
    done.refused("that run is not finished", "Type alc-train seed=5: it continues")


def test_a_run_id_that_reads_as_a_number(loop: Loop) -> None:
    training = loop.training
    for name in ("1234567e12", "12345e6789"):  # a float, and one too large to be one
        link = training.with_name(name)
        link.symlink_to(training, target_is_directory=True)
        done = alc("simulate", *SIMULATE, f"posteriors_from={name}")
        link.unlink()
        assert done.code == 0, done.err
