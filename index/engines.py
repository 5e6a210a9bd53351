"""The engine of an index address, and the size from which an archive needs another one."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path
from urllib.parse import unquote, urlsplit

from index.engine import Document, Engine
from index.generations import CURRENT, PAST, WRITTEN_FILE, is_outdated, note_is_damaged, refuse_damaged
from notices.archive_id import Owner, check_index, index_marker, write_marker
from notices.errors import ConfigError, IndexUnusable
from notices.text.language import _

# Whoosh, documents of 1,350 characters: at 15,000 of them a rebuild takes under a minute and the slowest class of questions 31 ms (95 of 100);
# at 40,000 a common phrase takes 90 to 130 ms. Beyond 50,000, people would wait; Tantivy answers the same in ten.
WHOOSH_DOCUMENTS, WHOOSH_MEGABYTES = 50_000, 200


def open_engine(url: str, *, write: bool = False, owner: Owner | None = None) -> Engine:
    """The engine at the address; with `write`, a missing index is created, an outdated one refused. Raises IndexUnusable or ConfigError.

    With an owner, an index of another archive raises ForeignPart, and one that is written names its owner from then on.
    """
    if is_cluster(url):
        from index.opensearch import opening  # only the engine of the address is loaded

        return opening.open_engine(url, write=write, owner=owner)
    scheme, folder = _parts(url)
    if owner is not None:
        marked = check_index(owner, folder)
        if write and not marked:
            engine = open_engine(url, write=True)
            if owner.archive:
                write_marker(folder, index_marker(owner, folder))
            return engine
    if write and is_outdated(folder):
        raise IndexUnusable(_("index {folder}: an earlier version of this program made it").format(folder=folder))
    if scheme == "whoosh":
        from index.whoosh import engine as whoosh  # only the engine of the address is loaded

        if write and not folder.exists():
            whoosh.create(folder)
        refuse_damaged(folder, whoosh.damaged_files)
        return whoosh.WhooshEngine(folder)
    if scheme == "tantivy":
        from index.tantivy import engine as tantivy  # see above

        if write and not folder.exists():
            tantivy.create(folder)
        refuse_damaged(folder, tantivy.damaged_files)
        return tantivy.TantivyEngine(folder)
    raise ConfigError(_("index: no engine for {scheme!r}").format(scheme=scheme))


def rebuild(url: str, documents: Iterable[Document], owner: Owner | None = None) -> int:
    """Rebuild the index from the documents in a temporary folder and swap it in atomically; return how many documents it contains.

    With an owner, an index of another archive raises ForeignPart, and the new one names its owner.
    """
    if is_cluster(url):
        from index.opensearch import opening  # only the engine of the address is loaded

        return opening.rebuild(url, documents, owner)
    scheme, folder = _parts(url)
    if owner is not None:
        check_index(owner, folder)
        count = rebuild(url, documents)
        if owner.archive:
            write_marker(folder, index_marker(owner, folder))
        return count
    if scheme == "whoosh":
        from index.whoosh import engine as whoosh  # only the engine of the address is loaded

        return whoosh.create(folder, documents)
    if scheme == "tantivy":
        from index.tantivy import engine as tantivy  # see above

        return tantivy.create(folder, documents)
    raise ConfigError(_("index: no engine for {scheme!r}").format(scheme=scheme))


def outdated(url: str) -> bool:
    """Whether an earlier version made the index at the address: it is read as it is, and rebuilt before it is written to."""
    if is_cluster(url):
        from index.opensearch import opening  # only the engine of the address is loaded

        return opening.outdated(url)
    return is_outdated(_parts(url)[1])


def is_built(url: str) -> bool:
    """Whether there is an index at the address, whatever its state."""
    if is_cluster(url):
        from index.opensearch import opening  # only the engine of the address is loaded

        return opening.is_built(url)
    return _parts(url)[1].exists()


def state_of(url: str) -> str:
    """What changes with each commit and rebuild, so that whoever has the index open knows when to open it again. Raises IndexUnusable."""
    if is_cluster(url):
        from index.opensearch import opening  # only the engine of the address is loaded

        return opening.state_of(url)
    folder = _parts(url)[1]
    try:
        current = (folder / CURRENT).read_text(encoding="ascii").strip()
        return f"{current} {(folder / current).stat().st_mtime_ns}"
    except (OSError, ValueError) as error:
        raise IndexUnusable(f"index {folder}: {error}") from error


def damaged_files(url: str, only: Collection[str] | None = None) -> list[str]:
    """Names of the index's files whose bytes differ from those that were written; reads every byte, or only those files. Raises IndexUnusable.

    Of a cluster none: it checks its own files, and moves away from a damaged copy.
    """
    if is_cluster(url):
        return []
    scheme, folder = _parts(url)
    note = [WRITTEN_FILE] if only is None and note_is_damaged(folder) else []
    if only is None and (folder / PAST).is_dir():
        note += [f"{PAST}/{name}" for name in damaged_files(past_address(url))]
    if scheme == "whoosh":
        from index.whoosh import folder as whoosh_folder  # see above

        return [*whoosh_folder.damaged_files(folder, only), *note]
    from index.tantivy import checksums  # see above

    return [*checksums.damaged_files(folder, only), *note]


def past_address(url: str) -> str:
    """The address of the index of what sources show no longer: in the folder of the index, or beside it in a cluster."""
    if is_cluster(url):
        place, mark, options = url.partition("?")
        return f"{place.rstrip('/')}-{PAST}{mark}{options}"
    return f"{url.rstrip('/')}/{PAST}"


def index_folder(url: str) -> Path:
    """The folder of an embedded engine. Raises ConfigError."""
    return _parts(url)[1]


def same_place(url: str, other: str) -> bool:
    """Whether two addresses have the same folder, whatever their engines."""
    if any(urlsplit(each).scheme not in ("whoosh", "tantivy") for each in (url, other)):
        return url == other
    return _parts(url)[1].resolve() == _parts(other)[1].resolve()


def text_megabytes(url: str) -> float:
    """The size of the texts in a Whoosh index; 0 for one that cannot be opened."""
    from index.whoosh import folder as whoosh_folder  # see above

    try:
        return whoosh_folder.text_bytes(_parts(url)[1]) / 1e6
    except (IndexUnusable, OSError):
        return 0.0


def outgrown(documents: int, megabytes: float) -> str | None:
    """Why a Whoosh index of that size should become a Tantivy one; None while it need not."""
    if documents <= WHOOSH_DOCUMENTS and megabytes <= WHOOSH_MEGABYTES:
        return None
    return (
        f"{documents:,} documents, {megabytes:,.0f} MB of text: more than Whoosh answers quickly (up to {WHOOSH_DOCUMENTS:,} documents"
        f" or {WHOOSH_MEGABYTES} MB); notices index --rebuild --to tantivy:tantivy builds a faster index in another folder"
    )


def is_cluster(url: str) -> bool:
    """Whether the index is in a cluster, and not in a folder."""
    return url.startswith("opensearch")


def _parts(url: str) -> tuple[str, Path]:
    parts = urlsplit(url)
    if parts.netloc or not parts.path.strip("/") or parts.query or parts.fragment:  # "?" in a name is written %3F
        scheme = parts.scheme or "whoosh"
        raise ConfigError(
            _(
                "index: {url!r} is not the address of a folder. Use a folder in the archive's home "
                "({scheme}:folder), or three slashes and an absolute path ({scheme}:///path/of/a/folder)"
            ).format(url=url, scheme=scheme)
        )
    return parts.scheme, Path(unquote(parts.path))
