"""Co-teaching as a module: two optimisers' worth of steps, its rate, its estimate, its clipping, the clean half."""

from functools import partial
from typing import Any

import numpy as np
import pytest
import pytorch_lightning as pl
import torch
from torch.nn.utils import clip_grad_norm_

from alc.data.augmentation import Augmentation
from alc.data.batch import Batch
from alc.data.datamodule import LabelledImages
from alc.data.normalisation import Normalisation
from alc.data.resident import ResidentImages
from alc.errors import InputError
from alc.losses.co_teaching import co_teaching_loss
from alc.losses.noise_rate import estimated_noise_rate
from alc.methods.co_teaching import CoTeaching
from alc.models.small_resnet import SmallResNet
from alc.protocols.trainer import make_trainer
from alc.sources.images import ArrayImages

TINY = partial(SmallResNet, stem=4, widths=(8,), blocks=(1,), strides=(2,))


def module(lr: float = 0.05, classes: int = 2, **options: Any) -> CoTeaching:
    torch.manual_seed(0)
    return CoTeaching(TINY, classes, partial(torch.optim.SGD, lr=lr, momentum=0.9), **options)


def separable(count: int, rate: float) -> tuple[ResidentImages, np.ndarray, np.ndarray]:
    """Images whose upper or lower half is bright, their classes, and labels of which a share is wrong."""
    rng = np.random.default_rng(0)
    true = np.arange(count) % 2
    images = rng.integers(0, 100, (count, 8, 8))
    for image, label in zip(images, true, strict=True):
        image[4 * label : 4 * label + 4] += 120
    labels = true.copy()
    labels[rng.permutation(count)[: int(rate * count)]] ^= 1
    return ResidentImages(ArrayImages(images.astype(np.uint8))), true, labels


def fit(network: CoTeaching, images: ResidentImages, labels: np.ndarray, epochs: int, **arguments: Any) -> pl.Trainer:
    rows = np.arange(len(labels))
    data = LabelledImages(
        images,
        labels,
        rows,
        rows,
        normalisation=Normalisation((0.4,) * 3, (0.3,) * 3),
        augmentation=Augmentation(),
        batch_size=20,
        predict_batch_size=20,
        seed=0,
    )
    trainer = make_trainer(max_epochs=epochs, accelerator="cpu", logger=False, enable_checkpointing=False, **arguments)
    network.prepare(data.labels, torch.from_numpy(rows))
    trainer.fit(network, datamodule=data)
    return trainer


