"""One HTTP POST to an address that somebody saved: no redirects, bounded in time and size, and to public addresses only."""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from crawler.http.addresses import is_public, refused
from crawler.http.deadline import cut_after

_SECONDS = 15.0
_TIMES = 4  # a receiver that sends a byte now and then is never silent: its whole answer may take so many times _SECONDS, far below a lease
_MOST = 65_536


class Refused(Exception):
    """The address must not be connected to."""


@dataclass(frozen=True, slots=True)
class Target:
    """An address and whether it may be on a private network."""

    url: str
    allow_private: bool


def post(target: Target, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
    """Status and the beginning of the answer. Raises Refused, OSError or http.client.HTTPException."""
    parts = urlsplit(target.url)
    if not target.allow_private and (why := refused(target.url)):
        raise Refused(why)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    connection = http.client.HTTPConnection(host, port, timeout=_SECONDS)
    plain = socket.create_connection((_address(host, port, target.allow_private), port), timeout=_SECONDS)
    connection.sock = ssl.create_default_context().wrap_socket(plain, server_hostname=host) if parts.scheme == "https" else plain
    try:
        with cut_after(connection.sock, _TIMES * _SECONDS):
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request("POST", path, body, {"User-Agent": "notices", **headers})
            answer = connection.getresponse()
            return answer.status, answer.read(_MOST)
    finally:
        connection.close()


def _address(host: str, port: int, allow_private: bool) -> str:
    """The address to connect to: it is checked itself, so that a name cannot lead elsewhere between the check and the connection."""
    found = [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    allowed = [each for each in found if allow_private or is_public(each)]
    if not allowed:
        raise Refused(f"{host} is at {', '.join(found) or 'no address'}, which is not public")
    return allowed[0]
