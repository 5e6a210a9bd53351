"""An imported line to a reading: its own values first, then what its text says."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest

from notices.capture import payload_digest
from notices.errors import BadInput
from pipeline.imports import ImportedLine, capture_of, read_line, reading_of

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
LINE = {"url": "http://a.example/1", "title": "关于防汛的通知", "text": "各县区：\n请做好防汛工作。", "published_date": "2026-10-16"}


def line(**values: object) -> ImportedLine:
    return read_line(json.dumps(LINE | values, ensure_ascii=False).encode())


def test_source_is_the_lines_own_or_the_given_one() -> None:
    raw = json.dumps(LINE).encode()
    assert [read_line(raw).source, read_line(raw, "old").source, line(source="mine").source, line(source=None).source] == [
        "import",
        "old",
        "mine",
        "import",
    ]


@pytest.mark.parametrize("raw", [b"{", b"[1]", b'{"url": "http://a.example/"}', b"\xff"])
def test_line_that_is_not_a_notice_is_refused(raw: bytes) -> None:
    with pytest.raises(BadInput):
        read_line(raw)


@pytest.mark.parametrize("values", [{"url": "nowhere"}, {"published_date": "soon"}, {"title": " ", "text": ""}])
def test_line_with_a_bad_value_is_refused(values: dict[str, str]) -> None:
    with pytest.raises(BadInput):
        line(**values)


def test_lines_own_values_go_before_those_of_the_text() -> None:
    found = reading_of(line(issuer="临山市水务局", document_number="临水〔2026〕3号"), None, 5, NOW)
    notice = found.notice
    assert (notice.issuer, notice.document_number, notice.published_date) == ("临山市水务局", "临水〔2026〕3号", date(2026, 10, 16))
    assert notice.provenance == dict.fromkeys(("title", "published_date", "issuer", "document_number"), "import")
    assert (found.snapshot_id, found.read_at) == (5, NOW)


def test_region_is_that_of_the_source_or_of_the_issuer() -> None:
    found = [
        reading_of(line(issuer=issuer), region, None, NOW).notice for issuer, region in (("新乡市水务局", "110000"), ("新乡市水务局", ""))
    ]
    assert [(notice.region, notice.region_provenance) for notice in found] == [("110000", "source"), ("410700", "issuer")]


def test_issuers_full_name_in_the_text_gives_its_region() -> None:
    text = "新乡市各县（市、区）平安建设工作领导小组办公室：\n请照办。\n市平安建设工作领导小组办公室\n2026年10月16日"
    notice = reading_of(line(title="新乡市平安建设工作领导小组办公室关于开展宣传的通知", text=text), None, None, NOW).notice
    assert (notice.anatomy.issuer_full, notice.region, notice.region_provenance) == ("新乡市平安建设工作领导小组办公室", "410700", "issuer")


def test_files_have_their_text_and_its_digest_or_are_missing() -> None:
    files = [{"name": "表.docx", "text": "第一页\f第二页"}, {"name": "图.png", "url": "http://a.example/1.png"}]
    first, second = reading_of(line(attachments=files), None, None, NOW).attached
    assert (first.text.name, first.text.pages, first.digest) == ("表.docx", ("第一页", "第二页"), payload_digest("第一页\f第二页".encode()))
    assert (second.url, second.text.outcome, second.digest) == ("http://a.example/1.png", "missing", None)


def test_capture_keeps_the_lines_bytes() -> None:
    raw = json.dumps(LINE, ensure_ascii=False).encode()
    capture = capture_of(raw, read_line(raw), NOW)
    assert (capture.body, capture.kind, capture.url, capture.fetched_at) == (raw, "import", "http://a.example/1", NOW)
