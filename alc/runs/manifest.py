"""What a finished run is: its artefacts by content, and what made them."""

import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from functools import cache
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Self

import alc
from alc.atomic import atomic_path

__all__ = ["MANIFEST", "Artefact", "Manifest", "contents", "environment", "sources_digest"]

MANIFEST = "manifest.json"
_LIBRARIES = ("numpy", "torch", "torchvision", "pytorch_lightning", "timm", "pandas", "scikit-learn", "cleanlab")
_MODULES = {"scikit-learn": "sklearn"}


@dataclass(frozen=True)
class Artefact:
    """One file of a run, by content."""

    sha256: str
    bytes: int

    @classmethod
    def of(cls, path: Path) -> Self:
        """Measure a file."""
        digest = sha256()
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
        return cls(digest.hexdigest(), path.stat().st_size)


@dataclass(frozen=True)
class Manifest:
    """The record that makes a run complete; it is the last file written.

    Attributes:
        task: Task name, the parent folder of the run.
        run_id: 10 hex digits, the folder of the run.
        name: What the user calls the run, or None.
        status: ``"complete"``.
        started: Local time in ISO format, with the offset.
        finished: Local time in ISO format, with the offset.
        wall_seconds: Of the process that finished the run; an interrupted one before it is not counted.
        command: The command line.
        parents: Run ids this run read from.
        read_from: Run id -> digest of what that run held when it was read, see :attr:`content`.
        artefacts: File (relative to the run) -> digest and size.
        headline: The few numbers worth seeing in a list; a number that is not finite is None.
        environment: See :func:`environment`.
    """

    task: str
    run_id: str
    name: str | None
    status: str
    started: str
    finished: str
    wall_seconds: float
    command: str
    parents: tuple[str, ...] = ()
    artefacts: dict[str, Artefact] = field(default_factory=dict)
    headline: dict[str, float | str | None] = field(default_factory=dict)
    environment: dict[str, object] = field(default_factory=dict)
    read_from: dict[str, str] = field(default_factory=dict)

    @property
    def content(self) -> str:
        """Digest of the digests of all artefacts: another one means that the run was computed again."""
        told = sorted((file, artefact.sha256) for file, artefact in self.artefacts.items())
        return sha256(json.dumps(told).encode()).hexdigest()

    def write(self, run: Path) -> None:
        """Write ``manifest.json`` whole or not at all."""
        with atomic_path(run / MANIFEST) as temporary:
            temporary.write_text(json.dumps(asdict(self), indent=2, allow_nan=False) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, run: Path) -> Self | None:
        """The manifest of a run, or None where there is none that can be read."""
        try:
            content = json.loads((run / MANIFEST).read_text(encoding="utf-8"))
            content["artefacts"] = {file: Artefact(**entry) for file, entry in content["artefacts"].items()}
            content["parents"] = tuple(content["parents"])
            return cls(**content)
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return None

    def damage(self, run: Path) -> str | None:
        """What keeps the run from being complete after all, in a few words, or None."""
        if self.status != "complete":
            return f"its status is {self.status!r}"
        for file, artefact in self.artefacts.items():
            path = run / file
            if not path.is_file():
                return f"{file} is missing"
            if (size := path.stat().st_size) != artefact.bytes:
                return f"{file} has {size} bytes instead of {artefact.bytes}"
        now = contents(run.parent.parent, self.read_from)
        changed = [parent for parent, content in self.read_from.items() if now.get(parent, content) != content]
        return f"run {changed[0]}, which it read, was computed again since" if changed else None


def contents(runs: Path, run_ids: Iterable[str]) -> dict[str, str]:
    """Run id -> :attr:`Manifest.content` of those finished runs that are there."""
    found = {run_id: next((run for run in runs.glob(f"*/{run_id}")), None) for run_id in run_ids}
    manifests = {run_id: Manifest.read(run) for run_id, run in found.items() if run is not None}
    return {run_id: manifest.content for run_id, manifest in manifests.items() if manifest is not None}


@cache
def sources_digest() -> str:
    """Sha256 over the names and contents of the package's modules: the code that made a run."""
    root = Path(alc.__file__).parent
    digest = sha256()
    for path in sorted(root.rglob("*.py")):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def environment() -> dict[str, object]:
    """Versions, code state and hardware of this process; libraries only if they were imported."""
    found = {library: _version(library) for library in _LIBRARIES if _MODULES.get(library, library) in sys.modules}
    return {
        "alc": _version("alc"),
        "sources": sources_digest(),
        "git": _git_state(),
        "python": platform.python_version(),
        "libraries": found,
        "host": {
            "name": platform.node(),
            "system": platform.platform(),
            "cpu": _cpu_model(),
            "cores": os.cpu_count(),
            "accelerator": _accelerator(),
        },
    }


def _version(distribution: str) -> str | None:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None


@cache
def _git_state() -> dict[str, object] | None:
    root = Path(alc.__file__).parents[1]
    program = shutil.which("git")
    if program is None or not (root / ".git").exists():
        return None

    def ask(*arguments: str) -> str:
        command = [program, "-C", str(root), *arguments]
        surroundings = {**os.environ, "GIT_OPTIONAL_LOCKS": "0"}
        answer = subprocess.run(command, capture_output=True, text=True, timeout=5, check=True, env=surroundings)
        return answer.stdout.strip()

    try:
        sha = ask("rev-parse", "HEAD")
        return {"sha": sha, "dirty": bool(ask("status", "--porcelain", "--untracked-files=no"))}
    except (OSError, subprocess.SubprocessError):
        return None  # no commit yet, not our repository, or too slow: the sources' digest remains


def _cpu_model() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def _accelerator() -> str | None:
    torch = sys.modules.get("torch")
    if torch is None:
        return None
    if torch.cuda.is_available():
        return f"{torch.cuda.device_count()} x {torch.cuda.get_device_name(0)}"
    return "mps" if torch.backends.mps.is_available() else None
