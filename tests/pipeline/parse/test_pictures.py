"""Pictures in place of a text are files of the notice; furniture is not, and a text that is there needs none of them."""

from __future__ import annotations

import pytest

from pipeline.parse.detail import read_detail
from pipeline.parse.pictures import MOST_PICTURES

URL = "http://www.linshan.example/tzgg/202610/t20261012_7.html"
PAGE = (
    "<html><head><title>临杉市人民政府关于防汛工作的通知</title></head><body><h1>临杉市人民政府关于防汛工作的通知</h1>"
    '<div class="TRS_Editor">{inner}</div><div class="footer"><img src="/images/gongan.png"></div></body></html>'
)


def files(inner: str) -> list[tuple[str, str | None]]:
    found = read_detail(PAGE.format(inner=inner).encode(), URL, content_type="text/html; charset=utf-8")
    return [(link.name, link.url) for link in found.files]


def test_pages_of_a_scan_are_files_in_their_order() -> None:
    scan = '<p><img src="./W020261012_1.jpg" width="900"></p><p><img data-original="/upload/2.PNG?v=1" alt="第二页.png" style="width:800px"></p>'
    base = "http://www.linshan.example"
    assert read_detail(PAGE.format(inner=scan).encode(), URL).attachments == ()
    assert files(scan) == [("W020261012_1.jpg", f"{base}/tzgg/202610/W020261012_1.jpg"), ("第二页.png", f"{base}/upload/2.PNG?v=1")]


@pytest.mark.parametrize(
    "furniture",
    [
        '<img src="/images/icon/pdf.gif">',
        '<img src="/a/btn_print.png">',
        '<img src="/a/1.jpg" width="16" height="16">',
        '<img src="/a/1.jpg" style="height: 30px">',
        '<img src="/a/1.jpg" alt="微信二维码">',
        '<img src="data:image/png;base64,AAAA">',
        '<img src="/count.jsp?id=7">',
        '<img src="javascript:1">',
        '<div class="share"><img src="/a/1.jpg"></div>',
    ],
)
def test_furniture_is_no_file(furniture: str) -> None:
    assert files(f'<p><img src="scan.jpg"></p>{furniture}') == [("scan.jpg", "http://www.linshan.example/tzgg/202610/scan.jpg")]


def test_picture_beside_a_text_is_no_file_and_their_number_is_bounded() -> None:
    assert files("<p>各县区人民政府：请于汛期前完成堤防巡查工作，并将结果报送市防汛办公室，特此通知。</p><img src='map.jpg'>") == []
    assert len(files("".join(f"<img src='{n}.jpg'>" for n in range(MOST_PICTURES + 9)))) == MOST_PICTURES


def test_picture_that_is_linked_as_a_file_is_one_file() -> None:
    assert files("<p><a href='scan.jpg'>扫描件.jpg</a><img src='scan.jpg'></p>") == [
        ("扫描件.jpg", "http://www.linshan.example/tzgg/202610/scan.jpg")
    ]