def batch(size: int = 12) -> Batch:
    image = torch.randn(size, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    return {"image": image, "label": torch.arange(size) % 2, "index": torch.arange(size)}


def test_one_optimiser_equals_two_bit_by_bit() -> None:
    ours, theirs, given = module(), module(), batch()
    one = torch.optim.SGD(ours.parameters(), lr=0.05, momentum=0.9)
    two = [torch.optim.SGD(network.parameters(), lr=0.05, momentum=0.9) for network in theirs.backbones]
    for _ in range(3):
        one.zero_grad()
        ours.rate_now = 0.25
        loss = ours.loss(ours(given["image"]), given)
        torch.autograd.backward(loss)
        one.step()
        losses = [
            torch.nn.functional.cross_entropy(network(given["image"]), given["label"], reduction="none")
            for network in theirs.backbones
        ]
        kept = [each.detach().argsort(stable=True)[:9] for each in losses]
        for optimizer, each, other in zip(two, losses, (1, 0), strict=True):
            optimizer.zero_grad()
            torch.autograd.backward(each[kept[other]].mean())
            optimizer.step()
    assert all(torch.equal(a, b) for a, b in zip(ours.parameters(), theirs.parameters(), strict=True))
    assert not torch.equal(
        ours.backbones[0].head.get_parameter("weight"), ours.backbones[1].head.get_parameter("weight")
    )


def test_gradients_are_finite_in_bf16() -> None:
    network, given = module(), batch()
    network.rate_now = 0.3
    with torch.autocast("cpu", torch.bfloat16):
        loss = network.loss(network(given["image"]), given)
    assert all(bool(torch.isfinite(each).all()) for each in torch.autograd.grad(loss, list(network.parameters())))


class Kept(pl.Callback):
    """Which rows both networks would keep, epoch by epoch."""

    def __init__(self) -> None:
        self.rows: list[tuple[int, float, np.ndarray]] = []

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        assert isinstance(pl_module, CoTeaching)
        for logits in outputs["logits"]:
            losses = torch.nn.functional.cross_entropy(logits, batch["label"], reduction="none")
            keep = losses.argsort()[: int((1 - pl_module.rate_now) * len(losses) + 1e-9)]
            self.rows.append((trainer.current_epoch, pl_module.rate_now, batch["index"][keep].numpy()))


@pytest.mark.parametrize("rate", [0.4, "estimate"])
def test_the_clean_samples_are_kept_on_a_separable_set(rate: float | str) -> None:
    images, true, labels = separable(200, 0.4)
    kept = Kept()
    network = module(forget_rate=rate, warm_up=2, gradual=2)
    fit(network, images, labels, 6, callbacks=[kept])
    last = np.concatenate([rows for epoch, _, rows in kept.rows if epoch == 5])
    assert (labels[last] == true[last]).mean() > (0.97 if rate == 0.4 else 0.9)
    rates = [next(rate for epoch, rate, _ in kept.rows if epoch == each) for each in range(6)]
    full = network.rate_now
    assert rates == pytest.approx([0, 0, full / 2, full, full, full])
    assert full == pytest.approx(0.4, abs=0.0 if rate == 0.4 else 0.12)


def test_the_estimate_is_made_of_the_last_epoch_of_the_warm_up() -> None:
    class Listens(CoTeaching):
        def loss(self, logits: torch.Tensor, batch: Batch) -> torch.Tensor:
            if self.current_epoch == 1:
                said.append((batch["index"], logits.detach().softmax(dim=2).mean(dim=0)))
            return super().loss(logits, batch)

    images, _, labels = separable(60, 0.2)
    said: list[tuple[torch.Tensor, torch.Tensor]] = []
    torch.manual_seed(0)
    network = Listens(TINY, 2, partial(torch.optim.SGD, lr=0.05), warm_up=2, gradual=1)
    trainer = fit(network, images, labels, 3)
    index, probs = torch.cat([each for each, _ in said]), torch.cat([each for _, each in said])
    expected = estimated_noise_rate(probs[index.argsort()], torch.from_numpy(labels))
    assert float(network.estimated_rate) == pytest.approx(expected)
    assert trainer.callback_metrics["train/forget_rate"] == pytest.approx(expected)
    assert "estimated_rate" in network.state_dict()


def test_the_rate_it_came_to_can_be_gone_on_from() -> None:
    assert module(forget_rate=0.3).learned() == {"forget_rate": "0.3"}
    network = module()
    network.estimated_rate.fill_(0.125)
    assert network.learned() == {"forget_rate": "0.125"}


@pytest.mark.parametrize("algorithm", [None, "norm"])
def test_each_network_is_clipped_by_itself(algorithm: str | None) -> None:
    network, given = module(), batch()
    given["image"][:] *= 3
    logits = network(given["image"])
    torch.autograd.backward(100 * co_teaching_loss(logits, given["label"], 0.0))
    expected = [
        [weight.grad.clone() for weight in each.parameters() if weight.grad is not None] for each in network.backbones
    ]
    for each in expected:
        norm = torch.stack([gradient.norm() for gradient in each]).norm()
        for gradient in each:
            gradient.mul_(min(1.0, 0.5 / (float(norm) + 1e-6)))
    network.configure_gradient_clipping(torch.optim.SGD(network.parameters(), lr=1), 0.5, algorithm)
    for backbone, gradients in zip(network.backbones, expected, strict=True):
        for weight, gradient in zip(backbone.parameters(), gradients, strict=True):
            torch.testing.assert_close(weight.grad, gradient)
        assert float(clip_grad_norm_(backbone.parameters(), 1e9)) == pytest.approx(0.5, rel=1e-3)


@pytest.mark.parametrize("algorithm", [None, "norm", "value"])
def test_clipping_works_through_the_trainer(algorithm: str | None) -> None:
    images, _, labels = separable(40, 0.1)
    network = module(forget_rate=0.1)
    fit(network, images, labels, 1, gradient_clip_val=0.1, gradient_clip_algorithm=algorithm)
    assert all(bool(torch.isfinite(weight).all()) for weight in network.parameters())


def test_features_of_both_networks_stand_side_by_side() -> None:
    network, given = module(keep_features=True).eval(), batch()
    prediction = network.predict_step(given, 0)
    assert prediction["logits"].shape == (2, 12, 2)
    assert prediction["features"] is not None
    torch.testing.assert_close(prediction["features"][:, 8:], network.backbones[1].features(given["image"]))


def test_a_warm_up_without_end_is_told() -> None:
    images, _, labels = separable(40, 0.1)
    with pytest.warns(UserWarning, match="warm_up is 3 and trainer.max_epochs 1: no sample is ever left out"):
        fit(module(), images, labels, 1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"forget_rate": 1.0}, "forget_rate is 1.0"),
        ({"forget_rate": -0.1}, "forget_rate is -0.1"),
        ({"forget_rate": "guess"}, "forget_rate is 'guess'"),
        ({"forget_rate": True}, "forget_rate is True"),
        ({"warm_up": 0}, "forget_rate=estimate with method.warm_up=0"),
        ({"gradual": -1}, "gradual is -1"),
        ({"schedule": "linear"}, "schedule is 'linear'"),
        ({"class_weights": "inverse"}, "class_weights is 'inverse'"),
    ],
)
def test_impossible_options_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        module(**options)
