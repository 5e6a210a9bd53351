"""How to cite a revision, and its proof: GB/T 7714, BibTeX, CSL-JSON, schema.org Legislation; the file that `notices prove` writes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from notices.hours import ZONE
from notices.text.display import safe
from operations.read.notice_views import LinkView, NoticeView, relations
from operations.read.revisions import revision_view
from preservation.proofs import checkpoints
from preservation.proofs.proving import prove_notice, snapshot_of
from web.json_answer import json_text
from web.pages import Reader, archive_of
from web.views.discovery import base_of

Json = dict[str, object]
_NOT_SIGNED = "The signed log does not contain this page yet; its maintainers sign it every day."
_FORCE = {
    "in_force": "InForce",
    "amended": "InForce",
    "partly_repealed": "PartiallyInForce",
    "repealed": "NotInForce",
    "expired": "NotInForce",
}
_TEX = re.compile(r"[\\{}$&#%_~^]")


def cite(request: Request) -> Response:
    """The citation in the form that the address names."""
    form = request.path_params["form"]
    if form not in _FORMS:
        raise HTTPException(404)
    view = revision_view(archive_of(request).database, request.path_params["notice"], request.path_params["n"])
    make, media_type = _FORMS[form]
    headers = {"Cache-Control": "no-cache", "X-Robots-Tag": "noindex"}
    return Response(make(request, view), media_type=media_type, headers=headers)


def gbt7714(view: NoticeView, base: str, today: date) -> str:
    """The reference of an electronic document, GB/T 7714-2015, 4.6: issuer, title, number, [EB/OL], date, [day of citation], address."""
    number = f": {view.document_number}" if view.document_number else ""
    day = view.published_date or view.written_date
    made = f"({day.isoformat()})" if day else ""
    issuer = f"{view.issuer}. " if view.issuer else ""
    return safe(
        f"{issuer}{view.title}{number}[EB/OL]. {made}[{today.isoformat()}]. {view.url}. 存档: {base}/n/{view.id}/r/{view.revision}."
    )


def _gbt7714(request: Request, view: NoticeView) -> str:
    return gbt7714(view, base_of(request), datetime.now(UTC).astimezone(ZONE).date()) + "\n"


def _bibtex(request: Request, view: NoticeView) -> str:
    day = view.published_date or view.written_date
    fields: Mapping[str, str | None] = {
        "author": f"{{{_tex(view.issuer)}}}" if view.issuer else None,
        "title": f"{{{_tex(view.title)}}}",
        "number": _tex(view.document_number or "") or None,
        "date": day.isoformat() if day else None,
        "url": _tex(view.url),
        "urldate": datetime.now(UTC).astimezone(ZONE).date().isoformat(),
        "note": _tex(f"archived: {base_of(request)}/n/{view.id}/r/{view.revision}"),
    }
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items() if value]
    return "\n".join([f"@online{{notice-{view.id}-{view.revision},", *lines, "}", ""])


def _tex(text: str) -> str:
    return _TEX.sub(
        lambda match: "\\textbackslash{}" if match[0] == "\\" else f"\\{match[0]}{{}}" if match[0] in "~^" else f"\\{match[0]}", safe(text)
    )


def _csl(request: Request, view: NoticeView) -> str:
    day = view.published_date or view.written_date
    today = datetime.now(UTC).astimezone(ZONE).date()
    value: Json = {
        "id": f"notice-{view.id}-{view.revision}", "type": "legislation", "title": view.title, "number": view.document_number,
        "author": [{"literal": view.issuer}] if view.issuer else [], "URL": view.url, "language": "zh-CN",
        "issued": {"date-parts": [[day.year, day.month, day.day]]} if day else None,
        "accessed": {"date-parts": [[today.year, today.month, today.day]]},
        "archive": base_of(request), "archive_location": f"/n/{view.id}/r/{view.revision}",
    }  # fmt: skip
    return json_text([{name: each for name, each in value.items() if each}]) + "\n"


def _jsonld(request: Request, view: NoticeView) -> str:
    base = base_of(request)
    (known,) = relations(archive_of(request).database, [view.id])
    day = view.written_date or view.published_date
    value: Json = {
        "@context": "https://schema.org", "@type": "Legislation", "@id": f"{base}/n/{view.id}/r/{view.revision}", "name": view.title,
        "legislationIdentifier": view.document_number, "legislationType": view.kind, "inLanguage": "zh-Hans",
        "legislationDate": day.isoformat() if day else None, "datePublished": view.published_date.isoformat() if view.published_date else None,
        "legislationDateVersion": view.effective_date.isoformat() if view.effective_date else None,
        "legislationPassedBy": {"@type": "GovernmentOrganization", "name": view.issuer} if view.issuer else None,
        "legislationLegalForce": f"https://schema.org/{_FORCE[view.validity]}" if view.validity in _FORCE else None,
        "legislationChanges": [_named(base, link) for link in known.cites if link.relation == "amends"],
        "legislationRepeals": [_named(base, link) for link in known.cites if link.relation == "repeals"],
        "isBasedOn": view.url, "sha256": view.snapshot.payload_digest.removeprefix("sha256:") if view.snapshot else None,
    }  # fmt: skip
    return json_text({name: each for name, each in value.items() if each}) + "\n"


def _named(base: str, link: LinkView) -> Json:
    if link.notice:
        return {"@type": "Legislation", "@id": f"{base}/n/{link.notice.id}", "name": link.notice.title}
    return {"@type": "Legislation", "name": link.title or link.number or ""}


_FORMS: Mapping[str, tuple[Callable[[Request, NoticeView], str], str]] = {
    "gbt7714": (_gbt7714, "text/plain"),
    "bibtex": (_bibtex, "application/x-bibtex"),
    "csl": (_csl, "application/vnd.citationstyles.csl+json"),
    "jsonld": (_jsonld, "application/ld+json"),
}


def proof(request: Request) -> Response:
    """The proof that the page of a revision is in the signed log, for anybody to check without the archive (docs/proofs.md)."""
    archive = archive_of(request)
    ident, n = request.path_params["notice"], request.path_params["n"]
    snapshot = snapshot_of(archive.database, ident, n)
    signed = checkpoints.newest(archive.database)
    if signed is None or signed.last_snapshot_id < snapshot.id:
        raise HTTPException(404, Reader(request).text(_NOT_SIGNED))
    made = prove_notice(archive.config, archive.database, ident, n)
    headers = {"Content-Disposition": f'attachment; filename="notice-{ident}-r{n}.proof.json"', "X-Robots-Tag": "noindex"}
    return Response(made.proof, media_type="application/json", headers=headers)
