"""An archive of imported lines for every test of this room."""

from tests.support.imported import archive, config, database

__all__ = ["archive", "config", "database"]
