"""The consensus of the people who labelled a data set, from the votes its source recorded."""

from alc.consensus.consensus import Belief, Consensus
from alc.errors import InputError
from alc.posteriors import Posteriors
from alc.sources.dataset import ImageDataset

__all__ = ["recorded_consensus"]


def recorded_consensus(dataset: ImageDataset, consensus: Consensus, posteriors: Posteriors | None = None) -> Belief:
    """What to believe about every image, given all recorded votes.

    Args:
        dataset: With ``annotations``.
        consensus: One of ``conf/consensus``.
        posteriors: Of a model that saw none of the votes, for a consensus that needs them; joined by id.

    Raises:
        InputError: The data have no recorded votes, or no annotator ids where the consensus weighs people.
    """
    name = type(consensus).__name__
    if dataset.annotations is None:
        raise InputError(
            f"data {dataset.name!r} has no recorded votes for {name} to fuse",
            allowed="data with the votes of several people, e.g. data=cifar10n",
        )
    if consensus.needs_annotator_ids and dataset.ids_fix:
        raise InputError(
            f"{name} weighs people against each other, and the votes of {dataset.name!r} carry no ids of people, only "
            "slots",
            allowed="votes with annotator ids",
            fix=f"{dataset.ids_fix}, or use consensus=majority, which needs none",
        )
    if posteriors is not None:
        posteriors = posteriors.aligned_to(dataset.samples.sample_id)
    return consensus.fuse(dataset.annotations, len(dataset), dataset.num_classes, posteriors)
