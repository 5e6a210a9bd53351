"""A folder of saved pages with a manifest, manifest.csv or manifest.jsonl, that says what address each file was saved from (docs/import.md)."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import NamedTuple

from notices.capture import Capture, ListEntry, Original
from notices.errors import BadInput
from notices.text.language import _, system_words
from notices.urls import canonical_url, url_key
from pipeline.foreign.answers import Answer, PassedOver, Tell

MANIFESTS = ("manifest.csv", "manifest.jsonl")
KEYS = ("file", "url", "fetched_at", "title", "published_date", "content_type", "status")
LARGEST_FILE = 256 << 20
_CHINA = timezone(timedelta(hours=8))
_MEDIA = {
    ".html": "text/html",
    ".htm": "text/html",
    ".shtml": "text/html",
    ".xhtml": "application/xhtml+xml",
    ".pdf": "application/pdf",
    ".doc": "application/msword",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".xls": "application/vnd.ms-excel",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".zip": "application/zip",
    ".css": "text/css",
    ".js": "text/javascript",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".gif": "image/gif",
}


class _Line(NamedTuple):
    """A line of a manifest with its number in the file."""

    number: int
    values: Mapping[str, str]


class SavedPages:
    """The files that a folder's manifest names. Raises BadInput for a folder without a manifest, or one that cannot be read."""

    def __init__(self, folder: Path, tell: Tell, *, manifest: str | None = None) -> None:
        self._folder, self._tell = folder.resolve(), tell
        path = _manifest_of(folder, manifest)
        self._files, self._answers, self._types = list[Path](), list[Answer](), list[str | None]()
        self._by_key = dict[str, int]()
        self._unread = dict[str, int]()
        for line in _lines(path, tell):
            try:
                self._take(path.name, line)
            except ValueError as error:
                tell(PassedOver(f"{path.name} line {line.number}", line.values.get("url", ""), str(error), bad=True))
        for key, first in self._unread.items():
            tell(
                PassedOver(
                    f"{path.name} line {first}",
                    "",
                    _("nothing reads the key {key!r}; {names} are read").format(key=key, names=", ".join(KEYS)),
                )
            )
        named = {*self._files, path.resolve()}
        for each in sorted(self._folder.rglob("*")):
            if each.is_file() and each.resolve() not in named:
                tell(PassedOver(str(each.relative_to(self._folder)), "", _("a file that the manifest does not name")))

    def answers(self) -> Iterator[Answer]:
        """The files, the oldest first; those whose time nobody noted come last."""
        last = datetime.max.replace(tzinfo=UTC)
        yield from sorted(self._answers, key=lambda each: (each.at or last, each.number))

    def capture(self, answer: Answer) -> Capture:
        """The file as an answer. Raises ValueError."""
        path = self._files[answer.number]
        try:
            if path.stat().st_size > LARGEST_FILE:
                raise ValueError(_("the file is larger than {most} bytes").format(most=LARGEST_FILE))
            body = path.read_bytes()
        except OSError as error:
            raise ValueError(f"{path.name}: {system_words(error)}") from error
        media = self._types[answer.number]
        headers = (("Content-Type", media),) if media else ()
        original = Original("resource", b"", body)
        return Capture(answer.url, answer.status, headers, body, answer.at or datetime.now(UTC), "detail", original=original)

    def file_of(self, url: str, page: Answer) -> Answer | None:
        """The file that was saved from a link's address."""
        try:
            number = self._by_key.get(url_key(url))
        except ValueError:
            return None
        return None if number is None else self._answers[number]

    def _take(self, manifest: str, line: _Line) -> None:
        values, number = line.values, len(self._answers)
        for key in values:
            if key not in KEYS:
                self._unread.setdefault(key, line.number)
        missing = [key for key in ("file", "url") if not values.get(key)]
        if missing:
            raise ValueError(_("the line has no {names}").format(names=_(" and no ").join(missing)))
        path = self._inside(values["file"])
        url, key = canonical_url(values["url"]), url_key(values["url"])
        if key in self._by_key:
            raise ValueError(_("the same address as {place}, which was taken").format(place=self._answers[self._by_key[key]].place))
        status = values.get("status") or "200"
        if not (status.isascii() and status.isdigit() and 100 <= int(status[:4]) <= 599):
            raise ValueError(_("status is {status!r}; a number of HTTP like 200 is needed").format(status=status))
        media = values.get("content_type") or _MEDIA.get(path.suffix.lower())
        entry = ListEntry(values.get("title", "").strip(), url, _day(values.get("published_date")))
        kind = (media or "").partition(";")[0].strip().lower()
        place = f"{manifest} line {line.number}"
        answer = Answer(place, url, _moment(values.get("fetched_at")), int(status), kind, number, path.stat().st_size, entry)
        self._by_key[key] = number
        self._files.append(path)
        self._answers.append(answer)
        self._types.append(media)

    def _inside(self, name: str) -> Path:
        """The file of that name in the folder. Raises ValueError for one that is elsewhere, or nowhere."""
        if "\0" in name:
            raise ValueError(_("file: the name contains a zero character"))
        path = (self._folder / name.replace("\\", "/")).resolve()
        if not path.is_relative_to(self._folder):
            raise ValueError(_("file: {name!r} is not in the folder").format(name=name))
        if not path.is_file():
            raise ValueError(_("file: the folder has no file {name!r}").format(name=name))
        return path


