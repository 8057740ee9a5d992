"""Size of ``report.html`` and the time to write it, for pictures that compress well, as usual, and not at all.

The pictures are made of numbers alone: *smooth* is a gradient, *chest X-ray* is smooth shapes with the grain of a
detector, *noise* is the worst there can be.  Every page must stay under 60 MB, whatever is on it.

    python experiments/benchmarks/report.py [--rows 20000] [--side 224]
"""

import argparse
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from alc.arrays import UInt8Array
from alc.labels import LabelCounts
from alc.posteriors import Posteriors
from alc.ranking import rank_table
from alc.report.page import write_report
from alc.samples import SampleTable
from alc.selection import scores
from alc.selection.selector import Selector

LIMIT = 60.0
"""MB."""

DISTINCT = 200
"""Pictures that are made; the rows of a page show them in turn."""

Maker = Callable[[np.random.Generator, int], UInt8Array]


def smooth(rng: np.random.Generator, side: int) -> UInt8Array:
    y, x = np.mgrid[:side, :side] / side
    slope = rng.uniform(-1, 1, (2, 3))
    return np.asarray(
        255 * np.clip(0.5 + (y[..., None] * slope[0] + x[..., None] * slope[1]) / 2, 0, 1), dtype=np.uint8
    )


def chest(rng: np.random.Generator, side: int) -> UInt8Array:
    """Two dark fields, a bright middle, ribs, grain: grey in three channels."""
    y, x = np.mgrid[:side, :side] / side
    grey = 0.75 - 0.5 * sum(
        np.exp(-(((x - centre) / 0.16) ** 2 + ((y - 0.5) / 0.32) ** 2)) for centre in rng.normal([0.3, 0.7], 0.02)
    )
    grey += 0.05 * np.sin(2 * np.pi * (rng.uniform(6, 9) * y + (x - 0.5) ** 2 * 4)) + rng.normal(0, 0.03, (side, side))
    return np.repeat(np.asarray(255 * np.clip(grey, 0, 1), dtype=np.uint8)[..., None], 3, axis=2)


def noise(rng: np.random.Generator, side: int) -> UInt8Array:
    return rng.integers(0, 256, (side, side, 3), dtype=np.uint8)


KINDS: dict[str, Maker] = {"smooth": smooth, "chest X-ray": chest, "noise": noise}


def pictures(make: Maker, rows: int, side: int) -> Iterator[UInt8Array]:
    rng = np.random.default_rng(0)
    made = [make(rng, side) for _ in range(min(rows, DISTINCT))]
    for row in range(rows):
        yield made[row % len(made)]


def measure(name: str, rows: int, side: int, folder: Path) -> None:
    rng = np.random.default_rng(0)
    names = tuple(f"class {number}" for number in range(10))
    given = rng.integers(0, 10, rows)
    posteriors = Posteriors.single(rng.dirichlet(np.ones(10), rows).astype(np.float32), source="drawn")
    path = np.array([f"images/{row // 1000:04d}/{row:08d}.png" for row in range(rows)])
    samples = SampleTable(np.arange(rows), names, given, path=path)
    rule = Selector(scores.cross_entropy)
    ranking = rank_table(samples, posteriors, LabelCounts.from_labels(given, 10), rule, np.random.default_rng(0))
    page, begin = folder / "report.html", time.perf_counter()
    images = pictures(KINDS[name], rows, side)
    written = write_report(
        page, ranking, samples, posteriors, title=name, selector="cross_entropy", rows=rows, images=images
    )
    seconds, size = time.perf_counter() - begin, page.stat().st_size / 1e6
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
    print(f"| {name} | {written.images:,} | {size:.1f} | {seconds:.0f} | {peak:.0f} |", flush=True)
    assert size < LIMIT, f"{size:.1f} MB of at most {LIMIT}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--side", type=int, default=224, help="of the pictures before they are made small, in pixels")
    options = parser.parse_args()
    print("| pictures | on the page | MB | s | peak of the process so far, MiB |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for name in KINDS:
            measure(name, options.rows, options.side, Path(folder))


if __name__ == "__main__":
    main()
