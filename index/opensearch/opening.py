"""What index.engines does with an address of a cluster."""

from __future__ import annotations

from collections.abc import Iterable

from index.engine import Document
from index.opensearch import engine, generations
from index.opensearch.client import cluster_of
from notices.archive_id import Owner
from notices.errors import IndexUnusable
from notices.text.language import _


def open_engine(url: str, *, write: bool, owner: Owner | None) -> engine.OpenSearchEngine:
    """See index.engines.open_engine. Raises ServerAway too."""
    cluster = cluster_of(url)
    found = generations.current(cluster)
    archive = owner.archive if owner else ""
    if found is None:
        if not write:
            raise IndexUnusable(_("index {folder}: not built yet").format(folder=cluster.address.shown))
        engine.create(cluster, archive)
        return open_engine(url, write=write, owner=owner)
    if owner is not None:
        generations.check_owner(cluster, found, owner)
    if write and found.outdated:
        raise IndexUnusable(_("index {folder}: an earlier version of this program made it").format(folder=cluster.address.shown))
    if write and archive and not found.archive:
        generations.mark(cluster, found.name, archive)
    opened = engine.OpenSearchEngine(cluster, found.name)
    if not write:
        opened.look()
    return opened


def rebuild(url: str, documents: Iterable[Document], owner: Owner | None) -> int:
    """See index.engines.rebuild. Raises ServerAway too."""
    cluster = cluster_of(url)
    archive = owner.archive if owner else ""
    try:
        found = generations.current(cluster)
    except IndexUnusable:
        if generations.is_foreign(cluster):
            raise
        found = None
    if owner is not None and found is not None:
        generations.check_owner(cluster, found, owner)
    return engine.create(cluster, archive, documents)


def outdated(url: str) -> bool:
    """See index.engines.outdated."""
    found = generations.current(cluster_of(url))
    return found is not None and found.outdated


def is_built(url: str) -> bool:
    """See index.engines.is_built."""
    return generations.current(cluster_of(url)) is not None


def state_of(url: str) -> str:
    """See index.engines.state_of."""
    return engine.state_of(cluster_of(url))
