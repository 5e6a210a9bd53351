"""What cites an instrument is looked up in an index; the answer is that of a scan over all citations."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, event, select
from sqlalchemy.orm import Session

from notices.config import load_config
from pipeline.relations.citations import cited_by, instrument_of, known_then, meant
from pipeline.sql import tables
from pipeline.sql.database import open_database
from tests.support.quick_home import QuickHome

_PLACES, _WORKS = ("临杉市", "临杉市河东县", "XIAN示范区"), ("河道巡查", "校车线路", "Ａ类食品抽检", "防汛")


def lines(count: int) -> Iterator[dict[str, object]]:
    """Notices of few titles in several spellings; most name an earlier one by title, by number or by both."""
    rng = random.Random(16)
    made: list[tuple[str, str]] = []
    for n in range(count):
        place, work, kind = rng.choice(_PLACES), rng.choice(_WORKS), rng.choice(("通知", "意见", "办法"))
        title = f"{place}人民政府关于{'印发《' if kind == '办法' else ''}{work}工作{'的' if kind != '办法' else ''}{kind}{'》的通知' if kind == '办法' else ''}"
        number, text = f"临政〔{2010 + n % 12}〕{n}号", "现通知如下。"
        if made:
            cited, its = rng.choice(made)
            spelled = rng.choice(
                (cited, cited.split("人民政府", 1)[1], f"{cited}（试行）", f"{work}工作办法", cited.replace("关于", " 关于 "))
            )
            named = rng.choice((f"《{spelled}》", f"《{spelled}》（{its}）", f"（{its}）"))
            text = f"根据{named}的要求，现通知如下。" if rng.random() < 0.6 else f"{named}同时废止。"
        made.append((title, number))
        yield {
            "url": f"http://a.example/{n}.html",
            "title": title,
            "text": f"{text}\n第{n}次会议议定的事项由各单位落实。" * 3,
            "document_number": number if n % 3 else None,
            "published_date": f"{2010 + n % 12}-03-01",
        }


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    home = QuickHome(tmp_path_factory.mktemp("citations"))
    file = home.path / "in.jsonl"
    file.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines(60)), encoding="utf-8")
    home.run("import", str(file))
    engine = open_database(load_config({"NOTICES_HOME": str(home.path)}))
    yield engine
    engine.dispose()


def by_scan(session: Session, notice_id: int) -> set[tuple[int, str]]:
    """The notices that state a relation to this one, with it: every citation is resolved."""
    one = instrument_of(session, notice_id)
    found = set()
    query = select(tables.CitationRow, tables.RevisionRow.notice_id).join(
        tables.RevisionRow, tables.CitationRow.revision_id == tables.RevisionRow.id
    )
    for row, citing in session.execute(query).all():
        other = instrument_of(session, citing)
        groups = {each.group for each in known_then(meant(session, row.target_key, row.target_title), other.date)}
        if other.group != one.group and one.group in groups:
            found.add((other.group, row.relation))
    return found


def test_what_cites_a_notice_is_what_a_scan_over_all_citations_finds(database: Engine) -> None:
    with Session(database) as session:
        every = session.scalars(select(tables.NoticeRow.id)).all()
        wanted = {ident: by_scan(session, ident) for ident in every[::3]}
        found = {
            ident: {(link.other.group, link.relation) for link in cited_by(session, instrument_of(session, ident)) if link.other}
            for ident in wanted
        }
    assert found == wanted
    assert sum(map(len, wanted.values())) > 20


def test_no_statement_about_relations_reads_a_whole_table(database: Engine) -> None:
    asked: list[tuple[str, object]] = []
    with Session(database) as session:
        one = instrument_of(session, 5)
        event.listen(database, "before_cursor_execute", lambda _c, _cursor, text, values, _x, _many: asked.append((text, values)))
        cited_by(session, one)
    with database.connect() as connection:
        for statement, values in asked[:]:
            if statement.startswith("SELECT"):
                steps = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)]  # type: ignore[arg-type]
                assert not [step for step in steps if step.startswith("SCAN")], (statement, steps)
    assert asked
