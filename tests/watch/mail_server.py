"""A mail server on loopback that does with each message what its handler says."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from aiosmtpd.controller import Controller


@contextmanager
def mail_server(handler: object, **options: Any) -> Iterator[str]:
    """Its address for `--smtp`, while it runs; the handler has aiosmtpd's `handle_DATA`, and its SMTP class takes the options."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = Controller(handler, hostname="127.0.0.1", port=port, **options)
    server.start()
    try:
        yield f"smtp://127.0.0.1:{port}"
    finally:
        server.stop()
