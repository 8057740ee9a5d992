"""Who may talk to the server: whoever knows the token, from a page that the server itself sent."""

import hmac
import ipaddress
import socket

__all__ = ["is_loopback", "knows_token", "may_ask", "same_origin"]


def is_loopback(host: str) -> bool:
    """Whether an address can be reached from this computer alone.

    >>> is_loopback("127.0.0.1"), is_loopback("localhost"), is_loopback("::1"), is_loopback("0.0.0.0")
    (True, True, True, False)
    """
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def knows_token(given: str, token: str) -> bool:
    """Compare in a time that does not depend on how much of it is right."""
    return hmac.compare_digest(given.encode(), token.encode())


def may_ask(host_header: str | None, bound_to: str) -> bool:
    """Whether the header Host is one that a browser sends to this server.

    A page elsewhere whose name is made to point here (DNS rebinding) gives itself away by that name.  The port is not
    compared: it is another one at the near end of an SSH tunnel.

    >>> may_ask("localhost:9000", "127.0.0.1"), may_ask("evil.example:8000", "127.0.0.1"), may_ask(None, "127.0.0.1")
    (True, False, False)
    """
    name = _name(host_header or "")
    if not name:
        return False
    if is_loopback(name) or name == bound_to.lower():
        return True
    if is_loopback(bound_to):
        return False
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return name in {socket.gethostname().lower(), socket.getfqdn().lower()}
    return True  # an address is no name that could be made to point elsewhere


def same_origin(origin: str | None, site: str | None, host_header: str | None) -> bool:
    """Whether the headers Origin and Sec-Fetch-Site, where a browser sends them, name the page of this server.

    >>> same_origin("http://127.0.0.1:80", None, "127.0.0.1:80"), same_origin("http://evil.example", None, "127.0.0.1")
    (True, False)
    """
    if site is not None and site not in {"same-origin", "none"}:
        return False
    return origin is None or (host_header is not None and origin.lower() == f"http://{host_header}".lower())


def _name(host_header: str) -> str:
    """The host without its port: ``[::1]:80`` and ``localhost:80`` alike."""
    text = host_header.strip().lower()
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0]
