"""Pre-training: resumed equals uninterrupted, two processes equal one, bad sizes are refused."""

import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pytorch_lightning as pl
import torch

from alc.arrays import IntArray, UInt8Array
from alc.data.augmentation import Augmentation
from alc.errors import InputError
from alc.methods.byol import BYOL
from alc.methods.compute import Compute
from alc.methods.simclr import SimCLR
from alc.methods.warm_up import warm_up_cosine
from alc.models.small_resnet import SmallResNet
from alc.protocols.pretrain import Pretrain
from alc.protocols.trainer import make_trainer
from alc.sources.images import ArrayImages
from tests.protocols.interruption import StopAfter

SMALL = partial(SmallResNet, stem=4, widths=(8,), blocks=(1,), strides=(2,), dropout=0.2)
ADAM = partial(torch.optim.Adam, lr=0.01)
SCHEDULE = partial(warm_up_cosine, warm_up=0.25, epochs=4)
METHODS: dict[str, Callable[[], Any]] = {
    "simclr": lambda: SimCLR(SMALL, ADAM, SCHEDULE, hidden=16, output=6),
    "byol": lambda: BYOL(SMALL, ADAM, SCHEDULE, hidden=16, output=6, predictor_hidden=5),
}


def pretrain(pixels: UInt8Array, method: str, **fields: Any) -> Pretrain:
    defaults: dict[str, Any] = {
        "images": ArrayImages(pixels),
        "build_module": METHODS[method],
        "build_trainer": partial(make_trainer, max_epochs=1, accelerator="cpu", enable_model_summary=False),
        "views": Augmentation(shift=2, flip=True),
        "epochs": 4,
        "batch_size": 16,
        "normalisation": "data",
        "resident": True,
        "checkpoint_seconds": 0.0,
    }
    return Pretrain(**(defaults | fields))


