# Made by tools/make-stubs.py.
import enum
from typing import Any, Dict

class Protection(enum.IntFlag):
    NONE = 0
    READ = 1
    WRITE = 2
    EXEC = 4
    SEM = 8
    GROWSDOWN = 16777216
    GROWSUP = 33554432
    def __or__(self, other: Protection) -> Protection: ...  # type: ignore[override]
    def __ror__(self, other: Protection) -> Protection: ...  # type: ignore[override]
    def __and__(self, other: Protection) -> Protection: ...  # type: ignore[override]
    def __rand__(self, other: Protection) -> Protection: ...  # type: ignore[override]

class MapFlags(enum.IntFlag):
    SHARED = 1
    PRIVATE = 2
    SHARED_VALIDATE = 3
    FIXED = 16
    ANONYMOUS = 32
    GROWSDOWN = 256
    DENYWRITE = 2048
    EXECUTABLE = 4096
    LOCKED = 8192
    NORESERVE = 16384
    POPULATE = 32768
    NONBLOCK = 65536
    STACK = 131072
    HUGETLB = 262144
    SYNC = 524288
    FIXED_NOREPLACE = 1048576
    def __or__(self, other: MapFlags) -> MapFlags: ...  # type: ignore[override]
    def __ror__(self, other: MapFlags) -> MapFlags: ...  # type: ignore[override]
    def __and__(self, other: MapFlags) -> MapFlags: ...  # type: ignore[override]
    def __rand__(self, other: MapFlags) -> MapFlags: ...  # type: ignore[override]

class RemapFlags(enum.IntFlag):
    MAYMOVE = 1
    FIXED = 2
    DONTUNMAP = 4
    def __or__(self, other: RemapFlags) -> RemapFlags: ...  # type: ignore[override]
    def __ror__(self, other: RemapFlags) -> RemapFlags: ...  # type: ignore[override]
    def __and__(self, other: RemapFlags) -> RemapFlags: ...  # type: ignore[override]
    def __rand__(self, other: RemapFlags) -> RemapFlags: ...  # type: ignore[override]

class SyncFlags(enum.IntFlag):
    ASYNC = 1
    INVALIDATE = 2
    SYNC = 4
    def __or__(self, other: SyncFlags) -> SyncFlags: ...  # type: ignore[override]
    def __ror__(self, other: SyncFlags) -> SyncFlags: ...  # type: ignore[override]
    def __and__(self, other: SyncFlags) -> SyncFlags: ...  # type: ignore[override]
    def __rand__(self, other: SyncFlags) -> SyncFlags: ...  # type: ignore[override]

class LockFlags(enum.IntFlag):
    ONFAULT = 1
    def __or__(self, other: LockFlags) -> LockFlags: ...  # type: ignore[override]
    def __ror__(self, other: LockFlags) -> LockFlags: ...  # type: ignore[override]
    def __and__(self, other: LockFlags) -> LockFlags: ...  # type: ignore[override]
    def __rand__(self, other: LockFlags) -> LockFlags: ...  # type: ignore[override]

class LockAllFlags(enum.IntFlag):
    CURRENT = 1
    FUTURE = 2
    ONFAULT = 4
    def __or__(self, other: LockAllFlags) -> LockAllFlags: ...  # type: ignore[override]
    def __ror__(self, other: LockAllFlags) -> LockAllFlags: ...  # type: ignore[override]
    def __and__(self, other: LockAllFlags) -> LockAllFlags: ...  # type: ignore[override]
    def __rand__(self, other: LockAllFlags) -> LockAllFlags: ...  # type: ignore[override]

class Accesses(enum.IntFlag):
    READ = 1
    WRITE = 2
    FETCH = 4
    def __or__(self, other: Accesses) -> Accesses: ...  # type: ignore[override]
    def __ror__(self, other: Accesses) -> Accesses: ...  # type: ignore[override]
    def __and__(self, other: Accesses) -> Accesses: ...  # type: ignore[override]
    def __rand__(self, other: Accesses) -> Accesses: ...  # type: ignore[override]

