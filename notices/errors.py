"""Every error the archive raises, by who must act.

NoticesError                       exit code
├── OperatorError                  who runs the archive
│   ├── ConfigError                2   a setting is unknown or out of bounds
│   ├── ArchiveUnwritable          2   the archive's folder cannot be used
│   ├── ArchiveLocked              6   another run holds the lock
│   ├── DiskFull                   5   no space left; nothing was lost
│   ├── DamageFound                4   bytes, rows and index disagree
│   └── IndexUnusable              2   the index cannot be opened, even after a rebuild
├── SourceError                    who keeps a source file
│   ├── SourceFileError            2   a source file is not valid
│   ├── FetchError                 3   a page could not be had
│   └── PageError                  3   a page could not be read
└── UserError                      who typed the command
    ├── QuerySyntaxError           2   a query does not parse; has a position
    ├── QueryLimitError            2   a query is beyond the documented limits
    ├── UnknownName                2   no such source, notice, file
    └── BadInput                   2   an input file cannot be read
"""

from __future__ import annotations


class NoticesError(Exception):
    """Base of every error raised on purpose; its text is fit to be shown as it is."""

    exit_code = 1


class OperatorError(NoticesError):
    """Whoever runs the archive must act."""

    exit_code = 2


class ConfigError(OperatorError):
    """A setting is unknown, of the wrong type or out of bounds."""


class ArchiveUnwritable(OperatorError):
    """The archive's folder is missing, read-only or belongs to something else."""


class ArchiveLocked(OperatorError):
    """Another run holds the lock that this one needs."""

    exit_code = 6


class DiskFull(OperatorError):
    """No space left on the device that holds the archive."""

    exit_code = 5


class DamageFound(OperatorError):
    """Verification found bytes, rows or index documents that disagree."""

    exit_code = 4


class IndexUnusable(OperatorError):
    """The index cannot be opened or written."""


class SourceError(NoticesError):
    """Whoever keeps the source file must act."""

    exit_code = 3


class SourceFileError(SourceError):
    """A source file is not valid: names the file, the key and the value."""

    exit_code = 2


class FetchError(SourceError):
    """A page could not be fetched."""


class PageError(SourceError):
    """A page was fetched but could not be read."""


class UserError(NoticesError):
    """Whoever typed the command must act."""

    exit_code = 2


class QuerySyntaxError(UserError):
    """A query does not parse. `position` counts characters from 0; `query` is the whole text."""

    def __init__(self, message: str, query: str, position: int) -> None:
        super().__init__(message)
        self.query = query
        self.position = position


class QueryLimitError(UserError):
    """A query is longer, deeper or wider than the documented limits."""


class UnknownName(UserError):
    """A name given on the command line belongs to nothing."""


class BadInput(UserError):
    """An input file cannot be read, or a line of it is not valid."""
