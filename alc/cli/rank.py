"""``alc-rank``: Rank the samples of a data set, the most suspicious label first.

Two forms: ``alc-rank key=value ...`` composes a config and trains if it has to; ``alc-rank labels.csv probs.npy`` reads
two files and needs neither.
"""

import sys

from alc.cli.rank_files import names_files, rank_files


def main() -> None:
    """Console script."""
    if names_files(sys.argv[1:]):
        rank_files(sys.argv[1:])
        return
    from alc.cli.app import launch

    launch("rank")


if __name__ == "__main__":
    main()
