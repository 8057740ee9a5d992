"""``alc-pretrain``: Train the backbone on images alone, for trainings to start from."""

from alc.cli.app import launch


def main() -> None:
    """Console script."""
    launch("pretrain")


if __name__ == "__main__":
    main()
