"""Run notebooks from the first cell to the last and keep their outputs, images with 256 colours to keep them small.

    python notebooks/execute.py notebooks/02_rank_your_own_folder.ipynb

Needs nbclient and ipykernel.  Cells start in an empty folder and find the commands of the Python that runs this.
"""

import argparse
import base64
import os
import sys
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
from nbclient import NotebookClient
from PIL import Image

METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def main() -> None:
    """Execute the notebooks named on the command line, in place."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("notebooks", type=Path, nargs="+")
    os.environ["OMP_NUM_THREADS"] = "1"
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    for path in parser.parse_args().notebooks:
        execute(path)


def execute(path: Path) -> None:
    """Execute one notebook; an error in a cell ends it and leaves the file as it was."""
    notebook = nbformat.read(path, as_version=4)
    with TemporaryDirectory() as folder:
        resources = {"metadata": {"path": folder}}
        client = NotebookClient(notebook, timeout=600, kernel_name="python3", resources=resources)
        client.coalesce_streams = True
        client.execute()
    notebook.metadata = nbformat.from_dict(METADATA)
    for number, cell in enumerate(notebook.cells):
        cell.id, cell.metadata = f"cell-{number:02}", nbformat.from_dict({})
        for output in cell.get("outputs", []):
            if "image/png" in output.get("data", {}):
                output.data["image/png"] = smaller(output.data["image/png"])
    text = nbformat.writes(notebook)
    path.write_text(text if text.endswith("\n") else f"{text}\n", encoding="utf-8")


def smaller(png: str) -> str:
    """The same picture with 256 colours, base64 to base64."""
    image, written = Image.open(BytesIO(base64.b64decode(png))), BytesIO()
    image.convert("RGB").quantize(256).save(written, format="png", optimize=True)
    return base64.b64encode(written.getvalue()).decode()


if __name__ == "__main__":
    main()
