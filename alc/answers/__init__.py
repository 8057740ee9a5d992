"""Answers of people: the log they are kept in, the project folder of a campaign, and what follows from them."""

from alc.answers.answer import Answer, Shown
from alc.answers.log import AnswerLog
from alc.answers.project import Project

__all__ = ["Answer", "AnswerLog", "Project", "Shown"]
