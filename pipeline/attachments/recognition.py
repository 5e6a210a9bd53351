"""Text of pictures: which pages of a file are recognised, and what a recogniser is."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

_NEWLY = 3  # decimal places of a confidence


class Bitmap(NamedTuple):
    """A rendered page: rows of blue, green, red, top row first, without padding."""

    width: int
    height: int
    data: bytes


class Recognised(NamedTuple):
    """The lines of a picture, and the mean confidence of their characters, from 0 to 1."""

    text: str
    confidence: float


class Recogniser(Protocol):
    """What turns a picture into text."""

    @property
    def name(self) -> str:
        """The program and its models with their versions: kept with each text."""
        ...

    def recognise(self, picture: bytes | Bitmap) -> Recognised:
        """The text of an image file or of a rendered page. Raises anything for one that is damaged."""
        ...


class Turn:
    """One reading of a file in which one of its pictures is recognised: the `wanted` one, in the order in which the readers come to them."""

    def __init__(self, recogniser: Recogniser, wanted: int) -> None:
        self._recogniser, self._wanted = recogniser, wanted
        self.pictures = 0
        self.failure: str | None = None

    def recognise(self, picture: Callable[[], bytes | Bitmap]) -> Recognised | None:
        """The text if it is this picture's turn; None if not, or if it cannot be recognised. `picture` is called only if it is."""
        number, self.pictures = self.pictures, self.pictures + 1
        if number != self._wanted:
            return None
        try:
            found = self._recogniser.recognise(picture())
        except Exception as error:  # a damaged picture says nothing of the others
            self.failure = f"{type(error).__name__}: {error}"[:300]
            return None
        return Recognised(found.text, round(found.confidence, _NEWLY))
