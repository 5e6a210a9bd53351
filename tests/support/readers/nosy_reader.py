"""A reader that a hostile file has taken over: run as the worker of an Extractor, it tries what the file's text asks for and reports."""

from __future__ import annotations

import os
import socket
import sys

from notices.attachment import AttachmentText
from pipeline.attachments import read, worker


def _try(order: str) -> object:
    what, _, argument = order.partition(" ")
    if what == "connect":
        return socket.create_connection(("127.0.0.1", int(argument)), timeout=5)
    if what == "socket":
        return socket.socket(getattr(socket, argument), socket.SOCK_DGRAM)
    if what == "read":
        with open(argument, "rb") as handle:
            return handle.read()
    if what == "write":
        with open(argument, "wb") as handle:
            return handle.write(b"x")
    if what == "list":
        return os.listdir(argument)
    if what == "run":
        return os.spawnv(os.P_WAIT, argument, [argument])
    if what == "chmod":
        return os.chmod(argument, 0o777)
    if what == "kill":
        return os.kill(int(argument), 0)
    raise ValueError(order)


def _nosy(body: bytes, name: str = "", media_type: str | None = None, turn: object = None, budget: object = None) -> AttachmentText:
    try:
        return AttachmentText(pages=(f"done: {_try(body.decode())!r}",))
    except OSError as error:
        return AttachmentText(pages=(type(error).__name__,))


if __name__ == "__main__":
    read.read_attachment = _nosy
    sys.exit(worker.main())
