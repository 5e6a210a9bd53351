"""What each setting may be: a value from notices.toml or a variable, checked, or an error that names it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from notices.errors import ConfigError
from notices.text.language import LANGUAGES, _, language_of

_BOUNDS: dict[str, tuple[float, float]] = {
    "crawl_jobs": (1, 64),
    "max_pages_per_run": (1, 1_000_000),
    "max_requests_per_run": (0, 10_000_000),
    "max_minutes_per_run": (0.01, 10_080),
    "max_body_bytes": (1 << 16, 1 << 30),
    "request_timeout": (0.1, 600),
    "warc_max_bytes": (1 << 16, 1 << 40),
    "drain_minutes": (1, 1440),
    "revisit_budget": (0, 1_000_000),
    "jitter_seconds": (0, 3600),
    "backup_keep": (1, 1000),
    "follow_minutes": (0, 10_080),
    "log_days": (1, 36500),
}
_SCHEMES = {
    "database": ("sqlite", "postgresql+psycopg"),
    "index": ("whoosh", "tantivy", "opensearch+https", "opensearch+http"),
    "queue": ("local", "postgresql"),
}
STORE = re.compile(r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(?P<prefix>[\w.-]+(?:/[\w.-]+)*))?/?", re.ASCII)
_FRACTIONS = ("request_timeout", "max_minutes_per_run", "jitter_seconds")


def checked_value(key: str, value: object, where: str) -> object:
    if key in _SCHEMES:
        return _checked_url(key, value, where)
    if key in _CHECKS:
        return _CHECKS[key](value, where)
    low, high = _BOUNDS[key]
    kind = float if key in _FRACTIONS else int
    try:
        number = kind(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else None
    except (ValueError, OverflowError):
        number = None
    if number is None or not low <= number <= high:
        raise ConfigError(
            _("{where}: {value!r} is not a number from {low:g} to {high:g}").format(where=where, value=value, low=low, high=high)
        )
    return number


def _checked_url(key: str, value: object, where: str) -> str:
    allowed = _SCHEMES[key]
    if not isinstance(value, str) or _scheme(value) not in allowed:
        raise ConfigError(
            _("{where}: {shown} must start with one of {names}").format(
                where=where, shown=_shown(value), names=", ".join(s + ":" for s in allowed)
            )
        )
    return value


def _scheme(url: str) -> str:
    """The scheme of an address; empty for one that cannot be read."""
    try:
        return urlsplit(url).scheme if url.isprintable() else ""
    except ValueError:
        return ""


def _checked_lang(value: object, where: str) -> str:
    """A language, or a locale that names one; empty for that of the environment."""
    if not isinstance(value, str) or (value and not language_of(value)):
        raise ConfigError(
            _("{where}: {value!r} is not a language; use one of {names}").format(where=where, value=value, names=", ".join(LANGUAGES))
        )
    return value


def _checked_contact(value: object, where: str) -> str:
    if not isinstance(value, str) or "@" not in value or any(c.isspace() or not c.isprintable() for c in value):
        raise ConfigError(_("{where}: {value!r} is not an e-mail address").format(where=where, value=value))
    return value


def _checked_days(value: object, where: str) -> tuple[int, ...]:
    """Ages in days, ascending: a list, or in a variable numbers separated by commas; empty for never."""
    days = [part for part in value.split(",") if part.strip()] if isinstance(value, str) else value
    try:
        found = tuple(int(day) for day in days) if isinstance(days, list) else (0,)
    except (TypeError, ValueError, OverflowError):
        found = (0,)
    if any(not 1 <= day <= 36500 for day in found) or list(found) != sorted(set(found)):
        raise ConfigError(
            _("{where}: {value!r} must be numbers of days from 1 to 36500 in ascending order, such as 1,7,30,180").format(
                where=where, value=value
            )
        )
    return found


def _checked_origin(value: object, where: str) -> str:
    """The name under which checkpoints are signed, without blanks and "+" (c2sp.org/signed-note)."""
    if not isinstance(value, str) or not re.fullmatch(r"[^\s+]{1,200}", value):
        raise ConfigError(
            _("{where}: {value!r} must be 1 to 200 characters without blanks and '+', such as archive.example.org/notices").format(
                where=where, value=value
            )
        )
    return value


def _checked_header(value: object, where: str) -> str:
    """The name of a header, or empty."""
    if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]{0,59}|", value):
        raise ConfigError(_("{where}: {value!r} is not the name of a header, such as X-Remote-User").format(where=where, value=value))
    return value


def _checked_public_address(value: object, where: str) -> str:
    """The address at which readers open the reading room: scheme and host, without a path; empty if it has none."""
    if not isinstance(value, str) or not re.fullmatch(r"(?:https?://[A-Za-z0-9.\-\[\]:]{1,253}/?)?", value):
        raise ConfigError(
            _("{where}: {value!r} must be an address without a path, such as https://notices.example.org").format(where=where, value=value)
        )
    return value.rstrip("/")


def _checked_feeds_address(value: object, where: str) -> str:
    """The address under which readers find the files of `feeds_folder`; empty if it is not known."""
    if not isinstance(value, str) or not re.fullmatch(r"(?:https?://[^\s/?#]+(?:/[^\s?#]*)?)?", value):
        raise ConfigError(
            _("{where}: {value!r} must be an address such as https://notices.example.org/feeds/").format(where=where, value=value)
        )
    return value


def _checked_schedule(value: object, where: str) -> str:
    """A cron line; empty for never."""
    from notices.cron import CronLine  # start-up time: few archives set one, and a search must not wait for it

    if not isinstance(value, str):
        raise ConfigError(_("{where}: {value!r} is not a cron line such as 20 3 * * *").format(where=where, value=value))
    try:
        return CronLine(value).text if value.strip() else ""
    except ValueError as error:
        raise ConfigError(_("{where}: {value!r} is not a cron line: {error}").format(where=where, value=value, error=error)) from error


def _checked_hours(value: object, where: str) -> str:
    """Hours of the day; empty for none."""
    from notices.hours import read_spans  # start-up time

    try:
        read_spans(value if isinstance(value, str) else repr(value))
    except ValueError as error:
        raise ConfigError(f"{where}: {error}") from error
    return str(value)


def _checked_days_named(value: object, where: str) -> str:
    """Days by name, such as public holidays; empty for none."""
    from notices.reference.working_days import read_days  # start-up time

    try:
        list(read_days(value if isinstance(value, str) else repr(value)))
    except ValueError as error:
        raise ConfigError(f"{where}: {error}") from error
    return str(value)


def _checked_folder(value: object, where: str) -> str:
    """A folder or file outside of this process's own: absolute; empty for none."""
    if not isinstance(value, str) or "\0" in value or (value and not Path(value).expanduser().is_absolute()):
        raise ConfigError(_("{where}: {value!r} is not an absolute path").format(where=where, value=value))
    return str(Path(value).expanduser()) if value else ""


