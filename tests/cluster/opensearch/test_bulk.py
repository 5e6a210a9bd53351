"""Bulks: none is lost silently, an older document never replaces a newer, a busy cluster is given time."""

from __future__ import annotations

import json
import logging
import random
import urllib.request

import pytest

from index.engine import Document, Engine
from index.engines import open_engine, rebuild
from index.query.tree import Phrase
from notices.errors import DocumentsRefused
from tests.support.corpora import a_document, ids
from tests.support.opensearch.door import Door, too_busy
from tests.support.opensearch.nodes import Nodes

pytestmark = pytest.mark.cluster
_TOO_LARGE = 2**63  # an id that no column of the cluster takes


def notice(ident: int, text: str = "关于堤防巡查的通知", revision: int = 1) -> Document:
    return Document(ident, revision, f"http://a.example/{ident}", "通知", text)


@pytest.mark.parametrize("seed", range(3))
def test_bad_documents_in_a_bulk_are_named_and_all_others_are_written(engine: Engine, seed: int) -> None:
    chance, count = random.Random(seed), 2_000
    bad = set(chance.sample(range(1, count + 1), count // 100))
    with pytest.raises(DocumentsRefused, match=f"refused {len(bad)} documents") as refused:
        engine.write(notice(n + _TOO_LARGE if n in bad else n) for n in range(1, count + 1))
    assert {n - _TOO_LARGE for n in refused.value.notices} == bad
    assert engine.versions() == {(n, 1) for n in range(1, count + 1) if n not in bad}


def test_rebuild_with_a_bad_document_leaves_the_index_as_it_was(engine: Engine, url: str) -> None:
    engine.write([notice(1)])
    with pytest.raises(DocumentsRefused):
        rebuild(url, [notice(2), notice(_TOO_LARGE)])
    fresh = open_engine(url)
    assert fresh.versions() == {(1, 1)}
    fresh.close()


def test_older_document_never_replaces_a_newer(engine: Engine, caplog: pytest.LogCaptureFixture) -> None:
    newer, older = notice(1, "甲乙", 2)._replace(seq=8), notice(1, "丙丁", 1)._replace(seq=7)
    engine.write([newer])
    with caplog.at_level(logging.WARNING, "index.opensearch"):
        engine.write([older])
    assert "1 documents are newer" in caplog.text
    assert (engine.versions(), ids(engine, Phrase("甲乙"))) == ({(1, 2)}, [1])
    engine.write([newer._replace(text="戊己")])  # of the same moment: what was repaired is written again
    assert ids(engine, Phrase("戊己")) == [1]


def test_notice_that_was_deleted_comes_back_without_a_newer_change(engine: Engine) -> None:
    engine.write([notice(1)._replace(seq=8), notice(2)._replace(seq=8)])
    engine.write([], deleted=[1, 3])
    assert engine.versions() == {(2, 1)}
    engine.write([notice(1)._replace(seq=8)])
    assert engine.versions() == {(1, 1), (2, 1)}


def test_bulk_is_sent_again_until_a_busy_cluster_takes_it(nodes: Nodes, url: str) -> None:
    sent: list[int] = []

    def refuse(path: str, body: bytes) -> tuple[int, bytes] | None:
        """Refuse every second bulk; of the others a part of the documents."""
        if "_bulk" not in path:
            return None
        sent.append(len(body))
        if len(sent) % 2:
            return too_busy()
        lines = body.splitlines()
        if len(lines) <= 6:
            return None
        taken = b"\n".join(lines[: len(lines) // 4 * 2]) + b"\n"
        request = urllib.request.Request(f"http://127.0.0.1:{nodes.nodes[0].port}{path}", taken, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as found:
            done = json.load(found)
        rest = [json.loads(line)["index"]["_id"] for line in lines[len(lines) // 4 * 2 :: 2]]
        error = {"type": "rejected_execution_exception", "reason": "queue is full"}
        items = [*done["items"], *({"index": {"_id": ident, "status": 429, "error": error}} for ident in rest)]
        return 200, json.dumps({"took": 1, "errors": True, "items": items}).encode()

    with Door(nodes.nodes[0].port, refuse=refuse) as door:
        held = open_engine(url.replace(nodes.hosts, door.host), write=True)
        assert held.write(a_document(random.Random(n), n) for n in range(1, 41)) == 40
        assert {ident for ident, _revision in held.versions()} == set(range(1, 41))
        held.close()
    assert len(sent) > 6
