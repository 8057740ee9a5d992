"""``alc-rank``: Rank the samples of a data set, the most suspicious label first."""

from alc.cli.app import launch


def main() -> None:
    """Console script."""
    launch("rank")


if __name__ == "__main__":
    main()
