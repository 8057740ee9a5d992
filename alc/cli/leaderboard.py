"""``alc-leaderboard``: Which selector, consensus and stopping rule gives most correct labels per annotation?"""

from alc.cli.app import launch


def main() -> None:
    """Console script."""
    launch("leaderboard")


if __name__ == "__main__":
    main()
