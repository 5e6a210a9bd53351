"""The drawing of a notice's neighbours, and which numbered lines are headings."""

from __future__ import annotations

import pytest
from lxml import html
from starlette.testclient import TestClient

from web.views.notice import lines_of


def test_neighbours_are_drawn_and_lead_to_their_pages(room: TestClient) -> None:
    page = html.fromstring(room.get("/n/1", headers={"accept-language": "en"}).text)
    (drawing,) = page.xpath('//*[local-name()="svg" and @class="graph"]')
    assert drawing.xpath('.//*[local-name()="a"]/@href') == ["/n/2"]
    assert "repeals" in drawing.xpath('.//*[@class="by"]/text()')
    assert page.xpath('//section[@aria-labelledby="cited"]//a/@href | //ul[@class="relations"]//a/@href')  # the same as a list
    assert not html.fromstring(room.get("/n/4").text).xpath('//*[@class="graph"]')


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("一、总体要求", 1), ("（一）明确分工", 2), ("1.各单位应于3月1日前报送材料；", 0), ("（二）加强领导。各地要成立工作专班。", 0),
        ("3.对未按规定时间完成整改任务的单位，由市政府予以通报", 0), ("二、时间、地点", 1), ("一、" + "长" * 80, 0), ("没有编号", 0),
    ],
)  # fmt: skip
def test_a_numbered_sentence_is_no_heading(text: str, level: int) -> None:
    (line,) = lines_of(text)
    assert line.level == level