class OpenFlags(enum.IntFlag):
    APPEND = 1024
    DIRECT = 16384
    def __or__(self, other: OpenFlags) -> OpenFlags: ...  # type: ignore[override]
    def __ror__(self, other: OpenFlags) -> OpenFlags: ...  # type: ignore[override]
    def __and__(self, other: OpenFlags) -> OpenFlags: ...  # type: ignore[override]
    def __rand__(self, other: OpenFlags) -> OpenFlags: ...  # type: ignore[override]

class Rights(enum.IntFlag):
    READ = 1
    WRITE = 2
    READ_WRITE = 3
    def __or__(self, other: Rights) -> Rights: ...  # type: ignore[override]
    def __ror__(self, other: Rights) -> Rights: ...  # type: ignore[override]
    def __and__(self, other: Rights) -> Rights: ...  # type: ignore[override]
    def __rand__(self, other: Rights) -> Rights: ...  # type: ignore[override]

class Seals(enum.IntFlag):
    SEAL = 1
    SHRINK = 2
    GROW = 4
    WRITE = 8
    FUTURE_WRITE = 16
    EXEC = 32
    def __or__(self, other: Seals) -> Seals: ...  # type: ignore[override]
    def __ror__(self, other: Seals) -> Seals: ...  # type: ignore[override]
    def __and__(self, other: Seals) -> Seals: ...  # type: ignore[override]
    def __rand__(self, other: Seals) -> Seals: ...  # type: ignore[override]

class UserfaultFeatures(enum.IntFlag):
    WRITE_PROTECTION = 1
    FORK = 2
    REMAP = 4
    REMOVE = 8
    MISSING_SHARED = 32
    UNMAP = 64
    SIGNAL = 128
    THREAD_ID = 256
    MINOR_SHARED = 1024
    EXACT_ADDRESS = 2048
    PROTECT_SHARED = 4096
    PROTECT_UNPOPULATED = 8192
    POISON = 16384
    PROTECT_SILENTLY = 32768
    MOVE = 65536
    def __or__(self, other: UserfaultFeatures) -> UserfaultFeatures: ...  # type: ignore[override]
    def __ror__(self, other: UserfaultFeatures) -> UserfaultFeatures: ...  # type: ignore[override]
    def __and__(self, other: UserfaultFeatures) -> UserfaultFeatures: ...  # type: ignore[override]
    def __rand__(self, other: UserfaultFeatures) -> UserfaultFeatures: ...  # type: ignore[override]

class UserfaultModes(enum.IntFlag):
    MISSING = 1
    WRITE_PROTECT = 2
    MINOR = 4
    def __or__(self, other: UserfaultModes) -> UserfaultModes: ...  # type: ignore[override]
    def __ror__(self, other: UserfaultModes) -> UserfaultModes: ...  # type: ignore[override]
    def __and__(self, other: UserfaultModes) -> UserfaultModes: ...  # type: ignore[override]
    def __rand__(self, other: UserfaultModes) -> UserfaultModes: ...  # type: ignore[override]

class FillFlags(enum.IntFlag):
    DONT_WAKE = 1
    WRITE_PROTECT = 2
    def __or__(self, other: FillFlags) -> FillFlags: ...  # type: ignore[override]
    def __ror__(self, other: FillFlags) -> FillFlags: ...  # type: ignore[override]
    def __and__(self, other: FillFlags) -> FillFlags: ...  # type: ignore[override]
    def __rand__(self, other: FillFlags) -> FillFlags: ...  # type: ignore[override]

class Advice(enum.IntEnum):
    NORMAL = 0
    RANDOM = 1
    SEQUENTIAL = 2
    WILLNEED = 3
    DONTNEED = 4
    FREE = 8
    REMOVE = 9
    DONTFORK = 10
    DOFORK = 11
    MERGEABLE = 12
    UNMERGEABLE = 13
    HUGEPAGE = 14
    NOHUGEPAGE = 15
    DONTDUMP = 16
    DODUMP = 17
    WIPEONFORK = 18
    KEEPONFORK = 19
    COLD = 20
    PAGEOUT = 21
    POPULATE_READ = 22
    POPULATE_WRITE = 23
    DONTNEED_LOCKED = 24
    COLLAPSE = 25
    GUARD_INSTALL = 102
    GUARD_REMOVE = 103

class Limit(enum.IntEnum):
    DATA = 0
    STACK = 1
    MEMLOCK = 2
    AS = 3

class TransparentPolicy(enum.IntEnum):
    ON = 0
    OFF = 1
    ONLY_ADVISED = 2

