"""A reading process whose reader of plain text crashes, as a native library may, on a text that asks for it."""

from __future__ import annotations

import ctypes
import sys
from typing import Any

from notices.attachment import AttachmentText
from pipeline.attachments.formats import markup
from pipeline.attachments.worker import main

_plain = markup.plain


def _crashing(body: bytes, *rest: Any) -> AttachmentText:
    if b"CRASH" in body:
        ctypes.string_at(0)
    return _plain(body, *rest)


if __name__ == "__main__":
    markup.plain = _crashing
    sys.exit(main())
