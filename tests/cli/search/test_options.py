"""The command line as a request: nothing of argparse goes further."""

from __future__ import annotations

from datetime import date

import pytest

from cli.search.options import Options, read_options
from index.engine import Page
from index.query.fields import Filters
from index.search import SearchRequest


def test_words_alone_are_the_plain_request() -> None:
    assert read_options(["两感", "调查"]) == Options(SearchRequest("两感 调查"))


def test_every_option_reaches_the_request() -> None:
    words = (
        "两感 --source 甲 --source 乙 --issuer 局 --region 河南 --kind 通知 --number 3号 --state 已撤下 --since 2020-10 --until 2021 --date-field written"
        " --has attachment --in title --sort date --limit 5 --after undated.3 --all-copies --exact --facets --json --no-color --unmasked"
    )
    filters = Filters(
        source=("甲", "乙"), issuer="局", region="河南", kind=("通知",), number="3号", state=("withdrawn",), since=date(2020, 10, 1),
        until=date(2021, 12, 31), date_field="written_date", has_attachment=True, scope="title",
    )  # fmt: skip
    request = SearchRequest(
        "两感", filters, Page(5, 0, "date"), after="undated.3", exact=True, every_copy=True, facets=True, wants_next=True, masked=False
    )
    assert read_options(words.split()) == Options(request, form="json", colour=False)


def test_a_table_needs_no_snippets_and_other_questions_have_their_place() -> None:
    assert read_options(["两感", "--csv"]) == Options(SearchRequest("两感", snippets=False), form="csv")
    assert read_options(["--batch", "-", "--limit", "3"]) == Options(SearchRequest(page=Page(3)), batch="-")
    assert read_options(["--json", "--", "-abc", "--json"]).request.text.split() == ["-abc", "--json"]
    assert read_options(["--similar", "7", "--offset", "2"]) == Options(SearchRequest(page=Page(10, 2), similar="7"))
    assert read_options(["--complete", "临政"]) == Options(SearchRequest(), complete="临政")


@pytest.mark.parametrize("words", [["x", "--similar", "3"], ["x", "--batch", "f"], ["x", "--after", "c", "--offset", "2"], []])
def test_questions_that_exclude_each_other_end_with_2(words: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        read_options(words)
    assert ended.value.code == 2
