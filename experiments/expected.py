"""Measure every result again from the files of its folder, without training, beside what is expected and the paper.

    python -m experiments.expected DATA                   # DATA: the folder with CIFAR-10 and its human label counts
    python -m experiments.expected DATA fig3b_models      # one folder
    python -m experiments.expected DATA fig3b_models --write   # take what is measured as what is expected

A folder takes part by `measure.py`, whose ``measured(data)`` maps quantities to numbers, and `expected.csv` with the
columns quantity, expected, tolerance, paper.  `pytest -m reproduction` fails where a number leaves its tolerance.
"""

import argparse
from importlib import import_module
from pathlib import Path

import pandas as pd

HERE = Path(__file__).parent
FOLDERS = tuple(sorted(path.parent.name for path in HERE.glob("*/expected.csv")))

__all__ = ["FOLDERS", "compared"]


def compared(folder: str, data: Path) -> pd.DataFrame:
    """One row per quantity: quantity, expected, tolerance, paper, measured, agrees."""
    table = pd.read_csv(HERE / folder / "expected.csv")
    measured: dict[str, float] = import_module(f"experiments.{folder}.measure").measured(data)
    if unknown := set(measured) ^ set(table["quantity"]):
        raise ValueError(f"{folder}: {sorted(unknown)} stand only in one of expected.csv and measure.py")
    table["measured"] = [measured[quantity] for quantity in table["quantity"]]
    table["agrees"] = (table["measured"] - table["expected"]).abs() <= table["tolerance"]
    return table


def written(folder: str, data: Path) -> None:
    """Take over what is measured; tolerances and the paper's numbers stay, new quantities get a usual tolerance."""
    file = HERE / folder / "expected.csv"
    measured: dict[str, float] = import_module(f"experiments.{folder}.measure").measured(data)
    old = pd.read_csv(file).set_index("quantity") if file.stat().st_size else pd.DataFrame()
    rows = [
        {
            "quantity": name,
            "expected": value,
            "tolerance": old["tolerance"].get(name, _usual(name)) if len(old) else _usual(name),
            "paper": old["paper"].get(name) if len(old) else None,
        }
        for name, value in measured.items()
    ]
    pd.DataFrame(rows).to_csv(file, index=False, float_format="%.6g")


def _usual(quantity: str) -> float:
    """Posteriors are kept as float16, which moves an area by a few 1e-5 and a count by a few annotations."""
    kind = quantity.rpartition(" ")[2]
    return {"area": 5e-4, "saving": 0.05}.get(kind, 10.0 if kind.endswith("%") else 1e-3)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("folders", nargs="*", default=FOLDERS, choices=FOLDERS, metavar="FOLDER")
    parser.add_argument("--write", action="store_true")
    chosen = parser.parse_args()
    for folder in chosen.folders:
        if chosen.write:
            written(folder, chosen.data)
        print(f"\n{folder}\n{compared(folder, chosen.data).to_string(index=False, na_rep='')}")


if __name__ == "__main__":
    main()
