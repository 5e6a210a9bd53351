"""The commands: parsing and printing, no work of their own."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 (before any module that an earlier Python cannot load)
    sys.stderr.write("notices needs Python 3.11 or later; this is Python %d.%d.\n" % sys.version_info[:2])  # noqa: UP031
    sys.exit(2)
