"""Checkpoints: whole or absent, of this fit or not used."""

import os
from collections.abc import Callable
from pathlib import Path
from pickle import UnpicklingError

import pytest
import torch

from alc.callbacks.checkpoint import AtomicCheckpointIO, LastCheckpoint, usable_checkpoint


def save(directory: Path, fingerprint: str = "a") -> Path:
    path = directory / "last.ckpt"
    state = {"epoch": 1, "callbacks": {"LastCheckpoint": {"fingerprint": fingerprint}}, "w": torch.ones(100)}
    AtomicCheckpointIO().save_checkpoint(state, path)
    return path


def test_round_trip_and_removal(tmp_path: Path) -> None:
    path = save(tmp_path)
    assert AtomicCheckpointIO().load_checkpoint(path)["epoch"] == 1
    assert usable_checkpoint(tmp_path, "a") == path
    AtomicCheckpointIO().remove_checkpoint(path)
    assert usable_checkpoint(tmp_path, "a") is None


def test_a_failing_write_leaves_the_previous_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = save(tmp_path)
    before = path.read_bytes()

    write = Path.write_bytes

    def fail(target: Path, content: bytes) -> None:
        write(target, content[:100])
        raise OSError("disk full")

    monkeypatch.setattr(Path, "write_bytes", fail)
    with pytest.raises(OSError, match="disk full"):
        save(tmp_path, "b")
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_truncated_checkpoint_is_not_used_and_one_warning_says_so(tmp_path: Path) -> None:
    path = save(tmp_path)
    for content in (path.read_bytes()[:300], b"", b"text"):
        path.write_bytes(content)
        with pytest.warns(UserWarning, match="cannot be read .* starts from the beginning") as caught:
            assert usable_checkpoint(tmp_path, "a") is None
        assert len(caught) == 1


class Payload:
    """Makes a folder when unpickled."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple[Callable[[str], None], tuple[str]]:
        return (os.mkdir, (str(self.folder),))


def test_no_code_of_a_checkpoint_runs(tmp_path: Path) -> None:
    trace = tmp_path / "ran"
    torch.save({"callbacks": {}, "extra": Payload(trace)}, tmp_path / "last.ckpt")
    with pytest.warns(UserWarning, match="cannot be read"):
        assert usable_checkpoint(tmp_path, "a") is None
    with pytest.raises(UnpicklingError):
        AtomicCheckpointIO().load_checkpoint(tmp_path / "last.ckpt")
    assert not trace.exists()


def test_a_checkpoint_of_another_fit_is_not_used(tmp_path: Path) -> None:
    save(tmp_path, "b")
    with pytest.warns(UserWarning, match="is of another training"):
        assert usable_checkpoint(tmp_path, "a") is None


def test_the_name_lightning_files_the_fingerprint_under(tmp_path: Path) -> None:
    assert LastCheckpoint(tmp_path, "a", 0).state_key == "LastCheckpoint"
