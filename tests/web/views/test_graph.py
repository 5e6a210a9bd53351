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


def test_a_text_has_the_form_of_a_document() -> None:
    text = "各县区人民政府：\n现就有关事项通知如下：\n一、总体要求\n于2024年3月1日前报送：\n临杉市人民政府办公室\n2024年3月1日\n附件1\n二〇二四年三月一日"
    places = {line.text: line.place for line in lines_of(text)}
    assert [text for text, place in places.items() if place == "end"] == ["临杉市人民政府办公室", "2024年3月1日", "二〇二四年三月一日"]
    assert [text for text, place in places.items() if place == "start"] == ["各县区人民政府："]
