"""What a ranking says for a campaign: the order, the classes, and where the images are."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omegaconf import DictConfig

from alc.errors import InputError
from alc.runs.manifest import Manifest
from alc.samples import SampleTable
from alc.tasks.finished_run import finished_run
from alc.tasks.recorded import recorded
from alc.tasks.treated import training_of

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Ranked", "read_ranked"]

KEPT = ("sample_id", "id", "path", "given", "suggested", "p_given", "p_suggested", "score", "rank", "expected_cost")
"""Columns of a ranking that a campaign needs; what is known of the truth is not among them."""


@dataclass(frozen=True, eq=False)
class Ranked:
    """A ranking and what belongs to it.

    Attributes:
        frame: The first to be asked about first.
        class_names: C names in their order.
        root: Folder of the images, None where there are no files.
        run: Of the ranking; None for a file.
        settings: What the project is to remember of it.
    """

    frame: "pd.DataFrame"
    class_names: tuple[str, ...]
    root: Path | None
    run: Path | None = None
    settings: dict[str, Any] = field(default_factory=dict)


def read_ranked(config: DictConfig) -> Ranked:
    """The ranking that a config names, by file or by run.

    Raises:
        InputError: There is none, or it is none.
    """
    wanted = str(config.ranking)
    images = None if config.images is None else Path(str(config.images)).expanduser()
    if images is not None and not images.is_dir():
        raise InputError(f"images={config.images}: there is no folder {images.absolute()}")
    if wanted.lower().endswith(".csv"):
        frame = _read(Path(wanted).expanduser())
        settings: dict[str, Any] = {"ranking": str(Path(wanted).absolute())}
        return Ranked(_kept(frame), _classes(config, frame), images, None, settings)
    run, manifest = finished_run(Path(config.paths.runs), wanted, "rank", "ranking")
    frame, training = _read(run / "ranking.csv"), training_of(run, manifest)
    names = _classes(config, frame) if training is None else SampleTable.load(training / "samples.parquet").class_names
    settings = {"ranking": str(run.absolute()), "run": run.name, "selector": _selector(manifest)}
    if training is not None:
        settings["posteriors"] = str((training / "posteriors.npz").absolute())
    root = recorded(run).data.get("root")
    if images is None and root is not None and "path" in frame:
        images = Path(str(root)).expanduser()
    return Ranked(_kept(frame), tuple(names), images, run, settings)


def _read(file: Path) -> "pd.DataFrame":
    import pandas as pd

    texts = ("id", "path", "given", "suggested")
    try:
        return pd.read_csv(file, dtype=dict.fromkeys(texts, str), keep_default_na=False,
                           na_values={"score": ["", "nan"], "expected_cost": ["", "nan"]})  # fmt: skip
    except FileNotFoundError as error:
        raise InputError(
            f"ranking={file}: there is no file {file.absolute()}",
            allowed="a ranking.csv, or the id or name of a finished alc-rank run",
        ) from error
    except (OSError, ValueError) as error:
        raise InputError(f"ranking={file} can not be read as CSV ({error})", allowed="a ranking.csv") from error


def _kept(frame: "pd.DataFrame") -> "pd.DataFrame":
    if missing := [name for name in ("sample_id", "given") if name not in frame]:
        raise InputError(
            f"the ranking has no column {', '.join(missing)}; its columns are {', '.join(map(str, frame))}",
            allowed="a ranking.csv as alc-rank writes it",
        )
    frame = frame[[name for name in KEPT if name in frame]]
    return frame if "rank" in frame else frame.assign(rank=range(1, len(frame) + 1))


def _classes(config: DictConfig, frame: "pd.DataFrame") -> tuple[str, ...]:
    """The names in the config, else those in the ranking, in the order of their indices where it has them."""
    if config.classes is not None:
        return tuple(map(str, config.classes))
    names: dict[str, int] = {}
    for name in ("given", "suggested"):
        if name in frame:
            pairs = frame[[name, f"{name}_class"]] if f"{name}_class" in frame else frame[[name]].assign(number=0)
            names |= {str(label): int(number) for label, number in pairs.drop_duplicates().itertuples(index=False)}
    return tuple(sorted(names, key=lambda label: (names[label], label)))


def _selector(manifest: Manifest) -> str | None:
    name = manifest.headline.get("selector")
    return None if name is None else str(name)
