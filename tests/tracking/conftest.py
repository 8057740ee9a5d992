"""W&B as on a machine where nobody has ever logged in."""

from pathlib import Path

import pytest

from alc.tracking import connection
from tests.tracking.stranger import as_a_stranger


@pytest.fixture
def stranger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, no key, and nothing said yet."""
    as_a_stranger(tmp_path, monkeypatch)
    assert not connection.has_key()
    return tmp_path
