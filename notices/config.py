"""The one configuration, read once at each entry point from notices.toml and NOTICES_* variables (the environment wins)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

from notices.errors import ConfigError

DEFAULT_USER_AGENT = "notices-archive/0.1 (+mailto:{contact})"


class StatePaths(NamedTuple):
    """Every file and folder that the program keeps in an archive's home. The first four are the user's own."""

    settings: Path
    sources: Path
    own_catalogue: Path
    own_aliases: Path
    archive_id: Path
    database: Path
    warc: Path
    keys: Path
    checkpoints: Path
    index: Path  # type: ignore[assignment]  # hides tuple.index
    staged_index: Path
    aliases: Path
    list_checks: Path
    locks: Path


class Config(NamedTuple):
    """Settings of one archive. Paths are absolute; sizes are bytes; delays are seconds."""

    home: Path
    database: str
    index: str  # type: ignore[assignment]  # hides tuple.index, which no setting needs
    queue: str = "local:"
    contact: str = "webmaster@localhost"
    origin: str = "notices-archive"
    crawl_jobs: int = 2
    max_pages_per_run: int = 2000
    max_minutes_per_run: float = 240.0
    max_body_bytes: int = 32 << 20
    request_timeout: float = 30.0
    warc_max_bytes: int = 1 << 30
    drain_minutes: int = 5
    revisit_days: tuple[int, ...] = (1, 7, 30, 180)
    revisit_budget: int = 200
    public_address: str = ""

    @property
    def user_agent(self) -> str:
        """The User-Agent of every request: the product and a contact."""
        return f"notices-archive/0.1 (+mailto:{self.contact})"

    def state_paths(self) -> StatePaths:
        """Where everything is in the home; database and index are elsewhere when their URLs say so."""
        home = self.home
        return StatePaths(
            settings=home / "notices.toml",
            sources=home / "sources",
            own_catalogue=home / "catalogue.tsv",
            own_aliases=home / "aliases.toml",
            archive_id=home / "archive-id",
            database=home / "notices.db",
            warc=home / "warc",
            keys=home / "keys",
            checkpoints=home / "checkpoints",
            index=home / "index",
            staged_index=home / "index-aside",  # its first name: an archive may have one that an earlier release wrote
            aliases=home / "aliases.tsv",
            list_checks=home / "list-checks.jsonl",
            locks=home / "locks",
        )

    @property
    def warc_dir(self) -> Path:
        """Folder of the WARC series."""
        return self.state_paths().warc

    @property
    def sources_dir(self) -> Path:
        """Folder of the user's own source files."""
        return self.state_paths().sources

    @property
    def locks_dir(self) -> Path:
        """Folder of lock files; the kernel drops a lock with its process."""
        return self.state_paths().locks


_BOUNDS: dict[str, tuple[float, float]] = {
    "crawl_jobs": (1, 64),
    "max_pages_per_run": (1, 1_000_000),
    "max_minutes_per_run": (0.01, 10_080),
    "max_body_bytes": (1 << 16, 1 << 30),
    "request_timeout": (0.1, 600),
    "warc_max_bytes": (1 << 16, 1 << 40),
    "drain_minutes": (1, 1440),
    "revisit_budget": (0, 1_000_000),
}
_SCHEMES = {
    "database": ("sqlite", "postgresql+psycopg"),
    "index": ("whoosh", "tantivy", "opensearch+https", "opensearch+http"),
    "queue": ("local", "postgresql"),
}


class Setting(NamedTuple):
    """One setting with its effective value, and where that comes from: a file, a variable, or "default"."""

    key: str
    value: object
    origin: str
    default: object


def load_config(environ: Mapping[str, str]) -> Config:
    """The configuration of this process. Raises ConfigError with the key, the value and what is allowed."""
    home = _home(environ)
    checked: dict[str, Any] = {key: _checked(key, given.value, given.where) for key, given in _given(environ, home).items()}
    for key in ("index", "database"):
        if key in checked:
            checked[key] = located(home, checked[key])
    return _defaults(home)._replace(**checked)


def located(home: Path, url: str) -> str:
    """An address with its path made absolute: whoosh:index and sqlite:///notices.db are located in the home; others stay as they are."""
    scheme, sign, path = url.partition(":")
    if scheme == "sqlite":
        inside = path.removeprefix("///")
        return url if path == inside or inside.startswith("/") or not inside.strip() else f"sqlite:///{home}/{inside}"
    if scheme not in ("whoosh", "tantivy") or not sign or path.startswith("/") or not path:
        return url
    return f"{scheme}:///{_quoted(home / unquote(path)).lstrip('/')}"


def relative_address(home: Path, url: str) -> str:
    """The address of an index as notices.toml should have it: relative if it is located in the home, so that it moves with the archive."""
    parts = urlsplit(url)
    path = Path(unquote(parts.path))
    if parts.scheme not in ("whoosh", "tantivy") or parts.netloc or not path.is_relative_to(home) or path == home:
        return url
    return f"{parts.scheme}:{_quoted(path.relative_to(home))}"


def _quoted(path: Path) -> str:
    """The path in an address: of the characters that mean something there only these occur in names of folders."""
    return str(path).replace("%", "%25").replace("?", "%3F").replace("#", "%23")


