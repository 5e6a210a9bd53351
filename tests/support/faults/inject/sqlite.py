"""SQLite's own system calls, taken through the door that its unix VFS keeps for tests of faults (sqlite3_vfs.xSetSystemCall)."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable
from typing import Any

_int, _size, _pointer, _text = ctypes.c_int, ctypes.c_int64, ctypes.c_void_p, ctypes.c_char_p
_PWRITE = ctypes.CFUNCTYPE(_size, _int, _pointer, ctypes.c_size_t, _size, use_errno=True)
_WRITE = ctypes.CFUNCTYPE(_size, _int, _pointer, ctypes.c_size_t, use_errno=True)
_TRUNCATE = ctypes.CFUNCTYPE(_int, _int, _size, use_errno=True)
_UNLINK = ctypes.CFUNCTYPE(_int, _text, use_errno=True)
_OPEN = ctypes.CFUNCTYPE(_int, _text, _int, _int, use_errno=True)
_CALLS = {"pwrite": _PWRITE, "pwrite64": _PWRITE, "write": _WRITE, "ftruncate": _TRUNCATE, "unlink": _UNLINK, "open": _OPEN}
_KINDS = {"pwrite64": "pwrite", "open": "create"}
_kept: list[Any] = []  # C holds the only other reference

Change = Callable[[str, str], int]


class _Vfs(ctypes.Structure):
    """sqlite3_vfs of version 3."""

    _fields_ = [
        ("version", _int),
        ("file_size", _int),
        ("longest_path", _int),
        ("following", _pointer),
        ("name", _text),
        ("data", _pointer),
        ("others", _pointer * 13),
        ("set_call", ctypes.CFUNCTYPE(_int, _pointer, _text, _pointer)),
        ("get_call", ctypes.CFUNCTYPE(_pointer, _pointer, _text)),
    ]


def wrap_sqlite(change: Change) -> None:
    """Ask `change` before every system call by which SQLite changes a file; an errno that it gives fails the call."""
    import _sqlite3

    find = ctypes.CDLL(_sqlite3.__file__).sqlite3_vfs_find
    find.restype, find.argtypes = _pointer, [_text]
    address = find(None)
    vfs = _Vfs.from_address(address)
    for name, prototype in _CALLS.items():
        real = vfs.get_call(address, name.encode())
        if real:
            ours = prototype(_wrapped(change, name, prototype(real)))
            _kept.append(ours)
            vfs.set_call(address, name.encode(), ctypes.cast(ours, _pointer))


def _wrapped(change: Change, name: str, real: Callable[..., int]) -> Callable[..., int]:
    kind = _KINDS.get(name, name)

    def call(where: int | bytes, *rest: int) -> int:
        path = os.readlink(f"/proc/self/fd/{where}") if isinstance(where, int) else os.path.abspath(os.fsdecode(where))
        harmless = name == "open" and (not rest[0] & os.O_CREAT or os.path.exists(path))
        number = 0 if harmless else change(kind, path)
        if number:
            ctypes.set_errno(number)
            return -1
        return real(where, *rest)

    return call
