"""Every notebook runs from the first cell to the last, without a kernel, and is stored with outputs fit to be read."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))
SHELL = "%%bash\n"
MACHINE_PATH = re.compile(r"(?<![\w./])/(?:work|tmp|home|root|Users|mnt|opt|usr|var)\b|https?://")

each_notebook = pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)


def as_python(source: str) -> str:
    """A cell as plain Python: shell cells through bash, where any command that fails ends the notebook."""
    if source.startswith(SHELL):
        command = ["bash", "-e", "-o", "pipefail", "-c", source.removeprefix(SHELL)]
        return f"__import__('subprocess').run({command!r}, check=True)"
    return source


def run(cells: Sequence[str], folder: Path) -> "subprocess.CompletedProcess[str]":
    """Run the cells one after the other in one process, with the commands of this Python."""
    script = folder / "notebook.py"
    script.write_text("\n\n".join([*map(as_python, cells), "print('ran to the end')"]), encoding="utf-8")
    commands = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PATH": commands, "MPLBACKEND": "agg"}
    return subprocess.run(
        [sys.executable, script], check=False, cwd=folder, env=environment, capture_output=True, text=True
    )


def read_cells(notebook: Path, kind: str) -> list[dict[str, Any]]:
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return [cell for cell in cells if cell["cell_type"] == kind]


def outputs_of(notebook: Path) -> list[dict[str, Any]]:
    return [output for cell in read_cells(notebook, "code") for output in cell["outputs"]]


@each_notebook
def test_notebook_runs(notebook: Path, tmp_path: Path) -> None:
    code = ["".join(cell["source"]) for cell in read_cells(notebook, "code")]
    assert code
    done = run(code, tmp_path)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    assert done.stdout.endswith("ran to the end\n")


@pytest.mark.parametrize(
    "cell", ["1 / 0", "%%bash\nfalse | cat\ntrue", "%%bash\nalc-rank data=nothing 2>&1 | tail -n 1"]
)
def test_a_cell_that_fails_fails_the_test(cell: str, tmp_path: Path) -> None:
    done = run(["print('before')", cell, "print('after')"], tmp_path)
    assert done.returncode != 0
    assert "after" not in done.stdout


@each_notebook
def test_notebook_was_stored_after_a_run_from_first_cell_to_last(notebook: Path) -> None:
    code = read_cells(notebook, "code")
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1)), (
        f"run: python notebooks/execute.py {notebook.name}"
    )
    outputs = outputs_of(notebook)
    assert "error" not in {output["output_type"] for output in outputs}
    assert any("image/png" in output.get("data", {}) for output in outputs)


@each_notebook
def test_notebook_begins_with_what_it_teaches_and_how_long_it_takes(notebook: Path) -> None:
    first = "".join(read_cells(notebook, "markdown")[0]["source"])
    assert first.startswith("# ")
    assert "**You learn**" in first
    assert "**Takes**" in first


@each_notebook
def test_notebook_is_small_and_names_no_machine(notebook: Path) -> None:
    assert notebook.stat().st_size < 250_000
    content = json.loads(notebook.read_text(encoding="utf-8"))
    assert content["metadata"]["kernelspec"]["name"] == "python3"
    assert [cell["id"] for cell in content["cells"]] == [f"cell-{place:02}" for place in range(len(content["cells"]))]
    assert not any(cell["metadata"] for cell in content["cells"])
    told: list[Any] = []
    for output in outputs_of(notebook):
        told.append(output.get("text", ""))
        told += [text for kind, text in output.get("data", {}).items() if not kind.startswith("image/")]
    found = MACHINE_PATH.search("\n".join("".join(text) for text in told))
    assert found is None, found


def test_the_notebooks_are_there() -> None:
    assert [path.stem[:2] for path in NOTEBOOKS] == ["01", "02", "03", "04"]
