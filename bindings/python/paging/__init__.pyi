# Made by tools/make-stubs.py.
from ._library import MemoryFault, PagingError, ProcessEnded, RangeError, calls, constants, structures
from ._kinds import Access, Accesses, Advice, ByteState, EventKind, FaultKind, FetchRights, FillFlags, Limit, LockAllFlags, LockFlags, MapFlags, OpenFlags, Overcommit, PageAnswer, Protection, RemapFlags, Rights, Seals, SyncFlags, Tables, TransparentPolicy, UserfaultEvent, UserfaultFeatures, UserfaultModes, WindowsAccess, WindowsAllocation, WindowsProtection, WindowsSections
from ._objects import DirtyLog, FlatView, Pin, Processor, Snapshot
from ._results import FaultCounts, LedgerClock, LedgerTimes, Machine, ProcessInfo, RewindInfo, UffdMessage, Usage, WindowsRegion
from .costs import Ledger
from .engine import Engine, Group, Swap
from .files import LATER, ZEROS, Backing, Device, File, Pager, SwapStore
from .images import CoreThread, HostState, Image, Shadow
from .observers import Event, Events, Userfaultfd, Watched, Watchpoint
from .pictures import Picture
from .policies import PageBits, Policy
from .process import Area, Process
from .replays import Replay, replay
from .rewinds import Rewind
from .windows import WindowsError, WindowsFault, WindowsProcess
from typing import Final

__version__: str
__all__ = ['Access', 'Accesses', 'Advice', 'Area', 'Backing', 'ByteState', 'CoreThread', 'Device', 'DirtyLog',
        'Engine', 'Event', 'EventKind', 'Events', 'FaultCounts', 'FaultKind', 'FetchRights', 'File',
        'FillFlags', 'FlatView', 'Group', 'HostState', 'Image', 'LATER', 'Ledger', 'LedgerClock',
        'LedgerTimes', 'Limit', 'LockAllFlags', 'LockFlags', 'Machine', 'MapFlags', 'MemoryFault',
        'OpenFlags', 'Overcommit', 'PageAnswer', 'PageBits', 'Pager', 'PagingError', 'Picture', 'Pin',
        'Policy', 'Process', 'ProcessEnded', 'ProcessInfo', 'Processor', 'Protection', 'RangeError',
        'RemapFlags', 'Replay', 'Rewind', 'RewindInfo', 'Rights', 'Seals', 'Shadow', 'Snapshot', 'Swap',
        'SwapStore', 'SyncFlags', 'Tables', 'TransparentPolicy', 'UffdMessage', 'Usage', 'UserfaultEvent',
        'UserfaultFeatures', 'UserfaultModes', 'Userfaultfd', 'Watched', 'Watchpoint', 'WindowsAccess',
        'WindowsAllocation', 'WindowsError', 'WindowsFault', 'WindowsProcess', 'WindowsProtection',
        'WindowsRegion', 'WindowsSections', 'ZEROS', 'calls', 'constants', 'replay', 'structures']
