"""The system calls that a program in the sandbox may not make, as a filter for the kernel.

`program()` gives the filter in the form bubblewrap reads (an array of `struct sock_filter`, seccomp(2)), or None for a
processor it is not written for. It is a deny list on top of namespaces, an empty capability set and no way to gain
privileges: it takes away what those leave open. Sockets are local or of the (empty) network namespace only, because
other families (`AF_VSOCK`, `AF_ALG`, netlink) are not, or not wholly, kept apart by namespaces.
"""

from __future__ import annotations

import functools
import platform
import struct

_ALLOW, _REFUSE, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_EPERM, _ENOSYS, _EAFNOSUPPORT = 1, 38, 97
_LOAD, _EQUAL, _GREATER, _ANY_BIT, _RETURN = 0x20, 0x15, 0x25, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16
_NAMESPACES = 0x7E020000 | 0x00000080
"""The flags of clone(2) that make namespaces: NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET, NEWTIME."""

_FAMILIES = (1, 2, 10)
"""AF_UNIX, AF_INET, AF_INET6: the address families that a network namespace contains."""

_NAMES = (
    "ptrace process_vm_readv process_vm_writev unshare setns mount umount2 pivot_root chroot bpf perf_event_open "
    "userfaultfd keyctl add_key request_key init_module finit_module delete_module kexec_load kexec_file_load reboot "
    "swapon swapoff acct settimeofday clock_settime adjtimex quotactl syslog name_to_handle_at open_by_handle_at "
    "fanotify_init io_uring_setup io_uring_enter io_uring_register pidfd_getfd memfd_create process_madvise open_tree "
    "move_mount fsopen fsmount fsconfig fspick mount_setattr shmget shmat shmctl semget semctl semop msgget msgsnd "
    "msgrcv msgctl mq_open lookup_dcookie personality kcmp migrate_pages move_pages mbind set_mempolicy"
).split()

_NUMBERS: dict[str, tuple[int, str, int, int, int]] = {
    # audit architecture, numbers of the names above, socket, clone, clone3
    "x86_64": (
        0xC000003E,
        (
            "101 310 311 272 308 165 166 155 161 321 298 "
            "323 250 248 249 175 313 176 246 320 169 "
            "167 168 163 164 227 159 179 103 303 304 "
            "300 425 426 427 438 319 440 428 "
            "429 430 432 431 433 442 29 30 31 64 66 65 68 69 "
            "70 71 240 212 135 312 256 279 237 238"
        ),
        41,
        56,
        435,
    ),
    "aarch64": (
        0xC00000B7,
        (
            "117 270 271 97 268 40 39 41 51 280 241 "
            "282 219 217 218 105 273 106 104 294 142 "
            "224 225 89 170 112 171 60 116 264 265 "
            "262 425 426 427 438 279 440 428 "
            "429 430 432 431 433 442 194 196 195 190 191 193 186 189 "
            "188 187 180 18 92 272 238 239 235 237"
        ),
        198,
        220,
        435,
    ),
}


def _line(code: int, value: int, yes: int = 0, no: int = 0) -> bytes:
    return struct.pack("=HBBI", code, yes, no, value)


@functools.cache
def program() -> bytes | None:
    """The filter for this processor, or None."""
    known = _NUMBERS.get(platform.machine())
    if known is None:
        return None
    architecture, numbers, socket, clone, clone3 = known
    refused = [int(number) for number in numbers.split()]
    lines = [
        # another architecture's numbers (32-bit calls of a 64-bit kernel) would slip through: the process ends
        _line(_LOAD, _ARCHITECTURE),
        _line(_EQUAL, architecture, yes=1),
        _line(_RETURN, _KILL),
        _line(_LOAD, _NUMBER),
        # x32 calls carry bit 30
        _line(_GREATER, 0x3FFFFFFF, no=1),
        _line(_RETURN, _KILL),
    ]
    for number in refused:
        lines += [_line(_EQUAL, number, no=1), _line(_RETURN, _REFUSE | _EPERM)]
    # its flags lie in memory, where a filter cannot look; the C library falls back to clone
    lines += [_line(_EQUAL, clone3, no=1), _line(_RETURN, _REFUSE | _ENOSYS)]
    lines += [
        _line(_EQUAL, clone, no=4),
        _line(_LOAD, _FIRST_ARGUMENT),
        _line(_ANY_BIT, _NAMESPACES, no=1),
        _line(_RETURN, _REFUSE | _EPERM),
        _line(_RETURN, _ALLOW),
        _line(_EQUAL, socket, no=2 + len(_FAMILIES) + 1),
        _line(_LOAD, _FIRST_ARGUMENT),
    ]
    lines += [_line(_EQUAL, family, yes=len(_FAMILIES) - place) for place, family in enumerate(_FAMILIES)]
    lines += [_line(_RETURN, _REFUSE | _EAFNOSUPPORT), _line(_RETURN, _ALLOW), _line(_RETURN, _ALLOW)]
    return b"".join(lines)


def names() -> tuple[str, ...]:
    """The names of the calls that are refused outright."""
    return tuple(_NAMES)