def _manifest_of(folder: Path, name: str | None) -> Path:
    found = [folder / each for each in ([name] if name else MANIFESTS) if (folder / each).is_file()]
    if not found:
        wanted = name or " or ".join(MANIFESTS)
        raise BadInput(
            _("{folder}: the folder has no {wanted}, which says the address of each page (docs/import.md)").format(
                folder=folder, wanted=wanted
            )
        )
    if len(found) > 1:
        raise BadInput(
            _("{folder}: the folder has {names}; --manifest NAME says which one counts").format(
                folder=folder, names=" and ".join(MANIFESTS)
            )
        )
    return found[0]


def _lines(path: Path, tell: Tell) -> Iterator[_Line]:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise BadInput(f"{path}: {system_words(error)}") from error
    text = _text(path, raw)
    yield from _json_lines(path, text, tell) if path.suffix.lower() in (".jsonl", ".ndjson", ".json") else _csv_lines(path, text)


def _text(path: Path, raw: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):  # spreadsheets in China write CSV in GBK
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise BadInput(_("{path}: neither UTF-8 nor GB 18030").format(path=path))


def _json_lines(path: Path, text: str, tell: Tell) -> Iterator[_Line]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
            if not isinstance(value, dict):
                raise ValueError(_("not a JSON object"))
        except (ValueError, RecursionError) as error:
            tell(PassedOver(f"{path.name} line {number}", "", str(error), bad=True))
            continue
        yield _Line(number, {str(key): str(each) for key, each in value.items() if each is not None})


def _csv_lines(path: Path, text: str) -> Iterator[_Line]:
    try:
        rows = csv.reader(io.StringIO(text, newline=""), delimiter="\t" if "\t" in text.partition("\n")[0] else ",")
        names = [name.strip().lower() for name in next(rows, [])]
        if not {"file", "url"} <= set(names):
            raise BadInput(
                _("{path}: the first line has to name the columns, file and url among them; it is {names!r}").format(
                    path=path, names=",".join(names)[:200]
                )
            )
        for row in rows:
            if any(each.strip() for each in row):
                yield _Line(rows.line_num, {name: each.strip() for name, each in zip(names, row, strict=False) if each.strip()})
    except csv.Error as error:
        raise BadInput(_("{path}: not CSV: {error}").format(path=path, error=error)) from error


def _moment(stated: str | None) -> datetime | None:
    """When a page was saved. A time without a zone, and a day alone, are of China."""
    if not stated:
        return None
    try:
        moment = datetime.fromisoformat(stated)
    except ValueError:
        raise ValueError(_("fetched_at is {stated!r}; a time like 2024-05-01T16:00:00+08:00 is needed").format(stated=stated)) from None
    moment = (moment if moment.tzinfo else moment.replace(tzinfo=_CHINA)).astimezone(UTC)
    if moment > datetime.now(UTC) + timedelta(days=1):
        raise ValueError(_("fetched_at {stated} is in the future").format(stated=stated))
    return moment


def _day(stated: str | None) -> date | None:
    if not stated:
        return None
    try:
        return date.fromisoformat(stated)
    except ValueError:
        raise ValueError(_("published_date is {stated!r}; YYYY-MM-DD is needed").format(stated=stated)) from None
