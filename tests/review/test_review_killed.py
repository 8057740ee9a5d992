"""The server is killed at random moments: what it acknowledged is there, once."""

import http.client
import json
import multiprocessing
import os
import random
import signal
import threading
import time
from multiprocessing.connection import Connection
from pathlib import Path

from alc.answers.project import Project
from alc.review.server import ReviewServer
from alc.review.session import ReviewSession
from tests.review.served import key, make_project

TIMES = 50


def _serve(folder: Path, tell: Connection) -> None:
    server = ReviewServer(ReviewSession(Project.open(folder)))
    tell.send((server.server_port, server.token))
    server.serve_forever()


def _answer_until_it_dies(port: int, token: str, waiting: dict[str, int], acknowledged: dict[str, int]) -> None:
    """Send again what was not acknowledged, then new answers, as the page does."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        while True:
            name, sample = next(iter(waiting.items())) if waiting else (key(), 100 + len(acknowledged) % 6)
            waiting[name] = sample
            told = {"key": name, "sample": sample, "annotator": "Ana", "label": "cat"}
            connection.request("POST", f"/{token}/answers", json.dumps(told), {"Content-Type": "application/json"})
            reply = connection.getresponse()
            assert (reply.status, json.loads(reply.read())["saved"]) == (200, True)
            acknowledged[name] = waiting.pop(name)
    except (OSError, http.client.HTTPException):
        return  # it is dead
    finally:
        connection.close()


def test_no_acknowledged_answer_is_lost_or_doubled(tmp_path: Path) -> None:
    """A fresh process for each of the fifty, forked from this one, where everything is imported already."""
    folder = make_project(tmp_path).folder
    fork = multiprocessing.get_context("fork")
    waiting: dict[str, int] = {}
    acknowledged: dict[str, int] = {}
    moments, resent = random.Random(0), 0
    for _ in range(TIMES):
        here, there = fork.Pipe()
        process = fork.Process(target=_serve, args=(folder, there), daemon=True)
        process.start()
        assert here.poll(20)
        port, token = here.recv()
        resent += len(waiting)
        before = len(acknowledged)
        asking = threading.Thread(target=_answer_until_it_dies, args=(port, token, waiting, acknowledged))
        asking.start()
        until = time.monotonic() + 10
        while len(acknowledged) == before and time.monotonic() < until:
            time.sleep(0.001)
        time.sleep(moments.uniform(0, 0.03))
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        asking.join()
        assert process.exitcode == -signal.SIGKILL
        assert len(acknowledged) > before
        written = Project.open(folder).log.read()
        found = {answer.key: answer.sample_id for answer in written}
        assert len(found) == len(written)
        assert acknowledged.items() <= found.items()
        assert set(found) <= set(acknowledged) | set(waiting)
    assert resent  # some died between the question and the answer
