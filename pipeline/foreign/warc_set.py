"""The records of several WARC files as one collection: a first reading finds what there is and checks it, a second takes pages and their files.

Tried on files in the form of Browsertrix, wget, Heritrix and Common Crawl (tests/pipeline/foreign).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import urljoin

from notices.capture import REDIRECTS, Capture, Original
from notices.text.language import _
from notices.urls import url_key
from pipeline.foreign.answers import Answer, PassedOver, Tell
from pipeline.foreign.stretch import Stretch
from pipeline.foreign.warc_records import BadRecord, ForeignRecord, moment_of, record_at, records, wrong_digest
from pipeline.warc.series import answer_in, body_of

_MOST_REDIRECTS = 5
_SAME_PAYLOAD = "identical-payload-digest"
Kept = Callable[[str, datetime], Capture | None]


class WarcSet:
    """Answers in WARC files. `tell` is called for every other record; `kept(url, time)` gives what the archive has, for a revisit of it."""

    def __init__(self, files: Sequence[Stretch], tell: Tell, *, kept: Kept, progress: Callable[[int], None] = lambda _: None) -> None:
        self._files, self._tell, self._kept = files, tell, kept
        self._where = list[tuple[int, int]]()  # file and offset of each answer
        self._answers = list[Answer]()
        self._by_key = dict[str, list[int]]()
        self._locations = dict[int, str]()
        self._originals = dict[str, int]()  # id, address and time, or payload digest of a record, to the answer
        self._now = datetime.now(UTC)
        for number, file in enumerate(files):
            for found in records(file):
                self._note(number, found)
                progress(found.length)

    def answers(self) -> Iterator[Answer]:
        """Those that may be pages, the oldest first."""
        yield from sorted(self._answers, key=lambda each: (each.at or self._now, each.number))

    def capture(self, answer: Answer) -> Capture:
        """The answer with its body. Raises ValueError."""
        record = self._record(answer.number)
        made = _captured(record, answer)
        if record.type != "revisit":
            return made
        first = self._original_of(record)
        if first is None:
            raise ValueError(_("it repeats a record that is in none of these files, nor in the archive"))
        headers = made.headers or first.headers
        return replace(made, body=first.body, headers=headers, status=made.status or first.status)

    def file_of(self, url: str, page: Answer) -> Answer | None:
        """The answer for a link of a page: the one nearest in time, redirects followed."""
        for _attempt in range(_MOST_REDIRECTS):
            found = [self._answers[n] for n in self._by_key.get(_key(url), ())]
            if not found:
                return None
            nearest = min(found, key=lambda each: abs((each.at - page.at).total_seconds()) if each.at and page.at else 0)
            if nearest.number not in self._locations:
                return nearest
            url = urljoin(nearest.url, self._locations[nearest.number])
        return None

    def _record(self, number: int) -> ForeignRecord:
        file, offset = self._where[number]
        record = record_at(self._files[file], offset)
        if isinstance(record, BadRecord):
            raise ValueError(_("the file was changed meanwhile: {reason}").format(reason=record.reason))
        return record

    def _original_of(self, record: ForeignRecord) -> Capture | None:
        """The answer that a revisit repeats, from these files or from the archive."""
        fields = record.fields
        uri, date = fields.get("warc-refers-to-target-uri", "").strip("<> "), fields.get("warc-refers-to-date", "")
        names = [f"id {fields.get('warc-refers-to', '').strip('<> ')}", f"at {uri} {date}", fields.get("warc-payload-digest", "")]
        found = next((self._originals[name] for name in names if name in self._originals), None)
        if found is not None:
            return _captured(self._record(found), self._answers[found])
        try:
            return self._kept(uri, moment_of({"warc-date": date}, self._now)) if uri else None
        except ValueError:
            return None

    def _note(self, file: int, found: ForeignRecord | BadRecord) -> None:
        place = f"{self._files[file].name} offset {found.offset}"
        if isinstance(found, BadRecord):
            self._tell(PassedOver(place, "", found.reason, bad=True))
            return
        try:
            reason = self._take(file, found, place)
        except ValueError as error:
            self._tell(PassedOver(place, found.url, str(error), bad=True))
        else:
            if reason:
                self._tell(PassedOver(place, "" if reason.endswith(" record") else found.url, reason))

    def _take(self, file: int, record: ForeignRecord, place: str) -> str | None:
        """Note an answer; or the reason why the record is not one. Raises ValueError for one that should not be so."""
        if record.type not in ("response", "resource", "revisit"):
            return _("a {type} record").format(type=record.type or "nameless")
        if not record.url.lower().startswith(("http://", "https://")):
            return _("not of the web: {scheme}").format(scheme=record.url.partition(":")[0][:20])
        _check(record)
        key, at = url_key(record.url), moment_of(record.fields, self._now)
        made = _captured(record, Answer(place, record.url, at, 0, "", 0), body=False)
        number = len(self._answers)
        media = (made.header("content-type") or "").partition(";")[0].strip().lower()
        self._where.append((file, record.offset))
        self._answers.append(Answer(place, record.url, at, made.status, media, number, record.length))
        self._by_key.setdefault(key, []).append(number)
        location = made.header("location")
        if made.status in REDIRECTS and location:
            self._locations[number] = location
        if record.type != "revisit":
            names = [f"id {record.record_id}", f"at {record.url} {record.fields.get('warc-date', '')}"]
            for name in [*names, *([record.fields["warc-payload-digest"]] if "warc-payload-digest" in record.fields else [])]:
                self._originals.setdefault(name, number)
        return None


def _check(record: ForeignRecord) -> None:
    """Raise ValueError for a record whose bytes are not all there, or are not those that it states."""
    if "warc-segment-number" in record.fields:
        raise ValueError(_("a record in segments; they are not joined"))
    if record.fields.get("warc-truncated"):
        raise ValueError(
            _("its crawler cut it off (WARC-Truncated: {warc_truncated})").format(warc_truncated=record.fields["warc-truncated"][:20])
        )
    profile = record.fields.get("warc-profile", "")
    if record.type == "revisit" and _SAME_PAYLOAD not in profile and "server-not-modified" not in profile:
        raise ValueError(_("a revisit of an unknown profile: {profile!r}").format(profile=profile))
    wrong = wrong_digest(record, _payloads(record))
    if wrong:
        raise ValueError(wrong)


def _payloads(record: ForeignRecord) -> Iterator[bytes]:
    """What programs count as the payload of a record: its block, the body as sent, the body without transfer encoding, the body decoded."""
    if record.type == "resource":
        yield record.block
        return
    answer = answer_in(record.block)
    yield answer.payload
    unencoded = tuple((name, value) for name, value in answer.headers if name.lower() != "content-encoding")
    for headers in (unencoded, answer.headers):
        try:
            yield body_of(headers, answer.payload)
        except ValueError:
            continue


def _captured(record: ForeignRecord, answer: Answer, *, body: bool = True) -> Capture:
    """The record as a capture; the body of a revisit is empty. Raises ValueError."""
    original = Original(record.type, record.head, record.block)
    assert answer.at is not None
    if record.type == "resource":
        headers = (("Content-Type", record.fields.get("content-type", "application/octet-stream")),)
        return Capture(answer.url, 200, headers, record.block, answer.at, "detail", original=original)
    if record.type == "revisit" and not record.block.strip():
        return Capture(answer.url, 0, (), b"", answer.at, "detail", original=original)
    sent = answer_in(record.block)
    whole = body_of(sent.headers, sent.payload) if body and record.type == "response" else b""
    return Capture(answer.url, sent.status, sent.headers, whole, answer.at, "detail", original=original)


def _key(url: str) -> str:
    try:
        return url_key(url)
    except ValueError:
        return ""
