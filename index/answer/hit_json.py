"""A hit in the documented shape of an answer (docs/search.md)."""

from __future__ import annotations

from datetime import date

from index.answer.snippet import Snippet
from index.engine import Hit


def hit_json(hit: Hit, snippet: Snippet) -> dict[str, object]:
    """The hit and its snippet; `past` says since when its source shows the revision no longer, and is null for a notice as it is today."""
    return {
        "id": hit.id, "url": hit.url, "title": hit.title, "source": hit.source, "issuer": hit.issuer or None,
        "document_number": hit.document_number or None, "kind": hit.kind or None, "published_date": _iso(hit.published_date),
        "written_date": _iso(hit.written_date), "score": hit.score, "exact": hit.exact,
        "snippet": {"text": snippet.text, "marks": [list(m) for m in snippet.marks]}, "where": snippet.where,
        "path": list(snippet.path), "region": hit.region or None, "state": hit.state, "revision": hit.revision,
        "copies": hit.copies, "validity": hit.validity or None, "archived_date": _iso(hit.archived), "changed_date": _iso(hit.changed),
        "deadline": _iso(hit.deadline), "index_number": hit.index_number or None, "theme": hit.theme or None,
        "past": {"went": hit.went, "date": _iso(hit.gone)} if hit.notice else None,
    }  # fmt: skip


def _iso(value: date | None) -> str | None:
    return value.isoformat() if value else None
