"""The W&B dashboard of this project as code: cleaning curves, numbers, suspicious images, training.

Type ``pip install -e '.[dashboards]'`` and then one of::

    python experiments/wandb_workspace.py --entity ENTITY --project alc   # makes the view and prints its address
    python experiments/wandb_workspace.py --out workspace.json            # writes it as JSON, without a network

Curves are asked for by patterns made from the table of ``alc/tracking/names.py``, so a new selector needs no new panel;
bars need whole names, hence ``--selectors``.  Runs stand in their groups, simulations beside trainings.
"""

import argparse
import json
import re
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from alc.errors import InputError
from alc.tracking.names import ANNOTATIONS, EPOCH, GALLERY, METRICS, Metric, cleaning

__all__ = ["main", "pattern", "specification", "workspace"]

SELECTORS = ("random", "cross_entropy", "joint", "oracle")
PERCENT = "90"


def pattern(metric: Metric) -> str:
    """A regular expression for all names a metric stands for: of all selectors, of all trainings of a run.

    >>> pattern(METRICS[0])
    '^train/loss(/[^/]+)?$'
    """
    name = re.sub(r"<\w+>", "[^/]+", metric.name)
    return f"^{name}(/[^/]+)?$" if metric.axis == EPOCH else f"^{name}$"


def workspace(entity: str, project: str, selectors: Sequence[str] = SELECTORS) -> Any:
    """The workspace, not yet saved.

    Raises:
        InputError: The extra is not installed.
    """
    try:
        wr, ws = import_module("wandb_workspaces.reports.v2"), import_module("wandb_workspaces.workspaces")
    except ImportError as error:
        raise InputError("wandb-workspaces is not installed", fix="Type pip install -e '.[dashboards]'") from error

    def lines(axis: str, title: str) -> list[Any]:
        return [
            wr.LinePlot(title=metric.meaning, x=axis, title_x=title, metric_regex=pattern(metric))
            for metric in METRICS
            if metric.axis == axis
        ]

    bars = [
        wr.BarPlot(title=metric.meaning, metrics=_names(metric, selectors)) for metric in METRICS if not metric.axis
    ]
    sections = {
        "Cleaning: label quality over annotations": lines(ANNOTATIONS, "annotations bought"),
        "Numbers": bars,
        "Most suspicious images": [wr.WeavePanelSummaryTable(table_name=GALLERY)],
        "Training": lines(EPOCH, "epoch"),
    }
    return ws.Workspace(
        name="active label cleaning",
        entity=entity,
        project=project,
        sections=[
            ws.Section(
                name=name,
                panels=panels,
                is_open=True,
                layout_settings=ws.SectionLayoutSettings(columns=min(3, len(panels)), rows=-(-len(panels) // 3)),
            )
            for name, panels in sections.items()
        ],
        auto_generate_panels=False,
        runset_settings=ws.RunsetSettings(groupby=[ws.Metric("Group"), ws.Metric("JobType")]),
    )


def _names(metric: Metric, selectors: Sequence[str]) -> list[str]:
    """The whole names of a number, at 90 % where it is about a level."""
    name = metric.name.replace("<percent>", PERCENT)
    if not name.endswith("<selector>"):
        return [name]
    return [cleaning(name.split("/")[1], selector) for selector in selectors]


def specification(made: Any) -> dict[str, Any]:
    """What is sent to W&B, as plain values."""
    content: dict[str, Any] = json.loads(made._to_model().model_dump_json(by_alias=True, exclude_none=True))
    return content


def main(arguments: list[str] | None = None) -> int:
    """Save the workspace at W&B, or write it to a file; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entity", help="W&B user or team")
    parser.add_argument("--project", default="alc", help="W&B project (default: alc)")
    parser.add_argument("--selectors", nargs="+", default=list(SELECTORS), help="those with bars of their own")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write JSON to this file, save nothing at W&B")
    args = parser.parse_args(arguments)
    if args.entity is None and args.out is None:
        parser.error("type --entity ENTITY, or --out FILE")
    try:
        made = workspace(args.entity or "", args.project, args.selectors)
    except InputError as error:
        print(f"wandb_workspace: {error}", file=sys.stderr)
        return 2
    if args.out is not None:
        args.out.write_text(json.dumps(specification(made), indent=2) + "\n", encoding="utf-8")
        print(args.out)
    else:
        made.save()
        print(made.url)
    return 0


if __name__ == "__main__":
    sys.exit(main())
