import re
from pathlib import Path

from alc.tracking.names import METRICS

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
DOCUMENTED = re.findall(r"^\| `((?:train|cleaning|noise|posteriors)/\S+)` \|", README, re.M)


def test_the_readme_knows_every_name_that_is_logged() -> None:
    assert DOCUMENTED
    assert set(DOCUMENTED) == {metric.name for metric in METRICS}


def test_names_are_unique_and_explained() -> None:
    assert len({metric.name for metric in METRICS}) == len(METRICS)
    assert all(metric.meaning and metric.file for metric in METRICS)
