"""Two answers without an end are one page when they end in the same words."""

from __future__ import annotations

from crawler.http.complete_body import shown_digest

PAGE = "<html><body><p>各县区人民政府：</p><p>请完成巡查。</p>{}<p>特此通知。</p>"


def test_pages_that_differ_in_counters_tokens_and_comments_are_the_same() -> None:
    pieces = ("<!-- 12 -->", "<!-- 13 -->", "<p>浏览次数：7</p>", "<p>浏览次数：8</p>", '<script>t="a1"</script>', '<img src="/x?t=9">')
    made = {shown_digest(PAGE.format(piece).encode()) for piece in pieces}
    assert len(made) == 2  # with and without the counter's label


def test_pages_that_were_cut_differently_differ() -> None:
    whole = PAGE.format("").encode()
    assert len({shown_digest(whole[: len(whole) - n]) for n in range(8, 40, 8)}) == 4


def test_page_that_ends_in_a_script_is_compared_byte_for_byte() -> None:
    cut = PAGE.format("") + "<script>var a = '{}"
    assert shown_digest(cut.format(1).encode()) != shown_digest(cut.format(12).encode())


def test_other_files_are_compared_byte_for_byte() -> None:
    assert shown_digest(b"%PDF-1.4 1") != shown_digest(b"%PDF-1.4 2")
