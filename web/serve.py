"""Starting the reading room: one socket, one or more processes."""

from __future__ import annotations

import socket
from collections.abc import Callable

import uvicorn
from uvicorn.supervisors import Multiprocess

from notices.config import Config
from notices.errors import BadInput
from notices.text.language import system_words
from web.archive import check_readable

_IDLE, _STOPPING = 5, 10  # seconds that a connection may be idle, and that answers may take while the server stops
_CONNECTIONS = 1000  # of a process; one more is told to come back
_HEAD = 16 * 1024  # bytes of a request's head


def serve(config: Config, host: str, port: int, workers: int, ready: Callable[[str], None]) -> None:
    """Serve until stopped; `ready` is told the address. Raises BadInput for an address that cannot be used, OperatorError for an archive that cannot."""
    check_readable(config)
    bound = _bound(host, port)
    settings = uvicorn.Config(
        "web.app:from_environment", factory=True, workers=workers, log_level="warning", access_log=False, server_header=False,
        proxy_headers=False, timeout_keep_alive=_IDLE, timeout_graceful_shutdown=_STOPPING, limit_concurrency=_CONNECTIONS,
        h11_max_incomplete_event_size=_HEAD, ws="none",
    )  # fmt: skip
    server = uvicorn.Server(settings)
    ready(_address(host, bound.getsockname()[1]))
    with bound:
        if workers == 1:
            server.run(sockets=[bound])
        else:
            Multiprocess(settings, sockets=[bound]).run()


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
