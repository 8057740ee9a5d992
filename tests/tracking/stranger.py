"""A process in which W&B finds no account, no settings and no home of a user."""

import os
from pathlib import Path

import pytest

from alc.tracking import connection


def as_a_stranger(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget every setting of W&B, and what was said about it."""
    for name in [name for name in os.environ if name.startswith("WANDB_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("NETRC", str(folder / "netrc"))
    for name in ("WANDB_CACHE_DIR", "WANDB_CONFIG_DIR"):
        monkeypatch.setenv(name, str(folder / "home"))
    monkeypatch.setattr(connection, "_told", set())
