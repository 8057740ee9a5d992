"""What figure scripts share: the finished simulations of a folder of runs, as rows and thinned curves."""

import argparse
import json
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from alc.posteriors import Posteriors
from alc.runs.manifest import Manifest

__all__ = ["Simulation", "markdown", "runs_folder", "simulations"]

EVERY = 20
"""Of the annotations a curve is kept at."""


@dataclass(frozen=True, eq=False)
class Simulation:
    """A finished simulation and its files."""

    path: Path
    manifest: Manifest

    @cached_property
    def config(self) -> dict[str, Any]:
        """As it ran."""
        found: dict[str, Any] = yaml.safe_load((self.path / "config.yaml").read_text(encoding="utf-8"))
        return found

    @cached_property
    def summary(self) -> dict[str, Any]:
        """Its summary.json."""
        found: dict[str, Any] = json.loads((self.path / "summary.json").read_text(encoding="utf-8"))
        return found

    @property
    def training(self) -> Path:
        """Directory of the training it ranked by."""
        return self.path.parents[1] / "train" / self.manifest.parents[0]

    @property
    def posteriors(self) -> Posteriors:
        """Those it ranked by."""
        return Posteriors.load(self.training / "posteriors.npz")

    @property
    def method(self) -> str:
        """The class of the method that trained, e.g. ``CoTeaching``."""
        return str(self.config["method"]["_target_"]).rpartition(".")[2]

    def rows(self, level: float = 0.9) -> Iterator[dict[str, Any]]:
        """One per selector: area and its spread over panels, accuracy at the end, annotations to a level, saving."""
        for selector, entry in self.summary["selectors"].items():
            reached, saved = entry["relabels_to"].get(f"{level:g}"), entry["saving_vs_random"].get(f"{level:g}")
            yield {
                "selector": selector,
                "area": entry["area"]["mean"],
                "area_std": entry["area"]["sd"],
                "expected_area": entry.get("expected_area", np.nan),
                "correct_at_the_end": entry["final_accuracy"]["mean"],
                f"annotations_to_{100 * level:g}": reached["median"] if reached else None,
                f"saving_at_{100 * level:g}": saved["median"] if saved else None,
            }

    def curves(self, *metrics: str) -> pd.DataFrame:
        """Its curves at every 20th annotation and at the last one."""
        table = pd.read_csv(self.path / "curves.csv")
        last = table["annotations"].max()
        kept = table["metric"].isin(metrics) & ((table["annotations"] % EVERY == 0) | (table["annotations"] == last))
        thinned: pd.DataFrame = table[kept]
        return thinned


def runs_folder(doc: str | None) -> Path | None:
    """What was typed as ``--runs``; without it a script draws again from the files of its folder."""
    parser = argparse.ArgumentParser(description=(doc or "").partition("\n")[0])
    parser.add_argument("--runs", type=Path, help="folder of the finished runs")
    typed: Path | None = parser.parse_args().runs
    return typed


def simulations(runs: Path, experiment: Path) -> list[Simulation]:
    """The finished ones that were started with the recipes of an experiment's folder (``-cd``)."""
    found = ((run, Manifest.read(run)) for run in sorted(runs.glob("simulate/*")))
    return [
        Simulation(run, manifest)
        for run, manifest in found
        if manifest is not None and _recipes(manifest.command) == experiment.name
    ]


def _recipes(command: str) -> str | None:
    """Name of the folder of recipes that a command names."""
    words = shlex.split(command)
    return next((Path(folder).name for flag, folder in pairwise(words) if flag in {"-cd", "--config-dir"}), None)


def markdown(table: pd.DataFrame) -> str:
    """A table for a README."""
    lines = [f"| {' | '.join(map(str, table))} |", f"|{'---|' * len(table.columns)}"]
    return "\n".join([*lines, *(f"| {' | '.join(map(str, row))} |" for row in table.itertuples(index=False))])
