"""Confinement of a process that reads foreign files: no network, no other program, no file but the code that it runs.

Linux lets a process give these up for itself, without a privilege: files by Landlock (kernel 5.13), system calls by a seccomp filter.
If one of them is missing, the process goes on without it, and `confine` says so.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
import sys
import sysconfig
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

_NO_NEW_PRIVS, _SET_SECCOMP, _MODE_FILTER = 38, 22, 2  # prctl(2)
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_READ = 1 << 0 | 1 << 2 | 1 << 3  # map as code, read a file, list a folder
_FILE_RIGHTS = (0, 13, 14, 15, 15, 16)
"""How many rights over files each version of Landlock knows; the last one those after it (include/uapi/linux/landlock.h)."""
_VERSION_OF_NETWORK, _VERSION_OF_SCOPES = 4, 6
_SYSTEM = (
    "/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/nix/store", "/etc/ld.so.cache",
    "/sys/devices/system/cpu", "/proc/cpuinfo", "/proc/meminfo",  # libraries ask how much of the machine they may use
)  # fmt: skip

_ALLOW, _KILL, _FAIL = 0x7FFF0000, 0x80000000, 0x00050000
_LOAD, _IF_EQUAL, _IF_AT_LEAST, _IF_ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_EPERM, _ENOSYS = 1, 38
_NUMBER, _MACHINE, _FIRST_ARGUMENT = 0, 4, 16  # offsets in struct seccomp_data
_CLONE_THREAD = 0x10000
_CLONE3 = 435  # its flags are in memory, where a filter cannot look: reported as missing, the C library then uses clone
_NEWER = 463  # the first system call that this list does not know (Linux 6.13)


class _Machine(NamedTuple):
    audit: int
    column: int
    clone: int


_MACHINES = {"x86_64": _Machine(0xC000003E, 0, 56), "aarch64": _Machine(0xC00000B7, 1, 220)}
_REFUSED = {  # by asm/unistd_64.h and asm-generic/unistd.h
    # the network
    "socket": (41, 198), "connect": (42, 203), "accept": (43, 202), "accept4": (288, 242), "bind": (49, 200), "listen": (50, 201),
    "sendto": (44, 206), "sendmsg": (46, 211), "sendmmsg": (307, 269),
    # other programs and processes
    "fork": (57, -1), "vfork": (58, -1), "execve": (59, 221), "execveat": (322, 281), "kill": (62, 129), "ptrace": (101, 117),
    "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "pidfd_open": (434, 434), "pidfd_getfd": (438, 438),
    "pidfd_send_signal": (424, 424), "process_madvise": (440, 440),
    # attributes of files, which Landlock leaves alone
    "chmod": (90, -1), "fchmod": (91, 52), "fchmodat": (268, 53), "fchmodat2": (452, 452), "chown": (92, -1), "fchown": (93, 55),
    "lchown": (94, -1), "fchownat": (260, 54), "utime": (132, -1), "utimes": (235, -1), "futimesat": (261, -1), "utimensat": (280, 88),
    "setxattr": (188, 5), "lsetxattr": (189, 6), "fsetxattr": (190, 7), "removexattr": (197, 14), "lremovexattr": (198, 15),
    "fremovexattr": (199, 16),
    # ways around both
    "io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427), "open_by_handle_at": (304, 265),
    "name_to_handle_at": (303, 264), "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51),
    "unshare": (272, 97), "setns": (308, 268), "move_mount": (429, 429), "open_tree": (428, 428), "fsopen": (430, 430),
    "fsconfig": (431, 431), "fsmount": (432, 432), "fspick": (433, 433), "mount_setattr": (442, 442), "bpf": (321, 280),
    "perf_event_open": (298, 241), "userfaultfd": (323, 282), "add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219),
}  # fmt: skip


def confine(readable: Iterable[str] = ()) -> list[str]:
    """Give up network, programs and files for the rest of this process, but for reading its code and `readable`.

    Returns what this system does not allow to give up, each with the reason; empty when all of it is given up. Call it before a thread starts.
    """
    if sys.platform != "linux":
        return [f"files and network: {sys.platform} has no way for a process to give them up"]
    kernel = ctypes.CDLL(None, use_errno=True)
    kernel.syscall.restype = ctypes.c_long
    if kernel.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0):
        return [f"files and network: {os.strerror(ctypes.get_errno())} (PR_SET_NO_NEW_PRIVS)"]
    missing = []
    ways: dict[str, Callable[[], None]] = {"files": lambda: _close_files(kernel, readable), "network": lambda: _close_calls(kernel)}
    for what, give_up in ways.items():
        try:
            give_up()
        except OSError as error:
            missing.append(f"{what}: {error.strerror}")
    return missing


def _close_files(kernel: ctypes.CDLL, readable: Iterable[str]) -> None:
    """Landlock: only files below the folders of the code may be opened, to read them. Raises OSError."""
    version = _checked(kernel.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), 1), "Landlock")
    handled = (1 << _FILE_RIGHTS[min(version, len(_FILE_RIGHTS) - 1)]) - 1
    fields = [handled]
    if version >= _VERSION_OF_NETWORK:
        fields.append(0b11)  # bind and connect by TCP
    if version >= _VERSION_OF_SCOPES:
        fields.append(0b11)  # abstract Unix sockets, signals to other processes
    attributes = struct.pack(f"={len(fields)}Q", *fields)
    ruleset = _checked(kernel.syscall(_CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), 0), "Landlock")
    try:
        for place in (*_code_places(), *readable):
            _allow_reading(kernel, ruleset, place)
        _checked(kernel.syscall(_RESTRICT_SELF, ruleset, 0), "Landlock")
    finally:
        os.close(ruleset)


def _allow_reading(kernel: ctypes.CDLL, ruleset: int, place: str) -> None:
    try:
        opened = os.open(place, os.O_PATH | os.O_CLOEXEC)
    except OSError:  # a system without this folder
        return
    try:
        rights = _READ if Path(place).is_dir() else _READ & ~(1 << 3)
        _checked(kernel.syscall(_ADD_RULE, ruleset, 1, struct.pack("=Qi", rights, opened), 0), "Landlock")
    finally:
        os.close(opened)


def _code_places() -> list[str]:
    """The folders of Python, of installed packages and of this program's own; not the folder above them, which may contain an archive."""
    here = Path(__file__).resolve().parents[2]
    paths = sysconfig.get_paths()
    installed = [paths[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    installed += [path for path in sys.path if Path(path).name in ("site-packages", "dist-packages")]  # of the user, of the system
    return [*installed, str(Path(sys.base_prefix, "lib")), str(here / "pipeline"), str(here / "notices"), *_SYSTEM]


def _close_calls(kernel: ctypes.CDLL) -> None:
    """A seccomp filter: the calls of the table fail with EPERM, a new process too; a thread may start. Raises OSError."""
    machine = _MACHINES.get(platform.machine())
    if machine is None or struct.calcsize("P") != 8:
        raise OSError(_ENOSYS, f"no list of system calls for {platform.machine()}")
    program = b"".join(_instruction(*each) for each in _filter(machine))
    held = ctypes.create_string_buffer(program, len(program))
    head = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(held)))
    _checked(kernel.prctl(_SET_SECCOMP, _MODE_FILTER, ctypes.byref(head), 0, 0), "seccomp")


