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
}
_NOT_ONE = {"TABLES_VERSION"}
# The parameters of functions and the fields of structures that take one.
TAKEN = {
    "mmap.protection": "Protection", "mmap.flags": "MapFlags", "mprotect.protection": "Protection", "mremap.flags": "RemapFlags",
    "madvise.advice": "Advice", "msync.flags": "SyncFlags", "mlock.flags": "LockFlags", "mlockall.flags": "LockAllFlags",
    "remap_file_pages.flags": "MapFlags", "setrlimit.limit": "Limit", "getrlimit.limit": "Limit", "watch.accesses": "Accesses",
    "set_transparent_policy.policy": "TransparentPolicy", "set_overcommit.mode": "Overcommit", "shadow_mark.state": "ByteState",
    "file_open.flags": "OpenFlags", "uffd_open.features": "UserfaultFeatures", "uffd_register.modes": "UserfaultModes",
    "uffd_copy.flags": "FillFlags", "uffd_zeropage.flags": "FillFlags", "uffd_continue.flags": "FillFlags",
    "uffd_poison.flags": "FillFlags", "uffd_move.flags": "FillFlags", "uffd_writeprotect.flags": "FillFlags",
    "options.tables": "Tables", "options.overcommit": "Overcommit", "options.fetch_rights": "FetchRights",
}


def _of_one_kind(operation: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Flags mix with flags of their own kind and with plain numbers, and with no other flags."""
    def call(one: Any, other: Any) -> Any:
        if isinstance(other, enum.Enum) and type(other) is not type(one):
            raise TypeError(f"{one!r} and {other!r} are of two kinds: paging.{type(one).__name__} and paging.{type(other).__name__}")
        return operation(one, other)
    return call


def members_of(kind: str, constants: Dict[str, int]) -> Dict[str, int]:
    """The names and the numbers of a kind, without the prefix."""
    prefix = KINDS[kind][0]
    return {name[len(prefix):]: int(value) for name, value in constants.items() if name.startswith(prefix) and name not in _NOT_ONE}


def define(constants: Dict[str, int]) -> None:
    """Makes the classes, here, and turns the constants into their members."""
    for kind, (prefix, is_set) in KINDS.items():
        base: Any = enum.IntFlag if is_set else enum.IntEnum
        made = base(kind, members_of(kind, constants), module=__name__)
        for operation in ("__or__", "__ror__", "__and__", "__rand__") if is_set else ():    # a base class's own would be replaced
            setattr(made, operation, _of_one_kind(getattr(made, operation)))
        made.__doc__ = f"PAGING_{prefix} of paging.h."
        globals()[kind] = made
        constants.update((prefix + name, made[name]) for name in members_of(kind, constants))


def check_taken(call: str, place: str, which: str, value: Any) -> None:
    """Refuses a member of another kind than the parameter of a function, or the field of a structure, takes. Plain numbers pass."""
    kind = globals()[TAKEN[place]]
    if isinstance(value, enum.Enum) and type(value) is not kind:
        raise TypeError(f"{call}: {which} is {value!r}, and must be a paging.{kind.__name__}")
