"""The mixture of losses against scikit-learn's, and what it makes of labels."""

import numpy as np
import pytest
import torch
from sklearn.mixture import GaussianMixture

from alc.losses.loss_mixture import clean_probability, fit_loss_mixture


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5])
def test_matches_scikit_learn(share: float) -> None:
    rng = np.random.default_rng(0)
    losses = np.where(rng.random(3000) < share, rng.normal(4, 1, 3000), rng.normal(0.5, 0.3, 3000))
    theirs = GaussianMixture(2, random_state=0, reg_covar=5e-4, tol=1e-7, max_iter=500).fit(losses[:, None])
    low, high = theirs.means_[:, 0].argsort()
    ours = fit_loss_mixture(torch.from_numpy(losses))
    assert ours is not None
    np.testing.assert_allclose(ours.mean, theirs.means_[[low, high], 0], atol=2e-3)
    np.testing.assert_allclose(ours.weight, theirs.weights_[[low, high]], atol=2e-3)
    np.testing.assert_allclose(ours.variance, theirs.covariances_[[low, high], 0, 0], atol=5e-3)
    above = losses > ours.mean[0].item()  # below it ours differs from theirs on purpose
    expected = theirs.predict_proba(losses[:, None])[:, low]
    np.testing.assert_allclose(clean_probability(torch.from_numpy(losses))[above], expected[above], atol=5e-3)


def test_the_smallest_losses_are_never_the_suspicious_ones() -> None:
    rng = np.random.default_rng(1)
    losses = torch.from_numpy(np.concatenate([rng.normal(1, 0.1, 900), rng.normal(1.5, 1, 300)]))
    mixture = fit_loss_mixture(losses)
    assert mixture is not None
    assert float(mixture.upper(losses.min()[None])) > 0.9  # what the two tails of a Gaussian would say
    order = losses.argsort()
    clean = clean_probability(losses)[order]
    assert bool((clean.diff() <= 1e-6).all())


@pytest.mark.parametrize("losses", [torch.ones(5), torch.zeros(0), torch.tensor([2.0])])
def test_losses_that_do_not_part_leave_labels_alone(losses: torch.Tensor) -> None:
    assert clean_probability(losses).tolist() == [1.0] * len(losses)
