"""Files that others publish: found below ``data.root`` under their published names, or said where they are."""

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from alc.errors import InputError

__all__ = ["PublishedFile", "find_published", "locate_images"]


class PublishedFile(NamedTuple):
    """A file by its published name.

    Attributes:
        name: As published.
        what: What it holds.
        where: Where it is published.
    """

    name: str
    what: str
    where: str


def find_published(root: Path, *files: PublishedFile, hints: Mapping[str, str] | None = None) -> list[Path]:
    """The files, each in ``root`` or in a folder ``rsna`` or ``nih`` of it.

    Args:
        root: ``data.root``.
        files: What to find.
        hints: By the name of a file, what else to say where it is missing.

    Raises:
        InputError: Some are not there; the message names all of them, what they hold and where they are published.
    """
    found, missing = [], []
    for file in files:
        places = [root / folder / file.name for folder in ("", "rsna", "nih")]
        path = next((place for place in places if place.is_file()), None)
        if path is None:
            missing.append(file)
        else:
            found.append(path)
    if missing:
        lacking = "; ".join(f"{file.name} ({file.what}), published at {file.where}" for file in missing)
        further = [hint for file in missing if (hint := (hints or {}).get(file.name))]
        raise InputError(
            f"data.root {str(root.absolute())!r} and its folders rsna and nih lack {lacking}",
            fix=". ".join(["Put what is published there under its published name", *further]),
        )
    return found


def locate_images(
    root: Path, names: Sequence[str], folders: Iterable[str], endings: Sequence[str], where: str
) -> list[str]:
    """Path relative to ``root`` of each image, looked for in some folders under its name with one of some endings.

    Args:
        root: ``data.root``.
        names: File names without, or with, their endings.
        folders: Relative to ``root``, the first that holds an image wins; ``*`` stands for anything within one name.
        endings: To be appended, the first that is there wins; ``("",)`` where names have theirs.
        where: Where the images are published.
    """
    looked = [folder for pattern in folders for folder in sorted(root.glob(pattern) if pattern else [root])]
    found: dict[str, str] = {}
    for folder in looked:
        if folder.is_dir():
            for entry in os.scandir(folder):
                found.setdefault(entry.name, Path(entry.path).relative_to(root).as_posix())
    paths = [next((found[name + end] for end in endings if name + end in found), None) for name in names]
    missing = [name for name, path in zip(names, paths, strict=True) if path is None]
    if missing:
        raise InputError(
            f"{len(missing)} of {len(names)} images are not there, the first: {', '.join(missing[:3])}; looked for "
            f"{' '.join(f'<name>{end}' for end in endings)} in {', '.join(str(folder) for folder in looked)}",
            fix=f"The images are published at {where}: put them below data.root",
        )
    return [path for path in paths if path is not None]
