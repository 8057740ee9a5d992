"""Choosing a model on a validation set whose labels are noisy, on the same labels cleaned in part, and on true ones.

The third benchmark of Bernhardt et al. (2022, Table 2): under label noise the model that looks best need not be the
best.
"""

from alc.model_selection.outcome import ModelSelection
from alc.model_selection.right import chosen, is_right, settled_after
from alc.model_selection.select import RankedBy, select_model

__all__ = ["ModelSelection", "RankedBy", "chosen", "is_right", "select_model", "settled_after"]
