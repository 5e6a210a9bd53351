"""Attached files by every shape in which pages link to them; not the links to pages, nor the files of the site beside the notice."""

from __future__ import annotations

import pytest

from pipeline.parse.detail import read_detail

TITLE = "关于做好堤防安全生产工作的通知"
LINES = "".join(f"<p>{line}</p>" for line in ("各有关单位：", "现将有关事项通知如下，请认真贯彻执行。", "一、明确责任，抓好落实。"))
SIGNED = "<p>云岫市水利局</p><p>2026年9月8日</p>"
BASE = "http://www.yunxiu.gov.cn/tzgg/"


def files(inside: str, below: str = "") -> list[tuple[str, str]]:
    content = f"<h1>{TITLE}</h1><div>发布时间：2026-09-10</div><div class=TRS_Editor>{LINES}{inside}{SIGNED}</div>{below}"
    page = f"<html><head><meta charset=utf-8><title>{TITLE}</title></head><body>{content}<div class=footer>主办：云岫市水利局</div></body></html>"
    return [(file.name, (file.url or "").removeprefix(BASE)) for file in read_detail(page.encode(), f"{BASE}t20260910_1.html").attachments]


@pytest.mark.parametrize(
    ("inside", "found"),
    [
        ("<p><a href='javascript:;' data-href='f/c.doc'>附件2.doc</a></p>", [("附件2.doc", "f/c.doc")]),
        ("<p><a href='#' onclick=\"window.open('f/a.pdf')\">附件1.pdf</a></p>", [("附件1.pdf", "f/a.pdf")]),
        ("<p><span class=file data-url='f/d.pdf'>附件3.pdf</span></p>", [("附件3.pdf", "f/d.pdf")]),
        ("<p><button onclick=\"download('f/d.pdf')\">附件3.pdf</button></p>", [("附件3.pdf", "f/d.pdf")]),
        ("<p><a href='a.jpg'>附件：平面图</a></p>", [("附件：平面图", "a.jpg")]),
        ("<p><a href='a.jpg'><img src='a_small.jpg'></a></p>", []),
        ("<script>var files=[{'fileName':'汇总表.xlsx','filePath':'f/b.xlsx'}]</script>", [("汇总表.xlsx", "f/b.xlsx")]),
        ('<script>show({"name":"\\u6c47\\u603b\\u8868.xlsx","size":"12","url":"f\\/b.xlsx"})</script>', [("汇总表.xlsx", "f/b.xlsx")]),
        ("<script>var page={'title':'首页','url':'/index.html'}</script>", []),
        (
            "<table><tr><th>序号</th><th>名称</th><th></th></tr><tr><td>1</td><td>申报表.doc</td><td><a href='f/c.doc'>下载</a></td></tr></table>",
            [("申报表.doc", "f/c.doc")],
        ),
        ("<iframe src='/pdfjs/web/viewer.html?file=/tzgg/f/a.pdf'></iframe>", [("a.pdf", "f/a.pdf")]),
    ],
)
def test_file_is_found_by_the_shape_of_its_link(inside: str, found: list[tuple[str, str]]) -> None:
    assert files(inside) == found


def test_box_of_files_below_the_text_is_attached_and_that_of_a_side_column_is_not() -> None:
    assert files("", "<div class=fj><h3>相关附件</h3><ul><li><a href='f/b.xlsx'>汇总表.xlsx</a></li></ul></div>") == [
        ("汇总表.xlsx", "f/b.xlsx")
    ]
    assert files("", "<div class='main-right'><h3>办事指南</h3><ul><li><a href='/zn/guide.pdf'>办事指南.pdf</a></li></ul></div>") == []


def test_column_of_the_text_itself_may_be_named_by_its_side() -> None:
    content = f"<h1>{TITLE}</h1><div class=TRS_Editor>{LINES}{SIGNED}</div><ul><li><a href='f/b.xlsx'>汇总表.xlsx</a></li></ul>"
    page = f"<html><head><meta charset=utf-8><title>{TITLE}</title></head><body><div class=left>栏目</div><div class=right>{content}</div></body></html>"
    assert [file.name for file in read_detail(page.encode(), f"{BASE}t20260910_1.html").attachments] == ["汇总表.xlsx"]
