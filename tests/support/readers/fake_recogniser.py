"""A recogniser without a model: it says what size a picture has, and breaks where the picture asks for it."""

from __future__ import annotations

import os
import time

from pipeline.attachments.recognition import Bitmap, Recognised, Recogniser


class _Fake:
    name = "fake 1"

    def recognise(self, picture: bytes | Bitmap) -> Recognised:
        """The text after the sign of an image file; for a rendered page its size."""
        if isinstance(picture, Bitmap):
            return Recognised(f"扫描件 {picture.width}乘{picture.height} {len(picture.data) == 3 * picture.width * picture.height}", 0.8754)
        text = picture.partition(b"TEXT:")[2].decode()
        if text == "raise":
            raise ValueError("a damaged picture")
        if text == "die":
            os.abort()
        if text == "sleep":
            time.sleep(60)
        return Recognised(text, 0.9)


def recogniser() -> Recogniser:
    """What the worker asks for."""
    return _Fake()
