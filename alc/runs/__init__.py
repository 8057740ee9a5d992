"""Runs as files: which directory a config names, who may write it, when it is complete, what it holds."""

from alc.runs.identity import (
    IGNORED,
    PRETRAINING_GROUPS,
    TRAINING_GROUPS,
    pretraining_config,
    pretraining_id,
    run_id,
    training_config,
    training_id,
)
from alc.runs.index import RunRecord, find_runs
from alc.runs.manifest import Manifest
from alc.runs.run_dir import RunDir
from alc.runs.table import read_runs

__all__ = [
    "IGNORED",
    "PRETRAINING_GROUPS",
    "TRAINING_GROUPS",
    "Manifest",
    "RunDir",
    "RunRecord",
    "find_runs",
    "pretraining_config",
    "pretraining_id",
    "read_runs",
    "run_id",
    "training_config",
    "training_id",
]
