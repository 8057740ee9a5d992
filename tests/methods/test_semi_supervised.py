"""What semi-supervised training makes of labels and of images without any, piece by piece and by hand."""

from functools import partial
from typing import Any

import numpy as np
import pytest
import torch

from alc.data.augmentation import Augmentation
from alc.data.predicted_views import PredictedViews
from alc.errors import InputError
from alc.losses.soft_targets import label_posterior, weighted_soft_cross_entropy
from alc.methods.mixup import Mixup
from alc.methods.semi_supervised import SemiSupervised
from alc.methods.teacher import Teacher
from alc.models.small_resnet import SmallResNet

SMALL = partial(SmallResNet, stem=4, widths=(8,), blocks=(1,), strides=(2,))
SGD = partial(torch.optim.SGD, lr=0.05)
LABELS, TRAIN = torch.tensor([0, 1, 2, 0, 1, 2]), torch.tensor([0, 1, 2, 3])


def made(**options: Any) -> SemiSupervised:
    torch.manual_seed(0)
    module = SemiSupervised(SMALL, 3, SGD, strong=Augmentation(), **options)
    module.prepare(LABELS, TRAIN)
    module._rate_now = 0.25
    module._seen = torch.zeros(6, dtype=torch.bool)
    return module


def test_labels_of_other_rows_are_not_kept() -> None:
    module = made()
    assert module.given[:4].argmax(dim=1).tolist() == [0, 1, 2, 0]
    assert not module.given[4:].any()
    poisoned = SemiSupervised(SMALL, 3, SGD, strong=Augmentation())
    poisoned.prepare(torch.tensor([0, 1, 2, 0, 0, 0]), TRAIN)
    assert torch.equal(poisoned.given, module.given)
    module.learn_from(torch.full((6, 3), 1 / 3), TRAIN)
    assert module.given.sum(dim=1).tolist() == pytest.approx([1, 1, 1, 1, 0, 0])


def test_the_teacher_comes_in_after_the_warm_up() -> None:
    module = made(warm_up=3, ramp=1)
    strengths = []
    for epoch in range(6):
        module.__dict__["_trainer"] = None
        type(module).current_epoch = property(lambda _, now=epoch: now)  # type: ignore[method-assign,assignment,misc]
        strengths.append(module._strength())
    del type(module).current_epoch
    assert strengths == [0, 0, 0, 0.5, 1, 1]


SAID = torch.tensor([[0.7, 0.2, 0.1], [0.6, 0.3, 0.1]]).log()
INDEX = torch.tensor([0, 1])


def test_mixture_targets() -> None:
    module = made(division="mixture", sharpening=0.5)
    module.clean = torch.tensor([0.9, 0.2, 1, 1, 1, 1])
    sharp = (SAID.exp() ** 2) / (SAID.exp() ** 2).sum(dim=1, keepdim=True)
    expected = torch.stack([0.9 * torch.eye(3)[0] + 0.1 * sharp[0], 0.2 * torch.eye(3)[1] + 0.8 * sharp[1]])
    torch.testing.assert_close(module._refined(SAID, INDEX), expected)


def test_posterior_targets_and_labels_as_they_are() -> None:
    given = torch.eye(3)[:2]
    torch.testing.assert_close(made(division="posterior")._refined(SAID, INDEX), label_posterior(SAID, given, 0.25))
    assert torch.equal(made(division="none")._refined(SAID, INDEX), given)


def test_guesses_count_where_they_are_sure() -> None:
    guessed = made(threshold=0.65, unlabelled_weight=2.0)._guessed(SAID)
    torch.testing.assert_close(guessed, torch.stack([2 * SAID[0].exp(), torch.zeros(3)]))


def test_alignment_brings_guesses_to_the_frequency_of_labels() -> None:
    module = made(alignment=True)
    skewed = torch.tensor([[0.5, 0.25, 0.25]]).log()
    for _ in range(500):
        guessed = module._guessed(skewed)
    torch.testing.assert_close(guessed, torch.tensor([[0.5, 0.25, 0.25]]), atol=1e-3, rtol=0)  # of the four labels
    torch.testing.assert_close(module.marginal, torch.tensor([0.5, 0.25, 0.25]), atol=1e-3, rtol=0)
    module._frequency = torch.tensor([0.2, 0.4, 0.4])
    torch.testing.assert_close(module._guessed(skewed), torch.tensor([[0.2, 0.4, 0.4]]), atol=1e-3, rtol=0)


