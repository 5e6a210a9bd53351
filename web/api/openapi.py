"""The OpenAPI document, made of the table of addresses."""

from __future__ import annotations

import re
from collections.abc import Sequence

from notices.version import PROGRAM
from operations.read.citation_check import LONGEST
from web.api.endpoints import Endpoint, Json
from web.problems import MEDIA_TYPE

_LARGEST = 2**53 - 1
_PROBLEMS = {
    "400": "the question has a value that it cannot have, or exceeds a limit",
    "403": "archived pages with personal data are not handed out",
    "404": "the archive does not contain it",
    "410": "the notice was taken down; the text says when and why",
    "451": "the notice was taken down because the law asks for it",
    "409": "a cursor of another question or of another state of the archive, or parameters that exclude each other",
    "429": "this network asks too much; Retry-After says how long to wait",
    "503": "the archive cannot be read at the moment, or is busy",
}


def document(prefix: str, endpoints: Sequence[Endpoint], takes_text: str) -> Json:
    """The document, as JSON. The address `takes_text` also takes a text by POST."""
    paths = {f"{prefix}{each.path}": {"get": _operation(each)} for each in endpoints}
    asked = paths[f"{prefix}{takes_text}"]["get"]
    body: Json = {"required": True, "content": {"text/plain": {"schema": {"type": "string", "minLength": 1, "maxLength": LONGEST}}}}
    paths[f"{prefix}{takes_text}"]["post"] = asked | {"operationId": f"{asked['operationId']}_text", "parameters": [], "requestBody": body}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Archive of published government notices",
            "version": PROGRAM,
            "description": "Read only. Personal data is starred out. Archived text is a quotation of what its source published.",
        },
        "paths": paths,
        "components": {"schemas": {"Problem": _PROBLEM}},
    }


def _operation(each: Endpoint) -> Json:
    in_path: list[Json] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "integer", "minimum": 0, "maximum": _LARGEST}}
        for name in re.findall(r"{(\w+)}", each.path)
    ]
    in_query: list[Json] = [
        {"name": p.name, "in": "query", "required": p.required, "description": p.text, "schema": p.schema} for p in each.parameters
    ]
    problems: Json = {
        status: {"description": why, "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
        for status, why in _PROBLEMS.items()
    }
    content: Json = {kind: {"schema": {"type": "object"}} if kind == "application/json" else {} for kind in each.answers}
    answer: Json = {"200": {"description": each.text, "content": content}}
    return {"operationId": each.name, "summary": each.text, "parameters": [*in_path, *in_query], "responses": answer | problems}


_PROBLEM: Json = {
    "type": "object",
    "description": "RFC 9457",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "position": {"type": "integer", "description": "the character of the query that cannot be read, from 0"},
    },
}
