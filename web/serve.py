"""Starting the reading room: one socket, one or more processes, connections with bounds of time."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException
from typing import Literal

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.supervisors import Multiprocess

from notices.config import Config
from notices.errors import BadInput
from notices.text.language import system_words
from web.archive import check_readable

_IDLE, _STOPPING = 5, 10  # seconds that a connection may be idle, and that answers may take while the server stops
_CONNECTIONS = 1000  # of a process; one more is told to come back
_HEAD = 16 * 1024  # bytes of a request's head
_WARMING = 60.0  # seconds after which the address is told in any case
_ARRIVING, _TAKING = 15.0, 60.0  # seconds that a whole request may take to arrive, and that a client may leave full buffers unread


class Patient(H11Protocol):
    """A connection that a slow client cannot keep for ever: a request sent byte by byte, or an answer that nobody takes, ends it."""

    _arriving: asyncio.TimerHandle | None = None
    _taking: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Begin to wait for a request."""
        super().connection_made(transport)
        self._arriving = self.loop.call_later(_ARRIVING, transport.abort)

    def data_received(self, data: bytes) -> None:
        """Wait on while a request is incomplete; more bytes give it no more time."""
        super().data_received(data)
        if self.conn.their_state not in (h11.IDLE, h11.SEND_BODY):
            self._stop("_arriving")
        elif self._arriving is None and not self.transport.is_closing():
            self._arriving = self.loop.call_later(_ARRIVING, self.transport.abort)

    def pause_writing(self) -> None:
        """The client takes nothing at the moment."""
        super().pause_writing()
        self._taking = self._taking or self.loop.call_later(_TAKING, self.transport.abort)

    def resume_writing(self) -> None:
        """It does again."""
        super().resume_writing()
        self._stop("_taking")

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is waited for any more."""
        self._stop("_arriving")
        self._stop("_taking")
        super().connection_lost(exc)

    def _stop(self, name: Literal["_arriving", "_taking"]) -> None:
        timer: asyncio.TimerHandle | None = getattr(self, name)
        if timer is not None:
            timer.cancel()
        setattr(self, name, None)


def serve(config: Config, host: str, port: int, workers: int, ready: Callable[[str], None]) -> None:
    """Serve until stopped; `ready` is told the address as soon as a process answers. Raises BadInput for an address that cannot be used, OperatorError for
    an archive that cannot."""
    check_readable(config)
    bound = _bound(host, port)
    settings = uvicorn.Config(
        "web.app:from_environment", factory=True, workers=workers, log_level="warning", access_log=False, server_header=False,
        proxy_headers=False, timeout_keep_alive=_IDLE, timeout_graceful_shutdown=_STOPPING, limit_concurrency=_CONNECTIONS,
        h11_max_incomplete_event_size=_HEAD, ws="none", http=Patient,
    )  # fmt: skip
    server, bound_port = uvicorn.Server(settings), int(bound.getsockname()[1])
    told = threading.Thread(target=_tell_when_answered, args=(bound.getsockname(), lambda: ready(_address(host, bound_port))), daemon=True)
    told.start()
    with bound:
        if workers == 1:
            server.run(sockets=[bound])
        else:
            Multiprocess(settings, sockets=[bound]).run()


def _tell_when_answered(place: tuple[object, ...], tell: Callable[[], None]) -> None:
    """Ask for the start page and tell. A process takes connections only after it has made a few pages for itself, so nobody's first page is slow."""
    host = str(place[0])
    shown = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 (what was bound, to be asked on this machine)
    asked = HTTPConnection(shown, int(str(place[1])), timeout=_WARMING)
    try:
        asked.request("HEAD", "/", headers={"Host": "localhost"})
        asked.getresponse().read()
    except (OSError, HTTPException):
        pass  # readers wait in the queue of the socket meanwhile
    finally:
        asked.close()
    tell()


def _bound(host: str, port: int) -> socket.socket:
    made = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((host, port))
        made.listen(2048)
    except OSError as error:
        made.close()
        raise BadInput(f"cannot serve at {host} port {port}: {system_words(error)}; --host and --port choose another place") from error
    made.set_inheritable(True)
    return made


def _address(host: str, port: int) -> str:
    shown = "127.0.0.1" if host in ("0.0.0.0", "::", "") else host  # noqa: S104 (what was bound, to be opened on this machine)
    return f"http://[{shown}]:{port}/" if ":" in shown else f"http://{shown}:{port}/"
