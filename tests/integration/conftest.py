"""A folder of its own for every test, and one finished loop that several of them read."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.commands import SIMULATE, Loop, ended, only, start


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, empty."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HYDRA_FULL_ERROR", raising=False)
    return tmp_path


@pytest.fixture
def one_thread() -> Iterator[None]:
    """As many threads as the processes have, so that sums are added in the same order."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def finished_loop(tmp_path_factory: pytest.TempPathFactory) -> Loop:
    """What ``alc-simulate``, typed once as a process, made out of an empty folder."""
    folder = tmp_path_factory.mktemp("loop")
    done = ended(start("simulate", *SIMULATE, cwd=folder))
    assert done.code == 0, done.err
    return Loop(folder, done, only(folder, "runs/train/*"), only(folder, "runs/simulate/*"))


@pytest.fixture
def loop(finished_loop: Loop, monkeypatch: pytest.MonkeyPatch) -> Loop:
    """The same, its folder as the current one; tests add runs to it and change none."""
    monkeypatch.chdir(finished_loop.folder)
    monkeypatch.delenv("HYDRA_FULL_ERROR", raising=False)
    return finished_loop
