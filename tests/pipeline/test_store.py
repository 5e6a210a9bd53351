"""Revisions: what makes one, what does not, and that a reading is stored whole or not at all."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from notices.attachment import AttachmentText, StoredAttachment
from notices.config import load_config
from notices.model import Alias, Anatomy, Citation, Notice
from pipeline.sql import outbox, tables
from pipeline.sql.base import Base
from pipeline.sql.database import open_database
from pipeline.sql.runs import source_id
from pipeline.store import Reading, store_reading

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
NOTICE = Notice(
    url="http://www.linshan.example/1.html",
    title="关于做好防汛工作的通知",
    text="各县区：\n请做好防汛（以下简称“汛防”）工作。",
    published_date=date(2026, 11, 20),
    anatomy=Anatomy(aliases=(Alias("汛防", "防汛"),), citations=(Citation("cites", "防汛办法", None, None, "根据《防汛办法》"),)),
)
FILE = StoredAttachment(
    "http://www.linshan.example/1.docx", AttachmentText("表.docx", ("第一页", "第二页"), media_type="docx"), "sha256:aa", 5
)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Engine]:
    engine = open_database(load_config({"NOTICES_HOME": str(tmp_path)}))
    yield engine
    engine.dispose()


def store(database: Engine, notice: Notice = NOTICE, attached: tuple[StoredAttachment, ...] = (FILE,)) -> str:
    source = source_id(database, "linshan")
    with Session(database) as session, session.begin():
        return store_reading(session, source, Reading(notice, attached, None, NOW))


def count(database: Engine, table: type[Base]) -> int:
    with Session(database) as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_first_reading_is_new_and_waits_for_the_index(database: Engine) -> None:
    assert store(database) == "new"
    pending = outbox.pending(database)
    revision = outbox.newest_revisions(database, pending.notice_ids)[0]
    assert (revision.n, revision.title, revision.notice.source.name) == (1, NOTICE.title, "linshan")
    assert [a.text for a in revision.attachments] == ["第一页\f第二页"]
    assert [(a.short, a.long) for a in revision.aliases] == [("汛防", "防汛")]
    outbox.acknowledge(database, pending.rows)
    assert outbox.pending_count(database) == 0


def test_same_content_again_adds_nothing(database: Engine) -> None:
    store(database)
    assert store(database, replace(NOTICE, text="各县区：\n\n 请做好防汛（以下简称“汛防”）工作。 ")) == "unchanged"
    assert count(database, tables.RevisionRow) == 1
    assert count(database, tables.OutboxRow) == 1


@pytest.mark.parametrize(
    "changed",
    [
        replace(NOTICE, text=NOTICE.text.replace("请", "须")),
        replace(NOTICE, title="关于做好防汛工作的通告"),
        replace(NOTICE, document_number="临政〔2026〕1号"),
    ],
)
def test_one_changed_character_makes_one_revision(database: Engine, changed: Notice) -> None:
    store(database)
    assert store(database, changed) == "revised"
    assert store(database, changed) == "unchanged"
    assert count(database, tables.RevisionRow) == 2
    assert count(database, tables.NoticeRow) == 1


def test_changed_attachment_makes_a_revision(database: Engine) -> None:
    store(database)
    other = FILE.text._replace(pages=("第一页", "第三页"))
    assert store(database, attached=(FILE._replace(digest="sha256:bb", text=other),)) == "revised"
    assert store(database, attached=()) == "revised"


def test_file_made_again_with_the_same_text_makes_none(database: Engine) -> None:
    store(database)
    again = FILE._replace(digest="sha256:bb", size=900)
    assert store(database, attached=(again,)) == "unchanged"
    assert store(database, attached=(again._replace(text=again.text._replace(pages=("第一", "页第二页"))),)) == "unchanged"
    assert store(database, attached=(again._replace(size=90_000),)) == "revised"  # a picture came in
    assert store(database, attached=(again._replace(size=90_000, text=again.text._replace(name="乙表.docx")),)) == "revised"


@pytest.mark.parametrize("outcome", ["scanned", "encrypted", "broken"])
def test_other_bytes_of_a_file_without_text_make_one(database: Engine, outcome: str) -> None:
    file = FILE._replace(text=AttachmentText("表.pdf", outcome=outcome))
    store(database, attached=(file,))
    assert store(database, attached=(file._replace(digest="sha256:bb"),)) == "revised"


def test_counters_and_clocks_make_none_and_stay_in_the_text(database: Engine) -> None:
    page = "浏览次数：{}\n今天是2026年11月{}日 星期二\n请做好防汛工作。\ntoken: {}"
    store(database, replace(NOTICE, text=page.format(12, 3, "a81f03c7d2")))
    assert store(database, replace(NOTICE, text=page.format("1,313", 25, "77ffe01b9a"))) == "unchanged"
    assert store(database, replace(NOTICE, text=page.format(12, 3, "a81f03c7d2").replace("防汛", "抗旱"))) == "revised"
    with Session(database) as session:
        assert "浏览次数：12" in session.scalars(select(tables.RevisionRow.text)).all()[0]


def test_http_and_https_copies_are_one_notice(database: Engine) -> None:
    store(database)
    assert store(database, replace(NOTICE, url=NOTICE.url.replace("http:", "https:"))) == "unchanged"


def test_failing_transaction_leaves_nothing(database: Engine) -> None:
    source = source_id(database, "linshan")
    with pytest.raises(RuntimeError), Session(database) as session, session.begin():
        store_reading(session, source, Reading(NOTICE, (FILE,), None, NOW))
        raise RuntimeError("power cut")
    written = (tables.NoticeRow, tables.RevisionRow, tables.AttachmentRow, tables.OutboxRow)
    assert [count(database, t) for t in written] == [0, 0, 0, 0]
