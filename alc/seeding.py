"""Named, independent random streams from one seed.

Split, noise, training, annotators and selection each draw from a stream of their own, so one can be varied while the
others are held, and none depends on how many numbers another has consumed.
"""

from hashlib import sha256

import numpy as np

from alc.errors import InputError

__all__ = ["derive_seed", "stream"]


def _sequence(seed: int, *names: str | int) -> np.random.SeedSequence:
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise InputError(f"seed {seed!r} is not usable", allowed="a whole number of 0 or more", fix="Type e.g. seed=0")
    key = tuple(int.from_bytes(sha256(str(name).encode()).digest()[:4], "little") for name in names)
    return np.random.SeedSequence(entropy=int(seed), spawn_key=key)


def stream(seed: int, *names: str | int) -> np.random.Generator:
    """The generator of one purpose, e.g. ``stream(0, "noise")``; seed 0 is a seed like any other.

    >>> bool(stream(0, "noise").random() == stream(0, "noise").random())
    True
    >>> bool(stream(0, "noise").random() == stream(0, "split").random())
    False
    """
    return np.random.Generator(np.random.PCG64(_sequence(seed, *names)))


def derive_seed(seed: int, *names: str | int) -> int:
    """A 63-bit seed for libraries that want an integer, as independent as the streams of :func:`stream`."""
    return int(_sequence(seed, *names).generate_state(1, np.uint64)[0] >> np.uint64(1))
