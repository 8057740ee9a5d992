"""How the law of votes was designed, on data the leaderboard's claims are not about: 10,000 images of CIFAR-10N.

    alc-train data=cifar10n data.root=DATA data.labels=random1 data.subset=10000 posteriors=patch_kernel name=design
    python -m experiments.leaderboard.design runs/design --data DATA

Prints the share of labels that are right before anybody is asked, by how the constants are found; and then how the
fused state fares when the other two recorded votes are asked for, least fused confidence first.
"""

import argparse
from pathlib import Path

import numpy as np
from scipy.optimize import minimize

from alc.adjudication import Adaptive
from alc.annotators.recorded import RecordedAnnotator
from alc.arrays import FloatArray
from alc.consensus.fused_state import FusedState
from alc.consensus.posterior_fusion import PosteriorFusion
from alc.consensus.vote_law import VoteLaw
from alc.consensus.vote_law_fit import VOTE_LAW_WIDTHS, Votes, vote_log_likelihood
from alc.posteriors import Posteriors
from alc.samples import SampleTable
from alc.selection.fused import least_fused_confidence
from alc.simulation.opinion import FusedOpinion
from alc.simulation.queue import simulate_queue
from alc.sources.cifar10n import Cifar10NSource

BUDGET = 4000


def joint_law(probs: FloatArray, votes: Votes, expected: VoteLaw, floor: float) -> VoteLaw:
    """All constants by the joint likelihood of posteriors and first labels: the naive way."""
    centre = expected.vector()

    def loss(vector: FloatArray) -> float:
        prior = 0.5 * float((((vector - centre) / VOTE_LAW_WIDTHS) ** 2).sum())
        return prior - float(vote_log_likelihood(VoteLaw.of(vector), probs, votes, floor).sum())

    return VoteLaw.of(minimize(loss, centre, method="L-BFGS-B", options={"ftol": 1e-7}).x)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("--data", default="data", help="folder with CIFAR-10 and CIFAR-10_human.pt")
    arguments = parser.parse_args()
    posteriors = Posteriors.load(arguments.run / "posteriors.npz")
    samples = SampleTable.load(arguments.run / "samples.parquet")
    probs, given, truth = np.asarray(posteriors.mean, dtype=np.float64), samples.given, samples.reference
    assert truth is not None
    nobody, fusion = np.empty(0, dtype=np.int64), PosteriorFusion()
    votes = Votes(given, nobody, nobody)
    laws = {
        "constants as expected": fusion.expected,
        "only the temperature from first labels (what is done)": fusion.law(probs, votes),
        "all from first labels, joint likelihood": joint_law(probs, votes, fusion.expected, fusion.floor),
    }
    right = (probs.argmax(axis=1) == truth).mean()
    print(f"posteriors right: {right:.4f}, labels as given: {(given == truth).mean():.4f}")
    for name, law in laws.items():
        state = FusedState.of(law, probs, votes, fusion.floor)
        print(f"{name}: {(state.label == truth).mean():.4f} right, {state.confidence.mean():.4f} believed; {law}")
    data = Cifar10NSource(root=arguments.data, labels="random1", subset=len(given), test_subset=10).load(0)
    assert data.distribution is not None
    annotator = RecordedAnnotator(data.distribution, samples.sample_id, 0, annotations=data.annotations, initial=given)
    changes = simulate_queue(
        None,
        least_fused_confidence,
        FusedOpinion(fusion, posteriors, given, start="fused"),
        annotator,
        budget=BUDGET,
        adjudication=Adaptive(),
        tie=np.random.default_rng(0).random(len(given)),
    )
    curve = changes.label_accuracy(truth)
    print(f"{BUDGET} annotations: area {curve[:-1].mean():.4f}, {curve[-1]:.4f} right at the end")


if __name__ == "__main__":
    main()
