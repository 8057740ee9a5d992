"""Fig. 4: images by rank percentile, from the posteriors of fig3b_models; nothing is trained here.

    python -m experiments.fig4_percentiles.figure DATA    # DATA: the folder with CIFAR-10 and its human label counts

Ranks the 5,000 images at temperature 2 by the released score of the co-teaching model and draws ten at random from each
of four parts of the ranking (the first ten are the very first).
"""

import argparse
from pathlib import Path

import numpy as np

from alc.figures import Band, rank_bands, save_figure
from alc.seeding import stream
from alc.sources.cifar10_files import CLASS_NAMES, find_cifar10
from experiments.fig4_percentiles.measure import noisiness_and_ambiguity, parts
from experiments.replayed import cifar10h

HERE = Path(__file__).parent
SHOWN = 10


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("data", type=Path)
    data = parser.parse_args().data
    benchmark = cifar10h(data, 2.0)
    images = find_cifar10(str(data), download=False).read("test").images(benchmark.sample_id)
    noisiness, ambiguity = noisiness_and_ambiguity(benchmark)
    rng, bands = stream(0, "percentiles"), []
    for name, rows in parts(benchmark).items():
        chosen = rows[np.sort(rng.choice(len(rows), SHOWN, replace=False))]
        labels = benchmark.initial.majority[chosen]
        truth = benchmark.reference.labels[chosen]
        bands.append(Band(name, images.read(chosen), labels, noisiness[chosen], ambiguity[chosen], truth))
    figure = rank_bands(bands, CLASS_NAMES, title="CIFAR-10H at temperature 2, ranked by a co-teaching model")
    _, pdf = save_figure(figure, HERE / "rank_bands")
    pdf.unlink()


if __name__ == "__main__":
    main()
