"""Reads back what an offline W&B run has written: records in the framing of a LevelDB log, each a protobuf message."""

import json
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any
from zlib import crc32

MESSAGES: Any = import_module("wandb.proto.wandb_internal_pb2")
BLOCK, HEADER = 1 << 15, 7
FULL, FIRST, MIDDLE, LAST = 1, 2, 3, 4


def records(path: Path) -> Iterator[Any]:
    """The records of a ``run-<id>.wandb`` file: a header of 7 bytes, then blocks of 32 KiB that hold chunks."""
    data = path.read_bytes()
    assert data.startswith(b":W&B")
    position, content = HEADER, b""
    while position + HEADER <= len(data):
        left = BLOCK - position % BLOCK
        if left < HEADER:
            position += left
            continue
        checksum, length, kind = struct.unpack_from("<IHB", data, position)
        chunk = data[position + HEADER : position + HEADER + length]
        assert crc32(bytes([kind]) + chunk) == checksum
        position += HEADER + length
        content = chunk if kind in {FULL, FIRST} else content + chunk
        if kind in {FULL, LAST}:
            record = MESSAGES.Record()
            record.ParseFromString(content)
            yield record


@dataclass(frozen=True)
class OfflineRun:
    """One folder ``offline-run-<time>-<id>``."""

    folder: Path

    @cached_property
    def records(self) -> list[Any]:
        return [record for file in self.folder.glob("run-*.wandb") for record in records(file)]

    def of(self, kind: str) -> list[Any]:
        return [getattr(record, kind) for record in self.records if record.WhichOneof("record_type") == kind]

    @property
    def run(self) -> Any:
        (run,) = self.of("run")
        return run

    @property
    def config(self) -> dict[str, Any]:
        return {item.key: json.loads(item.value_json) for item in self.run.config.update if item.key != "_wandb"}

    @property
    def exit_codes(self) -> list[int]:
        return [each.exit_code for each in self.of("exit")]

    @cached_property
    def history(self) -> list[dict[str, Any]]:
        return [_values(record.item) for record in self.of("history")]

    @property
    def summary(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for record in self.of("summary"):
            found |= _values(record.update)
        return found

    @property
    def axes(self) -> dict[str, str]:
        return {metric.glob_name or metric.name: metric.step_metric for metric in self.of("metric")}

    @property
    def artifacts(self) -> dict[str, Any]:
        return {artifact.name: artifact for artifact in self.of("artifact")}

    def curve(self, name: str) -> list[dict[str, Any]]:
        return [row for row in self.history if name in row]


def _values(items: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for item in items:
        *outer, last = item.nested_key or [item.key]
        place = found
        for key in outer:
            place = place.setdefault(key, {})
        place[last] = json.loads(item.value_json)
    return found


def offline_runs(runs: Path) -> dict[str, OfflineRun]:
    """W&B id -> run, of the folders below ``runs/wandb``; each id once.

    The service of W&B writes the end of a run a moment after ``finish`` has returned; that is waited for.
    """
    folders = sorted((runs / "wandb").glob("offline-run-*"))
    found = {folder.name.split("-", maxsplit=3)[3]: OfflineRun(folder) for folder in folders}
    assert len(found) == len(folders)
    deadline = time.monotonic() + 10
    while not all(OfflineRun(run.folder).exit_codes for run in found.values()):
        assert time.monotonic() < deadline, "W&B has not finished writing"
        time.sleep(0.02)
    return found