def _filter(machine: _Machine) -> list[tuple[int, int, int, int]]:
    """Instructions of classic BPF: code, value, and how many to skip if it is true and if it is false."""
    program = [
        (_LOAD, _MACHINE, 0, 0),
        (_IF_EQUAL, machine.audit, 1, 0),
        (_RETURN, _KILL, 0, 0),
        (_LOAD, _NUMBER, 0, 0),
        (_IF_AT_LEAST, _NEWER, 0, 1),
        (_RETURN, _FAIL | _ENOSYS, 0, 0),
        (_IF_EQUAL, _CLONE3, 0, 1),
        (_RETURN, _FAIL | _ENOSYS, 0, 0),
    ]
    for numbers in _REFUSED.values():
        if numbers[machine.column] >= 0:
            program += [(_IF_EQUAL, numbers[machine.column], 0, 1), (_RETURN, _FAIL | _EPERM, 0, 0)]
    return [
        *program,
        (_IF_EQUAL, machine.clone, 0, 3),
        (_LOAD, _FIRST_ARGUMENT, 0, 0),
        (_IF_ANY_BIT, _CLONE_THREAD, 1, 0),
        (_RETURN, _FAIL | _EPERM, 0, 0),
        (_RETURN, _ALLOW, 0, 0),
    ]


def _instruction(code: int, value: int, if_true: int, if_false: int) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)


def _checked(result: int, of: str) -> int:
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{os.strerror(error)} ({of})")
    return int(result)


if __name__ == "__main__":  # for `notices doctor`: what this system does not allow, one a line
    sys.stdout.write("".join(f"{each}\n" for each in confine()))
