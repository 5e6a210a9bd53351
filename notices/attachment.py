"""An attached file in two shapes: as it was read, and as an archive stores it. Loads nothing: `search` starts with this module."""

from __future__ import annotations

from typing import NamedTuple

ARCHIVES = ("zip", "7z", "rar")


class AttachmentText(NamedTuple):
    """What was read from an attached file; `pages` in order, one where the format has none.

    `outcome`: ok, encrypted, scanned, unsupported, broken or too_large; "missing" for a file that could not be fetched. `detail` says why.
    `confidences` has an element for each page if any page was recognised from its picture: from 0 to 1, None for a page that was read.
    """

    name: str = ""
    pages: tuple[str, ...] = ()
    outcome: str = "ok"
    media_type: str = ""
    detail: str | None = None
    confidences: tuple[float | None, ...] = ()

    def member_of(self, page: int) -> str | None:
        """The member of an archive (ZIP, 7z, RAR) that a page is of: a page of an archive begins with its name. None for other files."""
        return self.pages[page].partition("\n")[0] if self.media_type in ARCHIVES else None

    def confidence_of(self, page: int) -> float | None:
        """The confidence of a page (from 0) that was recognised from its picture; None for one that was read."""
        return self.confidences[page] if page < len(self.confidences) else None


class StoredAttachment(NamedTuple):
    """An attached file with its origin. `url` is None where the page gives no address; `digest` is sha256:hex of the bytes, None for a missing file."""

    url: str | None
    text: AttachmentText
    digest: str | None = None
    size: int | None = None
    snapshot_id: int | None = None
