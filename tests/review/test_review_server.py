"""Who is let in, what leaves, and how the server begins and ends."""

import io
import json
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from alc.answers.project import Project
from alc.cli.review import main
from alc.errors import InputError
from alc.review.guard import may_ask
from alc.review.server import ReviewServer
from alc.review.session import ReviewSession
from tests.review.served import Client, key, make_project, serving

ANSWER = {"sample": 100, "annotator": "Ana", "label": "cat"}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return make_project(tmp_path)


def test_nothing_is_given_without_the_token(project: Project) -> None:
    with serving(project) as client:
        wrong = [client.token[:-1], client.token + "x", "", "x", client.token.swapcase(), "%2e%2e"]
        for token in wrong:
            stranger = Client(client.port, token)
            for path in ("", "state", "page.js", "image/100", "icon.svg"):
                assert stranger.get(path).status == 403
            assert stranger.answer(100, "cat").status == 403
        assert client.send("GET", "/").status == 403
        assert client.send("GET", f"/{client.token}").status == 403
        assert client.send("GET", f"http://127.0.0.1/{client.token}/state").status == 403
        assert client.get("state").status == 200
    assert project.log.read() == []


def test_other_names_for_this_computer_are_refused(project: Project) -> None:
    with serving(project) as client:
        for host in ("evil.example", f"evil.example:{client.port}", "127.0.0.1.evil.example", "", "192.168.0.1"):
            assert client.get("state", Host=host).status == 403
            assert client.post({"key": key(), **ANSWER}, Host=host).status == 403
        for host in ("localhost", f"LOCALHOST:{client.port}", "127.0.0.1:9", "[::1]:80"):
            assert client.get("state", Host=host).status == 200
        with socket.create_connection(("127.0.0.1", client.port)) as bare:
            bare.sendall(f"GET /{client.token}/state HTTP/1.1\r\n\r\n".encode())
            assert bare.recv(100).startswith(b"HTTP/1.1 403")
    assert project.log.read() == []
    assert may_ask("192.168.0.1:80", "0.0.0.0")
    assert may_ask(socket.gethostname(), "0.0.0.0")
    assert not may_ask("evil.example", "0.0.0.0")


def test_other_pages_can_not_post(project: Project) -> None:
    with serving(project) as client:
        told = {"key": key(), **ANSWER}
        for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""):
            assert client.post(told, **{"Content-Type": kind}).status == 415
        assert client.post(told, Origin="http://evil.example").status == 403
        assert client.post(told, Origin="null").status == 403
        assert client.post(told, **{"Sec-Fetch-Site": "cross-site"}).status == 403
        assert client.send("OPTIONS", f"/{client.token}/answers").status == 501
        assert client.send("PUT", f"/{client.token}/answers", b"{}").status == 501
        assert client.send("GET", f"/{client.token}/answers").status == 404
        assert client.send("POST", f"/{client.token}/state", b"{}", {"Content-Type": "application/json"}).status == 404
        for reply in (client.get("state"), client.post(told, Origin="http://evil.example")):
            assert not [name for name in reply.headers if name.lower().startswith("access-control")]
        assert project.log.read() == []
        own = f"http://127.0.0.1:{client.port}"
        assert client.post(told, Origin=own, **{"Sec-Fetch-Site": "same-origin"}).status == 200


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"x"', b"\xff", b"[" * 60_000, b"{}"])
def test_what_is_no_answer_is_refused(project: Project, body: bytes) -> None:
    with serving(project) as client:
        target, kind = f"/{client.token}/answers", {"Content-Type": "application/json"}
        assert client.send("POST", target, body, kind).status == 400


def test_lengths_are_checked(project: Project) -> None:
    with serving(project) as client:
        target, kind = f"/{client.token}/answers", {"Content-Type": "application/json"}
        assert client.send("POST", target, b"{}", kind | {"Content-Length": "70000"}).status == 413
        assert client.send("POST", target, b"{}", kind | {"Content-Length": "-1"}).status == 411
        assert (
            client.send("POST", target, b"2\r\n{}\r\n0\r\n\r\n", kind | {"Transfer-Encoding": "chunked"}).status == 411
        )


@pytest.mark.parametrize(
    "path",
    [
        "../page.html", "page/../page.js", "..%2fpage.js", "image/../state", "image/100.png", "image/0100", "image/-1",
        "image/1e2", "image/", "image/100/", "image/99", "image/class0/0.png", "image/" + "9" * 30, "image/%31%30%30",
        "handler.py", "/etc/passwd", "page.html", "state/", "STATE", "image/100\\..\\x",
    ],
)  # fmt: skip
def test_files_are_not_found_by_name(project: Project, path: str) -> None:
    with serving(project) as client:
        assert client.get(path).status == 404


