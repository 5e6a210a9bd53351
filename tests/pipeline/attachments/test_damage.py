"""Damage costs what it hit: a member of an archive, a page, a slide. The rest is read, and the detail names it."""

from __future__ import annotations

import io
import random

import py7zr

from pipeline.attachments.read import read_attachment
from tests.support import made_files as made

CHANCE = random.Random(7)
TEXTS = {f"册{n}.txt": f"第{n}册 {CHANCE.randbytes(300).hex()}".encode() for n in range(4)}


def seven(members: dict[str, bytes], how: dict[str, int] | None = None, *, apart: bool = False) -> bytes:
    """A 7z archive; `apart` packs each member in a folder of its own."""
    buffer = io.BytesIO()
    filters = None if how is None else [how]
    for name, data in members.items():
        first = not buffer.getvalue()
        if first or apart:
            buffer.seek(0)
            archive = py7zr.SevenZipFile(buffer, "w" if first else "a", filters=filters)
        archive.writestr(data, name)
        if apart:
            archive.close()
    if not apart:
        archive.close()
    return buffer.getvalue()


def hit(body: bytes, at: int) -> bytes:
    return body[:at] + bytes([body[at] ^ 0x55]) + body[at + 1 :]


def read_names(body: bytes) -> tuple[list[str], str | None]:
    found = read_attachment(body)
    return [page.split("\n")[0] for page in found.pages if "\n第" in page], found.detail


def test_damaged_member_of_a_solid_7z_costs_itself_alone() -> None:
    body = seven(TEXTS, {"id": py7zr.FILTER_COPY})
    names, detail = read_names(hit(body, body.find(TEXTS["册2.txt"][20:60]) + 5))
    assert names == ["册0.txt", "册1.txt", "册3.txt"]
    assert detail == "1 of 4 members without text: 册2.txt broken (ValueError: the checksum of the member is wrong)"


def test_damaged_folder_of_a_7z_costs_its_members_alone() -> None:
    body = seven(TEXTS, apart=True)
    sizes = [entry.compressed for entry in py7zr.SevenZipFile(io.BytesIO(body)).files]
    names, detail = read_names(hit(body, 32 + sizes[0] + 5))
    assert names == ["册0.txt", "册2.txt", "册3.txt"]
    assert detail is not None
    assert detail.startswith("1 of 4 members without text: 册1.txt broken (")


def test_members_of_a_solid_7z_before_the_damage_are_read() -> None:
    body = seven(TEXTS)
    names, _ = read_names(hit(body, 32 + 800))
    assert names[:1] == ["册0.txt"]
    assert len(names) < 4


def test_names_of_a_7z_that_lead_out_of_it_or_come_twice_cost_no_member() -> None:
    buffer = io.BytesIO()
    with py7zr.SevenZipFile(buffer, "w") as archive:
        for name in ("xx/甲.txt", "乙.txt", "乙.txt"):
            archive.writestr("第一册".encode(), name)
    body = bytearray(buffer.getvalue())
    found = read_attachment(bytes(body))
    assert found.pages == ("xx/甲.txt\n第一册", "乙.txt\n第一册", "乙.txt\n第一册")


def test_damaged_page_of_an_ofd_costs_itself_alone() -> None:
    members = made.unzipped(made.ofd(made.ofd_text(10, 60, "前页"), made.ofd_text(10, 60, "坏页"), made.ofd_text(10, 60, "后页")))
    members["Doc_0/Pages/P1.xml"] = members["Doc_0/Pages/P1.xml"][:40]
    found = read_attachment(made.zipped(members))
    assert (found.outcome, found.pages) == ("ok", ("前页", "", "后页"))
    assert (found.detail or "").startswith("1 of 3 pages and templates cannot be read: Doc_0/Pages/P1.xml: XMLSyntaxError")
    del members["Doc_0/Pages/P1.xml"]
    assert read_attachment(made.zipped(members)).pages == ("前页", "", "后页")


def test_damaged_template_of_an_ofd_costs_no_page() -> None:
    members = made.unzipped(made.ofd(made.ofd_text(10, 60, "正文")))
    common = '<ofd:CommonData><ofd:TemplatePage ID="2" BaseLoc="T.xml"/></ofd:CommonData><ofd:Pages>'
    members["Doc_0/Document.xml"] = members["Doc_0/Document.xml"].replace("<ofd:Pages>", common)
    members["Doc_0/Pages/P0.xml"] = members["Doc_0/Pages/P0.xml"].replace("<ofd:Content>", '<ofd:Template TemplateID="2"/><ofd:Content>')
    found = read_attachment(made.zipped({**members, "Doc_0/T.xml": "<torn"}))
    assert (found.outcome, found.pages) == ("ok", ("正文",))
    assert "Doc_0/T.xml" in (found.detail or "")


def test_ofd_whose_pages_are_all_damaged_is_broken() -> None:
    members = made.unzipped(made.ofd(made.ofd_text(10, 60, "坏页")))
    found = read_attachment(made.zipped({**members, "Doc_0/Pages/P0.xml": "<torn"}))
    assert (found.outcome, found.pages) == ("broken", ())
    assert "none of 1 pages and templates can be read: Doc_0/Pages/P0.xml" in (found.detail or "")


def test_damaged_slide_or_order_of_slides_costs_no_other_slide() -> None:
    members = made.unzipped(
        made.pptx({"slide1": "第一页", "slide2": "坏页", "slide3": "第三页"}, ["slide3", "slide1", "slide2"], {"slide1": "备注"})
    )
    members["ppt/slides/slide2.xml"] = "<torn"
    found = read_attachment(made.zipped(members))
    assert (found.outcome, found.pages) == ("ok", ("第三页", "第一页\n备注", ""))
    assert (found.detail or "").startswith("1 of 3 slides cannot be read: ppt/slides/slide2.xml: XMLSyntaxError")
    found = read_attachment(made.zipped({**members, "ppt/presentation.xml": "<torn", "ppt/notesSlides/nslide1.xml": "<torn"}))
    assert found.pages == ("第一页", "", "第三页")


def test_damaged_header_or_numbering_of_a_docx_costs_itself_alone() -> None:
    members = made.unzipped(made.word(made.paragraph("正文")))
    found = read_attachment(made.zipped({**members, "word/header1.xml": "<torn", "word/numbering.xml": "<torn"}))
    assert (found.outcome, found.pages) == ("ok", ("正文",))
    assert "not read: automatic numbers" in (found.detail or "")
    assert "not read: word/header1.xml" in (found.detail or "")
