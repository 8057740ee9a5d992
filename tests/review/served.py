"""A small project, a server for it in a thread, and a client that sends what it is told to."""

import http.client
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pandas as pd
from PIL import Image

from alc.answers.answer import Shown
from alc.answers.project import Project
from alc.review.server import ReviewServer
from alc.review.session import ReviewSession

CLASSES = ("cat", "dog", "<b>owl</b>")


def make_project(folder: Path, count: int = 6, classes: tuple[str, ...] = CLASSES, **columns: Any) -> Project:
    """``count`` grey images in a folder of their given label, sample ids 100, 101, ..."""
    root = folder / "images"
    rows = []
    for number in range(count):
        given = classes[number % len(classes)]
        path = f"class{number % len(classes)}/{number}.png"
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        pixels = np.full((12, 16), 20 * number % 256, dtype=np.uint8)
        Image.fromarray(pixels).save(root / path)
        suggested = classes[(number + 1) % len(classes)]
        rows.append({"sample_id": 100 + number, "path": path, "given": given, "suggested": suggested})
    queue = pd.DataFrame(rows).assign(**columns)
    return Project.create(folder / "campaign", class_names=classes, queue=queue, root=root)


def key() -> str:
    return f"review:{uuid4()}"


@dataclass(frozen=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.content)


@dataclass(frozen=True)
class Client:
    """Requests to one server; ``path`` stands behind the token."""

    port: int
    token: str

    def send(
        self, method: str, target: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Reply:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, target, body, dict(headers or {}))
            response = connection.getresponse()
            return Reply(response.status, dict(response.getheaders()), response.read())
        finally:
            connection.close()

    def get(self, path: str, **headers: str) -> Reply:
        return self.send("GET", f"/{self.token}/{path}", headers=headers)

    def post(self, told: object, **headers: str) -> Reply:
        sent = {"Content-Type": "application/json", **headers}
        return self.send("POST", f"/{self.token}/answers", json.dumps(told).encode(), sent)

    def answer(self, sample: int, label: str | None, annotator: str = "Ana", the_key: str | None = None) -> Reply:
        return self.post({"key": the_key or key(), "sample": sample, "annotator": annotator, "label": label})


@contextmanager
def serving(
    project: Project, *, shown: Shown = "none", annotator: str | None = None, budget: int | None = None
) -> Iterator[Client]:
    server = ReviewServer(ReviewSession(project, shown=shown, annotator=annotator, budget=budget))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield Client(server.server_port, server.token)
    finally:
        server.shutdown()
        thread.join()
        server.close()
