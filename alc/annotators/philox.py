"""Philox 4x32-10, a counter-based generator: random numbers as a function of a key and a position, without a state.

Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.  NumPy ships the 4x64 variant
as a stream; the array form below gives the number at any set of positions at once, which is what answers keyed by
(seed, sample, draw) need.  Tested against the known answers its authors publish.
"""

import numpy as np
import numpy.typing as npt

from alc.arrays import FloatArray, IntArray

__all__ = ["philox4x32", "uniforms"]

UInt64Array = npt.NDArray[np.uint64]

ROUNDS = 10
MULTIPLIERS = (np.uint64(0xD2511F53), np.uint64(0xCD9E8D57))
KEY_STEPS = (0x9E3779B9, 0xBB67AE85)
LOW = np.uint64(0xFFFFFFFF)
SHIFT = np.uint64(32)
CHUNK_ROWS = 1 << 13


def philox4x32(counter: tuple[UInt64Array, UInt64Array, UInt64Array, UInt64Array], key: tuple[int, int]) -> UInt64Array:
    """Four 32-bit words (4, K) of K counters, each given as four 32-bit words held in uint64 arrays (K,)."""
    first, second, third, fourth = counter
    key_low, key_high = key
    for _ in range(ROUNDS):
        product_a, product_b = first * MULTIPLIERS[0], third * MULTIPLIERS[1]
        first, third = (product_b >> SHIFT), (product_a >> SHIFT)
        first ^= second
        first ^= np.uint64(key_low)
        third ^= fourth
        third ^= np.uint64(key_high)
        product_b &= LOW
        product_a &= LOW
        second, fourth = product_b, product_a
        key_low, key_high = (key_low + KEY_STEPS[0]) & 0xFFFFFFFF, (key_high + KEY_STEPS[1]) & 0xFFFFFFFF
    return np.stack([first, second, third, fourth])


def uniforms(seed: int, sample_id: IntArray, first_draw: int, num_draws: int) -> FloatArray:
    """Uniform numbers in [0, 1) of draws ``first_draw .. first_draw + num_draws - 1`` for every sample, (K, num_draws).

    The number depends on (seed, sample id, draw) alone.  Each counter yields two numbers of 53 bits, so draws come in
    pairs; asking for an even ``first_draw`` and an even number of them wastes nothing.
    """
    key = (seed & 0xFFFFFFFF, (seed >> 32) & 0xFFFFFFFF)
    first_block, last_block = first_draw // 2, (first_draw + num_draws - 1) // 2
    blocks = np.arange(first_block, last_block + 1, dtype=np.uint64)
    ids = np.asarray(sample_id, dtype=np.uint64)
    result = np.empty((len(ids), 2 * len(blocks)))
    rows_at_once = max(1, CHUNK_ROWS // len(blocks))
    for start in range(0, len(ids), rows_at_once):
        part = np.repeat(ids[start : start + rows_at_once], len(blocks))
        block = np.tile(blocks, len(part) // len(blocks))
        zeros = np.zeros_like(block)
        words = philox4x32((block, part & LOW, part >> SHIFT, zeros), key)
        high, low = words[0::2] >> np.uint64(5), words[1::2] >> np.uint64(6)
        pairs = (high * np.float64(1 << 26) + low) / np.float64(1 << 53)
        result[start : start + rows_at_once] = pairs.T.reshape(-1, 2 * len(blocks))
    offset = first_draw - 2 * first_block
    return result[:, offset : offset + num_draws]
