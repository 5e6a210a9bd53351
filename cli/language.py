"""The language of a command: --lang, NOTICES_LANG or the key `lang`, else that of the locale."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from notices.config import load_config
from notices.errors import ConfigError, UserError
from notices.text.language import LANGUAGES, N_, _, language_of, language_of_locale, ngettext, use

HELP = N_("the language of messages, zh or en (default: NOTICES_LANG, the key `lang` of notices.toml, or the locale)")
# What argparse itself says, in Python 3.11 to 3.14; what only a mistake of ours can cause is left out.
_ARGPARSE = (
    N_("usage: "),
    N_("positional arguments"),
    N_("options"),
    N_("show this help message and exit"),
    N_("show program's version number and exit"),
    N_("argument %(argument_name)s: %(message)s"),
    N_("unknown parser %(parser_name)r (choices: %(choices)s)"),
    N_("can't open '%(filename)s': %(error)s"),
    N_("unrecognized arguments: %s"),
    N_("not allowed with argument %s"),
    N_("ignored explicit argument %r"),
    N_("the following arguments are required: %s"),
    N_("one of the arguments %s is required"),
    N_("expected one argument"),
    N_("expected at most one argument"),
    N_("expected at least one argument"),
    N_("expected %s argument"),
    N_("ambiguous option: %(option)s could match %(matches)s"),
    N_("unexpected option string: %s"),
    N_("invalid %(type)s value: %(value)r"),
    N_("invalid choice: %(value)r (choose from %(choices)s)"),
    N_("invalid choice: %(value)r, maybe you meant %(closest)r? (choose from %(choices)s)"),
    N_("%(prog)s: error: %(message)s\n"),
)


def choose_language(words: Sequence[str]) -> list[str]:
    """Use the language that a command line or the environment asks for; return the words without --lang, which may be anywhere before `--`.

    Children of this process inherit it as NOTICES_LANG. Raises UserError for a language that we do not speak.
    """
    rest, asked = _split(words)
    if asked is None:
        _speak(_configured() or (language_of_locale(os.environ) if _can_show_chinese() else "en"))
        return rest
    language = language_of(asked)
    _speak(language or _configured() or language_of_locale(os.environ))
    if language is None:
        raise UserError(
            _("--lang: {language!r} is not available; use one of {languages}").format(language=asked, languages=", ".join(LANGUAGES))
        )
    os.environ["NOTICES_LANG"] = language
    return rest


def _split(words: Sequence[str]) -> tuple[list[str], str | None]:
    """The words without --lang, and its last value."""
    end = words.index("--") if "--" in words else len(words)
    rest, asked = list[str](), None
    before = iter(words[:end])
    for word in before:
        if word == "--lang":
            asked = next(before, "")
        elif word.startswith("--lang="):
            asked = word.removeprefix("--lang=")
        else:
            rest.append(word)
    return [*rest, *words[end:]], asked


def _configured() -> str | None:
    """The language of the configuration. What is wrong with that is reported when it is used."""
    try:
        return language_of(load_config(os.environ).lang)
    except ConfigError:
        return language_of(os.environ.get("NOTICES_LANG", ""))


def _can_show_chinese() -> bool:
    """Whether Chinese reaches the reader: a locale may name it and an encoding that lacks it."""
    try:
        for stream in (sys.stdout, sys.stderr):
            "中文".encode(stream.encoding or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _speak(language: str) -> None:
    use(language)
    if language != "en":
        import argparse  # start-up time: every command loads it later, and English needs no change to it

        vars(argparse).update(_=_, ngettext=ngettext)
