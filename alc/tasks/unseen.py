"""Whether the posteriors a config describes are of models that have not seen the sample's own label."""

from typing import Any

__all__ = ["judged_unseen", "protocol_name"]

UNSEEN = {"CrossFit", "SelfTraining", "PatchKernel"}


def protocol_name(posteriors: Any) -> str:
    """Class name of a ``posteriors`` section, e.g. ``CrossFit``."""
    return str(posteriors.get("_target_")).rpartition(".")[2]


def judged_unseen(posteriors: Any) -> bool:
    """Known from the config alone, before anything is imported or trained; of joined protocols all parts must be."""
    if protocol_name(posteriors) == "Joined":
        return all(judged_unseen(part) for part in posteriors.parts.values())
    return protocol_name(posteriors) in UNSEEN
