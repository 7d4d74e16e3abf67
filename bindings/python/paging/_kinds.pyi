# Made by tools/make-stubs.py.
import enum
from typing import Dict

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

def define(constants: Dict[str, int]) -> None: ...
