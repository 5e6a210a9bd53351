"""The indexes behind an alias: NAME is the alias, NAME-g000001 a generation; each says in its mapping who made it, and how."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import NamedTuple

from index.generations import CONTENT
from index.opensearch.client import PATIENCE, Cluster
from index.opensearch.replies import Indexes, Nothing
from index.opensearch.schema import VERSION, mappings, settings
from notices.archive_id import Owner
from notices.errors import ForeignPart, IndexUnusable, NoticesError
from notices.text.fold import FOLDING
from notices.text.language import _

_MADE_BY = "notices-archive"
_FORMAT = {"made_by": _MADE_BY, "version": VERSION}


class Generation(NamedTuple):
    """An index that the alias names. `archive` is the id of its owner, "" for none."""

    name: str
    archive: str
    outdated: bool


def current(cluster: Cluster) -> Generation | None:
    """The generation in use; None before there is one. Raises IndexUnusable for an index that this program did not make, or cannot read."""
    name = cluster.address.name
    reply = cluster.call("GET", f"/{name}", patience=2.0)
    if reply.status == 404:
        return None
    found = cluster.read(reply, Indexes)
    if len(found) != 1:
        raise IndexUnusable(
            _("index {index}: the alias names several indexes: {names}").format(index=cluster.address.shown, names=", ".join(found))
        )
    ((index, described),) = found.items()
    meta = described.mappings.meta
    if index == name or meta.made_by != _MADE_BY:
        raise IndexUnusable(
            _("index {index}: {name!r} in the cluster was made by another program").format(index=cluster.address.shown, name=index)
        )
    if meta.version != VERSION:
        raise IndexUnusable(
            _("index {index}: made by another version of this program (format {found}, not {wanted})").format(
                index=cluster.address.shown, found=meta.version, wanted=VERSION
            )
        )
    return Generation(index, meta.archive, (meta.folding, meta.content) != (FOLDING, CONTENT))


def is_foreign(cluster: Cluster) -> bool:
    """Whether the name belongs to an index of another program: then it stays as it is."""
    found = cluster.do("GET", f"/{cluster.address.name}/_mapping", shape=Indexes, patience=2.0)
    return any(index == cluster.address.name or each.mappings.meta.made_by != _MADE_BY for index, each in found.items())


def check_owner(cluster: Cluster, found: Generation, owner: Owner) -> None:
    """Raise ForeignPart for an index of another archive."""
    if found.archive and found.archive != owner.archive:
        raise ForeignPart(
            _("index {index} belongs to archive {archive}, not to archive {wanted} in {home}; name another index of the cluster").format(
                index=cluster.address.shown, archive=found.archive, wanted=owner.archive or _("(without an id)"), home=owner.home
            )
        )


def mark(cluster: Cluster, index: str, archive: str) -> None:
    """Write into the index whose it is."""
    cluster.do("PUT", f"/{index}/_mapping", {"_meta": _meta(archive)}, shape=Nothing, patience=PATIENCE)


def create(cluster: Cluster, archive: str) -> str:
    """A further generation, empty, that no alias names yet."""
    numbers = [int(name.rpartition("-g")[2]) for name in generations(cluster)]
    index = f"{cluster.address.name}-g{max(numbers, default=0) + 1:06d}"
    made: dict[str, object] = {"settings": settings(cluster.address), "mappings": mappings(_meta(archive))}
    cluster.do("PUT", f"/{index}?timeout=25s", made, shape=Nothing)
    return index


def generations(cluster: Cluster) -> list[str]:
    """Every generation of this name in the cluster, oldest first, in use or not."""
    name = cluster.address.name
    found = cluster.do("GET", f"/{name}-g*/_mapping?expand_wildcards=open", shape=Indexes, patience=PATIENCE)
    pattern = re.compile(re.escape(name) + r"-g[0-9]{6,9}")
    return sorted(index for index, each in found.items() if each.mappings.meta.made_by == _MADE_BY and pattern.fullmatch(index))


def make_current(cluster: Cluster, index: str) -> None:
    """Let the alias name this generation, and no other, in one step.

    The one that was in use until now stays until the next rebuild, for those who are reading it; earlier ones are deleted.
    """
    name = cluster.address.name
    reply = cluster.call("GET", f"/_alias/{name}", patience=PATIENCE)
    before = set() if reply.status == 404 else set(cluster.read(reply, Indexes)) - {index}
    actions: list[dict[str, object]] = [{"remove": {"index": old, "alias": name}} for old in sorted(before)]
    cluster.do("POST", "/_aliases", {"actions": [*actions, {"add": {"index": index, "alias": name}}]}, shape=Nothing, patience=PATIENCE)
    for old in generations(cluster):
        if old != index and old not in before:
            delete(cluster, old)


def delete(cluster: Cluster, index: str) -> None:
    """Delete a generation; an error is for the next rebuild, which tries again."""
    with suppress(NoticesError):
        cluster.call("DELETE", f"/{index}", patience=2.0)


def _meta(archive: str) -> dict[str, object]:
    return {**_FORMAT, "folding": FOLDING, "content": CONTENT, "archive": archive}
