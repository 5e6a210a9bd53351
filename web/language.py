"""The two languages of the pages: which one a reader wants, and the Chinese of every English text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from web.words import LABELS, SENTENCES

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")
ARCHIVES_OWN: Language = "zh"  # that of its texts, for readers who name neither
TAGS: Mapping[Language, str] = {"zh": "zh-Hans", "en": "en"}


def language_named(chosen: str, accepted: str) -> Language | None:
    """The chosen language if there is one, else the one that Accept-Language weighs most; None if it names neither."""
    for language in LANGUAGES:
        if chosen == language:
            return language
    best: tuple[float, Language | None] = (0.0, None)
    for part in accepted[:1000].split(","):
        tag, _, weight = part.partition(";")
        name = tag.strip().lower().split("-")[0]
        for language in LANGUAGES:
            if name == language and (value := _weight(weight)) > best[0]:
                best = value, language
    return best[1]


def _weight(text: str) -> float:
    """The value of q=…; 0 if it cannot be read."""
    text = text.strip()
    if not text:
        return 1.0
    try:
        return min(max(float(text.removeprefix("q=")), 0.0), 1.0)
    except ValueError:
        return 0.0


def translated(text: str, language: Language, values: Mapping[str, object]) -> str:
    """A label or an English sentence in the reader's language, its {names} replaced. A text that is neither is returned as it is."""
    if text in LABELS:
        return LABELS[text][0 if language == "en" else 1]
    known = text if language == "en" else SENTENCES.get(text, text)
    return known.format_map(values) if values else known