class ByteState(enum.IntEnum):
    GOOD = 0
    UNINITIALIZED = 1
    UNADDRESSABLE = 2

class Overcommit(enum.IntEnum):
    HEURISTIC = 0
    ALWAYS = 1
    NEVER = 2

class Tables(enum.IntEnum):
    CLASSIC = 0
    PAE = 1

class FetchRights(enum.IntEnum):
    AREAS = 0
    TABLES = 1

class Access(enum.IntEnum):
    READ = 0
    WRITE = 1
    FETCH = 2

class FaultKind(enum.IntEnum):
    NONE = 0
    NOT_MAPPED = 1
    NOT_ALLOWED = 2
    BUS_ERROR = 3
    OUT_OF_MEMORY = 4
    PENDING = 5
    DEVICE = 6
    UNADDRESSABLE = 7
    UNINITIALIZED = 8

class EventKind(enum.IntEnum):
    MINOR_FAULT = 0
    MAJOR_FAULT = 1
    REFUSED_FAULT = 2
    COPIED = 3
    SWAPPED_IN = 4
    SWAPPED_OUT = 5
    DROPPED = 6
    UNMAPPED = 7

class UserfaultEvent(enum.IntEnum):
    PAGE_FAULT = 18
    FORK = 19
    REMAP = 20
    REMOVE = 21
    UNMAP = 22

class PageAnswer(enum.IntEnum):
    SUPPLIED = 0
    ZEROS = 1
    LATER = 2
    FAILED = 3

class WindowsAllocation(enum.IntFlag):
    COMMIT = 4096
    RESERVE = 8192
    DECOMMIT = 16384
    RELEASE = 32768
    FREE = 65536
    RESET = 524288
    TOP_DOWN = 1048576
    WRITE_WATCH = 2097152
    def __or__(self, other: WindowsAllocation) -> WindowsAllocation: ...  # type: ignore[override]
    def __ror__(self, other: WindowsAllocation) -> WindowsAllocation: ...  # type: ignore[override]
    def __and__(self, other: WindowsAllocation) -> WindowsAllocation: ...  # type: ignore[override]
    def __rand__(self, other: WindowsAllocation) -> WindowsAllocation: ...  # type: ignore[override]

class WindowsProtection(enum.IntFlag):
    NO_ACCESS = 1
    READ_ONLY = 2
    READ_WRITE = 4
    WRITE_COPY = 8
    EXECUTE = 16
    EXECUTE_READ = 32
    EXECUTE_READ_WRITE = 64
    GUARD = 256
    def __or__(self, other: WindowsProtection) -> WindowsProtection: ...  # type: ignore[override]
    def __ror__(self, other: WindowsProtection) -> WindowsProtection: ...  # type: ignore[override]
    def __and__(self, other: WindowsProtection) -> WindowsProtection: ...  # type: ignore[override]
    def __rand__(self, other: WindowsProtection) -> WindowsProtection: ...  # type: ignore[override]

class WindowsSections(enum.IntFlag):
    RESERVE = 67108864
    COMMIT = 134217728
    IMAGE = 16777216
    def __or__(self, other: WindowsSections) -> WindowsSections: ...  # type: ignore[override]
    def __ror__(self, other: WindowsSections) -> WindowsSections: ...  # type: ignore[override]
    def __and__(self, other: WindowsSections) -> WindowsSections: ...  # type: ignore[override]
    def __rand__(self, other: WindowsSections) -> WindowsSections: ...  # type: ignore[override]

class WindowsAccess(enum.IntFlag):
    COPY = 1
    WRITE = 2
    READ = 4
    EXECUTE = 32
    def __or__(self, other: WindowsAccess) -> WindowsAccess: ...  # type: ignore[override]
    def __ror__(self, other: WindowsAccess) -> WindowsAccess: ...  # type: ignore[override]
    def __and__(self, other: WindowsAccess) -> WindowsAccess: ...  # type: ignore[override]
    def __rand__(self, other: WindowsAccess) -> WindowsAccess: ...  # type: ignore[override]

def define(constants: Dict[str, int]) -> None: ...
def check_kind(call: str, which: str, value: Any, kind: str) -> None: ...
def named(kind: str, number: int) -> Any: ...
