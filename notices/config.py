"""The one configuration, read once at each entry point from notices.toml and NOTICES_* variables (the environment wins)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

from notices.config_values import checked_value
from notices.errors import ConfigError
from notices.text.language import _

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
    aliases_note: Path
    list_checks: Path
    locks: Path
    logs: Path
    paused: Path
    vectors: Path
    takedowns: Path
    maintainers: Path
    following: Path


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
    max_requests_per_run: int = 0  # 0: three for each page
    max_minutes_per_run: float = 240.0
    max_body_bytes: int = 32 << 20
    request_timeout: float = 30.0
    warc_max_bytes: int = 1 << 30
    drain_minutes: int = 5
    revisit_days: tuple[int, ...] = (1, 7, 30, 180)
    revisit_budget: int = 200
    public_address: str = ""
    maintainer_header: str = ""
    jitter_seconds: float = 30.0
    blackout: str = ""
    verify_schedule: str = "20 3 * * *"
    backup_schedule: str = "40 4 * * sun"
    backup_folder: str = ""
    backup_keep: int = 4
    backup_stored: str = "copy"
    warc_store: str = ""
    upload_schedule: str = "10 2 * * *"
    follow_minutes: int = 60
    follow_login: str = ""
    follow_ca: str = ""
    feeds_folder: str = ""
    feeds_address: str = ""
    days_off: str = ""
    days_worked: str = ""
    log_format: str = "text"
    log_days: int = 60
    lang: str = ""  # empty: that of the locale

    @property
    def requests_per_run(self) -> int:
        """How many requests one run makes at most: pages, lists, files and robots.txt, each retry and each redirect."""
        return self.max_requests_per_run or 3 * self.max_pages_per_run

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
            aliases_note=home / "aliases.seq",
            list_checks=home / "list-checks.jsonl",
            locks=home / "locks",
            logs=home / "logs",
            paused=home / "paused.json",
            vectors=home / "vectors.db",
            takedowns=home / "takedowns.jsonl",
            maintainers=home / "maintainers",
            following=home / "following",
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


class Setting(NamedTuple):
    """One setting with its effective value, and where that comes from: a file, a variable, or "default"."""

    key: str
    value: object
    origin: str
    default: object


def load_config(environ: Mapping[str, str]) -> Config:
    """The configuration of this process. Raises ConfigError with the key, the value and what is allowed."""
    home = _home(environ)
    checked: dict[str, Any] = {key: checked_value(key, given.value, given.where) for key, given in _given(environ, home).items()}
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
            raise ConfigError(
                _("{file}: unknown key {key!r}; known: {names}").format(file=file, key=key, names=", ".join(sorted(_KEYS - {"home"})))
            )
    return table