def test_losses_are_divergences_from_the_targets() -> None:
    module = made()
    module._said = None
    module.given[1] = torch.tensor([0.5, 0.5, 0.0])
    module._listen(SAID, INDEX)
    expected = [-np.log(0.7), 0.5 * np.log(0.5 / 0.6) + 0.5 * np.log(0.5 / 0.3)]
    assert module.losses[:2].tolist() == pytest.approx(expected, rel=1e-5)
    assert bool(module.losses[2:].isnan().all())


def test_the_teacher_is_the_average_of_weights_and_statistics() -> None:
    network = SMALL(num_classes=2)
    teacher, weight = Teacher(network, decay=0.5), network.classifier.weight.detach().clone()
    with torch.no_grad():
        network.classifier.weight.add_(1.0)
        network.get_buffer("stem_norm.running_mean").add_(4.0)
    teacher.follow(network, step=100)
    torch.testing.assert_close(teacher.network.get_parameter("classifier.weight"), weight + 0.5)
    torch.testing.assert_close(teacher.network.get_buffer("stem_norm.running_mean"), torch.full((4,), 2.0))
    teacher.follow(network, step=1)  # (1 + 1) / (10 + 1) of the average stays
    torch.testing.assert_close(teacher.network.get_parameter("classifier.weight"), weight + 1 - 0.5 * 2 / 11)
    assert not teacher.train().network.training
    assert not any(each.requires_grad for each in teacher.parameters())


def test_mixup_mixes_images_and_weights_alike() -> None:
    image, targets = torch.randn(6, 3, 4, 4), torch.rand(6, 5)
    mixed, soft = Mixup(0.7)(image, targets, np.random.default_rng(3))
    share = np.random.default_rng(3).beta(0.7, 0.7)
    share = max(share, 1 - share)
    logits = torch.randn(6, 5)
    rng = np.random.default_rng(3)
    rng.beta(0.7, 0.7)
    other = torch.from_numpy(rng.permutation(6))
    torch.testing.assert_close(mixed, share * image + (1 - share) * image[other])
    parts = [weighted_soft_cross_entropy(logits, each) for each in (targets, targets[other])]
    torch.testing.assert_close(weighted_soft_cross_entropy(logits, soft), share * parts[0] + (1 - share) * parts[1])
    assert Mixup(0.0)(image, targets, np.random.default_rng(3)) == (image, targets)


def test_the_prediction_is_the_mean_over_views_of_what_the_teacher_says() -> None:
    module = made(predicted=PredictedViews(mirrored=True)).eval()
    with torch.no_grad():
        module.teacher.network.get_parameter("classifier.bias").add_(torch.tensor([1.0, 0.0, 0.0]))
        image = torch.randn(2, 3, 8, 8)
        logits = module.predict_step({"image": image, "label": INDEX, "index": INDEX}, 0)["logits"]
        network = module.teacher.network
        expected = (network(image).log_softmax(1) + network(image.flip(3)).log_softmax(1)) / 2
    torch.testing.assert_close(logits[0], expected)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"division": "halves"}, "mixture, posterior, none"),
        ({"labelled_views": "plain"}, "strong, weak"),
        ({"noise_rate": 0}, "noise_rate is 0"),
        ({"noise_rate": "guess"}, "noise_rate is 'guess'"),
        ({"warm_up": 0}, "warm_up is 0"),
        ({"ramp": -1}, "ramp is -1"),
        ({"sharpening": 0}, "sharpening 0"),
        ({"threshold": 1.5}, "threshold is 1.5"),
        ({"label_smoothing": -0.1}, "label_smoothing is -0.1"),
        ({"mixup": -1}, "mixup is -1"),
        ({"teacher_decay": 1.0}, "teacher_decay is 1.0"),
        ({"unlabelled_ratio": -1}, "unlabelled_ratio is -1"),
        ({"unlabelled_weight": float("inf")}, "unlabelled_weight inf"),
    ],
)
def test_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        made(**options)
