"""The cross-entropy module: its loss, its outputs, its refusals."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
import pytorch_lightning as pl
import torch

from alc.data.augmentation import Augmentation
from alc.data.batch import Batch
from alc.data.datamodule import LabelledImages
from alc.data.normalisation import Normalisation
from alc.data.resident import ResidentImages
from alc.errors import InputError
from alc.methods.cross_entropy import CrossEntropy
from alc.models.small_resnet import SmallResNet
from alc.protocols.trainer import make_trainer
from alc.sources.images import ArrayImages

TINY = partial(SmallResNet, stem=4, widths=(8,), blocks=(1,), strides=(2,))


def module(lr: float = 0.1, **arguments: Any) -> CrossEntropy:
    return CrossEntropy(TINY, 3, partial(torch.optim.SGD, lr=lr), **arguments)


def batch(size: int = 5) -> Batch:
    generator = torch.Generator().manual_seed(0)
    image = torch.randn(size, 3, 8, 8, generator=generator)
    return {"image": image, "label": torch.arange(size) % 3, "index": torch.arange(size) + 10}


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_loss_matches_ten_lines_of_numpy(smoothing: float) -> None:
    logits = np.random.default_rng(0).normal(size=(5, 3))
    labels = np.array([0, 1, 2, 0, 1])
    log_probs = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    target = np.full((5, 3), smoothing / 3)
    target[np.arange(5), labels] += 1 - smoothing
    expected = -(target * log_probs).sum(axis=1).mean()
    given: Batch = {"image": torch.empty(0), "label": torch.from_numpy(labels), "index": torch.arange(5)}
    loss = module(label_smoothing=smoothing).loss(torch.from_numpy(logits)[None], given)
    assert float(loss) == pytest.approx(expected)


def test_predictions_carry_index_logits_and_features_where_asked() -> None:
    network = module(keep_features=True).eval()
    given = batch()
    prediction = network.predict_step(given, 0)
    assert prediction["index"].tolist() == list(range(10, 15))
    assert prediction["logits"].shape == (1, 5, 3)
    assert prediction["features"] is not None
    assert prediction["features"].shape == (5, 8)
    torch.testing.assert_close(prediction["logits"], network(given["image"]))
    assert module().eval().predict_step(given, 0)["features"] is None


def fit(network: CrossEntropy, images: ResidentImages, labels: np.ndarray[Any, Any], epochs: int = 2) -> pl.Trainer:
    data = LabelledImages(
        images,
        labels,
        np.arange(len(labels)),
        np.arange(len(labels)),
        normalisation=Normalisation((0.0,) * 3, (1.0,) * 3),
        augmentation=Augmentation(),
        batch_size=10,
        predict_batch_size=10,
        seed=0,
    )
    trainer = make_trainer(max_epochs=epochs, accelerator="cpu", logger=False, enable_checkpointing=False)
    network.prepare(data.labels, torch.arange(len(labels)))
    trainer.fit(network, datamodule=data)
    return trainer


IMAGES = ResidentImages(ArrayImages(np.random.default_rng(0).integers(0, 256, (20, 8, 8), dtype=np.uint8)))


def test_metrics_are_of_the_noisy_labels_only() -> None:
    metrics = fit(module(), IMAGES, np.arange(20) % 3).callback_metrics
    assert set(metrics) == {"train/loss", "train/accuracy_noisy"}


def test_a_loss_that_explodes_stops_with_the_rate_that_did_it() -> None:
    with pytest.raises(
        InputError, match=r"not finite since step 1 \(epoch 0, .*rate 1e\+20\); there is no checkpoint yet"
    ):
        fit(module(lr=1e20), IMAGES, np.arange(20) % 3)


def test_schedule_steps_once_per_epoch() -> None:
    build: Callable[..., Any] = partial(torch.optim.lr_scheduler.MultiStepLR, milestones=[1], gamma=0.5)
    trainer = fit(module(lr=0.1, scheduler=build), IMAGES, np.arange(20) % 3)
    assert trainer.optimizers[0].param_groups[0]["lr"] == pytest.approx(0.05)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("label_smoothing", 1.5),
        ("label_smoothing", -0.1),
        ("tanh_alpha", 0.0),
        ("tanh_penalty", -1.0),
        ("class_weights", "inverse"),
    ],
)
def test_impossible_options_are_refused(name: str, value: Any) -> None:
    with pytest.raises(InputError, match=rf"method\.{name} is '?{value}"):
        module(**{name: value})


def test_squashed_logits_are_trained_and_predicted() -> None:
    network, given = module(tanh_alpha=0.5).eval(), batch()
    raw = network.backbones[0](given["image"])
    squashed = 0.5 * torch.tanh(raw / 0.5)
    torch.testing.assert_close(network(given["image"])[0], squashed)
    torch.testing.assert_close(network.predict_step(given, 0)["logits"][0], squashed)


def test_the_released_penalty_is_added() -> None:
    logits, given = torch.randn(1, 5, 3, generator=torch.Generator().manual_seed(0)) * 9, batch()
    extra = module(tanh_penalty=0.3).loss(logits, given) - module().loss(logits, given)
    assert float(extra) == pytest.approx(0.3 * float(((10 * torch.tanh(logits / 10)) ** 2).mean()), rel=1e-4)


def test_class_weights_come_from_the_training_labels() -> None:
    network, labels = module(class_weights="inverse_frequency"), np.array([0] * 12 + [1] * 4 + [2] * 4)
    fit(network, IMAGES, labels, epochs=1)
    assert network.class_weight is not None
    assert network.class_weight.tolist() == pytest.approx([20 / (3 * 12), 20 / (3 * 4), 20 / (3 * 4)])
    assert "class_weight" not in network.state_dict()


def test_gradients_are_finite_in_bf16() -> None:
    network, given = module(tanh_alpha=2.0, tanh_penalty=0.3, label_smoothing=0.1), batch()
    with torch.autocast("cpu", torch.bfloat16):
        loss = network.loss(network(given["image"]), given)
    assert all(bool(torch.isfinite(each).all()) for each in torch.autograd.grad(loss, list(network.parameters())))


def test_weights_that_are_no_numbers_stop_the_training_too() -> None:
    """A finite loss whose step breaks the weights: the state must not be kept."""

    class Breaks(CrossEntropy):
        def on_train_batch_end(self, outputs: Any, batch: Any, batch_idx: int) -> None:
            with torch.no_grad():
                self.backbones[0].head.get_parameter("bias").fill_(torch.nan)

    broken = Breaks(TINY, 3, partial(torch.optim.SGD, lr=0.1))
    with pytest.raises(InputError, match=r"the weights are not finite \(epoch 0, step 1 at its end, learning rate 0.1"):
        fit(broken, ResidentImages(ArrayImages(np.zeros((10, 8, 8), dtype=np.uint8))), np.arange(10) % 3)
