"""A round of questions in the formats of annotation tools: pure functions, a table in, the content of a file out."""

from alc.export.cleanlab import cleanlab_frame
from alc.export.datumaro import datumaro_content
from alc.export.label_studio import labelling_config, tasks
from alc.export.table import form
from alc.export.writing import FORMATS, write_tasks

__all__ = ["FORMATS", "cleanlab_frame", "datumaro_content", "form", "labelling_config", "tasks", "write_tasks"]
