"""The commands as a user types them: in this process where a process is not the point, or as one of their own."""

import io
import logging
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import pytest

from alc.cli import app, runs

NETWORK = ["backbone.stem=4", "backbone.widths=[8]", "backbone.blocks=[1]", "backbone.strides=[2]"]
TRAIN = [
    *("data=synthetic", "data.samples=60", "data.size=8", "data.test_samples=12", "trainer=fast_dev_run"),
    *("posteriors.num_folds=2", "loader.batch_size=16"),
    *NETWORK,
]
"""A training of a second."""
ONE_MODEL = [*(each for each in TRAIN if not each.startswith("posteriors")), "posteriors=in_sample"]
"""And one that leaves weights."""
SIMULATE = [*TRAIN, "simulation.seeds=2", "simulation.top=4"]
"""And a simulation on it."""

State = dict[str, tuple[int, int]]


@dataclass(frozen=True)
class Done:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str

    @property
    def trainings(self) -> list[str]:
        """Ids of the runs it trained."""
        return [line.split()[1].rstrip(":") for line in self.out.splitlines() if line.startswith("Training ")]

    def refused(self, *words: str) -> None:
        """Assert that it ended with one clear message that holds all these words, and no traceback."""
        assert self.code == 2, self.err
        message = [line for line in self.err.strip().splitlines() if not line.startswith(("SKIP", "Fold"))]
        assert len(message) == 1, self.err
        assert message[0].startswith("alc-")
        assert "Traceback" not in self.out + self.err
        for word in words:
            assert word in message[0], message[0]


@dataclass(frozen=True)
class Loop:
    """One finished loop: where, what was said, and its two runs."""

    folder: Path
    done: Done
    training: Path
    simulation: Path


def alc(task: str, *arguments: str) -> Done:
    """Run ``alc-<task>`` in this process, in the current folder."""
    out, err = io.StringIO(), io.StringIO()
    code: object = 0
    before = sys.argv
    sys.argv = [f"alc-{task}", *arguments]
    try:
        with _kept_logging(), redirect_stdout(out), redirect_stderr(err):
            runs.main(list(arguments)) if task == "runs" else app.launch(task)
    except SystemExit as end:
        code = end.code or 0
    finally:
        sys.argv = before
    assert isinstance(code, int)
    return Done(code, out.getvalue(), err.getvalue())


def start(task: str, *arguments: str, cwd: Path) -> "subprocess.Popen[str]":
    """Start ``alc-<task>`` as a process of its own."""
    return start_python("-m", f"alc.cli.{task}", *arguments, cwd=cwd)


def start_python(*arguments: str, cwd: Path) -> "subprocess.Popen[str]":
    """Start a Python process with one thread for numbers."""
    surroundings = {name: value for name, value in os.environ.items() if name != "HYDRA_FULL_ERROR"}
    surroundings |= {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(Path(app.__file__).parents[2])}
    return subprocess.Popen(
        [sys.executable, *arguments],
        cwd=cwd,
        env=surroundings,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for(folder: Path, pattern: str, process: "subprocess.Popen[str]") -> None:
    """Wait until a process has made a file."""
    deadline = time.monotonic() + 60
    while not list(folder.glob(pattern)):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline, f"{pattern} did not appear"
        time.sleep(0.005)


def ended(process: "subprocess.Popen[str]") -> Done:
    """Wait for a process."""
    out, err = process.communicate(timeout=120)
    return Done(process.returncode, out, err)


def state(root: Path) -> State:
    """Time and size of every file, to see whether anything was written; locks aside."""
    files = [path for path in root.rglob("*") if path.is_file() and path.name != ".lock"]
    return {str(path.relative_to(root)): (path.stat().st_mtime_ns, path.stat().st_size) for path in files}


def only(root: Path, pattern: str) -> Path:
    """The one path that matches."""
    (found,) = root.glob(pattern)
    return found


def without_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out what takes most of the time where it is not the point."""
    for task in ("simulate", "rank"):
        monkeypatch.setattr(f"alc.tasks.{task}.draw_contact_sheet", lambda *_, **__: [])
    for figures in ("draw_curves", "draw_class_errors"):
        monkeypatch.setattr(f"alc.tasks.simulate.{figures}", lambda *_: [])


@contextmanager
def _kept_logging() -> Iterator[None]:
    """Hydra sets up logging of the whole process; give it back as it was."""
    handlers, level = logging.root.handlers[:], logging.root.level
    try:
        yield
    finally:
        logging.root.handlers[:] = handlers
        logging.root.setLevel(level)
