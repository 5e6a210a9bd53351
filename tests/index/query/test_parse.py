"""The query language: what is read, what is refused, and that every text finds itself."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from index.engine import Document
from index.query.parse import Filters
from index.query.tree import Between, Everything, Is, Phrase
from index.search import read_query
from notices.errors import QueryLimitError, QuerySyntaxError
from notices.text.fold import fold
from tests.support.oracle import holds


def document(text: str = "", title: str = "", **more: object) -> Document:
    return Document(id=1, revision=1, url="http://a.example/1", title=title, text=text, **more)  # type: ignore[arg-type]


def finds(query: str, text: str, **more: object) -> bool:
    parsed = read_query(query)
    return holds(document(text, **more), parsed.node) and holds(document(text, **more), parsed.filters)


@pytest.mark.parametrize(
    ("query", "text", "hit"),
    [
        ("两感", "“两感”指数", True),
        ("“两感”指数", "两感指数", True),
        ("两感 调查", "调查“两感”", True),
        ("两感 问卷", "调查“两感”", False),
        ("两感 OR 问卷", "问卷", True),
        ("两感 -问卷", "两感问卷", False),
        ("两感 NOT 问卷", "两感", True),
        ("(两感 OR 防汛) 通知", "防汛通知", True),
        ("(两感 OR 防汛) 通知", "防汛", False),
        ('"公众 安全感"', "公众安全感", True),
        ('"公众安全感" -满意度', "公众安全感满意度", False),
        ("國辦發", "国办发", True),
        ("(三)", "第三项", False),
        ("(三)", "（三）", True),
    ],
)
def test_operators_mean_what_they_say(query: str, text: str, hit: bool) -> None:
    assert finds(query, text) is hit


@pytest.mark.parametrize(
    ("query", "hit"),
    [
        ("标题:防汛", True),
        ("标题：防汛", True),
        ("標題：防汛", True),
        ("ＴＩＴＬＥ：防汛", True),
        ("文號:临政", True),
        ("發文機關:水务", True),
        ("地區:河南", True),
        ("地区:內蒙古", False),
        ("日期:20261016", True),
        ("日期:2026-10-01到2026-10-31", True),
        ("日期:2025-2026", True),
        ("日期:2024年-2025年", False),
        ("狀態:在列", True),
        ("title:巡查", False),
        ("正文:巡查", True),
        ("发文机关:水务", True),
        ("文号:临政〔2026〕3号", True),
        ("文号:[2026]3号", True),
        ("文种:通知", True),
        ("文种:公告", False),
        ("日期:2026-10", True),
        ("日期:2026-10-01..2026-10-31", True),
        ("日期:2026-11..", False),
        ("日期:>=2026-10-16", True),
        ("日期:<2026-10-16", False),
        ("地区:4107 防汛", True),
        ("地区:41", True),
        ("地区:42", False),
        ("状态:在列", True),
        ("has:attachment", False),
    ],
)
def test_fields_filter(query: str, hit: bool) -> None:
    more = {
        "issuer": "临杉市水务局",
        "document_number": "临政〔2026〕3号",
        "kind": "通知",
        "region": "410700",
        "published_date": date(2026, 10, 16),
    }
    assert finds(query, "巡查堤防", title="防汛", **more) is hit


@pytest.mark.parametrize(
    "query",
    [
        "日期:昨天",
        "日期:2021..2020",
        "日期:..",
        "日期:>9999-12-31",
        "日期:<0001-01-01",
        "状态:好",
        "标题:两感 日期:明天",
        "地区:月球",
        "日期:2026-13",
        "",
        "  ",
        "“”",
        '""',
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_place(query: str) -> None:
    with pytest.raises(QuerySyntaxError) as caught:
        read_query(query)
    assert caught.value.query == query
    assert 0 <= caught.value.position <= len(query)


@pytest.mark.parametrize("query", ["感" * 400, "两感 " * 65, "(" * 30 + "a b" + ")" * 30])
def test_limits_are_refused(query: str) -> None:
    with pytest.raises(QueryLimitError):
        read_query(query)


@settings(max_examples=400)
@given(st.text(alphabet=st.sampled_from('两感 ab"“”()（）-:：OR标题日期NOT《》\n'), max_size=40))
@example("日期:")
@example('-"')
def test_any_text_parses_or_says_why_not(query: str) -> None:
    try:
        read_query(query)
    except QuerySyntaxError as error:
        assert 0 <= error.position <= len(query)
    except QueryLimitError:
        pass


RAW = st.text(alphabet=st.sampled_from('两感指数通知 ab12"“”()（）[]〔〕-—:：,，。OR标题文号日期NOT《》\n'), min_size=1, max_size=20)


@settings(max_examples=600)
@given(RAW, RAW, RAW)
@example("", "标题:通知", "")
@example("", "-2026年", "")
@example("", 'a "b', "")
@example("", "(一", "")
@example("", "两感 OR", "")
@example("", "发布日期：另行通知", "")
def test_any_run_typed_as_it_stands_finds_its_text(before: str, run: str, after: str) -> None:
    if not fold(run):
        return
    try:
        parsed = read_query(run)
    except QuerySyntaxError as error:
        assert ":" in run, error
        return
    assert holds(document(before + run + after), parsed.node)


@settings(max_examples=600)
@given(RAW, RAW, RAW, st.booleans())
@example("", "日期:2026-13", "", False)
@example("", "has:无 地区:月球", "", True)
@example("", "状态:好 -(甲", "", False)
def test_the_command_takes_any_run_as_text_too(before: str, run: str, after: str, exact: bool) -> None:
    if fold(run):
        parsed = read_query(run, lenient=True, exact=exact)
        assert holds(document(before + run + after), parsed.node)


@pytest.mark.parametrize(
    ("kind", "typed"),
    [("决定", "決定"), ("令", "命令"), ("解读", "一图读懂"), ("方案", "工作方案"), ("通知", "通知")],
)
def test_a_kind_is_found_under_every_name_it_is_written_by(kind: str, typed: str) -> None:
    assert finds(f"文种:{typed}", "甲", kind=kind)
    assert holds(document(kind=kind), read_query("", Filters(kind=(typed,))).filters)


def test_a_state_that_is_none_is_told_the_states_in_both_languages() -> None:
    with pytest.raises(QuerySyntaxError, match="withdrawn 已撤下"):
        read_query("状态:有效")


def test_nothing_resembles_one_or_two_characters() -> None:
    assert read_query("两感").relaxed_text == read_query("“两 感”").relaxed_text == ""
    assert read_query("两感办").relaxed_text == "两感办"


def test_what_is_denied_is_neither_marked_nor_resembled() -> None:
    parsed = read_query("两感 -(问卷 OR 测评) NOT 标题:公告", exact=True)
    assert parsed.highlights[1:] == ("两感",)
    assert parsed.relaxed_text == ""


def test_other_names_are_not_read_into_what_is_denied() -> None:
    parsed = read_query("通知 -两感")
    assert "满意度" not in repr(parsed)


def test_number_in_any_notation_is_understood() -> None:
    held = document("别的", document_number="国办发〔2017〕47号", number_key="国办发|2017|47", number_loose="2017|47")
    for query in (
        "国办发〔2017〕47号",
        "国办发[2017]47号",
        "国办发（2017）47号",
        "国办发 2017 47",
        "国办发2017年47号",
        "国办发47号",
        "〔2017〕47号",
        "47号文",
        "国办发2017",
    ):
        parsed = read_query(query)
        assert holds(held, parsed.node), query
        assert parsed.interpretations, query


def test_nothing_is_read_into_an_exact_query() -> None:
    parsed = read_query("国办发47号", exact=True)
    assert (parsed.interpretations, parsed.boosts, parsed.relaxed_text) == ((), (), "")


def test_filters_go_beside_the_text() -> None:
    parsed = read_query("两感", Filters(kind=("通知",), since=date(2026, 1, 1), region="410000"))
    assert parsed.node == Phrase("两感")
    assert Is("kind", ("通知",)) in parsed.filters.parts  # type: ignore[union-attr]
    assert Between("published_date", date(2026, 1, 1), None) in parsed.filters.parts  # type: ignore[union-attr]


def test_filters_alone_find_everything_they_allow() -> None:
    assert read_query("", Filters(kind=("通知",))).node == Everything()
