"""Files of answers as annotation tools write them: what each says, in the words of a project."""

from alc.answers.formats.campaign import ABSTAIN, Campaign
from alc.answers.formats.reading import read_answers

__all__ = ["ABSTAIN", "Campaign", "read_answers"]
