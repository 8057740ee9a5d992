"""Filling a network with weights of a file: what does not fit is refused, never left out in silence."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor, nn

from alc.errors import InputError
from alc.models.base import Backbone
from alc.models.weights_file import StoredWeights, TrainedOn, read_weights

__all__ = ["Start", "fill", "load_weights"]

POSITIONS = ("pos_embed", "position")
"""In the names of tensors that belong to one image size."""

log = logging.getLogger(__name__)


@dataclass(eq=False)
class Start:
    """Fills the networks of a method from one file, and says once what it did.

    Each network takes its own counterpart where the file has as many networks, otherwise all take the first.  In the
    second case they would be copies of one another, and two networks that agree on everything never part in
    co-teaching, so their classifiers stay as they were made.

    Attributes:
        path: The file.
        sees: What the networks are about to see, or None where nobody knows.
        goes_on: Whether a training of the very same networks is continued: each takes its own classifier too, whatever
            the tuning, and nothing is said.
    """

    path: Path
    sees: TrainedOn | None = None
    goes_on: bool = False
    _stored: StoredWeights | None = field(default=None, init=False, repr=False)

    def __call__(self, networks: Sequence[Backbone]) -> None:
        """Fill, in place.

        Raises:
            InputError: The file is none, or of another architecture or image size, or holds numbers that are none.
        """
        first = self._stored is None
        stored = self._stored = self._stored or read_weights(self.path)
        copies = len(networks) > 1 and stored.num_networks != len(networks)
        for index, network in enumerate(networks):
            module, head = network.loadable()
            tensors = stored.of_network(index, len(networks))
            heads = fill(module, tensors, head, stored, keep_head=network.takes_head and not copies)
            if self.goes_on:
                named = _without_prefix(tensors, module.state_dict())
                network.head.load_state_dict({name: named[f"{head}.{name}"] for name in network.head.state_dict()})
            elif first and index == 0:
                self._tell(stored, network, heads, copies)

    def _tell(self, stored: StoredWeights, network: Backbone, heads: bool, copies: bool) -> None:
        given = stored.about.get("num_classes")
        classes = len(next(network.head.parameters()))
        if heads:
            fate = "its classifier included"
        elif not network.takes_head:
            fate = "with a new classifier"
        elif copies:
            fate = "both networks from the one in the file, with new classifiers, by which they differ"
        elif given is not None and given != str(classes):
            fate = f"with a new classifier of {classes} classes, since that of the file has {given}"
        else:
            fate = "with a new classifier, since the file has none that fits"
        log.info("Starting from %s, %s.", self.path, fate)
        then, now = stored.trained_on, self.sees
        if then is None or now is None:
            return
        if (then.height, then.width) != (now.height, now.width):
            sizes = f"images of {then.height}x{then.width} pixels, these have {now.height}x{now.width}"
            if any(_is_position(name) for name in stored.tensors):
                raise _other_size(stored, f"position embeddings for {sizes}")
            log.warning("%s was trained on %s.", self.path, sizes)
        if then.normalisation != now.normalisation:
            log.warning(
                "%s was trained with loader.normalisation=%s, here it is %s.",
                self.path,
                then.normalisation,
                now.normalisation,
            )


def load_weights(network: Backbone, path: Path) -> None:
    """Fill one network from a file; only its classifier may be absent or of another size.

    Raises:
        InputError: The file is none, or of another architecture.
    """
    stored = read_weights(path)
    module, head = network.loadable()
    fill(module, stored.of_network(0, 1), head, stored)


def fill(
    module: nn.Module, tensors: Mapping[str, Tensor], head: str, stored: StoredWeights, *, keep_head: bool = True
) -> bool:
    """Copy tensors into a module; whether its classifier was among them.

    Every tensor outside the classifier must be there, with its shape, and none beside them.  A prefix that all names
    share (``module.``, ``backbone.``) is dropped when that makes them fit.

    Args:
        module: The network.
        tensors: Those of this network.
        head: Name of the classifier in the module.
        stored: The file, for what is told.
        keep_head: Whether the classifier is taken too, where it has the same shape.
    """
    own = module.state_dict()
    tensors = _without_prefix(tensors, own)
    body = {name for name in own if not name.startswith(f"{head}.")}
    missing = sorted(name for name in body - tensors.keys() if not name.endswith(".num_batches_tracked"))
    extra = sorted(name for name in tensors.keys() - own.keys() if not name.startswith(f"{head}."))
    if missing or extra:
        lacks = [f"it lacks {len(missing)} of {len(body)} tensors, the first is {missing[0]}"] if missing else []
        has = [f"it has {len(extra)} tensors too many, the first is {extra[0]}"] if extra else []
        kind = f" (the file says {stored.about['backbone']})" if "backbone" in stored.about else ""
        raise InputError(
            f"weights file {stored.path} is of another architecture: {' and '.join(lacks + has)}{kind}",
            fix="Choose the backbone the weights were trained with, its depth and widths included",
        )
    for name in sorted(body & tensors.keys()):
        if tensors[name].shape != own[name].shape:
            shape, wanted = tuple(tensors[name].shape), tuple(own[name].shape)
            if _is_position(name):
                raise _other_size(stored, f"{name} has shape {shape}, here it is {wanted}")
            raise InputError(
                f"weights file {stored.path}: {name} has shape {shape}", allowed=f"{wanted}, as in the chosen backbone"
            )
    heads = [name for name in own if name not in body]
    fits = all(name in tensors and tensors[name].shape == own[name].shape for name in heads)
    heads = heads if keep_head and fits else []
    taken = {name: tensors[name] for name in [*sorted(body & tensors.keys()), *heads]}
    _require_finite(taken.items(), stored.path)
    module.load_state_dict(taken, strict=False)
    return bool(heads)


def _require_finite(tensors: Iterable[tuple[str, Tensor]], path: Path) -> None:
    for name, tensor in tensors:
        if tensor.is_floating_point() and not bool(torch.isfinite(tensor).all()):
            count = int((~torch.isfinite(tensor)).sum())
            raise InputError(
                f"weights file {path}: {name} has {count} of {tensor.numel()} values that are not finite",
                allowed="finite numbers",
                fix="Give a checkpoint from before that training broke down",
            )


def _other_size(stored: StoredWeights, problem: str) -> InputError:
    return InputError(
        f"weights file {stored.path} is of another image size: {problem}",
        allowed="weights trained on images of the size of these, since a position embedding belongs to one size",
        fix="Choose a network without position embeddings, or set backbone.options.img_size and data.size as they were",
    )


def _is_position(name: str) -> bool:
    return any(part in name for part in POSITIONS)


def _without_prefix(tensors: Mapping[str, Tensor], own: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors renamed by the prefix that makes most of them fit."""
    first = next(iter(own))
    prefixes = {""} | {name.removesuffix(first) for name in tensors if name.endswith(f".{first}")}
    best = max(sorted(prefixes), key=lambda prefix: sum(f"{prefix}{name}" in tensors for name in own))
    return {name.removeprefix(best): value for name, value in tensors.items() if name.startswith(best)}
