"""How probabilities came to be, in a sentence that a reader of the page can act on."""

from alc.posteriors import PosteriorProtocol, Posteriors

__all__ = ["protocol_text"]

SEEN = "a wrong label that was learnt looks more plausible than it is, and the noise estimates are too low"
TEXTS: dict[PosteriorProtocol, str] = {
    "in_sample": f"One model was trained on these labels and then judged the same images: {SEEN}.",
    "cross_fit": "Every image was judged by a model that had not seen its label, so none was learnt by heart.",
    "mc_dropout": f"The mean of random dropout passes of a model trained on these labels: {SEEN}.",
    "ensemble": f"The mean of several models, each trained on these labels: {SEEN}.",
    "external": "The probabilities came from outside, and nothing here says whether the model had seen these labels. "
    f"If it had, {SEEN}.",
}


def protocol_text(posteriors: Posteriors) -> str:
    """What the protocol means; with the numbers that are known of it.

    >>> import numpy as np
    >>> protocol_text(Posteriors.single(np.array([[0.5, 0.5]]), protocol="cross_fit"))
    'Every image was judged by a model that had not seen its label, so none was learnt by heart.'
    """
    details = posteriors.details
    if details.get("kind") == "knn":
        return (
            f"Every image was judged by the labels of its {details['k']} nearest neighbours in the other "
            f"{details['num_folds'] - 1} of {details['num_folds']} parts of the data, never by its own label. The "
            "neighbours are those of the features that were given."
        )
    return TEXTS[posteriors.protocol]
