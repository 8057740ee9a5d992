"""The server behind the page: HTTP of the standard library, for one person on the same computer."""

import errno
import os
import secrets
import socket
import sys
from http.server import ThreadingHTTPServer
from ipaddress import IPv4Address, IPv6Address
from typing import Any

from alc.errors import InputError
from alc.review.handler import ReviewHandler
from alc.review.session import ReviewSession

__all__ = ["ReviewServer"]

ANYWHERE = (str(IPv4Address(0)), str(IPv6Address(0)))


class ReviewServer(ThreadingHTTPServer):
    """Serves one project until it is closed.

    Args:
        session: What is served.
        host: Address to listen at.
        port: 0 takes a free one.

    Attributes:
        session: As given.
        host: As given; the handler compares the header Host with it.
        token: Random; whoever knows it may look and answer.

    Raises:
        InputError: The port is taken or not allowed, or the address is not one of this computer.
    """

    daemon_threads = True
    allow_reuse_address = os.name != "nt"  # there it would let two programs listen at one port
    request_queue_size = 64

    def __init__(self, session: ReviewSession, host: str = "127.0.0.1", port: int = 0) -> None:
        self.session, self.host = session, host
        self.token = secrets.token_urlsafe(24)
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            self.address_family = found[0][0]
            super().__init__((host, port), ReviewHandler)
        except (OSError, OverflowError) as error:
            raise _refusal(host, port, error) from error

    @property
    def url(self) -> str:
        """The address to open, token included."""
        name = socket.gethostname() if self.host in ANYWHERE else self.host
        return f"http://{f'[{name}]' if ':' in name else name}:{self.server_port}/{self.token}/"

    def server_bind(self) -> None:
        """Bind without asking a name server who this computer is, which may take long."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, int(self.allow_reuse_address))
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = self.host, int(self.server_address[1])

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Browsers hang up all the time; anything else is told on the terminal."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)

    def close(self) -> None:
        """End cleanly: what is being written gets written, then the port is free."""
        self.session.close()
        self.server_close()


def _refusal(host: str, port: int, error: Exception) -> InputError:
    reasons = {errno.EADDRINUSE: "is taken by another program", errno.EACCES: "is kept for the system"}
    if reason := reasons.get(getattr(error, "errno", None) or 0):
        return InputError(f"port {port} of {host} {reason}", fix="Type another --port, or none: a free one is found")
    return InputError(f"can not listen at {host}, port {port} ({error})", fix="Leave out --host for this computer")
