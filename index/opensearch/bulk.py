"""Writing many documents: bulks of a bounded size, each tried again until every document of it is in the cluster or refused.

Each document has a version, and an older one never replaces a newer: repeating a bulk, or writing two in the wrong order, does no harm.
"""

from __future__ import annotations

import logging
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import IO, NamedTuple

import msgspec

from index.engine import Document
from index.opensearch.client import PATIENCE, Cluster
from index.opensearch.replies import Bulk, Several
from index.opensearch.schema import body_of
from notices.errors import DocumentsRefused
from notices.text.language import _

log = logging.getLogger(__name__)
_MOST_DOCUMENTS, _MOST_BYTES = 500, 4_000_000  # of a bulk; OpenSearch takes 100 MB, but an indexing node keeps it in memory
_IN_MEMORY = 32_000_000
_SECONDS = 60.0  # a bulk may take
_TRY_AGAIN = (429, 500, 502, 503, 504)
_PAUSE, _LONGEST_PAUSE = 0.1, 5.0


class Line(NamedTuple):
    """A document as it is sent: what to do with which id, and the document; None deletes."""

    ident: int
    version: int
    body: bytes | None

    def encoded(self) -> bytes:
        """The lines of a bulk."""
        if self.body is None:
            return b'{"delete":{"_id":"%d","version":%d,"version_type":"external_gte"}}\n' % (self.ident, self.version)
        return b'{"index":{"_id":"%d","version":%d,"version_type":"external_gte"}}\n%s\n' % (self.ident, self.version, self.body)


@dataclass
class Written:
    """What a write did: documents given, those that are new, those of which a newer version is there, and those refused, with the reasons."""

    given: int = 0
    created: int = 0
    older: int = 0
    refused: dict[int, str] = field(default_factory=dict)

    def check(self, cluster: Cluster) -> None:
        """Raise DocumentsRefused when documents were."""
        if self.older:
            log.warning("index %s: %d documents are newer than those that were written", cluster.address.shown, self.older)
        if self.refused:
            ident, reason = next(iter(self.refused.items()))
            raise DocumentsRefused(
                _("index {index}: the cluster refused {count} documents, the first of them notice {id}: {reason}").format(
                    index=cluster.address.shown, count=len(self.refused), id=ident, reason=reason
                ),
                tuple(self.refused),
            )


def lines_of(documents: Iterable[Document], stamp: int) -> Iterator[Line]:
    """The documents as they are sent; `stamp` numbers the write, and is the version of those that have none of their own."""
    for each in documents:
        yield Line(each.id, stamp if each.seq is None else each.seq, body_of(each, stamp))


def deletions(cluster: Cluster, index: str, ids: Sequence[int]) -> Iterator[Line]:
    """Lines that delete the documents that are there. Each keeps its version: a notice that comes back is not older than its deletion."""
    for at in range(0, len(ids), _MOST_DOCUMENTS):
        asked = {"ids": [str(ident) for ident in ids[at : at + _MOST_DOCUMENTS]]}
        found = cluster.do("POST", f"/{index}/_mget?_source=false", asked, shape=Several, patience=PATIENCE)
        yield from (Line(int(each.ident), each.version, None) for each in found.docs if each.found)


def spooled(lines: Iterable[Line]) -> Iterator[Line]:
    """The same lines, but none before the last was made: a write that breaks off has changed nothing."""
    with tempfile.SpooledTemporaryFile(_IN_MEMORY) as file:
        for line in lines:
            file.write(b"%d %d %s\n" % (line.ident, line.version, line.body or b""))
        file.seek(0)
        yield from _read(file)


def _read(file: IO[bytes]) -> Iterator[Line]:
    for row in file:
        ident, version, body = row.rstrip(b"\n").split(b" ", 2)
        yield Line(int(ident), int(version), body)


def write(cluster: Cluster, index: str, lines: Iterable[Line]) -> Written:
    """Write the lines into the index. Raises ServerAway when the cluster takes none for PATIENCE seconds."""
    written = Written()
    for chunk in _chunks(lines):
        _send(cluster, index, chunk, written)
    return written


def _chunks(lines: Iterable[Line]) -> Iterator[dict[int, Line]]:
    """Lines by id, of one bulk; of two with one id the last counts."""
    chunk: dict[int, Line] = {}
    size = 0
    for line in lines:
        chunk[line.ident] = line
        size += len(line.body or b"")
        if len(chunk) >= _MOST_DOCUMENTS or size >= _MOST_BYTES:
            yield chunk
            chunk, size = {}, 0
    if chunk:
        yield chunk


def _send(cluster: Cluster, index: str, chunk: dict[int, Line], written: Written) -> None:
    """Send a bulk until the cluster has said of each of its documents that it has it, or will never take it."""
    written.given += sum(line.body is not None for line in chunk.values())
    until, pause = time.monotonic() + PATIENCE, _PAUSE
    while chunk:
        body = b"".join(line.encoded() for line in chunk.values())
        reply = cluster.call("POST", f"/{index}/_bulk", body, seconds=_SECONDS, patience=PATIENCE)
        if reply.status == 413 and len(chunk) > 1:
            _halves(cluster, index, chunk, written)
            return
        left, why = _left(cluster.read(reply, Bulk), chunk, written)
        if len(left) < len(chunk):
            until, pause = time.monotonic() + PATIENCE, _PAUSE
        elif time.monotonic() > until:
            raise cluster.away(why)
        if left:
            log.debug("%d of %d documents are sent again: %s", len(left), len(chunk), why)
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
        chunk = left


def _halves(cluster: Cluster, index: str, chunk: dict[int, Line], written: Written) -> None:
    """Send a bulk that is too large in two; it has been counted."""
    ids = list(chunk)
    written.given -= sum(line.body is not None for line in chunk.values())
    for part in (ids[: len(ids) // 2], ids[len(ids) // 2 :]):
        _send(cluster, index, {ident: chunk[ident] for ident in part}, written)


def _left(reply: Bulk, chunk: dict[int, Line], written: Written) -> tuple[dict[int, Line], str]:
    """The lines that must be sent again, and the cluster's reason."""
    left: dict[int, Line] = {}
    why = ""
    for results, line in zip(reply.items, chunk.values(), strict=True):
        (item,) = results.values()
        if item.status in _TRY_AGAIN:
            left[line.ident], why = line, item.reason
        elif item.status == 409:
            written.older += 1
        elif item.status < 300 or (line.body is None and item.status == 404):
            written.created += item.result == "created"
        else:
            written.refused[line.ident] = item.reason
    return left, why


def encoded(value: object) -> bytes:
    """A line of a request of many lines."""
    return msgspec.json.encode(value) + b"\n"
