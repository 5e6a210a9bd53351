"""Which engine an index address means."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from urllib.parse import unquote, urlsplit

from index.engine import Document, Engine
from notices.errors import ConfigError


def open_engine(url: str, *, write: bool = False) -> Engine:
    """The engine at the address; with `write` an index that does not exist yet is made. Raises IndexUnusable or ConfigError."""
    scheme, folder = _parts(url)
    if scheme == "whoosh":
        from index import whoosh_engine

        if write and not folder.exists():
            whoosh_engine.create(folder)
        return whoosh_engine.WhooshEngine(folder)
    raise ConfigError(f"index: no engine for {scheme!r}")


def rebuild(url: str, documents: Iterable[Document]) -> int:
    """Build the index anew from the documents, aside, and swap it in atomically; return how many it holds."""
    scheme, folder = _parts(url)
    if scheme == "whoosh":
        from index import whoosh_engine

        return whoosh_engine.create(folder, documents)
    raise ConfigError(f"index: no engine for {scheme!r}")


def _parts(url: str) -> tuple[str, Path]:
    parts = urlsplit(url)
    return parts.scheme, Path(unquote(parts.path))
