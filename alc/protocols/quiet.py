"""Lightning without its advertising: warnings that say something stay, the rest goes."""

import logging
import warnings

from lightning_fabric.utilities.rank_zero import rank_zero_only

__all__ = ["is_first_process", "quiet_lightning"]

KNOWN_AND_MEANT = (
    r".*does not have many workers.*",  # resident images need none
    r"The number of training batches \(\d+\) is smaller than the logging interval.*",
    r"Couldn't infer the batch indices fetched from your dataloader.*",  # the batch carries its own index
    r".*`isinstance\(treespec, LeafSpec\)` is deprecated.*",
    r".*ModelCheckpoint.*dirpath.*exists and is not empty.*",
    r"GPU available but not used.*",
    r"The `srun` command is available on your system but is not used.*",  # one device is one device
    r"Found \d+ module\(s\) in eval mode at the start of training.*",  # the frozen encoder under a probe
    r"You defined a `validation_step` but have no `val_dataloader`.*",
)


def quiet_lightning() -> None:
    """Silence device listings, tips and warnings about choices made on purpose; call it after Lightning is imported."""
    for name in ("pytorch_lightning", "lightning_fabric", "lightning.pytorch", "lightning.fabric"):
        logging.getLogger(name).setLevel(logging.WARNING)
    for message in KNOWN_AND_MEANT:
        warnings.filterwarnings("ignore", message=message)


def is_first_process() -> bool:
    """Whether this process speaks for all processes of one training, before and after the trainer has started them."""
    return getattr(rank_zero_only, "rank", 0) == 0
