"""``alc-review``: a page on which one person relabels the queue of a project with the keyboard."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from alc.cli.termination import Termination
from alc.errors import InputError

__all__ = ["main"]

EXAMPLES = """examples:
  alc-review campaign                         prints an address; open it in a browser
  alc-review campaign --annotator "Ana Lima"  the page does not ask who answers
  alc-review campaign --budget 30             only the first 30 of the queue
  alc-review campaign --port 8765             with  ssh -L 8765:127.0.0.1:8765 SERVER  from another computer

Blind unless --show is typed: a label that is seen before an answer pulls it along, and then two answers are less than
two opinions. Every answer says what was shown. Answers go to answers.jsonl in the project; alc-clean reads them.
"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Console script: exit code 0 after Ctrl+C, the way to end it, and 2 for what is refused."""
    options = _parser().parse_args(arguments)
    from alc.tasks.review import Review

    with Termination():
        try:
            Review(
                project=options.project,
                shown=options.show,
                annotator=options.annotator,
                budget=options.budget,
                host=options.host,
                port=options.port,
                network=options.open_to_network,
            ).run()
        except (InputError, OSError) as error:
            print(f"alc-review: {error}", file=sys.stderr)
            raise SystemExit(2) from None
        except KeyboardInterrupt:  # before there was anything to end
            raise SystemExit(130) from None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="alc-review",
        usage="alc-review PROJECT [options]",
        description="Relabel the images of a project, the most suspicious label first, on a page in your browser.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("project", type=Path, metavar="PROJECT", help="folder that alc-export made")
    add("--annotator", metavar="NAME", help="who answers (default: the page asks once)")
    add("--budget", type=_count, metavar="N", help="ask about the first N at most (default: all of the last round)")
    add(
        "--show",
        default="none",
        choices=("none", "given", "suggested"),
        help="label to show before an answer; suggested: both (default: none)",
    )
    add("--port", type=_port, default=0, metavar="N", help="default: a free one")
    add("--host", default="127.0.0.1", metavar="ADDRESS", help="default: 127.0.0.1, this computer alone")
    add("--open-to-network", action="store_true", help="allow a --host that other computers can reach; no encryption")
    return parser


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number of 1 or more")
    return int(text)


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 65_535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port, a whole number from 1 to 65535")
    return int(text)


if __name__ == "__main__":
    main()
