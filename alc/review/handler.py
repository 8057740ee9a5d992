"""One request: is it allowed, what does it want, and an answer that a browser can do no harm with."""

import json
import re
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from alc.errors import InputError
from alc.review.guard import knows_token, may_ask, same_origin
from alc.review.session import RequestError

if TYPE_CHECKING:
    from collections.abc import Callable

    from alc.review.server import ReviewServer

__all__ = ["ReviewHandler"]

PAGE = Path(__file__).with_name("page")
FILES = {
    "": ("page.html", "text/html; charset=utf-8"),
    "page.css": ("page.css", "text/css; charset=utf-8"),
    "page.js": ("page.js", "text/javascript; charset=utf-8"),
    "picture.js": ("picture.js", "text/javascript; charset=utf-8"),
    "icon.svg": ("icon.svg", "image/svg+xml"),
}
IMAGE = re.compile(r"image/(0|[1-9][0-9]{0,17})")
LARGEST = 65_536
"""Bytes of a request; an answer takes some two hundred."""

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",  # the address holds the token
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",  # images of patients stay out of the browser's cache on disk
}


class ReviewHandler(BaseHTTPRequestHandler):
    """Below ``/TOKEN/``: the page and its files, ``state``, ``image/SAMPLE``, and ``answers`` to post to.

    No file is found by a name that came from outside.
    """

    server: "ReviewServer"
    protocol_version = "HTTP/1.1"
    timeout = 300
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """The page, its state or an image."""
        self._guarded(self._get)

    def do_POST(self) -> None:
        """An answer."""
        self._guarded(self._post)

    def version_string(self) -> str:
        """Nothing about versions."""
        return "alc"

    def log_message(self, *_: object, **__: object) -> None:
        """Keep quiet: addresses hold the token."""

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What the base class refuses (malformed requests, other methods), in the manner of this one."""
        self._send_json({"error": message or explain or HTTPStatus(code).phrase}, HTTPStatus(code))

    def _guarded(self, action: "Callable[[str, str], None]") -> None:
        try:
            action(*self._route())
        except RequestError as refused:
            self._send_json({"error": refused.message}, refused.status)
        except InputError as error:
            self._send_json({"error": str(error)}, HTTPStatus.INTERNAL_SERVER_ERROR)
        except ConnectionError:
            raise
        except Exception as error:
            self._send_json({"error": f"unexpected: {type(error).__name__}"}, HTTPStatus.INTERNAL_SERVER_ERROR)
            raise  # told on the terminal

    def _route(self) -> tuple[str, str]:
        """What stands behind the token, and the query; only for those who may ask."""
        hosts = self.headers.get_all("Host") or []
        if len(hosts) != 1 or not may_ask(hosts[0], self.server.host):
            raise RequestError(HTTPStatus.FORBIDDEN, "this name is not one of the server")
        if not same_origin(self.headers["Origin"], self.headers["Sec-Fetch-Site"], hosts[0]):
            raise RequestError(HTTPStatus.FORBIDDEN, "the request comes from another page")
        path, _, query = self.path.partition("?")
        token, slash, rest = path.removeprefix("/").partition("/")
        if not slash or not path.startswith("/") or not knows_token(token, self.server.token):
            raise RequestError(HTTPStatus.FORBIDDEN, "Open the address that alc-review has printed, all of it.")
        return rest, query

    def _get(self, rest: str, query: str) -> None:
        if rest in FILES:
            name, media_type = FILES[rest]
            self._send(HTTPStatus.OK, media_type, (PAGE / name).read_bytes())
        elif rest == "state":
            named = parse_qs(query, max_num_fields=5).get("annotator", [None])
            self._send_json(self.server.session.state(named[0]))
        elif found := IMAGE.fullmatch(rest):
            picture = self.server.session.picture(int(found[1]))
            self._send(HTTPStatus.OK, picture.media_type, picture.content)
        else:
            raise RequestError(HTTPStatus.NOT_FOUND, "there is nothing here")

    def _post(self, rest: str, query: str) -> None:
        if rest != "answers" or query:
            raise RequestError(HTTPStatus.NOT_FOUND, "there is nothing here")
        # Not what a form of another page could send; a script of another page would have to ask first, in vain.
        if self.headers.get_content_type() != "application/json":
            raise RequestError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "an answer is application/json")
        length = self.headers["Content-Length"] or ""
        if not length.isascii() or not length.isdigit() or "Transfer-Encoding" in self.headers:
            raise RequestError(HTTPStatus.LENGTH_REQUIRED, "an answer says its length")
        if int(length) > LARGEST:
            raise RequestError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"an answer has at most {LARGEST} bytes")
        try:
            told = json.loads(self.rfile.read(int(length)))
        except (ValueError, RecursionError) as error:
            raise RequestError(HTTPStatus.BAD_REQUEST, "this is no JSON") from error
        if not isinstance(told, dict):
            raise RequestError(HTTPStatus.BAD_REQUEST, "an answer is a JSON object")
        self._send_json({"saved": True, "new": self.server.session.record(told)})

    def _send_json(self, value: object, status: HTTPStatus = HTTPStatus.OK) -> None:
        if status != HTTPStatus.OK:
            self.close_connection = True  # what was sent along may not have been read
        content = json.dumps(value, separators=(",", ":"), allow_nan=False).encode()
        self._send(status, "application/json; charset=utf-8", content)

    def _send(self, status: HTTPStatus, media_type: str, content: bytes) -> None:
        self.send_response(status)
        for name, value in HEADERS.items():
            self.send_header(name, value)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(content)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)
