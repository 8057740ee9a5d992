"""Weights files: written with what a later start must know, read without running any code they may hold."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from pickle import UnpicklingError

import torch
from torch import Tensor

import alc
from alc.atomic import atomic_path
from alc.errors import InputError
from alc.models.base import Backbone

__all__ = ["StoredWeights", "TrainedOn", "read_weights", "save_weights"]

CONTAINERS = ("state_dict", "model", "network", "teacher", "student")
FORMAT = "alc-weights-1"
KEY = "alc"
"""The one entry of the header: safetensors writes several in any order, and equal weights are to be equal files."""
SIGNATURES = (b"PK\x03\x04", b"\x80")
"""How files of torch begin: zip archives, and before PyTorch 1.6 pickles."""
NUMBERED = re.compile(r"networks\.(\d+)\.")
FIX = "Give a .safetensors file, or one written by torch.save(network.state_dict(), FILE)"


@dataclass(frozen=True, slots=True)
class TrainedOn:
    """What a network has seen.

    Attributes:
        height: Of the images, in pixels.
        width: Of the images, in pixels.
        normalisation: Name of :data:`~alc.data.normalisation.NormalisationName`.
    """

    height: int
    width: int
    normalisation: str


@dataclass(frozen=True, slots=True, eq=False)
class StoredWeights:
    """Tensors of a file.

    Attributes:
        path: The file.
        tensors: Name -> tensor, on the CPU.
        about: What the file says about itself: format, alc, backbone, networks, num_classes, height, width,
            normalisation, and what its method found out; empty for a file of other origin.
    """

    path: Path
    tensors: dict[str, Tensor]
    about: dict[str, str] = field(default_factory=dict)

    @property
    def trained_on(self) -> TrainedOn | None:
        """What the network has seen, if the file says so."""
        try:
            return TrainedOn(int(self.about["height"]), int(self.about["width"]), self.about["normalisation"])
        except (KeyError, ValueError):
            return None

    @property
    def num_networks(self) -> int:
        """Networks in the file: 1, or how many are numbered (``networks.0.``, ``networks.1.``)."""
        return max(1, len(self._numbers()))

    def of_network(self, index: int, count: int) -> dict[str, Tensor]:
        """Tensors for network ``index`` of ``count``: its own counterpart where the file has as many, else the first's.

        >>> two = {"networks.0.a": torch.zeros(1), "networks.1.a": torch.ones(1), "targets": torch.ones(5)}
        >>> [float(StoredWeights(Path("w"), two).of_network(1, count)["a"]) for count in (1, 2)]
        [0.0, 1.0]
        """
        numbers = self._numbers()
        if not numbers:
            return self.tensors
        prefix = f"networks.{numbers[index] if len(numbers) == count else numbers[0]}."
        return {name.removeprefix(prefix): each for name, each in self.tensors.items() if name.startswith(prefix)}

    def _numbers(self) -> list[int]:
        return sorted({int(found[1]) for name in self.tensors if (found := NUMBERED.match(name))})


def save_weights(
    path: Path,
    networks: Backbone | Sequence[Backbone],
    trained_on: TrainedOn | None = None,
    *,
    head: bool = True,
    learned: Mapping[str, str] | None = None,
) -> None:
    """Write ``.safetensors`` whole or not at all; the names are those of one backbone, or ``networks.<i>.<name>``.

    Args:
        path: The file.
        networks: One network or several of one kind.
        trained_on: What they have seen, for the header of the file.
        head: Whether to write the classifiers; False for an encoder that was trained without labels.
        learned: What the method found out beside the weights, for the header too.
    """
    from safetensors.torch import save_file

    several = [networks] if isinstance(networks, Backbone) else list(networks)
    tensors: dict[str, Tensor] = {}
    for index, network in enumerate(several):
        prefix = f"networks.{index}." if len(several) > 1 else ""
        for name, tensor in network.stored(head=head).items():
            tensors[f"{prefix}{name}"] = tensor.detach().cpu().contiguous().clone()  # memory of their own, in order
    about = {"format": FORMAT, "alc": alc.__version__, "backbone": several[0].kind, "networks": str(len(several))}
    if head:
        about["num_classes"] = str(len(next(several[0].head.parameters())))
    if trained_on is not None:
        about |= {name: str(getattr(trained_on, name)) for name in ("height", "width", "normalisation")}
    about |= learned or {}
    with atomic_path(path) as temporary:
        save_file(tensors, temporary, metadata={KEY: json.dumps(about, sort_keys=True)})


def read_weights(path: Path) -> StoredWeights:
    """Read ``.safetensors``, or anything ``torch.load(weights_only=True)`` accepts.

    Raises:
        InputError: There is no such file, it is damaged, holds Python objects, or no tensors.
    """
    if not path.is_file():
        raise InputError(f"weights file {path} does not exist", fix=FIX)
    about: dict[str, str] = {}
    content: object
    try:
        if path.suffix == ".safetensors":
            from safetensors import safe_open

            with safe_open(path, framework="pt") as file:
                about = _about((file.metadata() or {}).get(KEY, "{}"))
                content = {name: file.get_tensor(name) for name in list(file.keys())}
        else:
            _require_signature(path)
            content = torch.load(path, map_location="cpu", weights_only=True)
    except UnpicklingError as error:
        reason = "it is no file of tensors, or holds Python objects, which could run code and are not loaded"
        raise InputError(f"weights file {path}: {reason}", fix=FIX) from error
    except InputError:
        raise
    except OSError as error:
        raise InputError(f"weights file {path} cannot be read ({error.strerror or _first_line(error)})") from error
    except Exception as error:  # a damaged file makes the readers raise anything, types of their own included
        raise InputError(f"weights file {path} is damaged ({_first_line(error)})", fix=FIX) from error
    for name in CONTAINERS:
        if isinstance(content, Mapping) and isinstance(content.get(name), Mapping):
            content = content[name]
    found = content if isinstance(content, Mapping) else {}
    tensors = {str(name): value for name, value in found.items() if isinstance(value, Tensor)}
    if not tensors:
        raise InputError(f"weights file {path} holds no tensors", fix=FIX)
    return StoredWeights(path, tensors, about)


def _require_signature(path: Path) -> None:
    """Refuse what ``torch.save`` can not have written, whose reader would fail with whatever its first letters mean."""
    with path.open("rb") as file:
        begins = file.read(16)
    if not begins.startswith(SIGNATURES):
        what = f"it begins with {begins.decode(errors='replace')!r}" if begins else "it is empty"
        raise InputError(f"weights file {path} was not written by torch.save: {what}", fix=FIX)


def _about(text: str) -> dict[str, str]:
    """The header; that of another project under our key says nothing."""
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return {str(name): str(value) for name, value in found.items()} if isinstance(found, dict) else {}


def _first_line(error: BaseException) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
