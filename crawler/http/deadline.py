"""A bound for a whole exchange: a peer that sends a byte now and then is never silent."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def cut_after(sock: socket.socket, seconds: float) -> Iterator[None]:
    """End the connection after so many seconds, whatever still comes. Raises TimeoutError then, also where the cut looks like an end."""
    over = threading.Event()

    def cut() -> None:
        over.set()
        with suppress(OSError):
            socket.socket.shutdown(sock, socket.SHUT_RDWR)  # the TCP connection's: that of TLS would wait for the peer

    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    late = f"no whole answer within {seconds:g} seconds"
    try:
        yield
    except (OSError, http.client.HTTPException) as error:
        if over.is_set():
            raise TimeoutError(late) from error
        raise
    finally:
        timer.cancel()
    if over.is_set():
        raise TimeoutError(late)
