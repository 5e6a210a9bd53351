"""What the system says of a failed call is told in the reader's language."""

from __future__ import annotations

import errno
import os

import pytest

from notices.text.language import system_words, use

USUAL = (
    *("ENOENT", "EACCES", "EISDIR", "ENOTDIR", "ENOSPC", "EEXIST", "EROFS", "EIO", "EMFILE", "EADDRINUSE", "ECONNREFUSED", "ETIMEDOUT", "ECONNRESET"),
    *("ENETUNREACH", "EHOSTUNREACH", "EPIPE", "EPERM", "EDQUOT", "ENAMETOOLONG", "EFBIG", "ELOOP", "ENOMEM", "EBUSY"),
)  # fmt: skip


@pytest.mark.parametrize("name", USUAL)
def test_usual_faults_of_the_system_are_told_in_chinese(name: str) -> None:
    number = getattr(errno, name)
    use("zh")
    words = system_words(OSError(number, os.strerror(number)))
    assert not words.isascii(), words


def test_they_are_the_systems_own_words_in_english() -> None:
    assert system_words(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))) == "No space left on device"
