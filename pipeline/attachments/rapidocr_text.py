"""RapidOCR as a recogniser (the extra `ocr`): PaddleOCR's models for Chinese and Latin script, inside the package, run by onnxruntime."""

from __future__ import annotations

import io
import os
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from pipeline.attachments.recognition import Bitmap, Recognised, Recogniser

if TYPE_CHECKING:
    import numpy as np
    from rapidocr import RapidOCR

_PACKAGES = ("rapidocr", "onnxruntime")
_MOST_FRAMES = 50  # of a TIFF, as a fax machine writes it
_MOST_PIXELS = 80_000_000
_SAME_LINE = 0.5  # of a line's height


def missing() -> list[str]:
    """The packages of the extra that are not installed."""
    lacking = []
    for package in _PACKAGES:
        try:
            version(package)
        except PackageNotFoundError:
            lacking.append(package)
    return lacking


def version_name() -> str:
    """What the recognised text is kept with; raises PackageNotFoundError without the extra."""
    return f"rapidocr {version('rapidocr')}, onnxruntime {version('onnxruntime')}"


def recogniser() -> Recogniser:
    """The recogniser, its models loaded: a process that has given up its files cannot load them later."""
    return _RapidOcr()


class _RapidOcr:
    """Text lines from top to bottom, those beside each other from left to right."""

    def __init__(self) -> None:
        from rapidocr import RapidOCR  # the extra ocr: only its own process needs it

        threads = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        self._ocr: RapidOCR = RapidOCR(params={"Global.log_level": "critical", "EngineConfig.onnxruntime.intra_op_num_threads": threads})
        self.name = version_name()
        self.recognise(Bitmap(320, 64, b"\xff" * (320 * 64 * 3)))  # detection is loaded with the first picture, the others by name
        self._ocr._load_cls_model()
        self._ocr._load_rec_model()

    def recognise(self, picture: bytes | Bitmap) -> Recognised:
        """The text of an image file or of a rendered page."""
        lines: list[tuple[str, float]] = []
        for frame in _frames(picture):
            lines += self._lines(frame)
        characters = sum(len(text) for text, _ in lines)
        confidence = sum(len(text) * score for text, score in lines) / characters if characters else 0.0
        return Recognised("\n".join(text for text, _ in lines), confidence)

    def _lines(self, frame: np.ndarray) -> list[tuple[str, float]]:
        found = self._ocr(frame)
        if found.txts is None or found.boxes is None or found.scores is None:
            return []
        boxes = [(float(box[:, 1].min()), float(box[:, 1].max()), float(box[:, 0].min())) for box in found.boxes]
        return _in_order(list(zip(boxes, found.txts, map(float, found.scores), strict=True)))


def _in_order(pieces: list[tuple[tuple[float, float, float], str, float]]) -> list[tuple[str, float]]:
    """Pieces of a page (top, bottom, left; text; confidence) as lines: those on one height are one line, parted by blanks."""
    rows: list[list[tuple[tuple[float, float, float], str, float]]] = []
    for piece in sorted(pieces):
        (top, bottom, _), _, _ = piece
        if rows and (top + bottom) / 2 - rows[-1][0][0][0] < (1 - _SAME_LINE / 2) * (rows[-1][0][0][1] - rows[-1][0][0][0]):
            rows[-1].append(piece)
        else:
            rows.append([piece])
    lines = []
    for row in rows:
        row.sort(key=lambda piece: piece[0][2])
        text, size = " ".join(text for _, text, _ in row), sum(len(text) for _, text, _ in row)
        lines.append((text, sum(len(text) * score for _, text, score in row) / max(size, 1)))
    return lines


def _frames(picture: bytes | Bitmap) -> list[np.ndarray]:
    """The pictures in the file, as rows of blue, green, red; turned as the camera noted. Raises ValueError for one that is too large."""
    import numpy as np  # the extra ocr: only its own process needs it
    from PIL import Image, ImageOps, ImageSequence

    if isinstance(picture, Bitmap):
        return [np.frombuffer(picture.data, dtype=np.uint8).reshape(picture.height, picture.width, 3)]
    frames = []
    with Image.open(io.BytesIO(picture)) as image:
        if image.width * image.height > _MOST_PIXELS:
            raise ValueError(f"{image.width} by {image.height} pixels")
        is_moving = image.format not in ("TIFF", "MPO")
        for frame in ImageSequence.Iterator(image):
            upright = ImageOps.exif_transpose(frame).convert("RGBA")
            page = Image.new("RGBA", upright.size, "white")  # transparent is white, as paper
            page.alpha_composite(upright)
            frames.append(np.ascontiguousarray(np.asarray(page.convert("RGB"))[:, :, ::-1]))
            if is_moving or len(frames) >= _MOST_FRAMES:
                break
    return frames
