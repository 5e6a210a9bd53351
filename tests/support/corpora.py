"""Random documents and query trees, small and tangled enough that every engine meets its corner cases."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date, timedelta

from index.engine import Document, Engine
from index.query.tree import And, Between, Contains, DateField, Everything, HasAttachment, Is, Node, Not, Or, Phrase, Query
from index.query.values import day_prefixes
from notices.attachment import AttachmentText
from notices.text.fold import fold
from tests.support.oracle import found

LETTERS = "两感指数通知公告安全市府办“”《》（）〔〕 \n國辦發號Aa１2，。-𠮷\u00a8\0"
DAY = date(2026, 1, 1)
SOURCES = ("a", "b", "a-b", "縣A")


def text(chance: random.Random, longest: int) -> str:
    return "".join(chance.choice(LETTERS) for _ in range(chance.randint(0, longest)))


def _day(chance: random.Random) -> date | None:
    return DAY + timedelta(days=chance.randint(-60, 60)) if chance.random() < 0.8 else None


def a_document(chance: random.Random, ident: int) -> Document:
    files = tuple(
        AttachmentText(f"附件{n}.pdf", tuple(text(chance, 20) for _ in range(chance.randint(0, 2))))
        for n in range(chance.choice((0, 0, 1, 2)))
    )
    return Document(
        id=ident, revision=chance.randint(1, 3), url=f"http://a.example/{ident}?[a]=(b)*", title=text(chance, 12), text=text(chance, 60),
        attachments=files, source=chance.choice(SOURCES), issuer=chance.choice(("", "市府", "安办")), state=chance.choice(("listed", "missing")),
        document_number=chance.choice(("", "市发〔2026〕1号")), number_key=chance.choice(("", "市发[2026]1", "市发[2026]11")),
        kind=chance.choice(("通知", "公告")), region=chance.choice(("410000", "410700", "410701")),
        published_date=_day(chance), written_date=_day(chance), effective_date=_day(chance),
        archived=_day(chance), changed=_day(chance), deadline=_day(chance), validity=chance.choice(("", "unknown", "repealed", "in_force")),
        index_number=chance.choice(("", "014000335/2026-00001")), theme=chance.choice(("", "卫生、体育")),
        addressees=chance.choice(((), ("各县（区）人民政府", "市直各部门"))),
    )  # fmt: skip


def a_run(chance: random.Random, documents: Sequence[Document]) -> str:
    """A folded run as it stands in one of the documents, or, one time in eight, with two of its ends swapped."""
    chosen = chance.choice(documents)
    whole = fold(chance.choice([chosen.title, chosen.text, chosen.text, *(p for a in chosen.attachments for p in a.pages)]))
    at = chance.randrange(len(whole)) if whole else 0
    run = whole[at : at + chance.choice((1, 1, 2, 2, 3, 4, 5, 8, 20))] or "感"
    return run[1:] + run[:1] if chance.random() < 0.125 else run


def a_node(chance: random.Random, depth: int, documents: Sequence[Document]) -> Node:
    if depth and chance.random() < 0.5:
        nodes = tuple(a_node(chance, depth - 1, documents) for _ in range(chance.randint(1, 3)))
        return chance.choice((And(nodes), Or(nodes), Not(nodes[0]), And((*nodes, Not(nodes[0])))))
    if chance.random() < 0.5:
        return Phrase(a_run(chance, documents), chance.choice(("any", "any", "title", "text", "attachment")))
    return a_filter(chance, documents)


def a_filter(chance: random.Random, documents: Sequence[Document]) -> Node:
    chosen = chance.choice(documents)
    since, until = sorted(DAY + timedelta(days=chance.randint(-60, 60)) for _ in range(2))
    field: DateField = chance.choice(("published_date", "written_date", "effective_date"))
    nodes: list[Node] = [
        Is("kind", (chance.choice(("通知", "公告", "令")),)), Is("kind", ("令", "公告")), Is("year", (chance.choice(("2025", "2026", "1999")),)),
        Is("region", (chance.choice(("41", "4107", "99")),), prefix=True), Is("source", (chosen.source,)), Is("url", (chosen.url,)),
        Is("url", (chosen.url[:20],), prefix=True), Is("number_key", ("市发[2026]1",), prefix=chance.random() < 0.5), Is("state", ("missing",)),
        HasAttachment(), Between(field, chance.choice((since, None)), chance.choice((until, None))), Everything(), Or(()),
        Contains("issuer", chance.choice(("安", "市府", "府市"))), Contains("document_number", chance.choice(("2026)1", "号", "发(", "1号市"))),
        Contains("source", chance.choice(("a", "b", "-", "县", "县a"))), Is("validity", (chance.choice(("unknown", "repealed")),)),
        Is(chance.choice(("archived", "changed", "deadline")), day_prefixes(chance.choice((since, None)), chance.choice((until, None))), prefix=True),
        Is("addressee", (chance.choice(("各县(", "人民政府", "部门", "省")),), prefix=True), Is("index_number", ("2026-",), prefix=True),
        Is("theme", (chance.choice(("体育", "卫生", "卫生体育")),), prefix=True),
    ]  # fmt: skip
    return chance.choice(nodes)


def ids(engine: Engine, node: Node, sort: str = "relevance", limit: int = 1000) -> list[int]:
    answer = engine.search(Query("", node), limit=limit, sort=sort)
    assert answer.total >= len(answer.hits)
    return [hit.id for hit in answer.hits]


def compare(engine: Engine, documents: Sequence[Document], chance: random.Random, count: int) -> None:
    """Ask `count` random queries; every answer must be what a reading of all documents finds, best first."""
    for _ in range(count):
        node = a_node(chance, 3, documents)
        filters = a_filter(chance, documents) if chance.random() < 0.3 else Everything()
        boosts = ((a_node(chance, 1, documents), 2.0),) if chance.random() < 0.2 else ()
        answer = engine.search(Query("", node, filters, boosts), limit=1000)
        wanted = found(documents, And((node, filters)))
        assert {hit.id for hit in answer.hits} == wanted, (node, filters)
        assert (answer.total, answer.relaxed, len(answer.hits)) == (len(wanted), 0, len(wanted))
        scores = [hit.score for hit in answer.hits]
        assert scores == sorted(scores, reverse=True)