VERSION_MAJOR: Final = 0
VERSION_MINOR: Final = 1
VERSION_PATCH: Final = 0
VERSION: Final = 100
TRANSLATIONS_VERSION: Final = 1
EPERM: Final = 1
ENOENT: Final = 2
ESRCH: Final = 3
EIO: Final = 5
EBADF: Final = 9
EAGAIN: Final = 11
ENOMEM: Final = 12
EACCES: Final = 13
EFAULT: Final = 14
EBUSY: Final = 16
EEXIST: Final = 17
ENODEV: Final = 19
EINVAL: Final = 22
ENOSPC: Final = 28
EROFS: Final = 30
EOVERFLOW: Final = 75
EOPNOTSUPP: Final = 95
BAD_HANDLE: Final = -10001
BAD_ARGUMENT: Final = -10002
WRONG_STATE: Final = -10003
ENDED: Final = -10004
TIMEOUT: Final = -10005
BROKEN: Final = -10006
UNEXPECTED: Final = -10007
FAULT_NONE: Final = FaultKind.NONE
FAULT_NOT_MAPPED: Final = FaultKind.NOT_MAPPED
FAULT_NOT_ALLOWED: Final = FaultKind.NOT_ALLOWED
FAULT_BUS_ERROR: Final = FaultKind.BUS_ERROR
FAULT_OUT_OF_MEMORY: Final = FaultKind.OUT_OF_MEMORY
FAULT_PENDING: Final = FaultKind.PENDING
FAULT_DEVICE: Final = FaultKind.DEVICE
FAULT_UNADDRESSABLE: Final = FaultKind.UNADDRESSABLE
FAULT_UNINITIALIZED: Final = FaultKind.UNINITIALIZED
POLICY_ACCESSED_BITS: Final = 0
POLICY_EVERY_ACCESS: Final = 1
TABLES_CLASSIC: Final = Tables.CLASSIC
TABLES_PAE: Final = Tables.PAE
FETCH_AREAS: Final = FetchRights.AREAS
FETCH_TABLES: Final = FetchRights.TABLES
OVERCOMMIT_HEURISTIC: Final = Overcommit.HEURISTIC
OVERCOMMIT_ALWAYS: Final = Overcommit.ALWAYS
OVERCOMMIT_NEVER: Final = Overcommit.NEVER
RLIMIT_DATA: Final = Limit.DATA
RLIMIT_STACK: Final = Limit.STACK
RLIMIT_MEMLOCK: Final = Limit.MEMLOCK
RLIMIT_AS: Final = Limit.AS
THP_ON: Final = TransparentPolicy.ON
THP_OFF: Final = TransparentPolicy.OFF
THP_ONLY_ADVISED: Final = TransparentPolicy.ONLY_ADVISED
PROT_NONE: Final = Protection.NONE
PROT_READ: Final = Protection.READ
PROT_WRITE: Final = Protection.WRITE
PROT_EXEC: Final = Protection.EXEC
PROT_SEM: Final = Protection.SEM
PROT_GROWSDOWN: Final = Protection.GROWSDOWN
PROT_GROWSUP: Final = Protection.GROWSUP
MAP_SHARED: Final = MapFlags.SHARED
MAP_PRIVATE: Final = MapFlags.PRIVATE
MAP_SHARED_VALIDATE: Final = MapFlags.SHARED_VALIDATE
MAP_FIXED: Final = MapFlags.FIXED
MAP_ANONYMOUS: Final = MapFlags.ANONYMOUS
MAP_GROWSDOWN: Final = MapFlags.GROWSDOWN
MAP_DENYWRITE: Final = MapFlags.DENYWRITE
MAP_EXECUTABLE: Final = MapFlags.EXECUTABLE
MAP_LOCKED: Final = MapFlags.LOCKED
MAP_NORESERVE: Final = MapFlags.NORESERVE
MAP_POPULATE: Final = MapFlags.POPULATE
MAP_NONBLOCK: Final = MapFlags.NONBLOCK
MAP_STACK: Final = MapFlags.STACK
MAP_HUGETLB: Final = MapFlags.HUGETLB
MAP_SYNC: Final = MapFlags.SYNC
MAP_FIXED_NOREPLACE: Final = MapFlags.FIXED_NOREPLACE
MREMAP_MAYMOVE: Final = RemapFlags.MAYMOVE
MREMAP_FIXED: Final = RemapFlags.FIXED
MREMAP_DONTUNMAP: Final = RemapFlags.DONTUNMAP
MADV_NORMAL: Final = Advice.NORMAL
MADV_RANDOM: Final = Advice.RANDOM
MADV_SEQUENTIAL: Final = Advice.SEQUENTIAL
MADV_WILLNEED: Final = Advice.WILLNEED
MADV_DONTNEED: Final = Advice.DONTNEED
MADV_FREE: Final = Advice.FREE
MADV_REMOVE: Final = Advice.REMOVE
MADV_DONTFORK: Final = Advice.DONTFORK
MADV_DOFORK: Final = Advice.DOFORK
MADV_MERGEABLE: Final = Advice.MERGEABLE
MADV_UNMERGEABLE: Final = Advice.UNMERGEABLE
MADV_HUGEPAGE: Final = Advice.HUGEPAGE
MADV_NOHUGEPAGE: Final = Advice.NOHUGEPAGE
MADV_DONTDUMP: Final = Advice.DONTDUMP
MADV_DODUMP: Final = Advice.DODUMP
MADV_WIPEONFORK: Final = Advice.WIPEONFORK
MADV_KEEPONFORK: Final = Advice.KEEPONFORK
MADV_COLD: Final = Advice.COLD
MADV_PAGEOUT: Final = Advice.PAGEOUT
MADV_POPULATE_READ: Final = Advice.POPULATE_READ
MADV_POPULATE_WRITE: Final = Advice.POPULATE_WRITE
MADV_DONTNEED_LOCKED: Final = Advice.DONTNEED_LOCKED
MADV_COLLAPSE: Final = Advice.COLLAPSE
MADV_GUARD_INSTALL: Final = Advice.GUARD_INSTALL
MADV_GUARD_REMOVE: Final = Advice.GUARD_REMOVE
MS_ASYNC: Final = SyncFlags.ASYNC
MS_INVALIDATE: Final = SyncFlags.INVALIDATE
MS_SYNC: Final = SyncFlags.SYNC
MLOCK_ONFAULT: Final = LockFlags.ONFAULT
MCL_CURRENT: Final = LockAllFlags.CURRENT
MCL_FUTURE: Final = LockAllFlags.FUTURE
MCL_ONFAULT: Final = LockAllFlags.ONFAULT
ACCESS_READ: Final = Access.READ
ACCESS_WRITE: Final = Access.WRITE
ACCESS_FETCH: Final = Access.FETCH
READ: Final = Rights.READ
WRITE: Final = Rights.WRITE
READ_WRITE: Final = Rights.READ_WRITE
O_APPEND: Final = OpenFlags.APPEND
O_DIRECT: Final = OpenFlags.DIRECT
SEAL_SEAL: Final = Seals.SEAL
SEAL_SHRINK: Final = Seals.SHRINK
SEAL_GROW: Final = Seals.GROW
SEAL_WRITE: Final = Seals.WRITE
SEAL_FUTURE_WRITE: Final = Seals.FUTURE_WRITE
SEAL_EXEC: Final = Seals.EXEC
PAGE_SUPPLIED: Final = PageAnswer.SUPPLIED
PAGE_ZEROS: Final = PageAnswer.ZEROS
PAGE_LATER: Final = PageAnswer.LATER
PAGE_FAILED: Final = PageAnswer.FAILED
BYTE_GOOD: Final = ByteState.GOOD
BYTE_UNINITIALIZED: Final = ByteState.UNINITIALIZED
BYTE_UNADDRESSABLE: Final = ByteState.UNADDRESSABLE
REPORT_MAPS: Final = 0
REPORT_SMAPS: Final = 1
REPORT_SMAPS_ROLLUP: Final = 2
REPORT_STATUS: Final = 3
REPORT_STATM: Final = 4
REPORT_MEMINFO: Final = 16
REPORT_VMSTAT: Final = 17
REPORT_SWAPS: Final = 18
REPORT_ZONEINFO: Final = 19
REPORT_BUDDYINFO: Final = 20
REPORT_SPACE_PICTURE: Final = 32
REPORT_TABLES_PICTURE: Final = 33
REPORT_TREE_PICTURE: Final = 34
REPORT_FRAMES_PICTURE: Final = 48
REPORT_COSTS: Final = 64
WINDOW_SHOWN: Final = 0
WINDOW_BY_CALL: Final = 1
WINDOW_REFUSED: Final = 2
WINDOW_ELSEWHERE: Final = 3
UFFD_FEATURE_WRITE_PROTECTION: Final = UserfaultFeatures.WRITE_PROTECTION
UFFD_FEATURE_FORK: Final = UserfaultFeatures.FORK
UFFD_FEATURE_REMAP: Final = UserfaultFeatures.REMAP
UFFD_FEATURE_REMOVE: Final = UserfaultFeatures.REMOVE
UFFD_FEATURE_MISSING_SHARED: Final = UserfaultFeatures.MISSING_SHARED
UFFD_FEATURE_UNMAP: Final = UserfaultFeatures.UNMAP
UFFD_FEATURE_SIGNAL: Final = UserfaultFeatures.SIGNAL
UFFD_FEATURE_THREAD_ID: Final = UserfaultFeatures.THREAD_ID
UFFD_FEATURE_MINOR_SHARED: Final = UserfaultFeatures.MINOR_SHARED
UFFD_FEATURE_EXACT_ADDRESS: Final = UserfaultFeatures.EXACT_ADDRESS
UFFD_FEATURE_PROTECT_SHARED: Final = UserfaultFeatures.PROTECT_SHARED
UFFD_FEATURE_PROTECT_UNPOPULATED: Final = UserfaultFeatures.PROTECT_UNPOPULATED
UFFD_FEATURE_POISON: Final = UserfaultFeatures.POISON
UFFD_FEATURE_PROTECT_SILENTLY: Final = UserfaultFeatures.PROTECT_SILENTLY
UFFD_FEATURE_MOVE: Final = UserfaultFeatures.MOVE
UFFD_MODE_MISSING: Final = UserfaultModes.MISSING
UFFD_MODE_WRITE_PROTECT: Final = UserfaultModes.WRITE_PROTECT
UFFD_MODE_MINOR: Final = UserfaultModes.MINOR
UFFD_FILL_DONT_WAKE: Final = FillFlags.DONT_WAKE
UFFD_FILL_WRITE_PROTECT: Final = FillFlags.WRITE_PROTECT
UFFD_EVENT_PAGE_FAULT: Final = UserfaultEvent.PAGE_FAULT
UFFD_EVENT_FORK: Final = UserfaultEvent.FORK
UFFD_EVENT_REMAP: Final = UserfaultEvent.REMAP
UFFD_EVENT_REMOVE: Final = UserfaultEvent.REMOVE
UFFD_EVENT_UNMAP: Final = UserfaultEvent.UNMAP
EVENT_MINOR_FAULT: Final = EventKind.MINOR_FAULT
EVENT_MAJOR_FAULT: Final = EventKind.MAJOR_FAULT
EVENT_REFUSED_FAULT: Final = EventKind.REFUSED_FAULT
EVENT_COPIED: Final = EventKind.COPIED
EVENT_SWAPPED_IN: Final = EventKind.SWAPPED_IN
EVENT_SWAPPED_OUT: Final = EventKind.SWAPPED_OUT
EVENT_DROPPED: Final = EventKind.DROPPED
EVENT_UNMAPPED: Final = EventKind.UNMAPPED
WATCH_READ: Final = Accesses.READ
WATCH_WRITE: Final = Accesses.WRITE
WATCH_FETCH: Final = Accesses.FETCH
WINDOWS_MEM_COMMIT: Final = WindowsAllocation.COMMIT
WINDOWS_MEM_RESERVE: Final = WindowsAllocation.RESERVE
WINDOWS_MEM_DECOMMIT: Final = WindowsAllocation.DECOMMIT
WINDOWS_MEM_RELEASE: Final = WindowsAllocation.RELEASE
WINDOWS_MEM_FREE: Final = WindowsAllocation.FREE
WINDOWS_MEM_RESET: Final = WindowsAllocation.RESET
WINDOWS_MEM_TOP_DOWN: Final = WindowsAllocation.TOP_DOWN
WINDOWS_MEM_WRITE_WATCH: Final = WindowsAllocation.WRITE_WATCH
WINDOWS_PAGE_NO_ACCESS: Final = WindowsProtection.NO_ACCESS
WINDOWS_PAGE_READ_ONLY: Final = WindowsProtection.READ_ONLY
WINDOWS_PAGE_READ_WRITE: Final = WindowsProtection.READ_WRITE
WINDOWS_PAGE_WRITE_COPY: Final = WindowsProtection.WRITE_COPY
WINDOWS_PAGE_EXECUTE: Final = WindowsProtection.EXECUTE
WINDOWS_PAGE_EXECUTE_READ: Final = WindowsProtection.EXECUTE_READ
WINDOWS_PAGE_EXECUTE_READ_WRITE: Final = WindowsProtection.EXECUTE_READ_WRITE
WINDOWS_PAGE_GUARD: Final = WindowsProtection.GUARD
WINDOWS_SEC_RESERVE: Final = WindowsSections.RESERVE
WINDOWS_SEC_COMMIT: Final = WindowsSections.COMMIT
WINDOWS_SEC_IMAGE: Final = WindowsSections.IMAGE
WINDOWS_FILE_MAP_COPY: Final = WindowsAccess.COPY
WINDOWS_FILE_MAP_WRITE: Final = WindowsAccess.WRITE
WINDOWS_FILE_MAP_READ: Final = WindowsAccess.READ
WINDOWS_FILE_MAP_EXECUTE: Final = WindowsAccess.EXECUTE
WINDOWS_ERROR_ALREADY_EXISTS: Final = 183
