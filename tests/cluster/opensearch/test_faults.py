"""A node is killed while documents are written; readers during a rebuild."""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Iterator

import pytest

from index.engine import Document
from index.engines import open_engine, rebuild
from index.query.tree import Everything, Phrase, Query
from tests.conftest import Figure
from tests.support.opensearch.nodes import Nodes

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),  # connections to killed nodes, which the client drops
]
COUNT = int(os.environ.get("NOTICES_BULK", "10000"))


def made(count: int, revision: int, word: str) -> Iterator[Document]:
    for n in range(1, count + 1):
        yield Document(n, revision, f"http://a.example/{n}", f"关于{word}的通知{n}", f"各县：请做好{word}工作，第{n}号。" * 3)


@pytest.fixture
def killable(nodes: Nodes) -> Iterator[Nodes]:
    """The cluster; a node that the test killed is started again."""
    if nodes.count < 3:
        pytest.skip("one node cannot lose one")
    yield nodes
    for node in nodes.nodes:
        if node.process is None:
            node.start()
    nodes.wait(nodes.count, status="green")


def test_node_killed_while_a_bulk_is_written_loses_nothing_and_doubles_nothing(killable: Nodes, url: str, figure: Figure) -> None:
    """The node that is killed is the one that the requests go to."""
    engine = open_engine(url, write=True)
    killed: list[float] = []

    def kill() -> None:
        while _count(killable, url) < COUNT // 5:
            time.sleep(0.05)
        killable.nodes[0].kill()
        killed.append(time.monotonic())

    thread = threading.Thread(target=kill)
    thread.start()
    assert engine.write(made(COUNT, 1, "防汛")) == COUNT
    ended = time.monotonic()
    thread.join()
    assert killed
    assert killed[0] < ended, "the node was killed after the last bulk"
    assert engine.versions() == {(n, 1) for n in range(1, COUNT + 1)}
    assert engine.count() == COUNT
    assert engine.search(Query("", Phrase("防汛"))).total == COUNT
    engine.close()
    figure("a node of three killed during a bulk", COUNT, "0 lost, 0 twice")


def _count(nodes: Nodes, url: str) -> int:
    """How many operations the primaries of the index have taken, seen or not."""
    name = url.partition("?")[0].rpartition("/")[2]
    try:
        found = nodes.ask(f"/{name}/_stats/indexing")
    except OSError:
        return 0
    return int(found["_all"]["primaries"]["indexing"]["index_total"])  # type: ignore[index]


def test_reader_during_rebuilds_sees_the_old_or_the_new_never_half(nodes: Nodes, url: str, figure: Figure) -> None:
    count, rounds = 300, 6
    rebuild(url, made(count, 1, "防汛"))
    done, seen, wrong = threading.Event(), list[int](), list[str]()

    def read() -> None:
        while not done.is_set():
            engine = open_engine(url)
            revisions = {revision for _ident, revision in engine.versions()}
            total = engine.search(Query("", Everything()), limit=0).total
            if len(revisions) != 1 or total != count or engine.count() != count:
                wrong.append(f"{revisions} {total}")
            seen.extend(revisions)
            engine.close()

    readers = [threading.Thread(target=read) for _ in range(2)]
    for each in readers:
        each.start()
    try:
        for revision in range(2, 2 + rounds):
            rebuild(url, made(count, revision, random.Random(revision).choice(("防汛", "防火"))))
    finally:
        done.set()
        for each in readers:
            each.join()
    assert wrong == []
    assert len(set(seen)) > rounds // 2
    figure("readers while an index is rebuilt and swapped", f"{rounds} rebuilds, {len(seen)} reads", "the old or the new, never half")
