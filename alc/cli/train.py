"""``alc-train``: Train on noisy labels and write the posteriors of every sample."""

from alc.cli.app import launch


def main() -> None:
    """Console script."""
    launch("train")


if __name__ == "__main__":
    main()
