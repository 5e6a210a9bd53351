"""Every error that the archive raises on purpose, by who must act.

NoticesError                     exit code
├── OperatorError                the operator of the archive
│   ├── ConfigError              2   a setting is unknown or out of range
│   ├── ForeignPart              2   a part (index, WARC series, keys) belongs to another archive
│   ├── ArchiveUnwritable        2   the archive's folder cannot be used
│   ├── ArchiveLocked            6   another run holds the lock
│   ├── DiskFull                 5   no space is left; nothing was lost
│   ├── DamageFound              4   bytes, rows and index disagree
│   │   └── DocumentsRefused     4   an index does not take some documents; they wait, all others are in it
│   ├── ServerAway               7   a server of the archive (database, index, store) cannot be reached now; nothing was lost
│   └── IndexUnusable            2   the index cannot be opened or written
├── SourceError                  the maintainer of a source file
│   ├── SourceFileError          2   a source file is not valid
│   └── FetchError               3   a page could not be fetched
└── UserError                    the user who typed the command
    ├── QuerySyntaxError         2   a query cannot be parsed; has a position
    ├── QueryLimitError          2   a query exceeds a documented limit
    ├── StaleCursor              2   a cursor is of another question, or of another state of the index or the log
    ├── UnknownName              2   no such source, notice or file
    ├── TakenDown                2   the notice was taken down: readers do not see it
    └── BadInput                 2   an input file or an argument cannot be used
"""

from __future__ import annotations


class NoticesError(Exception):
    """Base of all of them; the text is what the user reads."""

    exit_code = 1


# The operator must act.


class OperatorError(NoticesError):
    """The operator of the archive must act."""

    exit_code = 2


class ConfigError(OperatorError):
    """A setting is unknown, of the wrong type or out of range."""


class ForeignPart(OperatorError):
    """A part of the archive names another archive, or another home; the text names both."""


class ArchiveUnwritable(OperatorError):
    """The archive's folder is missing, read-only or belongs to something else."""


class ArchiveLocked(OperatorError):
    """Another run holds the lock that this one needs."""

    exit_code = 6


class DiskFull(OperatorError):
    """No space is left on the archive's device."""

    exit_code = 5


class DamageFound(OperatorError):
    """Archived bytes, rows or index documents disagree."""

    exit_code = 4


class ServerAway(OperatorError):
    """A server that the archive uses, of its database, its index or its WARC files, cannot be reached now. The same command works once it is back."""

    exit_code = 7


class DocumentsRefused(DamageFound):
    """An index does not take some documents, whose ids are `notices`. They stay in the outbox; all others are written."""

    def __init__(self, message: str, notices: tuple[int, ...]) -> None:
        super().__init__(message)
        self.notices = notices


class IndexUnusable(OperatorError):
    """The index cannot be opened or written."""


# The maintainer of a source must act.


class SourceError(NoticesError):
    """The maintainer of the source file must act."""

    exit_code = 3


class SourceFileError(SourceError):
    """A source file is not valid; the text names the file, the key and the value."""

    exit_code = 2


class FetchError(SourceError):
    """A page could not be fetched."""


# The user must act.


class UserError(NoticesError):
    """The user who typed the command must act."""

    exit_code = 2


class QuerySyntaxError(UserError):
    """A query cannot be parsed. `position` counts characters of the whole text `query` from 0."""

    def __init__(self, message: str, query: str, position: int) -> None:
        super().__init__(message)
        self.query = query
        self.position = position


class QueryLimitError(UserError):
    """A query exceeds a documented limit of length, depth or time."""


class StaleCursor(UserError):
    """A cursor belongs to another question, or to another state of the index or the log."""


class UnknownName(UserError):
    """A name on the command line belongs to no source, notice or file."""


class TakenDown(UserError):
    """The notice was taken down; the text says when and why. `legal`: the law asked for it."""

    def __init__(self, message: str, *, legal: bool = False) -> None:
        super().__init__(message)
        self.legal = legal


class BadInput(UserError):
    """An input file or an argument cannot be used."""
