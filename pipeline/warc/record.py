"""One capture as a WARC 1.1 record (ISO 28500:2017) and back: bytes in, bytes out, no files.

A response becomes a `response` record, a repeated payload a `revisit`, imported text a `resource`, an exchange without an HTTP
answer a `metadata` record. A record taken from another archive has that record's own block, and its head beside ours.
A value that WARC has no field for goes into the record's head, as JSON in X-Notices-Capture.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from http.client import responses

from notices.capture import Capture, Original, payload_digest
from pipeline.warc.http_block import answer_in, body_of

REVISIT_PROFILE = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
_SOFTWARE = "notices-archive"
_TYPES = {"response": "application/http;msgtype=response", "revisit": "application/http;msgtype=response"}

Headers = tuple[tuple[str, str], ...]

# The client undoes these on the way in, so they do not describe the archived body; the record gets a true Content-Length.
_UNDONE = {"content-encoding", "transfer-encoding", "content-length"}
_PREFIX = "X-Original-"
_ESCAPED = "X-Original-Header"
_PLAIN_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_PLAIN_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_BLANKS = " \t"


@dataclass(frozen=True)
class Record:
    """A decoded record. `capture` is None for a warcinfo; its body is empty for a revisit, whose payload is in another record."""

    type: str
    record_id: str
    date: str
    payload_digest: str
    capture: Capture | None
    filename: str | None = None


def warc_date(moment: datetime) -> str:
    """An aware datetime as WARC writes it, always with microseconds so that text order is time order."""
    if moment.tzinfo is None:
        raise ValueError(f"naive datetime {moment!r}")
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def encode_warcinfo(name: str, moment: datetime, archive: str = "") -> bytes:
    """The first record of the file `name`, which is a part of the archive with this id."""
    body = f"software: {_SOFTWARE}\r\nformat: WARC File Format 1.1\r\nconformsTo: https://iipc.github.io/warc-specifications/\r\n".encode()
    if archive:
        body += f"isPartOf: urn:uuid:{archive}\r\n".encode()
    fields = {"WARC-Type": "warcinfo", "WARC-Record-ID": _new_id(), "WARC-Date": warc_date(moment), "WARC-Filename": name}
    return _record(fields | {"Content-Type": "application/warc-fields"}, body)


def encode(capture: Capture, digest: str, refers_to: tuple[str, datetime] | None) -> tuple[str, bytes]:
    """The id and bytes of the capture's record; with `refers_to` (URI and date of the same payload) a revisit without the body."""
    capture = _with_its_payload(capture, refers_to)
    kind = _record_type(capture)
    block = http_head(capture.status, capture.headers, len(capture.body)) if kind == "response" and not capture.original else b""
    fields = _head(capture, digest)
    if refers_to is not None:
        kind = "revisit"
        uri, date = refers_to
        fields |= {"WARC-Profile": REVISIT_PROFILE, "WARC-Refers-To-Target-URI": ascii_uri(uri), "WARC-Refers-To-Date": warc_date(date)}
    elif not capture.original:
        block += capture.body
    if capture.original is not None:
        block = capture.original.block
    fields = {"WARC-Type": kind} | fields | {"Content-Type": _content_type(kind, capture)}
    return fields["WARC-Record-ID"], _record(fields, block)


def _with_its_payload(capture: Capture, refers_to: tuple[str, datetime] | None) -> Capture:
    """The capture; another archive's revisit whose payload is in no record here gets the payload, under the head that it had."""
    original = capture.original
    if original is None or original.type != "revisit" or refers_to is not None:
        return capture
    block = http_head(capture.status, capture.headers, len(capture.body)) + capture.body
    return replace(capture, original=Original("response", original.head, block))


def _record_type(capture: Capture) -> str:
    if capture.original is not None:
        return capture.original.type
    if capture.kind == "import":
        return "resource"
    return "response" if 100 <= capture.status <= 599 else "metadata"


def _head(capture: Capture, digest: str) -> dict[str, str]:
    uri = ascii_uri(capture.url)
    fields = {
        "WARC-Record-ID": _new_id(),
        "WARC-Date": warc_date(capture.fetched_at),
        "WARC-Target-URI": uri,
        "WARC-Payload-Digest": digest,
    }
    more: dict[str, object] = {"kind": capture.kind}
    if uri != capture.url:
        more["url"] = capture.url
    if capture.via is not None:
        more["via"] = capture.via
    if capture.note:
        more["note"] = dict(capture.note)
    original = capture.original
    if original is not None:
        more["original"] = {"type": original.type, "head": original.head.decode("latin-1")}
    if original is not None and original.type == "response":
        more["payload"], fields["WARC-Payload-Digest"] = digest, payload_digest(answer_in(original.block).payload)
    elif _record_type(capture) != "response":
        more |= {"status": capture.status, "headers": capture.headers}
    return fields | {"X-Notices-Capture": json.dumps(more)}


def _content_type(kind: str, capture: Capture) -> str:
    if _record_type(capture) in _TYPES:
        return _TYPES[kind]
    named = next((value for name, value in capture.headers if name.lower() == "content-type"), "")
    return named if named and named.isascii() and named.isprintable() else "application/octet-stream"


