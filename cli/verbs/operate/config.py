"""`notices config`: every setting, its value, where it comes from, and its default."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Sequence

from cli.terminal import json_line, padded
from notices.config import Config, Setting, settings
from notices.config_values import without_password
from notices.text.display import safe
from notices.text.language import _


def add_verbs(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`notices config`."""
    verb = verbs.add_parser("config", help=_("list every setting: value, where it comes from, default"))
    verb.add_argument("--json", action="store_true", help=_("print one JSON object per setting"))
    verb.set_defaults(run=run)


def run(args: argparse.Namespace, config: Config) -> int:
    """Print the settings of this process; passwords in addresses are left out."""
    found = settings(os.environ)
    if args.json:
        for setting in found:
            row = {"key": setting.key, "value": _plain(setting.value), "origin": setting.origin, "default": _plain(setting.default)}
            print(json_line(row))
        return 0
    print("\n".join(_lines(found, config)))
    return 0


def _plain(value: object) -> object:
    if isinstance(value, tuple):
        return list(value)
    return value if isinstance(value, int | float) else without_password(str(value))


def _lines(found: Sequence[Setting], config: Config) -> Iterator[str]:
    yield from padded([(_("key"), _("value"), _("from"), _("default")), *map(_cells, found)])
    yield ""
    yield _("To change one: a line `key = value` in {file}, or the variable NOTICES_KEY, which wins.").format(
        file=safe(str(config.state_paths().settings))
    )


def _cells(setting: Setting) -> tuple[str, ...]:
    default = "" if setting.value == setting.default else _written(setting.default)
    return setting.key, _written(setting.value), safe(_(setting.origin)), default


def _written(value: object) -> str:
    """The value as notices.toml would have it."""
    if isinstance(value, int | float):
        return str(value)
    return json_line(_plain(value)) if isinstance(value, tuple) else safe(json_line(str(_plain(value))))
