"""One call for every face: a request in, a result with its JSON shape out."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from index.engine import Document, Engine, Page
from index.engines import open_engine, rebuild
from index.meaning.expand import expand
from index.query.fields import Filters
from index.query.parse import MAX_OFFSET, parse_query
from index.query.tree import Phrase
from index.search import MAX_LIMIT, SearchRequest, SearchResult, error_as_json, read_query, search
from notices.attachment import AttachmentText
from notices.errors import QuerySyntaxError, UnknownName, UserError

CORPUS = [
    Document(1, 1, "u1", "关于两感调查的通知，电话13912345678", "一、目标\n公众安全感和政法机关执法满意度。", kind="通知", published_date=date(2026, 3, 1)),
    Document(2, 1, "u2", "两感公告", "联系人13912345678。", kind="公告", published_date=date(2026, 2, 1)),
    Document(3, 1, "u3", "得分公告", "见附件。", attachments=(AttachmentText("名单13912345678.pdf", ("河道巡查",)),)),
    Document(4, 1, "u4", "有限空间作业安全提示", "严禁盲目施救。"),
]  # fmt: skip


@pytest.fixture(scope="module", params=["whoosh", "tantivy"])
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    url = f"{request.param}://{tmp_path_factory.mktemp('search')}/index"
    rebuild(url, CORPUS)
    opened = open_engine(url)
    yield opened
    opened.close()


def ids(result: SearchResult) -> list[int]:
    return [hit.id for hit, _snippet in result.hits]


def test_a_result_has_the_documented_json_shape(engine: Engine) -> None:
    value = search(engine, SearchRequest("两感", facets=True, wants_next=True), None).as_json()
    assert list(value) == ["query", "total", "relaxed", "hits", "understood", "took_ms", "facets", "facets_counted", "next"]
    hits = value["hits"]
    assert isinstance(hits, list)
    assert list(hits[0]) == [
        "id",
        "url",
        "title",
        "source",
        "issuer",
        "document_number",
        "kind",
        "published_date",
        "written_date",
        "score",
        "exact",
        "snippet",
        "where",
        "path",
        "region",
        "state",
        "revision",
        "copies",
        "validity",
        "archived_date",
        "changed_date",
        "deadline",
        "index_number",
        "theme",
        "past",
    ]
    assert value["understood"][0]["kind"] == "alias"  # type: ignore[index]


def test_personal_data_is_masked_unless_the_request_says_otherwise(engine: Engine) -> None:
    for text in ("调查", "联系人", "河道巡查"):
        assert "13912345678" not in str(search(engine, SearchRequest(text), None).as_json())
        assert "13912345678" in str(search(engine, SearchRequest(text, masked=False), None).as_json())


def test_a_request_without_snippets_gives_none(engine: Engine) -> None:
    result = search(engine, SearchRequest("两感", snippets=False), None)
    assert {shown.snippet.text for shown in result.hits} == {""}


@pytest.mark.parametrize("page", [Page(limit=-1), Page(limit=MAX_LIMIT + 1), Page(offset=-1), Page(offset=MAX_OFFSET + 1)])
def test_a_page_beyond_the_limits_is_refused(engine: Engine, page: Page) -> None:
    with pytest.raises(UserError, match=f"offset must be 0 to {MAX_OFFSET} and limit 0 to {MAX_LIMIT}"):
        search(engine, SearchRequest("两感", page=page), None)


@pytest.mark.parametrize("sort", ["relevance", "date"])
def test_the_next_page_continues_after_the_last_hit(engine: Engine, sort: str) -> None:
    whole = ids(search(engine, SearchRequest("公告 OR 通知", page=Page(10, 0, sort), exact=True), None))
    found, after = list[int](), None
    for _ in range(len(whole) + 1):
        result = search(engine, SearchRequest("公告 OR 通知", page=Page(1, 0, sort), exact=True, after=after, wants_next=True), None)
        found, after = found + ids(result), result.next
        if after is None:
            break
    assert (found, sorted(found)) == (whole, [1, 2, 3])


def test_an_invalid_filter_is_an_error_where_no_notice_contains_its_text(engine: Engine) -> None:
    with pytest.raises(QuerySyntaxError) as raised:
        search(engine, SearchRequest("两感 日期:2026-13"), None)
    assert error_as_json("两感 日期:2026-13", raised.value) == {"query": "两感 日期:2026-13", "error": str(raised.value), "position": 3}


def test_similar_notices_leave_out_the_notice_itself(engine: Engine) -> None:
    assert 1 not in ids(search(engine, SearchRequest(similar="1"), None))
    with pytest.raises(UnknownName):
        search(engine, SearchRequest(similar="99"), None)


@pytest.mark.parametrize("word", ["2", "两感公告", "两感公", "http://a.example/2"])
def test_a_notice_is_named_by_id_title_part_of_it_or_address(engine: Engine, word: str) -> None:
    if "://" in word:
        with pytest.raises(UnknownName, match="names no notice"):
            search(engine, SearchRequest(similar=word), None)
    else:
        assert 2 not in ids(search(engine, SearchRequest(similar=word), None))


def test_a_word_that_names_several_offers_them(engine: Engine) -> None:
    with pytest.raises(UnknownName) as raised:
        search(engine, SearchRequest(similar="公告"), None)
    assert "names several notices" in str(raised.value)
    assert "\n  2  两感公告  u2" in str(raised.value)


@pytest.mark.parametrize(
    ("text", "kind", "field", "read", "near"),
    [
        ("发文:两感", "field", "", "发文", "发文机关"),
        ("作者:张三", "field", "", "作者", None),
        ("文种:通报", "value", "kind", "通报", "通知"),
        ("发文机关:火星局", "value", "issuer", "火星局", None),
    ],
)
def test_unknown_fields_and_absent_values_are_told_with_near_ones(
    engine: Engine, text: str, kind: str, field: str, read: str, near: str | None
) -> None:
    result = search(engine, SearchRequest(text), None)
    [hint] = result.advice
    assert (hint.kind, hint.field, hint.read) == (kind, field, read)
    assert (near in hint.near) if near else not hint.near
    told = result.as_json()["advice"]
    assert told == [{"kind": kind, "field": field, "read": read, "near": list(hint.near)}]


def test_an_answer_with_hits_and_an_exact_search_give_no_advice(engine: Engine) -> None:
    assert search(engine, SearchRequest("两感 文种:通知"), None).advice == ()
    assert search(engine, SearchRequest("文种:通报", exact=True), None).advice == ()


@pytest.mark.parametrize("text", ["2026-03-01", "2026年3月1日", "2026.3.1", "2026年3月", " 2026-03 "])
def test_a_day_typed_as_text_finds_what_was_published_then(engine: Engine, text: str) -> None:
    result = search(engine, SearchRequest(text), None)
    assert [(i.kind, i.meaning.split("..")[0]) for i in result.query.interpretations] == [("date", "日期:2026-03-01")]
    assert ids(result)[0] == 1
    assert result.total == 0


def test_a_title_in_its_brackets_finds_what_bears_it_before_what_cites_it(tmp_path: Path) -> None:
    corpus = [
        Document(1, 1, "u1", "临杉市河道管理条例（试行）", "第一条"),
        Document(2, 1, "u2", "临杉市河道管理条例", "第一条 为了管理河道。" * 40),
        Document(3, 1, "u3", "关于施行《临杉市河道管理条例》的通知", "《临杉市河道管理条例》已经通过。" * 9),
        Document(4, 1, "u4", "临杉市堤防管理条例", "第一条"),
    ]
    for scheme in ("whoosh", "tantivy"):
        rebuild(f"{scheme}://{tmp_path}/{scheme}", corpus)
        result = search(open_engine(f"{scheme}://{tmp_path}/{scheme}"), SearchRequest("《临杉市河道管理条例》"), None)
        assert ids(result)[0] == 2
        assert {hit.id for hit, _snippet in result.hits if hit.exact} == {1, 2, 3}


@pytest.mark.parametrize("text", ["2026", "2026-13", "2026年", "2026-02-30", "标题:2026-03-01"])
def test_a_year_and_what_is_no_day_stay_text(engine: Engine, text: str) -> None:
    assert search(engine, SearchRequest(text), None).query.interpretations == ()


def test_the_time_counts_the_snippets(engine: Engine) -> None:
    began = time.perf_counter()
    result = search(engine, SearchRequest("两感"), None)
    assert 0 < result.took_ms <= (time.perf_counter() - began) * 1000


def test_a_misspelling_gets_a_suggestion_and_an_exact_search_none(engine: Engine) -> None:
    assert search(engine, SearchRequest("有限空问作业"), None).did_you_mean == "有限空间作业"
    assert search(engine, SearchRequest("有限空问作业", exact=True), None).did_you_mean is None


def test_filters_alone_are_a_request(engine: Engine) -> None:
    assert ids(search(engine, SearchRequest(filters=Filters(kind=("公告",))), None)) == [2]


def test_an_empty_index_is_told_from_an_answer_without_hits(engine: Engine, tmp_path: Path) -> None:
    rebuild(f"whoosh://{tmp_path}/index", [])
    none = open_engine(f"whoosh://{tmp_path}/index")
    assert search(none, SearchRequest("两感"), None).empty
    none.close()
    missing = search(engine, SearchRequest("龘龘", exact=True), None)
    assert not missing.empty
    assert not missing.found


def test_parsing_expands_nothing_and_expansion_reports_what_it_adds() -> None:
    parsed = parse_query("两感")
    assert (parsed.query.node, parsed.query.interpretations, parsed.words) == (Phrase("两感"), (), ("两感",))
    expanded = expand(parsed, None)
    assert expanded == read_query("两感")
    assert [note.kind for note in expanded.interpretations] == ["alias"]
    assert read_query("两感", exact=True).interpretations == ()