def ascii_uri(url: str) -> str:
    """The URL with everything but printable ASCII percent-encoded, as WARC-Target-URI must be."""
    return "".join(c if "!" <= c <= "~" else "".join(f"%{b:02X}" for b in c.encode("utf-8", "surrogatepass")) for c in url)


def _new_id() -> str:
    return f"<{uuid.uuid4().urn}>"


def _record(fields: Mapping[str, str], block: bytes) -> bytes:
    lines = ["WARC/1.1", *(f"{name}: {value}" for name, value in fields.items())]
    lines += [f"WARC-Block-Digest: {payload_digest(block)}", f"Content-Length: {len(block)}"]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("ascii") + block + b"\r\n\r\n"


def decode(data: bytes) -> Record:
    """The record in `data`, its digests checked. Raises ValueError saying what is wrong."""
    head, found, rest = data.partition(b"\r\n\r\n")
    fields = _fields(head)
    length = int(fields["Content-Length"])
    block = rest[:length]
    if not found or len(block) != length or rest[length:] != b"\r\n\r\n":
        raise ValueError("the record's length is not what its head says")
    if fields.get("WARC-Block-Digest") != payload_digest(block):
        raise ValueError("block digest does not match")
    kind = fields["WARC-Type"]
    if kind == "warcinfo":
        return Record(kind, fields["WARC-Record-ID"], fields["WARC-Date"], "", None, fields.get("WARC-Filename"))
    capture = _capture(fields, block)
    digest = json.loads(fields["X-Notices-Capture"]).get("payload", fields["WARC-Payload-Digest"])
    if kind != "revisit" and digest != payload_digest(capture.body):
        raise ValueError("payload digest does not match")
    return Record(kind, fields["WARC-Record-ID"], fields["WARC-Date"], digest, capture)


def _fields(head: bytes) -> dict[str, str]:
    try:
        version, *lines = head.decode("ascii").split("\r\n")
    except UnicodeDecodeError as error:
        raise ValueError("the record's head is not ASCII") from error
    fields = dict(line.split(": ", 1) for line in lines if ": " in line)
    missing = {"WARC-Type", "WARC-Record-ID", "WARC-Date", "Content-Length"} - fields.keys()
    if version != "WARC/1.1" or missing:
        raise ValueError(f"not a WARC 1.1 record (missing {', '.join(sorted(missing)) or 'version'})")
    if fields["WARC-Type"] != "warcinfo" and not {"X-Notices-Capture", "WARC-Payload-Digest", "WARC-Target-URI"} <= fields.keys():
        raise ValueError("not a record of this archive")
    return fields


def _capture(fields: Mapping[str, str], block: bytes) -> Capture:
    more = json.loads(fields["X-Notices-Capture"])
    original = None
    if "original" in more:
        original = Original(more["original"]["type"], more["original"]["head"].encode("latin-1"), block)
    if original is not None and original.type == "response":
        answer = answer_in(block)
        status, headers, body = answer.status, answer.headers, body_of(answer.headers, answer.payload)
    elif "status" in more:
        status, headers, body = more["status"], tuple((str(n), str(v)) for n, v in more["headers"]), block
    else:
        head, _, body = block.partition(b"\r\n\r\n")
        status, headers = read_http_head(head + b"\r\n\r\n")
    return Capture(
        url=more.get("url", fields["WARC-Target-URI"]),
        status=status,
        headers=headers,
        body=body,
        fetched_at=datetime.fromisoformat(fields["WARC-Date"]),
        kind=more["kind"],
        via=more.get("via"),
        note=more.get("note", {}),
        original=original,
    )


def http_head(status: int, headers: Headers, body_length: int) -> bytes:
    """The status line and headers of a response whose decoded body has this length, up to and with the blank line."""
    lines = [f"HTTP/1.1 {status} {responses.get(status, '')}".rstrip()]
    lines += [f"{name}: {value}" for name, value in (_header_line(*pair) for pair in headers)]
    lines.append(f"Content-Length: {body_length}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def read_http_head(block: bytes) -> tuple[int, Headers]:
    """Status and headers as the server sent them. Raises ValueError for a block that http_head did not write."""
    lines = block.decode("latin-1").split("\r\n")
    protocol, _, status = lines[0].partition(" ")
    if protocol != "HTTP/1.1" or lines[-2:] != ["", ""] or not lines[-3].startswith("Content-Length: "):
        raise ValueError("not an HTTP response")
    return int(status[:3]), tuple(_read_header(line) for line in lines[1:-3])


def _header_line(name: str, value: str) -> tuple[str, str]:
    if not _PLAIN_NAME.fullmatch(name) or not _PLAIN_VALUE.fullmatch(value) or value != value.strip(_BLANKS) or name == _ESCAPED:
        return _ESCAPED, json.dumps([name, value])
    return (_PREFIX + name if _base(name) in _UNDONE else name), value


def _base(name: str) -> str:
    """The name without our prefixes: a server may itself send X-Original-Content-Length."""
    name = name.lower()
    while name.startswith(_PREFIX.lower()):
        name = name[len(_PREFIX) :]
    return name


def _read_header(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    value = value.removeprefix(" ")
    if name == _ESCAPED:
        original, text = json.loads(value)
        return str(original), str(text)
    return (name.removeprefix(_PREFIX) if _base(name) in _UNDONE else name), value
