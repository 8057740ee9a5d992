"""A Label Studio of one's own on loopback, and what is asked of it over HTTP."""

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen
from uuid import uuid4

__all__ = ["VARIABLE", "Studio", "program", "serving"]

VARIABLE = "ALC_LABEL_STUDIO"
"""Names the program, where it is not on the path as ``label-studio``."""

TOKEN = "0123456789abcdef0123456789abcdef01234567"
PERSON = "anna@example.org"
PATIENCE = 240.0
"""Seconds: the first start makes a data base."""


def program() -> str | None:
    """The program, or None where there is none."""
    return shutil.which(os.environ.get(VARIABLE) or "label-studio")


@dataclass(frozen=True)
class Studio:
    """A running server; every method is one request."""

    port: int

    def ask(self, path: str, told: object = None, *, method: str | None = None) -> Any:
        """What it answers, parsed; ``told`` is sent as JSON."""
        body = None if told is None else json.dumps(told).encode()
        return json.loads(self.send(path, body, "application/json", method))

    def send(self, path: str, body: bytes | None = None, kind: str = "", method: str | None = None) -> bytes:
        headers = {"Authorization": f"Token {TOKEN}", **({"Content-Type": kind} if body is not None else {})}
        request = Request(f"http://127.0.0.1:{self.port}{path}", body, headers, method=method)
        with urlopen(request, timeout=60) as answer:
            return bytes(answer.read())

    def project(self, interface: Path) -> int:
        """A new project with the labelling interface that a file describes."""
        config = interface.read_text(encoding="utf-8")
        return int(self.ask("/api/projects", {"title": "Campaign", "label_config": config})["id"])

    def bring(self, project: int, file: Path) -> None:
        """Upload a file of tasks, as a person does in its page."""
        mark = uuid4().hex
        head = f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="{file.name}"\r\n'
        content = f"{head}Content-Type: application/json\r\n\r\n".encode() + file.read_bytes()
        body = content + f"\r\n--{mark}--\r\n".encode()
        self.send(f"/api/projects/{project}/import", body, f"multipart/form-data; boundary={mark}")

    def serve(self, project: int, folder: Path) -> None:
        """Let it show the images of a folder."""
        told = {"project": project, "path": str(folder), "use_blob_urls": True}
        self.ask("/api/storages/localfiles", told)

    def tasks(self, project: int) -> list[dict[str, Any]]:
        """All tasks in the order of its list."""
        found = self.ask(f"/api/tasks?project={project}&fields=all&page_size=1000")["tasks"]
        return [dict(each) for each in found]

    def next(self, project: int) -> int:
        """The task that a person who begins to annotate is shown."""
        return int(self.ask(f"/api/projects/{project}/next")["id"])

    def annotate(self, task: int, label: str | None) -> int:
        """An annotation of a task; None skips it."""
        value = {"from_name": "label", "to_name": "image", "type": "choices", "value": {"choices": [label]}}
        told = {"result": [], "was_cancelled": True} if label is None else {"result": [value]}
        return int(self.ask(f"/api/tasks/{task}/annotations/", told)["id"])

    def change(self, annotation: int, label: str) -> None:
        """Somebody thinks better of it."""
        value = {"from_name": "label", "to_name": "image", "type": "choices", "value": {"choices": [label]}}
        self.ask(f"/api/annotations/{annotation}/", {"result": [value]}, method="PATCH")

    def export(self, project: int, file: Path) -> str:
        """Write what it exports as JSON; returns the file's name."""
        file.write_bytes(self.send(f"/api/projects/{project}/export?exportType=JSON"))
        return str(file)


@contextmanager
def serving(found: str, folder: Path, images: Path) -> Iterator[Studio]:
    """A server with a data base of its own in ``folder``, which can show files below ``images``."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    surroundings = {
        name: value for name, value in os.environ.items() if not name.startswith(("LABEL_STUDIO", "DJANGO"))
    }
    surroundings |= {
        "COLLECT_ANALYTICS": "false",
        "LABEL_STUDIO_LOCAL_FILES_SERVING_ENABLED": "true",
        "LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT": str(images),
    }
    command = [found, "start", "--no-browser", "--data-dir", str(folder), "--internal-host", "127.0.0.1"]
    command += ["--port", str(port), "--username", PERSON, "--password", uuid4().hex, "--user-token", TOKEN]
    command += ["--enable-legacy-api-token"]  # a token that is known beforehand
    with (folder / "log.txt").open("w") as log:
        process = subprocess.Popen(command, env=surroundings, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        try:
            yield _awaited(Studio(port), process, folder / "log.txt")
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()


def _awaited(studio: Studio, process: "subprocess.Popen[bytes]", log: Path) -> Studio:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        try:
            studio.send("/health")
        except (URLError, OSError):
            time.sleep(0.5)
        else:
            return studio
    raise AssertionError(f"Label Studio did not start: {log.read_text()[-2000:]}")
