"""Pictures of a file are recognised one at a time; text that was read stays, and each recognised page has its confidence."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pipeline.attachments import Extractor
from pipeline.attachments.rapidocr_text import _in_order
from pipeline.attachments.read import read_attachment
from tests.support import made_files as made

FAKE = "tests.support.readers.fake_recogniser"
LONG = b" ".join(made.pdf_line("a line with rather a lot of text on it", y) for y in range(100, 700, 20))


def picture(text: str) -> bytes:
    return b"\x89PNG\r\n\x1a\n\0\0\0\rTEXT:" + text.encode()


@pytest.fixture(scope="module")
def extractor() -> Iterator[Extractor]:
    with Extractor(recogniser=FAKE, seconds=2) as one:
        yield one


def test_picture_has_text_and_stays_marked_as_scanned(extractor: Extractor) -> None:
    found = extractor.recognise(picture("通知"), 0)
    assert (found.text.pages, found.text.confidences, found.text.outcome) == (("通知",), (0.9,), "scanned")
    assert (found.pictures, found.failure, found.recogniser) == (1, None, "fake 1")


def test_pages_of_a_pdf_without_text_are_recognised_in_their_places(extractor: Extractor) -> None:
    body = made.pdf(LONG, made.SCAN, made.SCAN)
    read = read_attachment(body)
    first, second = (extractor.recognise(body, n) for n in (0, 1))
    assert (first.pictures, second.pictures) == (2, 2)
    assert first.text.confidences == (None, 0.875, None)
    assert second.text.confidences == (None, None, 0.875)
    assert first.text.pages[1] == "扫描件 1653乘2339 True"
    assert (first.text.pages[0], first.text.pages[2]) == (read.pages[0], read.pages[2])


def test_scanned_pdf_is_called_so_with_its_text_too(extractor: Extractor) -> None:
    found = extractor.recognise(made.pdf(made.SCAN), 0)
    assert (found.text.outcome, found.text.confidences) == ("scanned", (0.875,))


def test_members_of_an_archive_are_recognised_under_their_names(extractor: Extractor) -> None:
    body = made.zipped({"甲.png": picture("甲图"), "乙.txt": "乙".encode(), "丙.png": picture("丙图")})
    assert extractor.recognise(body, 1).text.pages == ("甲.png", "乙.txt\n乙", "丙.png\n丙图")
    found = extractor.recognise(body, 0)
    assert (found.text.pages, found.text.confidences) == (("甲.png\n甲图", "乙.txt\n乙", "丙.png"), (0.9, None, None))


def test_page_of_an_ofd_is_recognised_from_its_image(extractor: Extractor) -> None:
    members = made.unzipped(made.ofd('<ofd:ImageObject ResourceID="5"/>', made.ofd_text(10, 60, "有字的一页" * 20)))
    resources = "<ofd:CommonData><ofd:DocumentRes>DocumentRes.xml</ofd:DocumentRes></ofd:CommonData><ofd:Pages>"
    members["Doc_0/Document.xml"] = members["Doc_0/Document.xml"].replace("<ofd:Pages>", resources)
    listed = f'<ofd:Res {made.OFD_NS} BaseLoc="Res"><ofd:MultiMedia ID="5"><ofd:MediaFile>a.png</ofd:MediaFile></ofd:MultiMedia></ofd:Res>'
    found = extractor.recognise(made.zipped({**members, "Doc_0/DocumentRes.xml": listed, "Doc_0/Res/a.png": picture("红头")}), 0)
    assert (found.text.pages[0], found.text.confidences, found.pictures) == ("红头", (0.9, None), 1)


def test_picture_that_breaks_the_recogniser_costs_itself(extractor: Extractor) -> None:
    body = made.zipped({"1.png": picture("raise"), "2.png": picture("die"), "3.png": picture("sleep"), "4.png": picture("好")})
    found = [extractor.recognise(body, n) for n in range(4)]
    assert found[0].failure == "ValueError: a damaged picture"
    assert "memory or gave up" in (found[1].failure or "")
    assert "longer than 2 s" in (found[2].failure or "")
    assert found[3].text.pages[3] == "4.png\n好"


def test_without_a_recogniser_nothing_changes() -> None:
    with Extractor() as one:
        found = one.recognise(picture("通知"), 0)
    assert (found.text.pages, found.text.outcome, found.recogniser) == ((), "scanned", "")


def test_pieces_on_one_height_are_one_line() -> None:
    pieces = [((10.0, 30.0, 300.0), "7月1日", 1.0), ((12.0, 31.0, 20.0), "联系电话", 0.5), ((50.0, 70.0, 20.0), "次行", 1.0)]
    assert _in_order(pieces) == [("联系电话 7月1日", 0.75), ("次行", 1.0)]