@pytest.mark.parametrize("method", METHODS)
def test_resumed_equals_uninterrupted(labelled: tuple[UInt8Array, IntArray], tmp_path: Path, method: str) -> None:
    pixels = labelled[0]
    whole = pretrain(pixels, method)(seed=0, directory=tmp_path / "whole")

    def stopping(*, callbacks: Any, **arguments: Any) -> pl.Trainer:
        return make_trainer(callbacks=[*callbacks, StopAfter(2)], accelerator="cpu", **arguments)

    with pytest.raises((KeyboardInterrupt, SystemExit)):
        pretrain(pixels, method, build_trainer=stopping)(seed=0, directory=tmp_path / "cut")
    resumed = pretrain(pixels, method)(seed=0, directory=tmp_path / "cut")
    states = [torch.load(tmp_path / name / "last.ckpt", weights_only=True) for name in ("whole", "cut")]
    assert states[0]["state_dict"].keys() == states[1]["state_dict"].keys()
    assert all(torch.equal(value, states[1]["state_dict"][name]) for name, value in states[0]["state_dict"].items())
    assert states[0]["global_step"] == 4 * (60 // 16)
    images = torch.randn(5, 3, 8, 8)
    torch.testing.assert_close(whole.eval().features(images), resumed.eval().features(images), rtol=0, atol=0)


def test_training_changes_the_encoder_and_seeds_matter(labelled: tuple[UInt8Array, IntArray], tmp_path: Path) -> None:
    found = [
        pretrain(labelled[0], "simclr", epochs=1)(seed=seed, directory=tmp_path / f"{seed}{i}")
        for i, seed in enumerate([0, 0, 1])
    ]
    weights = [each.state_dict()["stem.weight"] for each in found]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


@pytest.mark.parametrize("method", METHODS)
def test_bfloat16_and_channels_first_train_too(
    labelled: tuple[UInt8Array, IntArray], tmp_path: Path, method: str
) -> None:
    trainer = partial(make_trainer, accelerator="cpu", precision="bf16-mixed", enable_model_summary=False)
    compute = Compute(channels_last=False)
    fields: dict[str, Any] = {"build_trainer": trainer, "compute": compute, "epochs": 2}
    encoder = pretrain(labelled[0], method, **fields)(seed=0, directory=tmp_path)
    weights = [each for each in encoder.state_dict().values() if each.is_floating_point()]
    assert all(each.dtype == torch.float32 and bool(torch.isfinite(each).all()) for each in weights)


@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS)
def test_a_compiled_training_is_the_same_up_to_rounding(
    labelled: tuple[UInt8Array, IntArray], tmp_path: Path, method: str
) -> None:
    found = [
        pretrain(labelled[0], method, epochs=1, compute=Compute(compile=compiled))(seed=0, directory=tmp_path / name)
        for name, compiled in (("plain", False), ("compiled", True))
    ]
    assert found[0].state_dict().keys() == found[1].state_dict().keys()
    torch.testing.assert_close(
        found[0].state_dict()["stem.weight"], found[1].state_dict()["stem.weight"], atol=1e-3, rtol=0
    )


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"epochs": 0}, "ssl.epochs is 0"),
        ({"batch_size": 1}, "ssl.batch_size is 1"),
        ({"batch_size": 61}, "ssl.batch_size is 61 and there are 60 images"),
        ({"views": Augmentation()}, "ssl.views are the images as they are"),
    ],
)
def test_what_can_not_be_trained_is_refused(
    labelled: tuple[UInt8Array, IntArray], fields: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        pretrain(labelled[0], "simclr", **fields)


SCRIPT = """
import os, sys
from functools import partial
import numpy as np, torch
import torch.distributed as dist
torch.set_num_threads(1)
from alc.methods.simclr import SimCLR
from alc.models.small_resnet import SmallResNet

rank, out = int(sys.argv[1]), sys.argv[2]
dist.init_process_group("gloo", init_method=f"file://{out}/meeting", rank=rank, world_size=2)
small = partial(SmallResNet, stem=4, widths=(8,), blocks=(1,), strides=(2,))
torch.manual_seed(0)
module = SimCLR(small, partial(torch.optim.SGD, lr=0.1), hidden=16, output=6, temperature=0.2).eval()
images = torch.randn(2, 8, 3, 8, 8, generator=torch.Generator().manual_seed(1))
ours = images[:, rank::2].reshape(8, 3, 8, 8)
loss = module.project(ours)["loss"]
loss.backward()
gradient = torch.cat([each.grad.flatten() for each in module.parameters() if each.grad is not None])
mean = loss.detach().clone()
dist.all_reduce(mean), dist.all_reduce(gradient)  # the mean over processes, as distributed training takes it
if rank == 0:
    np.savez(f"{out}/two.npz", loss=mean.numpy() / 2, gradient=gradient.numpy() / 2)
dist.destroy_process_group()
if rank == 0:
    module.zero_grad()
    alone = module.project(images.reshape(16, 3, 8, 8))["loss"]
    alone.backward()
    gradient = torch.cat([each.grad.flatten() for each in module.parameters() if each.grad is not None])
    np.savez(f"{out}/one.npz", loss=alone.detach().numpy(), gradient=gradient.numpy())
"""


def test_two_processes_have_the_loss_and_the_gradient_of_one(tmp_path: Path) -> None:
    """Batch statistics apart, which batch normalisation over processes brings together on GPUs."""
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2]), "OMP_NUM_THREADS": "1"}
    started = [
        subprocess.Popen(
            [sys.executable, str(script), str(rank), str(tmp_path)], env=environment, stderr=subprocess.PIPE
        )
        for rank in (0, 1)
    ]
    for process in started:
        _, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors.decode()[-3000:]
    one, two = np.load(tmp_path / "one.npz"), np.load(tmp_path / "two.npz")
    np.testing.assert_allclose(two["loss"], one["loss"], rtol=1e-6)
    np.testing.assert_allclose(two["gradient"], one["gradient"], atol=1e-6)
    assert np.abs(one["gradient"]).max() > 1e-3
