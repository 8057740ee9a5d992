"""One function per kind of figure: a tidy table or arrays in, a matplotlib figure out; and the way to save it."""

from alc.figures.accuracy import label_accuracy
from alc.figures.class_accuracy import class_accuracy
from alc.figures.class_errors import class_errors
from alc.figures.confusion import noise_confusion
from alc.figures.contact import contact_sheet
from alc.figures.model_choice import model_choice
from alc.figures.rank_bands import Band, rank_bands
from alc.figures.remaining import remaining_errors
from alc.figures.rounds import campaign_rounds
from alc.figures.saving import save_figure
from alc.figures.sweep import sweep_accuracy
from alc.figures.variation import total_variation

__all__ = [
    "Band",
    "campaign_rounds",
    "class_accuracy",
    "class_errors",
    "contact_sheet",
    "label_accuracy",
    "model_choice",
    "noise_confusion",
    "rank_bands",
    "remaining_errors",
    "save_figure",
    "sweep_accuracy",
    "total_variation",
]
