"""MC dropout, ensembles, augmented passes and features: real tiny trainings."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional

from alc.arrays import IntArray, UInt8Array
from alc.callbacks.dropout_draws import DropoutDraws, dropout_layers
from alc.data.augmentation import Augmentation
from alc.errors import InputError
from alc.methods.co_teaching import CoTeaching
from alc.methods.cross_entropy import CrossEntropy
from alc.models.small_resnet import SmallResNet
from alc.protocols.cross_fit import CrossFit
from alc.protocols.ensemble import Ensemble
from alc.protocols.fit import Fit
from alc.protocols.in_sample import InSample
from alc.protocols.mc_dropout import McDropout
from alc.protocols.obtained import Obtained, PosteriorSource
from alc.protocols.passes import ONE_PASS, Passes
from alc.protocols.result import FitResult
from alc.sources.images import ArrayImages

Labelled = tuple[UInt8Array, IntArray]
MakeFit = Callable[..., Fit]
SMALL = partial(SmallResNet, stem=4, widths=(8,), blocks=(1,), strides=(2,), dropout=0.5)
SGD = partial(torch.optim.SGD, lr=0.05, momentum=0.9)
IDS = np.arange(60) * 2


def obtain(protocol: PosteriorSource, fit: Any, labels: IntArray, directory: Path, seed: int = 0) -> Obtained:
    return protocol.obtain(fit, labels, sample_id=IDS, group=None, seed=seed, directory=directory, source="run")


def test_mc_dropout_has_members_that_differ_and_can_be_repeated(
    make_fit: MakeFit, labelled: Labelled, tmp_path: Path
) -> None:
    fit = make_fit(test_images=ArrayImages(labelled[0][:7]))
    got = obtain(McDropout(4), fit, labelled[1], tmp_path / "1")
    probs = got.posteriors.probs
    assert probs.shape == (4, 60, 2)
    assert got.posteriors.protocol == "mc_dropout"
    assert got.posteriors.details == {"num_passes": 4}
    assert len({each.tobytes() for each in probs}) == 4
    assert got.test_probs is not None
    assert got.test_probs.shape == (7, 2)
    np.testing.assert_array_equal(probs, obtain(McDropout(4), fit, labelled[1], tmp_path / "2").posteriors.probs)
    more = obtain(McDropout(5), fit, labelled[1], tmp_path / "2").posteriors.probs  # trained already, predicted anew
    np.testing.assert_array_equal(probs, more[:4])


def test_mc_dropout_matches_a_plain_loop(make_fit: MakeFit, labelled: Labelled, tmp_path: Path) -> None:
    """The mean over many draws is that of dropout by hand on the features of the trained network."""
    fit = make_fit(build_module=lambda: CrossEntropy(SMALL, 2, SGD, keep_features=True), epochs=3)
    got = obtain(McDropout(60), fit, labelled[1], tmp_path)
    plain = make_fit(build_module=lambda: CrossEntropy(SMALL, 2, SGD, keep_features=True), epochs=3)
    features = obtain(InSample(), plain, labelled[1], tmp_path / "plain").features
    assert features is not None
    state = torch.load(tmp_path / "fit" / "last.ckpt", weights_only=True)["state_dict"]
    weight, bias = state["networks.0.classifier.weight"], state["networks.0.classifier.bias"]
    generator = torch.Generator().manual_seed(5)
    mask = (torch.rand(2000, 1, 8, generator=generator) < 0.5).float() * 2
    drawn = functional.linear(torch.from_numpy(features.values)[None] * mask, weight, bias).softmax(dim=2)
    np.testing.assert_allclose(got.posteriors.mean, drawn.mean(dim=0), atol=0.1)
    np.testing.assert_allclose(got.posteriors.probs.std(axis=0), drawn.std(dim=0), atol=0.08)
    assert got.features is not None
    np.testing.assert_allclose(got.features.values, features.values, atol=0.5 * features.values.max())


def test_mc_dropout_needs_dropout_and_says_so_before_training(
    make_fit: MakeFit, labelled: Labelled, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=r"no dropout.*Set backbone\.dropout=0\.5"):
        obtain(McDropout(3), make_fit(dropout=0.0), labelled[1], tmp_path)
    assert not list(tmp_path.rglob("last.ckpt"))


def test_dropout_is_on_during_a_draw_only_and_batch_norm_never() -> None:
    network = CrossEntropy(SMALL, 2, SGD).eval()
    trainer: Any = type("Trainer", (), {"global_rank": 0})()
    draws = DropoutDraws(seed=0, draw=1)
    state = torch.get_rng_state()
    draws.on_predict_start(trainer, network)
    torch.set_rng_state(state)
    assert [module for module in network.modules() if module.training] == dropout_layers(network)
    draws.on_predict_end(trainer, network)
    assert not any(module.training for module in network.modules())


def test_ensemble_concatenates_its_members_and_continues_where_it_stopped(
    make_fit: MakeFit, labelled: Labelled, tmp_path: Path
) -> None:
    calls: list[int] = []
    real = make_fit(build_module=lambda: CoTeaching(SMALL, 2, SGD, forget_rate=0.1))

    class Counted:
        def __init__(self, fail_in: int | None = None) -> None:
            self.fail_in = fail_in

        def __call__(self, *arguments: Any, seed: int, **options: Any) -> FitResult:
            if self.fail_in == len(calls):
                raise KeyboardInterrupt
            calls.append(seed)
            return real(*arguments, seed=seed, **options)

    with pytest.raises(KeyboardInterrupt):
        obtain(Ensemble(3), Counted(fail_in=1), labelled[1], tmp_path)
    got = obtain(Ensemble(3), Counted(), labelled[1], tmp_path)
    assert len(calls) == len(set(calls)) == 3
    assert got.posteriors.probs.shape == (6, 60, 2)
    assert got.posteriors.protocol == "ensemble"
    assert got.posteriors.details == {"num_members": 3}
    rows = np.arange(60)
    alone = real(labelled[1], rows, rows, seed=calls[1], directory=tmp_path / "alone")
    np.testing.assert_array_equal(got.posteriors.probs[2:4], alone.probs)
    assert got.dynamics is not None
    assert got.dynamics.sample_id.tolist() == IDS.tolist()


def test_augmented_passes_see_views_that_are_seeded(make_fit: MakeFit, labelled: Labelled, tmp_path: Path) -> None:
    fit = make_fit()
    got = obtain(InSample(passes=3, augmented=True), fit, labelled[1], tmp_path / "1").posteriors
    again = obtain(InSample(passes=3, augmented=True), make_fit(), labelled[1], tmp_path / "2").posteriors
    plain = obtain(InSample(), fit, labelled[1], tmp_path / "1").posteriors
    assert got.probs.shape == (3, 60, 2)
    assert got.details == {"passes": 3, "augmented": True}
    np.testing.assert_array_equal(got.probs, again.probs)
    assert len({each.tobytes() for each in [*got.probs, *plain.probs]}) == 4
    np.testing.assert_array_equal(
        plain.probs, obtain(InSample(), make_fit(), labelled[1], tmp_path / "3").posteriors.probs
    )


def test_passes_that_could_not_differ_are_refused(make_fit: MakeFit, labelled: Labelled, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"3 passes without chance.*augmented=true"):
        InSample(passes=3)
    with pytest.raises(InputError, match=r"augmented is true, but no augmentation"):
        obtain(InSample(2, augmented=True), make_fit(augmentation=Augmentation()), labelled[1], tmp_path)
    for protocol in (partial(McDropout, 0), partial(InSample, 0), partial(Ensemble, 1), partial(Ensemble, True)):
        with pytest.raises(InputError, match="a whole number of"):
            protocol()
    assert ONE_PASS.label == ""
    assert Passes(2, dropout=True).label != Passes(2, augmented=True).label


def test_features_are_of_the_network_that_was_asked_and_in_order(
    make_fit: MakeFit, labelled: Labelled, tmp_path: Path
) -> None:
    rows, predict = np.arange(48), np.array([50, 3, 59, 20])
    fit = make_fit(build_module=lambda: CrossEntropy(SMALL, 2, SGD, keep_features=True))
    result = fit(labelled[1], rows, predict, seed=0, directory=tmp_path / "fit")
    assert result.features is not None
    assert result.features.shape == (4, 8)
    assert result.features.dtype == np.float32
    state = torch.load(tmp_path / "fit" / "last.ckpt", weights_only=True)["state_dict"]
    head = [torch.from_numpy(result.features) @ state["networks.0.classifier.weight"].T]
    probs = (head[0] + state["networks.0.classifier.bias"]).softmax(dim=1)
    np.testing.assert_allclose(result.probs[0], probs, atol=1e-5)
    assert [path.name for path in (tmp_path / "fit").iterdir()] == ["last.ckpt"]
    result.save(tmp_path / "r.npz", "mark")
    loaded = FitResult.load(tmp_path / "r.npz", "mark")
    assert loaded is not None
    assert loaded.features is not None
    np.testing.assert_array_equal(loaded.features, result.features)


def test_every_protocol_brings_features_of_all_samples_where_asked(
    make_fit: MakeFit, labelled: Labelled, tmp_path: Path
) -> None:
    fit = make_fit(build_module=lambda: CoTeaching(SMALL, 2, SGD, forget_rate=0.1, keep_features=True), epochs=1)
    widths: list[tuple[PosteriorSource, int]] = [
        (InSample(), 16),
        (CrossFit(2), 16),
        (Ensemble(2), 32),
        (McDropout(2), 16),
    ]
    for number, (protocol, width) in enumerate(widths):
        features = obtain(protocol, fit, labelled[1], tmp_path / str(number)).features
        assert features is not None
        assert features.values.shape == (60, width)
        assert features.sample_id.tolist() == IDS.tolist()
        if isinstance(protocol, CrossFit):
            with np.load(tmp_path / str(number) / "fold_0.npz") as file:
                part = file["features"]
            assert all((features.values == row).all(axis=1).any() for row in part)
    assert obtain(InSample(), make_fit(epochs=1), labelled[1], tmp_path / "none").features is None
