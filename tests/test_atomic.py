"""A file is there whole or not at all."""

import os
from pathlib import Path

import pytest

from alc.atomic import atomic_path


def write(path: Path, text: str, *, fail: bool = False) -> None:
    with atomic_path(path) as temporary:
        temporary.write_text(text)
        if fail:
            raise OSError("disk full")


def test_new_file_appears_and_nothing_else(tmp_path: Path) -> None:
    write(tmp_path / "deep" / "er" / "a.txt", "new")
    assert (tmp_path / "deep" / "er" / "a.txt").read_text() == "new"
    assert [entry.name for entry in (tmp_path / "deep" / "er").iterdir()] == ["a.txt"]


def test_the_old_file_stays_until_the_block_ends(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    with atomic_path(path) as temporary:
        temporary.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"


def test_a_failure_leaves_the_old_file_and_no_litter(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(OSError, match="disk full"):
        write(path, "half", fail=True)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_failure_leaves_no_file_where_none_was(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="disk full"):
        write(tmp_path / "a.txt", "half", fail=True)
    assert list(tmp_path.iterdir()) == []


def test_the_temporary_name_is_a_hidden_neighbour_with_the_same_suffix(tmp_path: Path) -> None:
    with atomic_path(tmp_path / "table.csv") as temporary:
        temporary.touch()
        assert (temporary.parent, temporary.suffix) == (tmp_path, ".csv")
        assert temporary.name.startswith(".table.")


def test_the_data_reach_the_disk_before_the_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, seen = tmp_path / "a.txt", []
    real = os.fsync

    def fsync(descriptor: int) -> None:
        seen.append(path.exists())
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    write(path, "new")
    assert seen == [False]
