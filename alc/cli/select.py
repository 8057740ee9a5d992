"""``alc-select``: Which of several models is best, if the labels of the validation set are noisy?"""

from alc.cli.app import launch


def main() -> None:
    """Console script."""
    launch("select")


if __name__ == "__main__":
    main()
