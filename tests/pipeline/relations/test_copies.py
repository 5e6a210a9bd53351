"""The same instrument on several pages is one group; look-alikes are not."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from notices.config import load_config
from notices.model import DocumentNumber, Notice
from notices.reference.numbers import parse_number
from pipeline.relations.copies import copies_of
from pipeline.sql import tables
from pipeline.sql.database import open_database
from pipeline.sql.runs import source_id
from pipeline.store import Reading, store_reading
from tests.pipeline.test_store import NOW

NUMBER = parse_number("临政办〔2026〕5号")
TEXT = "各县区人民政府：\n为做好今年的防汛工作，现就堤防巡查、物资储备、值班值守等有关事项通知如下，请认真贯彻执行。\n" * 3
FIRST = Notice(
    url="http://www.linshan.example/1.html", title="临杉市人民政府办公室关于做好防汛工作的通知", text=TEXT, issuer="临杉市人民政府办公室",
    document_number="临政办〔2026〕5号", written_date=date(2026, 5, 6), published_date=date(2026, 5, 7),
)  # fmt: skip


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Engine]:
    engine = open_database(load_config({"NOTICES_HOME": str(tmp_path)}))
    yield engine
    engine.dispose()


def store(database: Engine, *notices: Notice, number: DocumentNumber | None = NUMBER) -> list[int | None]:
    source = source_id(database, "linshan")
    for notice in notices:
        with Session(database) as session, session.begin():
            store_reading(session, source, Reading(replace(notice, anatomy=replace(notice.anatomy, document_number=number)), (), None, NOW))
    with Session(database) as session:
        return [n.group_id for n in session.query(tables.NoticeRow).order_by(tables.NoticeRow.id)]


def test_repost_on_another_site_joins_the_first(database: Engine) -> None:
    repost = replace(FIRST, url="http://xian.example/9.html", title="市政府办公室关于做好防汛工作的通知", issuer="市政府办公室")
    groups = store(database, FIRST, repost)
    assert groups == [1, 1]
    with Session(database) as session:
        assert [n.id for n in copies_of(session, session.get_one(tables.NoticeRow, 1))] == [2]
        assert session.query(tables.OutboxRow).count() == 3


def test_next_year_s_notice_of_the_same_title_stays_alone(database: Engine) -> None:
    later = replace(FIRST, url="http://www.linshan.example/2.html", written_date=date(2027, 5, 6), published_date=date(2027, 5, 8))
    assert store(database, FIRST, later) == [None, None]


def test_copy_among_many_of_one_title_is_found(database: Engine) -> None:
    """A usual title is a key that leads to everybody's notices; the copy of a late one was not looked at."""
    things = ["锅炉", "水泵", "桌椅", "窗帘", "路灯", "电梯", "空调", "油漆", "管道", "草坪"]
    notices = []
    for n in range(40):
        lots = [
            f"第{n}批采购{things[(n * 7 + i) % 10]}{n * 31 + i * i}件，由{things[(n + i * 3) % 10]}组验收，预算{n * 977 + i * 131}元。"
            for i in range(8)
        ]
        notices.append(Notice(url=f"http://a.example/{n}.html", title="采购公告", text="\n".join(lots)))
    copy = replace(notices[36], url="http://b.example/36.html", text=notices[36].text + "\n来源：采购办")
    groups = store(database, *notices, copy, number=None)
    assert {n: group for n, group in enumerate(groups) if group} == {36: 37, 40: 37}


def test_archive_without_sketches_gets_them_when_a_copy_is_compared(database: Engine) -> None:
    store(database, FIRST)
    with Session(database) as session, session.begin():
        before = session.query(tables.SketchRow).one()
        kept = before.length, before.shingles, before.figures
        session.delete(before)
    assert store(database, FIRST, replace(FIRST, url="http://xian.example/9.html")) == [1, 1]
    with Session(database) as session:
        first = session.get_one(tables.SketchRow, 1)
        assert (first.length, first.shingles, first.figures) == kept


def test_copies_are_compared_without_their_texts(database: Engine) -> None:
    store(database, FIRST)
    asked = list[str]()
    event.listen(database, "before_cursor_execute", lambda _c, _cursor, statement, *_: asked.append(statement))
    assert store(database, replace(FIRST, url="http://xian.example/9.html")) == [1, 1]
    assert not [statement for statement in asked if statement.startswith("SELECT revision") and "revision.text" in statement]
