"""The language of what people read: messages, help and results. What is stored, logged or read by programs stays English.

A message is written in English, as `_("{count} notices in {home}").format(count=count, home=home)`; the catalogue
`notices/locale/zh/LC_MESSAGES/notices.po` has the Chinese. A process chooses once, at its entry point (`use`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache, lru_cache
from pathlib import Path

LANGUAGES = ("en", "zh")
_FOLDER = Path(__file__).parents[1] / "locale"


class _Spoken:
    """The language in use, and its messages by their English text; of a message with a plural the singular."""

    name = "en"
    messages: dict[str, str] = {}  # noqa: RUF012 (replaced as a whole, never changed)


def _(message: str) -> str:
    """The message in the language of this process; as it is where the catalogue lacks it."""
    return _Spoken.messages.get(message) or message


def ngettext(one: str, many: str, count: int) -> str:
    """The message for a count; Chinese has one form for all."""
    return _Spoken.messages.get(one) or (one if count == 1 else many)


def N_(message: str) -> str:
    """The message unchanged, marked for the catalogue: `_` translates it where it is shown."""
    return message


def spoken() -> str:
    """The language in use: "en" or "zh"."""
    return _Spoken.name


def use(language: str) -> None:
    """Speak this language from now on. Raises KeyError for one that is not in LANGUAGES."""
    if language not in LANGUAGES:
        raise KeyError(language)
    if language != _Spoken.name:
        _Spoken.messages = {} if language == "en" else read_catalogue(_FOLDER / language / "LC_MESSAGES" / "notices.po")
        _Spoken.name = language


@contextmanager
def in_english() -> Iterator[None]:
    """Speak English meanwhile: for work whose messages are stored."""
    name, messages = _Spoken.name, _Spoken.messages
    _Spoken.name, _Spoken.messages = "en", {}
    try:
        yield
    finally:
        _Spoken.name, _Spoken.messages = name, messages


def language_of(tag: str) -> str | None:
    """The language that a tag such as zh_CN.UTF-8, zh-Hans or en_GB names; None if we do not speak it."""
    name = tag.strip().lower().replace("-", "_").split(".")[0].split("@")[0].split("_")[0]
    return name if name in LANGUAGES else "en" if name in ("c", "posix") else None


def language_of_locale(environ: Mapping[str, str]) -> str:
    """The language that the variables of the locale name, in gettext's order; English if they name none that we speak.

    LANGUAGE is a list by preference. It counts for nothing where the locale is C: that one asks for the plain program.
    """
    named = next((value for key in ("LC_ALL", "LC_MESSAGES", "LANG") if (value := environ.get(key))), "")
    preferred = [] if named in ("C", "POSIX") else environ.get("LANGUAGE", "").split(":")
    return next((found for tag in (*preferred, named) if tag and (found := language_of(tag))), "en")


def read_catalogue(file: Path) -> dict[str, str]:
    """The translations of a PO file by their English text. The file is the program's own; tests check its form.

    The catalogue is read as it is written: no compiled copy can be missing or older. That takes 7 ms, and only where it is needed.
    """
    import json  # start-up time: an English process needs no catalogue. A quoted string of a PO file is one of JSON

    messages: dict[str, str] = {}
    key = field = ""
    for line in file.read_text(encoding="utf-8").splitlines():
        if line.startswith('"'):
            word, text = field, line
        else:
            word, _blank, text = line.partition(" ")
            field = word
        if word == "msgid":
            key = key + json.loads(text) if line is text else json.loads(text)
        elif word in ("msgstr", "msgstr[0]"):
            messages[key] = messages.get(key, "") + json.loads(text) if line is text else json.loads(text)
    messages.pop("", None)
    return messages


def told(text: str) -> str:
    """What was stored or sent in English, in the language of this process; as it is if it was made from no message of the catalogue.

    A reason such as "paused: the server asks for 30 s" is matched with the message that it was made from, and so is each value in it.
    """
    return _retold(text, _DEEPEST, _Spoken.messages) if _Spoken.messages else text


@lru_cache(maxsize=2000)
def told_in(text: str, language: str) -> str:
    """The same in a language that is not this process's: for a server, whose readers have a language each."""
    return _retold(text, _DEEPEST, _catalogue(language))


@cache
def _catalogue(language: str) -> dict[str, str]:
    return {} if language == "en" else read_catalogue(_FOLDER / language / "LC_MESSAGES" / "notices.po")


def system_words(error: OSError) -> str:
    """What the system says of a failed call (no space left, permission denied …), in the language of this process."""
    return told(error.strerror or str(error))


_DEEPEST = 3  # a reason in a reason in a reason
_FEWEST_LETTERS = 5  # a message such as "{where}: {error}" fits everything


def _retold(text: str, depth: int, messages: Mapping[str, str]) -> str:
    if (known := messages.get(text)) is not None:
        return known
    fitting = [(message, values) for message in messages if depth and "{" in message and (values := _values(message, text))]
    if fitting:
        message, values = max(fitting, key=lambda each: len(re.sub(_PLACE, "", each[0])))  # the one that says most itself
        words = {
            name: _retold(value, depth - 1, messages) if " " in value else value for name, value in values.items()
        }  # one word is a name
        return re.sub(_PLACE, lambda place: words[place[1]], messages[message])
    head, colon, rest = text.partition(": ")
    known = messages.get(head)
    return f"{known}：{_retold(rest, depth, messages)}" if known and colon else text


_PLACE = r"\{(\w+)(?:![rs])?(?::[^{}]*)?\}"


@cache
def _pieces(message: str) -> tuple[str, ...]:
    """The message's own words and the names of its places, in turn; nothing for one that says too little itself to be known by it."""
    pieces = tuple(re.split(_PLACE, message))
    literals = pieces[::2]
    says_little = sum(map(len, literals)) < _FEWEST_LETTERS or not any(re.search("[a-z]{3}", each) for each in literals)
    return () if says_little else pieces


def _values(message: str, text: str) -> dict[str, str]:
    """The values with which the message becomes this text; empty if it cannot."""
    pieces = _pieces(message)
    if not pieces or not all(each in text for each in pieces[::2]):  # most messages end here, before their pattern is made
        return {}
    pattern = "".join(
        re.escape(each) if n % 2 == 0 else f"(?P={each})" if each in pieces[1:n:2] else f"(?P<{each}>.+?)" for n, each in enumerate(pieces)
    )
    found = re.fullmatch(pattern, text, re.DOTALL)
    return found.groupdict() if found else {}
