"""What the packed columns are given they give back, and a value that is not theirs is damage."""

from __future__ import annotations

import zlib
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import Column, Engine, Integer, MetaData, Table, create_engine, select
from sqlalchemy.pool import StaticPool

from notices.errors import DamageFound
from pipeline.anatomy import read_anatomy
from pipeline.sql.column_types import AnatomyJson, PackedJson, PackedText, compact_json, packed, unpacked, with_depths, with_paths

ROWS = Table(
    "row", MetaData(), Column("id", Integer), Column("text", PackedText), Column("value", PackedJson), Column("anatomy", AnatomyJson)
)
TEXT = "第一条 为了加强河道管理，保障防洪安全，制定本办法。" * 40
ORDERED = (
    "一、总体要求\n各县区要提高认识。\n二、重点任务\n（一）排查隐患\n逐户排查。\n1.登记\n（二）整改\n限期整改。\n三、工作要求\n抓好落实。"
)


@pytest.fixture(scope="module")
def engine() -> Engine:
    """A database with the one table."""
    made = create_engine("sqlite://", poolclass=StaticPool, json_serializer=compact_json)
    ROWS.metadata.create_all(made)
    return made


def kept(engine: Engine, column: str, value: object) -> tuple[object, object]:
    """What a column gives back for a value, and what SQLite has stored."""
    with engine.connect() as connection:
        connection.execute(ROWS.insert().values({"id": 1, column: value}))
        back = connection.execute(select(ROWS.c[column])).scalar()
        return back, connection.exec_driver_sql(f"select {column} from row").scalar()


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=2000))
@example(TEXT)
@example("")
def test_text_comes_back_as_it_was(text: str) -> None:
    assert unpacked(packed(text)) == text


def test_long_text_takes_less_and_a_short_one_can_be_read_with_any_program(engine: Engine) -> None:
    back, stored = kept(engine, "text", TEXT)
    assert back == TEXT
    assert isinstance(stored, bytes)
    assert len(stored) * 5 < len(TEXT.encode())
    assert kept(engine, "text", "各县区：") == ("各县区：", "各县区：")
    assert kept(engine, "text", None) == (None, None)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=400), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
@example(["\ud800" * 400])
@example({"a": ["区" * 400, "\ud800"]})
def test_json_comes_back_as_it_was(engine: Engine, value: Any) -> None:
    assert kept(engine, "value", {"value": value})[0] == {"value": value}


def test_json_has_no_escapes(engine: Engine) -> None:
    assert kept(engine, "value", {"题名": "通知"})[1] == '{"题名":"通知"}'


def test_headings_are_stored_once(engine: Engine) -> None:
    anatomy = msgspec.to_builtins(read_anatomy("\n".join([ORDERED] * 30), title="关于做好防汛工作的通知"))
    back, stored = kept(engine, "anatomy", anatomy)
    assert msgspec.json.encode(back) == msgspec.json.encode(anatomy)
    assert isinstance(stored, bytes)
    plain = zlib.decompress(stored).decode()
    assert plain.count("重点任务") == 30
    assert "\\u" not in plain


_HEADING = st.text("一二三、abc", max_size=3)
_SECTION = st.fixed_dictionaries({"number": _HEADING, "heading": _HEADING, "path": st.lists(_HEADING, max_size=4)})


@given(st.lists(_SECTION, max_size=6))
def test_sections_come_back_whatever_their_paths_are(sections: list[dict[str, Any]]) -> None:
    anatomy = {"kind": "通知", "sections": sections}
    assert with_paths(with_depths(anatomy)) == anatomy


@pytest.mark.parametrize(
    "stored", [packed(TEXT)[:-5], packed(TEXT) + b"x", b"no stream", zlib.compress(b"\xff\xfe"), b""], ids=lambda value: str(value)[:9]
)
@pytest.mark.parametrize("column", ["text", "value", "anatomy"])
def test_value_that_was_not_packed_is_damage(engine: Engine, column: str, stored: object) -> None:
    with engine.connect() as connection:
        connection.exec_driver_sql(f"insert into row (id, {column}) values (1, ?)", (stored,))
        with pytest.raises(DamageFound, match="in place of"):
            connection.execute(select(ROWS.c[column])).scalar()


@pytest.mark.parametrize("sections", ['[{"path": 1}]', "[7]", "7", '[{"number": "", "heading": "", "path": null}]'])
def test_sections_that_were_not_stored_so_are_damage(engine: Engine, sections: str) -> None:
    with engine.connect() as connection:
        connection.exec_driver_sql("insert into row (id, anatomy) values (1, ?)", (f'{{"sections": {sections}}}',))
        with pytest.raises(DamageFound, match="JSON"):
            connection.execute(select(ROWS.c.anatomy)).scalar()


def test_stream_that_unpacks_to_too_much_is_damage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.sql.column_types._MOST", 1000)
    with pytest.raises(ValueError, match="too long"):
        unpacked(zlib.compress(bytes(2000)))
