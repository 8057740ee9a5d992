"""``alc-rank LABELS PROBS``: the command without a config, for probabilities or features that are already there."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from alc.errors import InputError

__all__ = ["names_files", "rank_files"]

ENDINGS = (".csv", ".tsv", ".txt", ".npy", ".npz")
PROTOCOLS = ("external", "in_sample", "cross_fit", "mc_dropout", "ensemble")

EXAMPLES = """examples:
  alc-rank labels.csv probs.npy                        a row of probabilities per row of labels
  alc-rank labels.csv probs.csv --images photos        pictures on the page; labels.csv has a column path
  alc-rank labels.csv --features embeddings.npy        what the nearest neighbours are labelled
  alc-rank labels.csv probs.npz --selector joint --budget 200

labels.csv has a header and a column label; path, id, reference_label and group where they are known.
probs: (N, C) or (M, N, C), classes in the order of their names (numbers by value); a CSV file may name them instead,
and may have a column id or path to be joined by. Without arguments, or with key=value, alc-rank trains: alc-rank --help
"""


def names_files(arguments: Sequence[str]) -> bool:
    """Whether a command line names files, where the other form has only flags and ``key=value``.

    >>> names_files(["labels.csv", "probs.npy"]), names_files(["data=csv", "data.file=labels.csv"]), names_files([])
    (True, False, False)
    """
    words = [word for word in arguments if not word.startswith(("-", "+", "~"))]
    return any(word.lower().endswith(ENDINGS) and ("=" not in word or Path(word).is_file()) for word in words)


def rank_files(arguments: Sequence[str]) -> None:
    """Run the command; the process ends with 2 where something is refused, after one message."""
    options = _parser().parse_args(list(arguments))
    from alc.tasks.rank_files import FileRanking, LabelColumns

    columns = LabelColumns(
        label=options.label_column,
        path=options.path_column,
        id=options.id_column,
        reference=options.reference_column,
        group=options.group_column,
    )
    try:
        FileRanking(
            labels=options.labels,
            probs=options.probs,
            features=options.features,
            out=options.out,
            images=options.images,
            selector=options.selector,
            classes=None if options.classes is None else _classes(options.classes),
            columns=columns,
            separator=options.separator,
            protocol=options.protocol,
            budget=options.budget,
            rows=options.rows,
            k=options.k,
            folds=options.folds,
            prior=options.prior,
            seed=options.seed,
        ).run()
    except (InputError, OSError) as error:
        print(f"alc-rank: {error}", file=sys.stderr)
        raise SystemExit(2) from None
    except KeyboardInterrupt:
        print("alc-rank: interrupted", file=sys.stderr)
        raise SystemExit(130) from None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="alc-rank",
        usage="alc-rank LABELS [PROBS] [options]",
        description="Rank labels by the probabilities of any model, the most suspicious first; nothing is trained.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("labels", type=Path, metavar="LABELS", help="CSV file with a column label")
    add("probs", type=Path, nargs="?", metavar="PROBS", help="class probabilities: .csv, .npy or .npz")
    add(
        "--features",
        type=Path,
        metavar="FILE",
        help="features (N, D): .npy or .npz; in place of PROBS, or for knn, graph",
    )
    add(
        "--out",
        type=Path,
        default=Path("ranking"),
        metavar="FOLDER",
        help="ranking.csv, report.html (default: ranking)",
    )
    add("--images", type=Path, metavar="FOLDER", help="show the images below this folder")
    add("--selector", default="cross_entropy", metavar="NAME", help="default: cross_entropy")
    add("--budget", type=_count, metavar="N", help="annotations that can be bought: how far do they reach?")
    add("--classes", metavar="A,B,...", help="the classes in the order of the columns of probabilities")
    add("--protocol", default="external", choices=PROTOCOLS, help="how PROBS were made, said on the page")
    add(
        "--rows",
        type=int,
        default=20_000,
        metavar="N",
        help="the most samples on the page (default: 20000; 0: no page)",
    )
    for name, default in (("label", "label"), ("path", "path"), ("id", "id")):
        add(f"--{name}-column", default=default, metavar="NAME", help=f"default: {default}")
    add("--reference-column", default="reference_label", metavar="NAME", help="labels taken as true")
    add("--group-column", default="group", metavar="NAME", help="e.g. the patient, kept in one fold")
    add("--separator", default=",", metavar="MARK", help="of CSV files: one character, or tab")
    add("--k", type=_count, default=10, metavar="N", help="neighbours that vote (--features; default: 10)")
    add("--folds", type=_count, default=10, metavar="N", help="parts that do not vote for themselves (default: 10)")
    add("--prior", type=float, default=1.0, metavar="X", help="votes of the class frequencies (default: 1)")
    add("--seed", type=int, default=0, metavar="N", help="breaks ties (default: 0)")
    return parser


def _classes(text: str) -> list[str]:
    names = [name.strip() for name in text.split(",")]
    if len(names) < 2 or len(set(names)) < len(names) or "" in names:
        raise InputError(f"--classes {text}", allowed="two different names or more, with commas between them")
    return names


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number of 1 or more")
    return int(text)
