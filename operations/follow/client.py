"""Requests to the archive that is followed: bounded in time, size and rate, redirected only within its own host; its errors as ours."""

from __future__ import annotations

import base64
import http.client
import json
import logging
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlencode, urljoin, urlsplit

import msgspec

from crawler.http.deadline import cut_after
from notices.errors import BadInput, ConfigError, DamageFound, ServerAway, StaleCursor, TakenDown, UnknownName
from notices.text.display import safe
from notices.text.language import _

Shape = TypeVar("Shape")
LARGEST_JSON, LARGEST_NOTE = 256 << 20, 1 << 16
_SECONDS, _WHOLE = 30.0, 900.0  # without a byte; for a whole answer
_MOST_REDIRECTS, _MOST_WAITS, _LONGEST_WAIT = 3, 20, 60.0
_A_SECOND, _AT_ONCE = 2.0, 40.0  # below what a reading room grants one network (web.rates)
_PREFIX = "/api/v1/replica/"
_MOVED = (301, 302, 303, 307, 308)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Door:
    """Where the other archive is asked: its reading room's address, `name:password` for it, a PEM file with the certificate of its authority."""

    url: str
    login: str = ""
    ca: Path | None = None


class Body:
    """An answer's body, read in pieces of known length."""

    def __init__(self, answer: http.client.HTTPResponse, where: str) -> None:
        self._answer, self._where, self._waiting = answer, where, b""

    def line(self, most: int) -> bytes:
        """The next line without its end; empty at the end. Raises DamageFound for a longer one, ServerAway for an answer that broke off."""
        while b"\n" not in self._waiting:
            if len(self._waiting) > most:
                raise DamageFound(_("{where}: a line of more than {most} bytes").format(where=self._where, most=most))
            if not (piece := self._answer.read1(1 << 16)):
                if self._waiting or (self._answer.length or 0) > 0:
                    raise ServerAway(_("{where}: the answer broke off").format(where=self._where))
                return b""
            self._waiting += piece
        found, _end, self._waiting = self._waiting.partition(b"\n")
        return found

    def exactly(self, count: int) -> bytes:
        """So many bytes. Raises ServerAway for an answer that broke off."""
        pieces, got = [self._waiting[:count]], len(self._waiting[:count])
        self._waiting = self._waiting[count:]
        while got < count:
            piece = self._answer.read1(min(count - got, 1 << 20))
            if not piece:
                raise ServerAway(_("{where}: the answer broke off").format(where=self._where))
            pieces.append(piece)
            got += len(piece)
        return b"".join(pieces)

    def whole(self, most: int) -> bytes:
        """All of it. Raises DamageFound when it is longer, ServerAway when it broke off."""
        pieces, got = list[bytes](), 0
        while piece := self._answer.read1(1 << 20):
            pieces.append(piece)
            got += len(piece)
            if got > most:
                raise DamageFound(_("{where}: an answer of more than {most} bytes").format(where=self._where, most=most))
        if (self._answer.length or 0) > 0:
            raise ServerAway(_("{where}: the answer broke off").format(where=self._where))
        return b"".join(pieces)


