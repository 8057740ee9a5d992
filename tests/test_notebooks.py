"""Every notebook runs from the first cell to the last, without a kernel."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs(notebook: Path, tmp_path: Path) -> None:
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    assert code
    script = tmp_path / "notebook.py"
    script.write_text("\n\n".join(code) + "\nprint('ran to the end')\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, script],
        check=False,
        cwd=tmp_path,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("ran to the end\n")


def test_there_is_a_notebook() -> None:
    assert NOTEBOOKS
