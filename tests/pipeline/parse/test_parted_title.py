"""A title in several lines or headings is one title, on pages whose containers have no known names."""

from __future__ import annotations

import pytest

from pipeline.parse.detail import read_detail
from tests.pipeline.parse.test_templates import DAY, FOOTER, LINES, NAVIGATION, NUMBER, OFFICE, TEXT, TITLE

REST = TITLE.removeprefix(OFFICE)
BEGUN, GOES_ON = REST[:8], REST[8:]
SITE = "霞浦湾区人民政府"
UNSIGNED = "".join(f"<p>{line}</p>" for line in LINES[:4])
SHAPES = {
    "lines of the block": "<div class=x1><p align=center>{office}</p><p align=center>{rest}</p>{day}{text}</div>",
    "two headings": "<h1>{office}</h1><h1>{rest}</h1>{day}<div class=x1>{text}</div>",
    "lines of one heading": "<h1><span>{office}</span><span style='display:block'>{rest}</span></h1>{day}<div class=x1>{text}</div>",
    "a wrapped heading": "<h2>{office}{begun}</h2><h2>{goes_on}</h2>{day}<div class=x1>{text}</div>",
    "a wrapped line of the block": "<div class=x1><p align=center>{office}{begun}</p><p align=center>{goes_on}</p>{day}{text}</div>",
    "three lines": "<div class=x1><p>{office}</p><p>{begun}</p><p>{goes_on}</p>{day}{text}</div>",
    "the number under it": "<div class=x1><p align=center>{office}</p><p align=center>{rest}</p><p align=center>{number}</p>{text}</div>",
    "lines over the block": "<div class=a1>{office}</div><div class=a2>{rest}</div>{day}<div class=x1>{text}</div>",
    "rows of a table": "<table><tr><td>{office}</td></tr><tr><td>{rest}</td></tr><tr><td>{day}</td></tr><tr><td>{text}</td></tr></table>",
}
NEEDS_EVIDENCE = ("lines over the block", "rows of a table")


def title_of(shape: str, page_title: str, *, office: str = OFFICE, text: str = TEXT) -> str | None:
    inner = shape.format(office=office, rest=REST, begun=BEGUN, goes_on=GOES_ON, day=DAY, number=NUMBER, text=text)
    html = f"<html><head><title>{page_title}</title></head><body>{NAVIGATION}{inner}{FOOTER}</body></html>"
    found = read_detail(html.encode(), "http://www.linshan.example/tz/1.html", content_type="text/html; charset=utf-8")
    assert found.text.removeprefix(NUMBER).lstrip().startswith(LINES[0])
    return found.title


@pytest.mark.parametrize("page_title", [SITE, f"{TITLE}-{SITE}", f"{REST}_{SITE}", "通知公告", f"{TITLE[:18]}..."])
@pytest.mark.parametrize("name", SHAPES)
def test_parted_title_is_joined(name: str, page_title: str) -> None:
    assert title_of(SHAPES[name], page_title) == TITLE


@pytest.mark.parametrize("name", [name for name in SHAPES if name not in NEEDS_EVIDENCE])
def test_parted_title_of_an_unsigned_text_is_joined(name: str) -> None:
    assert title_of(SHAPES[name], "通知公告", text=UNSIGNED) == TITLE


@pytest.mark.parametrize("name", NEEDS_EVIDENCE)
def test_name_of_the_site_over_a_title_is_no_part_of_it(name: str) -> None:
    assert title_of(SHAPES[name], f"{REST}-{SITE}", office=SITE, text=UNSIGNED) == REST
