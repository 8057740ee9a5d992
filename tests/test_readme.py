"""The README's numbers are those of the committed results, and its commands exist."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def summary(folder: str) -> dict[str, dict[str, dict[str, dict[str, float]]]]:
    content = json.loads((ROOT / "experiments" / folder / "summary.json").read_text(encoding="utf-8"))
    selectors: dict[str, dict[str, dict[str, dict[str, float]]]] = content["selectors"]
    return selectors


def test_the_demo_says_what_it_found() -> None:
    selectors = summary("digits_demo")
    found = re.search(r"they need\s+(\d+) annotations .*?cross-entropy (\d+)\.", README, re.DOTALL)
    assert found is not None
    for told, name in zip(found.groups(), ("random", "cross_entropy"), strict=True):
        assert int(told) == round(selectors[name]["relabels_to"]["0.9"]["median"])


@pytest.mark.parametrize(
    ("row", "name"),
    [
        ("area of `random`", "random"),
        ("area of `oracle`", "oracle"),
        ("area of `cross_entropy`", "cross_entropy"),
        ("area of `joint`", "joint"),
        ("area of `joint_released`", "joint_released"),
    ],
)
def test_the_results_table_is_that_of_the_experiment(row: str, name: str) -> None:
    line = next(line for line in README.splitlines() if line.startswith(f"| {row}"))
    area = summary("fig3b_cifar10h")[name]["area"]["mean"]
    assert line.split("|")[2].strip() == f"{area:.4f}".removeprefix("0")


@pytest.mark.parametrize("file", ["README.md", "experiments/digits_demo/README.md"])
def test_the_demo_by_hand_says_what_it_found(file: str) -> None:
    found = json.loads((ROOT / "experiments/digits_demo/by_hand.json").read_text(encoding="utf-8"))
    told = (ROOT / file).read_text(encoding="utf-8")
    for when in ("before", "after"):
        for share in (found[f"labels_{when}"], found[f"test_{when}"]):
            assert f"{share:.2%}".replace("%", " %") in told
    assert f"{found['changed']} " in told


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / target).exists(), target
