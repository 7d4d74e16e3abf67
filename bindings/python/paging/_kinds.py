"""Rights, flags and choices of paging.h as types of their own, so that one is not given for another."""
import enum
from typing import Any, Callable, Dict

# The classes that paging has, the prefix of their constants in paging.h, and whether several go together.
KINDS = {
    "Protection": ("PROT_", True),
    "MapFlags": ("MAP_", True),
    "RemapFlags": ("MREMAP_", True),
    "SyncFlags": ("MS_", True),
    "LockFlags": ("MLOCK_", True),
    "LockAllFlags": ("MCL_", True),
    "Accesses": ("WATCH_", True),
    "OpenFlags": ("O_", True),
    "Rights": ("", True),
    "Seals": ("SEAL_", True),
    "UserfaultFeatures": ("UFFD_FEATURE_", True),
    "UserfaultModes": ("UFFD_MODE_", True),
    "FillFlags": ("UFFD_FILL_", True),
    "Advice": ("MADV_", False),
    "Limit": ("RLIMIT_", False),
    "TransparentPolicy": ("THP_", False),
    "ByteState": ("BYTE_", False),
    "Overcommit": ("OVERCOMMIT_", False),
    "Tables": ("TABLES_", False),
    "FetchRights": ("FETCH_", False),
    "Access": ("ACCESS_", False),
    "FaultKind": ("FAULT_", False),
    "EventKind": ("EVENT_", False),
    "UserfaultEvent": ("UFFD_EVENT_", False),
    "PageAnswer": ("PAGE_", False),
    "WindowsAllocation": ("WINDOWS_MEM_", True),
    "WindowsProtection": ("WINDOWS_PAGE_", True),
    "WindowsSections": ("WINDOWS_SEC_", True),
    "WindowsAccess": ("WINDOWS_FILE_MAP_", True),
}
_WITHOUT_PREFIX = {"READ", "WRITE", "READ_WRITE"}    # of files
# The parameters of functions and the fields of structures that take one.
TAKEN = {
    "mmap.protection": "Protection", "mmap.flags": "MapFlags", "mprotect.protection": "Protection", "mremap.flags": "RemapFlags",
    "madvise.advice": "Advice", "msync.flags": "SyncFlags", "mlock.flags": "LockFlags", "mlockall.flags": "LockAllFlags",
    "remap_file_pages.flags": "MapFlags", "setrlimit.limit": "Limit", "getrlimit.limit": "Limit", "watch.accesses": "Accesses",
    "set_transparent_policy.policy": "TransparentPolicy", "set_overcommit.mode": "Overcommit", "shadow_mark.state": "ByteState",
    "file_open.flags": "OpenFlags", "uffd_open.features": "UserfaultFeatures", "uffd_register.modes": "UserfaultModes",
    "uffd_copy.flags": "FillFlags", "uffd_zeropage.flags": "FillFlags", "uffd_continue.flags": "FillFlags",
    "uffd_poison.flags": "FillFlags", "uffd_move.flags": "FillFlags", "uffd_writeprotect.flags": "FillFlags",
    "file_add_seals.seals": "Seals", "virtual_alloc.types": "WindowsAllocation", "virtual_alloc.protection": "WindowsProtection",
    "virtual_free.type": "WindowsAllocation", "virtual_protect.protection": "WindowsProtection",
    "create_file_mapping.protection": "WindowsProtection", "open_file_mapping.access": "WindowsAccess", "map_view.access": "WindowsAccess",
    "options.tables": "Tables", "options.overcommit": "Overcommit", "options.fetch_rights": "FetchRights",
}
# The fields of results that are one.
GIVEN = {
    "uffd_message.event": "UserfaultEvent", "windows_region.state": "WindowsAllocation", "windows_region.protection": "WindowsProtection",
    "windows_region.allocation_protection": "WindowsProtection",
}


def _of_one_kind(operation: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """A kind mixes with itself and with plain numbers, and with no other kind."""
    def call(one: Any, other: Any) -> Any:
        if isinstance(other, enum.Enum) and type(other) is not type(one):
            raise TypeError(f"{one!r} and {other!r} are of two kinds: paging.{type(one).__name__} and paging.{type(other).__name__}")
        return operation(one, other)
    return call


def members_of(kind: str, constants: Dict[str, int]) -> Dict[str, int]:
    """The names and the numbers of a kind, without the prefix."""
    prefix = KINDS[kind][0]
    return {name[len(prefix):]: int(value) for name, value in constants.items()
            if (name.startswith(prefix) if prefix else name in _WITHOUT_PREFIX)}


def define(constants: Dict[str, int]) -> None:
    """Makes the classes, here, and turns the constants into their members."""
    for kind, (prefix, is_set) in KINDS.items():
        base: Any = enum.IntFlag if is_set else enum.IntEnum
        made = base(kind, members_of(kind, constants), module=__name__)
        for operation in ("__or__", "__ror__", "__and__", "__rand__"):    # a base class's own would be replaced
            setattr(made, operation, _of_one_kind(getattr(made, operation)))
        made.__str__, made.__format__ = int.__repr__, int.__format__    # as since Python 3.11
        made.__doc__ = f"PAGING_{prefix} of paging.h." if prefix else "The rights of paging.h with which a file may be opened."
        globals()[kind] = made
        constants.update((prefix + name, made[name]) for name in members_of(kind, constants))


def check_taken(call: str, place: str, which: str, value: Any) -> None:
    """Refuses a member of another kind than the parameter of a function, or the field of a structure, takes. Plain numbers pass."""
    check_kind(call, which, value, TAKEN[place])


def check_kind(call: str, which: str, value: Any, kind: str) -> None:
    """Refuses a member of another kind. Plain numbers pass."""
    if isinstance(value, enum.Enum) and type(value) is not globals()[kind]:
        raise TypeError(f"{call}: {which} is {value!r}, and must be a paging.{kind}")


def named(kind: str, number: int) -> Any:
    """The member of a kind that a number is. A number that the header does not have stays one."""
    made = globals()[kind]
    return made(number) if KINDS[kind][1] else made._value2member_map_.get(number, number)
