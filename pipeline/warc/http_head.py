"""HTTP header blocks inside WARC records, written so that every header a server sent can be read back as it was."""

from __future__ import annotations

import json
import re
from http.client import responses

Headers = tuple[tuple[str, str], ...]

# The client undoes these on the way in, so they do not describe the archived body; the record gets a true Content-Length.
_UNDONE = {"content-encoding", "transfer-encoding", "content-length"}
_PREFIX = "X-Original-"
_ESCAPED = "X-Original-Header"
_PLAIN_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_PLAIN_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_BLANKS = " \t"


def http_head(status: int, headers: Headers, body_length: int) -> bytes:
    """The status line and headers of a response whose decoded body has this length, up to and with the blank line."""
    lines = [f"HTTP/1.1 {status} {responses.get(status, '')}".rstrip()]
    lines += [f"{name}: {value}" for name, value in (_written(*pair) for pair in headers)]
    lines.append(f"Content-Length: {body_length}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def read_http_head(block: bytes) -> tuple[int, Headers]:
    """Status and headers as the server sent them. Raises ValueError for a block that http_head did not write."""
    lines = block.decode("latin-1").split("\r\n")
    protocol, _, status = lines[0].partition(" ")
    if protocol != "HTTP/1.1" or lines[-2:] != ["", ""] or not lines[-3].startswith("Content-Length: "):
        raise ValueError("not an HTTP response")
    return int(status[:3]), tuple(_read(line) for line in lines[1:-3])


def _written(name: str, value: str) -> tuple[str, str]:
    if not _PLAIN_NAME.fullmatch(name) or not _PLAIN_VALUE.fullmatch(value) or value != value.strip(_BLANKS) or name == _ESCAPED:
        return _ESCAPED, json.dumps([name, value])
    return (_PREFIX + name if _base(name) in _UNDONE else name), value


def _base(name: str) -> str:
    """The name without our prefixes: a server may itself send X-Original-Content-Length."""
    name = name.lower()
    while name.startswith(_PREFIX.lower()):
        name = name[len(_PREFIX) :]
    return name


def _read(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    value = value.removeprefix(" ")
    if name == _ESCAPED:
        original, text = json.loads(value)
        return str(original), str(text)
    return (name.removeprefix(_PREFIX) if _base(name) in _UNDONE else name), value
