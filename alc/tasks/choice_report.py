"""What a model selection tells its reader: one table of models, one of label states, and one sentence."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alc.tasks.console import say
from alc.tasks.next_command import next_command

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["report", "table_of"]

WHOSE = {"mean": "the mean of the models", "own": "each model itself"}


def table_of(summary: dict[str, Any]) -> "pd.DataFrame":
    """One row per model in the true order: place and score on true labels, mean and standard deviation on others."""
    import pandas as pd

    rows = []
    for name, entry in sorted(summary["models"].items(), key=lambda each: int(each[1]["place"])):
        row: dict[str, object] = {"model": name, "place": entry["place"], "true": entry["true"]}
        for state in summary["labels"]:
            row |= {state: entry[state]["mean"], f"{state} sd": entry[state]["sd"]}
        rows.append(row)
    return pd.DataFrame(rows)


def report(path: Path) -> None:
    """Print what a finished run has found."""
    summary = json.loads((path / "summary.json").read_text(encoding="utf-8"))
    data, seeds, states = summary["data"], len(summary["seeds"]), list(summary["labels"])
    wrong = sum(summary["wrong_labels"]) / seeds
    images = "test images" if data["kind"] == "test" else "samples"
    whose = WHOSE.get(summary["ranked_by"], summary["ranked_by"])
    say("", f"{data['name']}: {data['images']} {images} as validation set, {wrong:.1%} of their labels wrong; "
        f"{_several(seeds, 'label initialisation')}")  # fmt: skip
    say(f"cleaned in the order of {summary['selector']} by {whose}; {summary['metric'].replace('_', ' ')}, "
        "standard deviation over the initialisations")  # fmt: skip
    say("", _models(summary, states).to_string(index=False), "", _states(summary, states, seeds).to_string(), "")
    say(*_findings(summary, states, seeds), "")
    say(f"figure   {path / 'figures' / 'model_choice.png'}", f"numbers  {path / 'summary.json'}")
    say(f"table    {path / 'table.csv'}", f"scores   {path / 'scores.csv'}")
    if summary["selector"] != "random":
        sweep = f"selector={summary['selector']},random"
        say(f"next     {next_command('select', sweep, sweep=True)}  (against cleaning in random order)")


def _models(summary: dict[str, Any], states: list[str]) -> "pd.DataFrame":
    import pandas as pd

    rows = []
    percent = summary["metric"] != "log_likelihood"
    for name, entry in sorted(summary["models"].items(), key=lambda each: int(each[1]["place"])):
        row = {"model": name, "true": f"{_number(entry['true'], percent)} (#{entry['place']})"}
        for state in states:
            sd = entry[state]["sd"]
            spread = "" if sd is None else f" ({_number(sd, percent)})"
            row[state] = _number(entry[state]["mean"], percent) + spread
        rows.append(row)
    return pd.DataFrame(rows)


def _number(value: float, percent: bool) -> str:
    return f"{100 * value:.2f}" if percent else f"{value:.4f}"


def _states(summary: dict[str, Any], states: list[str], seeds: int) -> "pd.DataFrame":
    import pandas as pd

    columns = {}
    for state in states:
        entry = summary["labels"][state]
        columns[state] = {
            "labels right, %": f"{100 * entry['label_accuracy']['mean']:.1f}",
            "samples relabelled": f"{entry['samples']}",
            "annotations": f"{entry['annotations']['mean']:.0f}",
            "right model chosen": f"{entry['right']}/{seeds}",
            "wrong with noisy labels, repaired": f"{entry['repaired']}",
            "right with noisy labels, spoilt": f"{entry['broken']}",
            "Kendall's tau": _tau(entry["kendall_tau"]),
            "Spearman": _tau(entry["spearman"]),
        }
    return pd.DataFrame(columns)


def _tau(spread: dict[str, Any]) -> str:
    return "-" if spread["mean"] is None else f"{spread['mean']:.2f}"


def _findings(summary: dict[str, Any], states: list[str], seeds: int) -> list[str]:
    best = " and ".join(summary["right"])
    lines = [f"Best by the true labels: {best}." + (" They tie: either is right." if len(summary["right"]) > 1 else "")]
    for state in states:
        told = ", ".join(f"{name} ({count}/{seeds})" for name, count in summary["labels"][state]["chosen"].items())
        lines.append(f"{'Noisy labels choose' if state == 'noisy' else f'Labels {state}:'} {told}.")
    until = summary["relabels_until_right"]
    if until["reached"]:
        within = f", {until['min']} to {until['max']}" if seeds > 1 else ""
        lines.append(f"Annotations until the right model is chosen and stays chosen: {until['median']:.0f}"
                     f" (median{within}; {until['reached']} of {seeds} got there).")  # fmt: skip
    else:
        lines.append("The right model never stays chosen, even with all samples relabelled.")
    if any(" = " in name for state in states for name in summary["labels"][state]["chosen"]):
        lines.append("'=' joins models that tie; a tie with a worse model does not count as right.")
    return lines


def _several(number: int, what: str) -> str:
    return f"{number} {what}{'s' if number != 1 else ''}"
