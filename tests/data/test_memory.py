"""Out of memory is told as the setting to lower; other errors are not touched."""

import numpy as np
import pytest
import torch

from alc.data.memory import memory_for
from alc.data.resident import ResidentImages
from alc.errors import InputError
from alc.sources.images import ArrayImages

SHORT = [
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 3 GiB"),
    RuntimeError("[enforce fail at alloc_cpu.cpp:121] err == 0. DefaultCPUAllocator: can't allocate memory: 9 bytes"),
    RuntimeError("CUDA error: out of memory\nCompile with `TORCH_USE_CUDA_DSA`"),
    MemoryError(),
    MemoryError("Unable to allocate 1. TiB for an array"),
]


@pytest.mark.parametrize("error", SHORT, ids=lambda error: str(error)[:20])
def test_every_kind(error: Exception) -> None:
    with (
        pytest.raises(InputError, match=r"^out of memory in training.*Lower loader\.batch_size, now 8\.$") as caught,
        memory_for("training", "Lower loader.batch_size, now 8"),
    ):
        raise error
    assert caught.value.__cause__ is error
    assert "\n" not in str(caught.value)
    assert (str(error).partition("\n")[0][:30] in str(caught.value)) or not str(error)


@pytest.mark.parametrize("error", [RuntimeError("shapes cannot be multiplied"), ValueError("x"), InputError("y")])
def test_others_pass_untouched(error: Exception) -> None:
    with pytest.raises(type(error)) as caught, memory_for("training", "Lower it"):
        raise error
    assert caught.value is error
    assert error.__cause__ is None


def test_real_allocations() -> None:
    with pytest.raises(InputError, match="out of memory in a test"), memory_for("a test", "Lower it"):
        torch.empty(2**60, dtype=torch.uint8)
    with pytest.raises(InputError, match="out of memory in a test"), memory_for("a test", "Lower it"):
        np.empty(2**60, dtype=np.uint8)


def test_images_that_do_not_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    images = ArrayImages(np.zeros((3, 2, 2), dtype=np.uint8))

    class Huge(ArrayImages):
        def as_array(self) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
            raise MemoryError("Unable to allocate 1. TiB")

    with pytest.raises(InputError, match=r"reading all 3 images.*loader=streaming"):
        ResidentImages(Huge(np.zeros((3, 2, 2), dtype=np.uint8)))
    resident = ResidentImages(images)

    def fail(*_: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(torch.Tensor, "to", fail)
    with pytest.raises(InputError, match=r"bringing all 3 images to meta.*loader=streaming"):
        resident.on(torch.device("meta"))
