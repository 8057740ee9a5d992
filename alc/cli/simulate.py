"""``alc-simulate``: Compare selectors: who corrects most labels for the annotations it buys?"""

from alc.cli.app import launch


def main() -> None:
    """Console script."""
    launch("simulate")


if __name__ == "__main__":
    main()
