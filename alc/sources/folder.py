"""A folder of images with one subfolder per class."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from alc.arrays import IntArray
from alc.errors import InputError, did_you_mean
from alc.samples import SampleTable
from alc.sources.classes import given_classes
from alc.sources.dataset import ImageDataset
from alc.sources.decode import IMAGE_ENDINGS, Resize, check_image_size
from alc.sources.dicom import Window, check_window, is_dicom_file
from alc.sources.digest_memo import images_digest
from alc.sources.findings import Finding, describe_findings
from alc.sources.image_files import image_files
from alc.sources.images import Images
from alc.sources.inputs import input_root

__all__ = ["FolderSource"]

FIX = "Type data.root=<folder with one subfolder of images per class>"
SPLIT_NAMES = frozenset({"train", "training", "val", "valid", "validation", "test", "testing"})


@dataclass(frozen=True)
class FolderSource:
    """Images of one's own: ``root/<class>/**/<image>``, as torchvision's ImageFolder reads them.

    The given label is the subfolder; no reference is known.  Classes are in alphabetical (code point) order or in the
    order of ``classes``; samples in the order of their paths within each class, so ids do not depend on the disk.
    Files are images by their ending, and DICOM files by their content whatever their name; hidden files and folders,
    and all other files, are left out.

    Attributes:
        root: Folder with one subfolder per class.
        image_size: Side in pixels; every image is made square.
        test_root: Folder of the same shape with trusted labels; None for none.
        classes: Order, and choice, of the subfolders to use; None for all.
        resize: ``centre_crop`` (short side to ``image_size``, then the middle) or ``stretch``.
        window: Of DICOM files: ``dicom`` (the window they ask for) or ``full`` (all values they could store).
        cache: Folder for images decoded and made square once; None decodes at every read.
        skip_unreadable: Leave out images that can not be read, instead of refusing them; they are listed and counted.
    """

    root: str
    image_size: int
    test_root: str | None = None
    classes: Sequence[str] | None = None
    resize: Resize = "centre_crop"
    window: Window = "dicom"
    cache: str | None = None
    skip_unreadable: bool = False

    def __post_init__(self) -> None:
        check_image_size(self.image_size, self.resize)
        check_window(self.window)

    def load(self, split_seed: int) -> ImageDataset:
        """Every file is opened and verified; nothing is drawn, so the seed changes nothing."""
        root = input_root(self.root, FIX)
        names = self._classes(root)
        paths, given = _listing(root, names)
        samples = SampleTable(np.arange(len(paths)), names, given=given, path=np.asarray(paths, dtype=np.str_))
        images, rows, findings = self._images(root, paths)
        samples = samples if len(rows) == len(paths) else samples.rows(rows)
        test_images, test_labels = None, None
        test = self._test()
        if test is not None:
            test_paths, test_labels = _listing(test, names)
            test_images, test_rows, more = self._images(test, test_paths)
            test_labels, findings = test_labels[test_rows], findings + more
        sizes = np.bincount(samples.given, minlength=len(names))
        counts = ", ".join(f"{name} {count}" for name, count in zip(names, sizes, strict=True))
        return ImageDataset(
            name=root.resolve().name or "folder",
            images=images,
            samples=samples,
            test_images=test_images,
            test_labels=test_labels,
            description=f"{len(samples)} images in folders ({counts}), made {self.image_size}x{self.image_size} "
            f"({self.resize}).{describe_findings(findings)}",
            findings=findings,
        )

    def digests(self) -> dict[str, str]:
        """Listing digests of the image files of the classes used: ``images``, and ``test_images`` if there are any."""
        root = input_root(self.root, FIX)
        names = self._classes(root)
        found = {"images": images_digest(root, _listing(root, names)[0], self.cache)}
        test = self._test()
        if test is not None:
            found["test_images"] = images_digest(test, _listing(test, names)[0], self.cache)
        return found

    def image_digests(self) -> dict[str, str]:
        """Listing digest of the image files; a file moved to another class has another place in the order."""
        root = input_root(self.root, FIX)
        return {"images": images_digest(root, _listing(root, self._classes(root))[0], self.cache)}

    def _images(self, root: Path, paths: list[str]) -> tuple[Images, IntArray, tuple[Finding, ...]]:
        """The images that can be read, their rows, and what there is to say of files."""
        return image_files(
            root,
            paths,
            size=self.image_size,
            resize=self.resize,
            window=self.window,
            cache=self.cache,
            skip=self.skip_unreadable,
        )

    def _test(self) -> Path | None:
        if self.test_root is None:
            return None
        fix = "Type data.test_root=<folder of other images>, or null"
        test = input_root(self.test_root, fix)
        if test.resolve() == Path(self.root).expanduser().resolve():
            raise InputError(f"data.test_root {self.test_root!r} is data.root itself", fix=fix)
        return test

    def _classes(self, root: Path) -> tuple[str, ...]:
        present = sorted(child.name for child in root.iterdir() if child.is_dir() and not child.name.startswith("."))
        wanted = given_classes(self.classes)
        for name in wanted or ():
            if name not in present:
                hint = did_you_mean(name, present)
                raise InputError(
                    f"data.classes names {name!r}, which is no folder in {root}", allowed=", ".join(present), fix=hint
                )
        names = wanted or tuple(present)
        if len(names) < 2:
            raise InputError(
                f"data.root {str(root)!r} holds {len(names)} subfolders {list(names)}",
                allowed="one subfolder per class, two or more",
                fix=FIX,
            )
        if wanted is None and {name.lower() for name in names} <= SPLIT_NAMES:
            raise InputError(
                f"data.root {str(root)!r} holds {', '.join(names)}, which look like parts of a data set, not classes",
                fix=f"Type data.root={root / names[0]}, and data.test_root=<the test part> if there is one",
            )
        return names


def _listing(root: Path, names: tuple[str, ...]) -> tuple[list[str], IntArray]:
    """Relative paths and labels of the images below ``root/<class>``."""
    paths: list[str] = []
    labels: list[int] = []
    for label, name in enumerate(names):
        if not (root / name).is_dir():
            raise InputError(f"{root} has no folder {name}", allowed=f"the folders {', '.join(names)}")
        inside = _files(root / name)
        images = sorted(path.relative_to(root).as_posix() for path in inside if _is_image(path))
        if not images:
            raise InputError(
                f"folder {root / name} holds no image ({len(inside)} other files)",
                allowed=f"files ending in {' '.join(IMAGE_ENDINGS)}, or DICOM of any name",
                fix="Remove the folder, or list the classes to use: data.classes=[...]",
            )
        paths += images
        labels += [label] * len(images)
    unprintable = next((path for path in paths if not _is_text(path)), None)
    if unprintable is not None:
        raise InputError(f"file name {unprintable!r} in {root} is not UTF-8", fix="Rename the file")
    return paths, np.asarray(labels, dtype=np.int64)


def _is_image(path: Path) -> bool:
    return path.suffix.lower() in IMAGE_ENDINGS or is_dicom_file(path)


def _files(folder: Path, above: frozenset[Path] = frozenset()) -> list[Path]:
    above |= {folder.resolve()}  # links are followed, but not back into a folder one is in
    visible = [child for child in folder.iterdir() if not child.name.startswith(".")]
    deeper = [child for child in visible if child.is_dir() and child.resolve() not in above]
    return [child for child in visible if child.is_file()] + [path for child in deeper for path in _files(child, above)]


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