def _one_of(first: str, second: str) -> Callable[[object, str], str]:
    def checked(value: object, where: str) -> str:
        if value not in (first, second):
            told = _('{where}: {value!r} must be "{first}" or "{second}"')
            raise ConfigError(told.format(where=where, value=value, first=first, second=second))
        return str(value)

    return checked


def _checked_store(value: object, where: str) -> str:
    """An address of S3-compatible storage; empty for none. Never with credentials: those are AWS's own variables and files."""
    if not isinstance(value, str) or not (value == "" or STORE.fullmatch(value)):
        raise ConfigError(_("{where}: {shown} is not an address such as s3://bucket/notices").format(where=where, shown=_shown(value)))
    return value.rstrip("/")


def without_password(text: str) -> str:
    """The text for a reader; of an address with a user and a password only the rest."""
    scheme, sign, rest = text.partition("//")
    return f"{scheme}//…@{rest.rsplit('@', 1)[1]}" if sign and "@" in rest else text


def _shown(value: object) -> str:
    return repr(without_password(value)) if isinstance(value, str) else repr(value)


_CHECKS: dict[str, Callable[[object, str], object]] = {
    "lang": _checked_lang,
    "contact": _checked_contact,
    "origin": _checked_origin,
    "revisit_days": _checked_days,
    "public_address": _checked_public_address,
    "maintainer_header": _checked_header,
    "blackout": _checked_hours,
    "verify_schedule": _checked_schedule,
    "backup_schedule": _checked_schedule,
    "upload_schedule": _checked_schedule,
    "backup_stored": _one_of("copy", "leave"),
    "warc_store": _checked_store,
    "backup_folder": _checked_folder,
    "feeds_folder": _checked_folder,
    "follow_login": _checked_folder,
    "follow_ca": _checked_folder,
    "feeds_address": _checked_feeds_address,
    "days_off": _checked_days_named,
    "days_worked": _checked_days_named,
    "log_format": _one_of("text", "json"),
}
