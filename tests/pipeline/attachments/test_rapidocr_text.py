"""The real recogniser on pages drawn here: in its confined process, within its bounds, without network. `make test-ocr` installs it."""

from __future__ import annotations

import difflib
import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from operations.preserve.recognising import _MEMORY, _RAPIDOCR, _SECONDS
from pipeline.attachments import Extractor

pytest.importorskip("rapidocr", reason="the extra ocr is not installed")
pytest.importorskip("onnxruntime", reason="the extra ocr is not installed")
from PIL import Image, ImageDraw, ImageFilter, ImageFont

FONTS = [path for sign in ("*CJK*Regular*", "wqy*", "DroidSansFallback*") for path in sorted(Path("/usr/share/fonts").rglob(sign))]
pytestmark = pytest.mark.skipif(not FONTS, reason="no font with Chinese characters is installed")
LINES = (
    "林山县防汛抗旱指挥部文件",
    "林汛〔2031〕17号",
    "关于开展水库堤坝安全巡查的通知",
    "各乡镇人民政府，县直有关单位：",
    "近日我县将有持续强降雨。为保障群众生命财产安全，",
    "现就有关事项通知如下：",
    "一、加强值班值守，落实二十四小时巡查制度。",
    "二、发现险情立即报告，联系电话：0799-8123456。",
    "2031年6月8日",
)


@pytest.fixture(scope="module")
def extractor() -> Iterator[Extractor]:
    with Extractor(recogniser=_RAPIDOCR, seconds=_SECONDS, memory=_MEMORY) as one:
        yield one


def page(turn: float = 0.0, blur: float = 0.0) -> Image.Image:
    image = Image.new("RGB", (1240, 1000), "white")
    font = ImageFont.truetype(str(FONTS[0]), 36)
    for number, line in enumerate(LINES):
        ImageDraw.Draw(image).text((120, 100 + 90 * number), line, font=font, fill="black")
    return image.rotate(turn, fillcolor="white").filter(ImageFilter.GaussianBlur(blur))


def stored(image: Image.Image, kind: str) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind)
    return buffer.getvalue()


def likeness(text: str) -> float:
    return difflib.SequenceMatcher(None, "".join(text.split()), "".join("".join(LINES).split()), autojunk=False).ratio()


@pytest.mark.parametrize("kind", ["PNG", "PDF"])
def test_page_is_recognised_in_every_format(kind: str, extractor: Extractor) -> None:
    found = extractor.recognise(stored(page(), kind), 0)
    assert (found.failure, found.pictures, found.text.outcome) == (None, 1, "scanned")
    assert likeness(found.text.pages[0]) > 0.97
    assert (found.text.confidences[0] or 0) > 0.9
    assert found.recogniser.startswith("rapidocr ")


def test_page_that_was_scanned_badly_is_nearly_right(extractor: Extractor) -> None:
    found = extractor.recognise(stored(page(1.5, 1.2), "JPEG"), 0)
    assert likeness(found.text.pages[0]) > 0.93


def test_every_sheet_of_a_fax_is_recognised(extractor: Extractor) -> None:
    buffer = io.BytesIO()
    page().save(buffer, "TIFF", save_all=True, append_images=[page()])
    assert extractor.recognise(buffer.getvalue(), 0).text.pages[0].count("堤坝安全巡查") == 2


def test_blank_page_has_no_text(extractor: Extractor) -> None:
    found = extractor.recognise(stored(Image.new("RGB", (800, 600), "white"), "PNG"), 0)
    assert (found.failure, found.text.pages, found.text.confidences) == (None, ("",), (0.0,))


def test_damaged_image_is_a_failure_and_the_next_one_is_read(extractor: Extractor) -> None:
    assert extractor.recognise(stored(page(), "PNG")[:3000], 0).failure
    assert extractor.recognise(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", 0).failure
    assert "通知" in extractor.recognise(stored(page(), "BMP"), 0).text.pages[0]


def test_image_of_too_many_dots_is_refused(extractor: Extractor) -> None:
    bomb = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(bomb, "PNG")
    assert "pixels" in (extractor.recognise(bomb.getvalue(), 0).failure or "")
