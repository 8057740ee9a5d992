"""``alc-clean``: Write the labels that a simulation ends with, and train on them."""

from alc.cli.app import launch


def main() -> None:
    """Console script."""
    launch("clean")


if __name__ == "__main__":
    main()