class Leader:
    """The archive that is followed, as it answers. Not for several threads."""

    def __init__(self, door: Door) -> None:
        parts = urlsplit(door.url)
        try:
            port = parts.port
        except ValueError:
            port = -1
        if parts.scheme not in ("http", "https") or not parts.hostname or port == -1 or parts.username or parts.query or parts.fragment:
            raise BadInput(
                _("{url!r}: the address of a reading room, such as https://archive.example.org").format(url=safe(door.url)[:200])
            )
        self.url = door.url.rstrip("/")
        self._door, self._origin = door, (parts.scheme, parts.hostname, port or (443 if parts.scheme == "https" else 80))
        self._path = parts.path.rstrip("/")
        self._tls = _context(door) if parts.scheme == "https" else None
        self._left, self._at = _AT_ONCE, time.monotonic()

    @property
    def has_login(self) -> bool:
        """Whether it is asked as somebody whom it knows."""
        return bool(self._door.login)

    def json(self, path: str, shape: type[Shape], **query: int) -> Shape:
        """The answer at an address of the replica API. Raises DamageFound for one of another shape, and as `asked`."""
        with self.asked(path, **query) as body:
            data = body.whole(LARGEST_JSON)
        try:
            return msgspec.convert(json.loads(data), shape)
        except (ValueError, RecursionError) as error:
            raise DamageFound(
                _("{url}: not an answer of this API, or of another version of it: {error}").format(
                    url=self._shown(path), error=str(error)[:300]
                )
            ) from error

    def note(self, **query: int) -> str:
        """A signed note. Raises UnknownName when the other has not signed it."""
        with self.asked("checkpoint", **query) as body:
            data = body.whole(LARGEST_NOTE)
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError as error:
            raise DamageFound(_("{url}: not a signed note: {error}").format(url=self._shown("checkpoint"), error=error)) from error

    @contextmanager
    def asked(self, path: str, **query: int) -> Iterator[Body]:
        """The body of an answer. Raises ServerAway, ConfigError (certificate, login), UnknownName, TakenDown or StaleCursor for what the other says."""
        self._pace()
        target, shown = f"{self._path}{_PREFIX}{path}" + (f"?{urlencode(query)}" if query else ""), self._shown(path)
        waits = redirects = 0
        while True:
            with self._answer(target, shown) as answer:
                if answer.status == 200:
                    yield Body(answer, shown)
                    return
                if answer.status in _MOVED and redirects < _MOST_REDIRECTS:
                    redirects, target = redirects + 1, self._redirected(target, answer.headers.get("Location", ""), shown)
                    continue
                if answer.status != 429 or waits >= _MOST_WAITS:
                    raise _refused(answer, shown)
                waits, pause = waits + 1, _pause(answer.headers.get("Retry-After", ""))
            log.info("%s: asked to wait %g seconds", shown, pause)
            time.sleep(pause)

    @contextmanager
    def _answer(self, target: str, shown: str) -> Iterator[http.client.HTTPResponse]:
        _scheme, host, port = self._origin
        connection = (
            http.client.HTTPSConnection(host, port, timeout=_SECONDS, context=self._tls)
            if self._tls is not None
            else http.client.HTTPConnection(host, port, timeout=_SECONDS)
        )
        headers = {"User-Agent": "notices-follow", "Accept-Encoding": "identity", "Accept": "*/*"}
        if self._door.login:
            headers["Authorization"] = "Basic " + base64.b64encode(self._door.login.encode()).decode()
        try:
            connection.connect()
            with cut_after(connection.sock, _WHOLE):
                connection.request("GET", target, headers=headers)
                yield connection.getresponse()
        except ssl.SSLCertVerificationError as error:
            told = _("{url}: its certificate is not trusted ({error}); --ca FILE names the certificate of its authority")
            raise ConfigError(told.format(url=shown, error=error.verify_message)) from error
        except (OSError, http.client.HTTPException) as error:
            raise ServerAway(_("{url} cannot be reached: {error}").format(url=shown, error=error or type(error).__name__)) from error
        finally:
            connection.close()

    def _redirected(self, target: str, location: str, shown: str) -> str:
        """The path that a redirect leads to. Raises DamageFound for one to another host."""
        scheme, host, port = self._origin
        found = urlsplit(urljoin(f"{scheme}://{host}:{port}{target}", location))
        try:
            same = (found.scheme, found.hostname, found.port or (443 if found.scheme == "https" else 80)) == self._origin
        except ValueError:
            same = False
        if not location or not same or not found.path.isascii() or not found.path.isprintable() or " " in found.path:
            raise DamageFound(_("{url} leads to {location!r}, another host").format(url=shown, location=safe(location)[:200]))
        return found.path + (f"?{found.query}" if found.query else "")

    def _shown(self, path: str) -> str:
        return f"{self.url}{_PREFIX}{path}"

    def _pace(self) -> None:
        """Wait until one more request may be made."""
        now = time.monotonic()
        self._left, self._at = min(_AT_ONCE, self._left + (now - self._at) * _A_SECOND), now
        if self._left < 1:
            time.sleep((1 - self._left) / _A_SECOND)
        self._left -= 1


def _context(door: Door) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=str(door.ca) if door.ca else None)
    except (ssl.SSLError, OSError) as error:
        raise ConfigError(_("--ca {file}: it contains no certificate").format(file=door.ca)) from error


def _pause(stated: str) -> float:
    return min(float(stated), _LONGEST_WAIT) if stated.isascii() and stated.isdigit() else 5.0


def _refused(answer: http.client.HTTPResponse, shown: str) -> Exception:
    """The error that an answer other than 200 means; the other's own words are shown, made fit for it."""
    status, why = answer.status, f"HTTP {answer.status}"
    try:
        told = json.loads(answer.read(1 << 14))
        why += f": {safe(str(told['detail']))[:300]}"
    except (ValueError, KeyError, TypeError, RecursionError):
        pass
    if status in (401, 403):
        return ConfigError(_("{url}: the other archive refuses the login ({why})").format(url=shown, why=why))
    if status == 404:
        return UnknownName(_("{url}: {why}").format(url=shown, why=why))
    if status == 409:
        return StaleCursor(_("{url}: {why}").format(url=shown, why=why))
    if status in (410, 451):
        return TakenDown(_("{url}: {why}").format(url=shown, why=why), legal=status == 451)
    if status == 429 or status >= 500:
        return ServerAway(_("{url} does not answer now: {why}").format(url=shown, why=why))
    return DamageFound(_("{url}: {why}").format(url=shown, why=why))