def settings(environ: Mapping[str, str]) -> list[Setting]:
    """Every setting of this process in the order of Config, the home first. Raises ConfigError."""
    config = load_config(environ)
    defaults, given = _defaults(config.home), _given(environ, config.home)
    home = Setting(
        "home", config.home, "NOTICES_HOME" if environ.get("NOTICES_HOME") else "default", _home({**environ, "NOTICES_HOME": ""})
    )
    rest = (key for key in Config._fields if key != "home")
    return [
        home,
        *(Setting(key, getattr(config, key), given[key].origin if key in given else "default", getattr(defaults, key)) for key in rest),
    ]


class _Given(NamedTuple):
    """A value as somebody wrote it."""

    value: object
    origin: str
    where: str  # for messages


def _given(environ: Mapping[str, str], home: Path) -> dict[str, _Given]:
    """What notices.toml and the variables set; the environment wins."""
    file = home / "notices.toml"
    given = {key: _Given(value, str(file), f"{key} in {file}") for key, value in _read_file(file).items()}
    for name, text in environ.items():
        key = name.removeprefix("NOTICES_").lower()
        if name.startswith("NOTICES_") and key in _KEYS and key != "home":
            given[key] = _Given(text, name, name)
    return given


def _defaults(home: Path) -> Config:
    return Config(home=home, database=f"sqlite:///{home}/notices.db", index=f"whoosh:///{_quoted(home).lstrip('/')}/index")


_KEYS = set(Config._fields)


def _home(environ: Mapping[str, str]) -> Path:
    named = environ.get("NOTICES_HOME")
    if named:
        return Path(named).expanduser().absolute()
    data = environ.get("XDG_DATA_HOME") or str(Path(environ.get("HOME") or "~").expanduser() / ".local/share")
    return Path(data).absolute() / "notices"


def _read_file(file: Path) -> dict[str, object]:
    try:
        text = file.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file}: {error}") from error
    import tomllib  # start-up time: most archives have no such file, and a search must not wait for it

    try:
        table = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # a TOMLDecodeError, an integer of thousands of digits, a deep array
        raise ConfigError(f"{file}: {error}") from error
    for key in table:
        if key not in _KEYS or key == "home":
            raise ConfigError(f"{file}: unknown key {key!r}; known: {', '.join(sorted(_KEYS - {'home'}))}")
    return table


def _checked(key: str, value: object, where: str) -> object:
    if key in _SCHEMES:
        return _checked_url(key, value, where)
    if key == "contact":
        return _checked_contact(value, where)
    if key == "origin":
        return _checked_origin(value, where)
    if key == "revisit_days":
        return _checked_days(value, where)
    if key == "public_address":
        return _checked_public_address(value, where)
    low, high = _BOUNDS[key]
    kind = float if key in ("request_timeout", "max_minutes_per_run") else int
    try:
        number = kind(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else None
    except (ValueError, OverflowError):
        number = None
    if number is None or not low <= number <= high:
        raise ConfigError(f"{where}: {value!r} is not a number from {low:g} to {high:g}")
    return number


def _checked_url(key: str, value: object, where: str) -> str:
    allowed = _SCHEMES[key]
    if not isinstance(value, str) or _scheme(value) not in allowed:
        raise ConfigError(f"{where}: {_shown(value)} must start with one of {', '.join(s + ':' for s in allowed)}")
    return value


def _scheme(url: str) -> str:
    """The scheme of an address; empty for one that cannot be read."""
    try:
        return urlsplit(url).scheme if url.isprintable() else ""
    except ValueError:
        return ""


def _checked_contact(value: object, where: str) -> str:
    if not isinstance(value, str) or "@" not in value or any(c.isspace() or not c.isprintable() for c in value):
        raise ConfigError(f"{where}: {value!r} is not an e-mail address")
    return value


def _checked_days(value: object, where: str) -> tuple[int, ...]:
    """Ages in days, ascending: a list, or in a variable numbers separated by commas; empty for never."""
    days = [part for part in value.split(",") if part.strip()] if isinstance(value, str) else value
    try:
        found = tuple(int(day) for day in days) if isinstance(days, list) else (0,)
    except (TypeError, ValueError, OverflowError):
        found = (0,)
    if any(not 1 <= day <= 36500 for day in found) or list(found) != sorted(set(found)):
        raise ConfigError(f"{where}: {value!r} must be numbers of days from 1 to 36500 in ascending order, such as 1,7,30,180")
    return found


def _checked_origin(value: object, where: str) -> str:
    """The name under which checkpoints are signed, without blanks and "+" (c2sp.org/signed-note)."""
    if not isinstance(value, str) or not re.fullmatch(r"[^\s+]{1,200}", value):
        raise ConfigError(f"{where}: {value!r} must be 1 to 200 characters without blanks and '+', such as archive.example.org/notices")
    return value


def _checked_public_address(value: object, where: str) -> str:
    """The address at which readers open the reading room: scheme and host, without a path; empty if it has none."""
    if not isinstance(value, str) or not re.fullmatch(r"(?:https?://[A-Za-z0-9.\-\[\]:]{1,253}/?)?", value):
        raise ConfigError(f"{where}: {value!r} must be an address without a path, such as https://notices.example.org")
    return value.rstrip("/")


def without_password(text: str) -> str:
    """The text for a reader; of an address with a user and a password only the rest."""
    scheme, sign, rest = text.partition("//")
    return f"{scheme}//…@{rest.rsplit('@', 1)[1]}" if sign and "@" in rest else text


def _shown(value: object) -> str:
    return repr(without_password(value)) if isinstance(value, str) else repr(value)
