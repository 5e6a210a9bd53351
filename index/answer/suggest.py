"""Suggestions from the index: a likelier spelling of a query, its completions, notices similar to one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from index.answer.snippet import snippet_of, tiers_of
from index.engine import Engine, Hit
from index.query.tokens import tokens_of
from index.query.tree import Contains, Or, Phrase, Query
from notices.attachment import AttachmentText
from notices.errors import UnknownName
from notices.text.fold import fold, fold_map
from notices.text.language import _

MOST_WORDS, SHORTEST, LONGEST = 4, 2, 24
_SHORT = 3
_SCAN = 4000  # characters of a passage that a likelier wording is taken from
_SIMILAR, _PROBE = 160, 40


def did_you_mean(engine: Engine, query: str, passages: Sequence[str]) -> str | None:
    """The query with its unknown words as the passages of similar notices write them; None when no wording is close.

    A word with digits is left as it is: another number is not a better spelling.
    """
    typed = (_core(t.text) for t in tokens_of(query) if t.kind in ("word", "phrase"))
    words = [word for word in typed if SHORTEST < len(fold(word)) <= LONGEST and not any(map(str.isdigit, word))]
    unknown = [word for word in words[:MOST_WORDS] if not engine.search(Query(word, Phrase(fold(word))), limit=0).total]
    near = {word: _nearest(fold(word), passages) for word in unknown}
    changed = {word: found for word, found in near.items() if found and _is_usual(engine, found)}
    meant = query
    for word, found in changed.items():
        meant = meant.replace(word, found, 1)
    return meant if changed and fold(meant) != fold(query) else None


def _core(word: str) -> str:
    """The word without the punctuation at its ends: an open bracket is not a misspelling."""
    inner = [at for at, char in enumerate(word) if char.isalnum()]
    return word[inner[0] : inner[-1] + 1] if inner else ""


def _is_usual(engine: Engine, found: str) -> bool:
    """Whether a suggestion is common enough: one character of three is a large change, so more than one notice must contain it."""
    return len(fold(found)) > _SHORT or engine.search(Query(found, Phrase(fold(found))), limit=0).total > 1


def _nearest(word: str, passages: Iterable[str]) -> str | None:
    """The run of a passage that differs from the word in least: one character in five, at least one."""
    from rapidfuzz.distance import OSA  # start-up time: only a word that no notice contains needs it

    best: tuple[int, int, str, int, int] | None = None  # of equally near runs one as long as the word
    allowed = max(1, len(word) // 5)
    for passage in dict.fromkeys(passages):
        folded = fold(passage[:_SCAN])
        for start in _starts(folded, word):
            for length in range(max(2, len(word) - 1), len(word) + 2):
                run = folded[start : start + length]
                if len(run) < length:
                    continue
                rank = OSA.distance(run, word, score_cutoff=allowed), abs(length - len(word))
                if 0 < rank[0] <= allowed and (best is None or rank < best[:2]):
                    best = (*rank, passage, start, length)
    if best is None:
        return None
    passage, start, length = best[2:]
    offsets = fold_map(passage[:_SCAN])[1]
    return passage[offsets[start] : offsets[start + length - 1] + 1]


def _starts(folded: str, word: str) -> list[int]:
    """Where a run like the word may begin: around the places of its characters' pairs, or of its ends."""
    marks = {word[i : i + 2]: i for i in range(len(word) - 1)} if len(word) > 3 else {c: i for i, c in enumerate(word)}
    starts: dict[int, None] = {}
    for mark, inside in marks.items():
        at = folded.find(mark)
        while at >= 0 and len(starts) < 500:
            starts.update(dict.fromkeys(s for s in range(at - inside - 1, at - inside + 2) if s >= 0))
            at = folded.find(mark, at + 1)
    return list(starts)


def completions(engine: Engine, typed: str, most: int = 10) -> list[str]:
    """Titles and document numbers that contain the typed text; those that begin with it first."""
    folded = fold(typed)
    if not folded:
        return []
    query = Query(typed, Or((Phrase(folded, "title"), Contains("document_number", folded))))
    hits = engine.search(query, limit=20 * most).hits
    found = [text for hit in hits for text in (hit.document_number, hit.title) if folded in fold(text)]
    return sorted(dict.fromkeys(found), key=lambda text: not fold(text).startswith(folded))[:most]


def similar(engine: Engine, ident: int) -> tuple[Query, int | None]:
    """The query that ranks notices by similarity to the title and beginning of one, which comes first itself; and its group.

    Raises UnknownName.
    """
    texts = engine.texts([ident])
    if ident not in texts:
        raise UnknownName(_("the index does not contain notice {ident}").format(ident=ident))
    text, attached = texts[ident]
    body = fold(text or "".join(page for file in attached for page in file.pages))
    own = _own(engine, body[:_PROBE], ident)
    words = (fold(own.title) if own else "") + body[:_SIMILAR]
    return Query(f"similar to {ident}", Or(()), relaxed_text=words, highlights=()), own.group if own else None


def _own(engine: Engine, beginning: str, ident: int) -> Hit | None:
    """The notice as a hit: a search for its beginning finds it among its copies."""
    found = engine.search(Query("", Or(()), relaxed_text=beginning), limit=50).hits
    return next((hit for hit in found if hit.id == ident), None)


def without(hits: Sequence[Hit], ident: int) -> tuple[Hit, ...]:
    """The hits except one notice."""
    return tuple(hit for hit in hits if hit.id != ident)


def pieces(query: Query, hit: Hit, text: str, attachments: Sequence[AttachmentText]) -> Iterator[str]:
    """Where a likelier wording may be: the title, the passage most like the query, the beginning of the text."""
    yield hit.title
    if len(text) > _SCAN or attachments:
        yield snippet_of(hit.title, text, attachments, tiers_of(query)).text
    yield text
