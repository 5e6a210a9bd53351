"""JSON as an answer: in UTF-8, with a validator, and readable whatever an archived text contains."""

from __future__ import annotations

import json
import re

from starlette.requests import Request
from starlette.responses import Response

from operations.read.json_values import json_value
from web.pages import validated

# What a terminal or an editor would not show as it is, halves of surrogate pairs among it: escapes that every JSON reader knows.
_UNSEEN = re.compile("[\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]")


def json_text(value: object) -> str:
    """The value in one line."""
    return _UNSEEN.sub(lambda match: f"\\u{ord(match[0]):04x}", json.dumps(json_value(value), ensure_ascii=False))


def json_answer(request: Request, value: object, media_type: str = "application/json") -> Response:
    """The value as an answer."""
    return validated(request, Response(json_text(value).encode(), media_type=media_type))


def exact_json(value: object) -> bytes:
    """JSON for another program that takes every value as it is: in ASCII, so that also a half of a surrogate pair arrives."""
    return json.dumps(value, separators=(",", ":")).encode("ascii")
