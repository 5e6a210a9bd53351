"""Where people are told: the channels of channels.toml in the archive's folder, which nobody else may read."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, get_args
from urllib.parse import urlsplit

import msgspec

from notices.config import Config
from notices.errors import BadInput, ConfigError, UnknownName
from notices.hours import Span, read_spans
from notices.text.language import _
from pipeline.durable import file_errors, write_durably

Kind = Literal["command", "webhook", "email", "wecom", "dingtalk", "feishu", "apprise"]
KINDS: tuple[Kind, ...] = get_args(Kind)
FILE = "channels.toml"


class Channel(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One channel. `target` is a command line, an address (URL, e-mail) or "env:NAME", as `secret` is, or "file:PATH".

    `smtp` is smtp://[user@]host[:port] or smtps://…, `sender` the address in From. `quiet` are hours without messages (22:00-07:30, Asia/Shanghai).
    `report`: it gets the daily report, and is told of sources that are not well.
    """

    type: Kind
    target: str
    secret: str = ""
    smtp: str = ""
    sender: str = ""
    quiet: str = ""
    allow_private: bool = False
    report: bool = False


def channels(config: Config) -> dict[str, Channel]:
    """The channels by name. Raises ConfigError for a file that others can read or that is not understood."""
    path = config.home / FILE
    if not path.exists():
        return {}
    refuse_if_read_by_others(path)
    try:
        found = msgspec.toml.decode(path.read_bytes(), type=dict[str, Channel])
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: {error}") from error
    for name, each in found.items():
        check(name, each)
    return found


def refuse_if_read_by_others(path: Path) -> None:
    """Raise ConfigError for a file of secrets that others can read."""
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        raise ConfigError(
            _("{path} can be read by others (mode {mode:03o}) and may contain secrets: chmod 600 {path}").format(path=path, mode=mode)
        )


def check(name: str, channel: Channel) -> None:
    """Raise ConfigError for a channel that cannot work."""
    where = f"channel {name}"
    if channel.type in ("webhook", "wecom", "dingtalk", "feishu") and not channel.target.startswith(
        ("https://", "http://", "env:", "file:")
    ):
        raise ConfigError(
            _("{where}: {target!r} is not an address; use https://…, env:NAME or file:PATH").format(where=where, target=channel.target)
        )
    if channel.type == "email" and not (
        channel.smtp.startswith(("smtp://", "smtps://")) and "@" in channel.target and "@" in channel.sender
    ):
        raise ConfigError(_("{where}: e-mail needs an address, --smtp smtp://HOST:PORT and --from ADDRESS").format(where=where))
    if not all(map(_has_port_or_none, (channel.smtp, channel.target))):
        raise ConfigError(_("{where}: the port of its address is not a number from 1 to 65535").format(where=where))
    if channel.quiet:
        quiet_hours(channel, where)


def _has_port_or_none(address: str) -> bool:
    try:
        return not address.startswith(("http", "smtp")) or urlsplit(address).port != 0
    except ValueError:
        return False


def quiet_hours(channel: Channel, where: str = "channel") -> tuple[Span, ...]:
    """The hours without messages. Raises ConfigError."""
    try:
        return read_spans(channel.quiet)
    except ValueError as error:
        raise ConfigError(_("{where}: quiet {quiet!r}: {error}").format(where=where, quiet=channel.quiet, error=error)) from error


def add_channel(config: Config, name: str, channel: Channel) -> None:
    """Write a channel into the file, with mode 600. Raises BadInput for a name that is taken."""
    if not name.isprintable() or not 0 < len(name) <= 80:
        raise BadInput(_("the name {name!r} is not usable: 1 to 80 printable characters").format(name=name[:100]))
    known = channels(config)
    if name in known:
        raise BadInput(_("there is a channel {name!r} already; notices channel remove removes it").format(name=name))
    check(name, channel)
    _write(config, known | {name: channel})


def remove_channel(config: Config, name: str) -> None:
    """Take a channel out of the file. Raises UnknownName."""
    known = channels(config)
    channel_named(known, name)
    _write(config, {each: channel for each, channel in known.items() if each != name})


def channel_named(known: Mapping[str, Channel], name: str) -> Channel:
    """The channel of that name. Raises UnknownName."""
    if name not in known:
        raise UnknownName(
            _("there is no channel {name!r}").format(name=name)
            + (_("; there are: {names}").format(names=", ".join(known)) if known else _("; notices channel add adds one"))
        )
    return known[name]


def _write(config: Config, known: Mapping[str, Channel]) -> None:
    path = config.home / FILE
    text = "".join(
        f"[{_quoted(name)}]\n" + "".join(_line(n, v) for n, v in msgspec.to_builtins(c).items()) + "\n" for name, c in known.items()
    )
    with file_errors(path):
        write_durably(path, text.encode(), mode=0o600)


def _line(name: str, value: object) -> str:
    return f"{name} = {str(value).lower() if isinstance(value, bool) else _quoted(str(value))}\n"


def _quoted(value: str) -> str:
    return msgspec.json.encode(value).decode()


def secret_of(value: str) -> str:
    """A value as it is, or from the environment (env:NAME) or a file that only its owner can read (file:PATH). Raises ConfigError, never with the value."""
    if value.startswith("env:"):
        found = os.environ.get(value[4:])
        if not found:
            raise ConfigError(_("the environment variable {name} is not set").format(name=value[4:]))
        return found
    if value.startswith("file:"):
        path = Path(value[5:])
        try:
            refuse_if_read_by_others(path)
            return path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"{path}: {type(error).__name__}") from error
    return value
