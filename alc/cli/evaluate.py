"""``alc-evaluate``: Accuracy on clean test images before and after cleaning."""

from alc.cli.app import launch


def main() -> None:
    """Console script."""
    launch("evaluate")


if __name__ == "__main__":
    main()