def test_a_queue_can_not_lead_outside(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    secret = tmp_path / "secret.png"
    Image.fromarray(np.zeros((4, 4), dtype=np.uint8)).save(secret)
    file = project.folder / "queue.csv"
    file.write_text(file.read_text().replace("class0/0.png", "../secret.png"))
    with pytest.raises(InputError, match=r"\.\./secret\.png"):
        ReviewSession(Project.open(project.folder))
    file.write_text(file.read_text().replace("../secret.png", "class0/link.png"))
    (tmp_path / "images" / "class0" / "link.png").symlink_to(secret)
    with serving(Project.open(project.folder)) as client:
        assert client.get("image/100").json == {"error": "is not there"}
        assert client.get("image/101").status == 200


def test_every_answer_carries_the_policy(project: Project) -> None:
    with serving(project) as client:
        replies = [client.get(path) for path in ("", "page.css", "page.js", "picture.js", "icon.svg", "state")]
        assert [reply.status for reply in replies] == [200] * 6
        for reply in [*replies, client.get("image/100"), client.get("nothing"), client.send("PUT", "/", b"")]:
            assert "default-src 'none'" in reply.headers["Content-Security-Policy"]
            assert "unsafe" not in reply.headers["Content-Security-Policy"]
            assert reply.headers["Cache-Control"] == "no-store"
            assert reply.headers["Referrer-Policy"] == "no-referrer"
            assert reply.headers["X-Content-Type-Options"] == "nosniff"
            assert "Python" not in reply.headers["Server"]


def test_the_page_asks_for_nothing_from_elsewhere(project: Project) -> None:
    with serving(project) as client:
        for path in ("", "page.css", "page.js", "picture.js"):
            text = client.get(path).content.decode()
            assert not re.search(r"https?://|//[a-z]+\.|innerHTML|insertAdjacent|document\.write|eval\(", text)
            assert not re.search(r"<[^>]+\s(style|on[a-z]+)=", text)


def test_pictures_come_as_a_browser_can_show_them(tmp_path: Path) -> None:
    from tests.sources.dicom_files import write_dicom

    project = make_project(tmp_path)
    root = tmp_path / "images"
    deep = np.arange(0, 65536, 4096, dtype=np.uint16).reshape(4, 4)
    Image.fromarray(deep).save(root / "class0/0.png")
    Image.fromarray(deep).save(root / "class1/1.png", format="TIFF")
    write_dicom(root / "class2/2.png", deep, BitsStored=16)
    Image.fromarray(np.zeros((4, 4, 4), dtype=np.uint8), mode="CMYK").save(root / "class0/3.png", format="JPEG")
    (root / "class1/4.png").unlink()
    jpeg = io.BytesIO()
    Image.fromarray(np.zeros((4, 8, 3), dtype=np.uint8)).save(jpeg, "JPEG", exif=_turned())
    (root / "class2/5.png").write_bytes(jpeg.getvalue())
    with serving(project) as client:
        for sample in (100, 101, 102):
            reply = client.get(f"image/{sample}")
            assert reply.headers["Content-Type"] == "image/png"
            with Image.open(io.BytesIO(reply.content)) as shown:
                assert shown.mode == "L"
                assert np.asarray(shown).max() in {239, 240}
        assert client.get("image/103").headers["Content-Type"] == "image/png"
        assert (client.get("image/104").status, client.get("image/104").json["error"]) == (422, "is not there")
        with Image.open(io.BytesIO(client.get("image/105").content)) as shown:
            assert shown.size == (4, 8)  # upright
        plain = make_project(tmp_path / "plain")
    with serving(plain) as client:
        reply = client.get("image/100")
        assert reply.content == (tmp_path / "plain/images/class0/0.png").read_bytes()


def _turned() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6
    return exif.tobytes()


def test_a_taken_port_is_told(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    with serving(project) as client:
        with pytest.raises(SystemExit) as end:
            main([str(project.folder), "--port", str(client.port)])
        told = capsys.readouterr().err
    assert end.value.code == 2
    assert f"port {client.port} of 127.0.0.1 is taken" in told
    assert "--port" in told


def test_the_network_is_opened_only_on_purpose(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["--host", "0.0.0.0"], ["--host", "192.0.2.7"], ["--port", "70000"], ["--port", "0"]):
        with pytest.raises(SystemExit) as end:
            main([str(project.folder), *arguments])
        assert end.value.code == 2
    assert "--open-to-network" in capsys.readouterr().err
    with pytest.raises(InputError, match="can not listen"):
        ReviewServer(ReviewSession(project), "192.0.2.7")


def test_a_folder_without_a_project_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main([str(tmp_path)])
    assert end.value.code == 2
    assert "is no project" in capsys.readouterr().err


@pytest.mark.parametrize("how", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.slow)])
def test_the_command_serves_until_it_is_interrupted(project: Project, how: signal.Signals) -> None:
    command = [sys.executable, "-m", "alc.cli.review", str(project.folder), "--annotator", "Ana"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(3)]
        url = lines[1].split()[1]
        sent = urllib.request.Request(
            f"{url}answers", json.dumps({"key": key(), **ANSWER}).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(sent, timeout=10) as reply:
            assert json.load(reply)["saved"]
        process.send_signal(how)
        out, error = process.communicate(timeout=20)
    assert (process.returncode, error) == (0, "")
    assert "1 new" in out
    assert [answer.label for answer in project.log.read()] == ["cat"]
