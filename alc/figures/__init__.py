"""One function per kind of figure: a tidy table or arrays in, a matplotlib figure out; and the way to save it."""

from alc.figures.accuracy import label_accuracy
from alc.figures.class_accuracy import class_accuracy
from alc.figures.confusion import noise_confusion
from alc.figures.contact import contact_sheet
from alc.figures.remaining import remaining_errors
from alc.figures.saving import save_figure
from alc.figures.variation import total_variation

__all__ = [
    "class_accuracy",
    "contact_sheet",
    "label_accuracy",
    "noise_confusion",
    "remaining_errors",
    "save_figure",
    "total_variation",
]
