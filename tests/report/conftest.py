"""A small ranking whose names are as hostile as names can be, and its page."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from alc.labels import LabelCounts
from alc.posteriors import Posteriors
from alc.ranking import rank_table
from alc.report.page import Written, write_report
from alc.samples import SampleTable
from alc.selection import scores
from alc.selection.selector import Selector

SCRIPT = "<script>document.title='owned'</script>"
ENDING = "</script><img src=x onerror=\"document.title='owned'\">"
NAMES = ("normal", f"{SCRIPT}&amp;", 'say "aah" \u2028<!--')

Page = Callable[..., tuple[Path, Written]]


def problem(count: int) -> tuple[SampleTable, Posteriors, pd.DataFrame]:
    """Samples, their posteriors and ranking; the first paths are markup."""
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 3, count)
    given = np.where(rng.random(count) < 0.3, rng.integers(0, 3, count), truth)
    probs = (0.6 * np.eye(3)[truth] + 0.4 * rng.dirichlet(np.ones(3), count)).astype(np.float32)
    paths = [f"images/{row:05d}.png" for row in range(count)]
    paths[:3] = [ENDING, f"{SCRIPT}.png", "javascript:alert(1).png"]
    samples = SampleTable(np.arange(count), NAMES, given, path=np.array(paths))
    posteriors = Posteriors.single(probs, protocol="cross_fit", source=ENDING)
    counts = LabelCounts.from_labels(given, 3)
    rule = Selector(scores.cross_entropy)
    return samples, posteriors, rank_table(samples, posteriors, counts, rule, np.random.default_rng(0))


@pytest.fixture
def page(tmp_path: Path) -> Page:
    """Writes the page of so many samples."""

    def write(count: int = 60, **settings: object) -> tuple[Path, Written]:
        samples, posteriors, ranking = problem(count)
        options: dict[str, object] = {"title": SCRIPT, "selector": "cross_entropy", "rows": 20_000, **settings}
        path = tmp_path / "report.html"
        written = write_report(path, ranking, samples, posteriors, **options)  # type: ignore[arg-type]  # a bag
        return path, written

    return write
