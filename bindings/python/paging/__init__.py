"""Linux' memory management for 32-bit x86 as a library: the engine of libpaging.so, from Python.

    import paging

    with paging.Engine() as engine, engine.process("first") as process:
        at = process.map(8192)
        process.store(at, 42)
        process[at + 4:at + 9] = b"hello"
        print(process.load(at), process[at + 4:at + 9], *process.maps(), sep="\\n")

Engine makes processes, files, devices, pagers and swap; Process has the memory calls and the accesses; each object's docstring says
more, and paging.h says everything. Constants of paging.h are here without their prefix: paging.PROT_READ, paging.MADV_DONTNEED.
Those of one kind are of one type (Protection, MapFlags, Advice, …), and one kind is not taken for another.

Errors: OSError with Linux' errno for what Linux refuses; MemoryFault for an access that would be a signal; PagingError for misuse;
RangeError, a ValueError and an OverflowError, for a number that its parameter does not take.
Threads: calls leave Python's lock, so threads run side by side in the engine (Engine(allow_threads=True), Processor).
The library is found in the package, in the build of a checkout around it, or where PAGING_LIBRARY says.
"""
from typing import List

from ._library import MemoryFault, PagingError, ProcessEnded, RangeError, calls, constants, structures
from ._kinds import (    # type: ignore[attr-defined]
    Access, Accesses, Advice, ByteState, EventKind, FaultKind, FetchRights, FillFlags, Limit, LockAllFlags, LockFlags, MapFlags, OpenFlags,
    Overcommit, PageAnswer, Protection, RemapFlags, Rights, Seals, SyncFlags, Tables, TransparentPolicy, UserfaultEvent, UserfaultFeatures,
    UserfaultModes, WindowsAccess, WindowsAllocation, WindowsProtection, WindowsSections)
from ._objects import DirtyLog, FlatView, Pin, Processor, Snapshot
from ._results import (    # type: ignore[attr-defined]
    FaultCounts, LedgerClock, LedgerTimes, Machine, ProcessInfo, RewindInfo, UffdMessage, Usage, WindowsRegion)
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

__version__ = ".".join(str(constants["VERSION_" + part]) for part in ("MAJOR", "MINOR", "PATCH"))    # of the library

__all__ = [
    "Access", "Accesses", "Advice", "Area", "Backing", "ByteState", "CoreThread", "Device", "DirtyLog", "Engine", "Event",
    "EventKind", "Events", "FaultCounts", "FaultKind", "FetchRights", "File", "FillFlags", "FlatView", "Group", "HostState",
    "Image", "LATER", "Ledger", "LedgerClock", "LedgerTimes", "Limit", "LockAllFlags", "LockFlags", "Machine", "MapFlags",
    "MemoryFault", "OpenFlags", "Overcommit", "PageAnswer", "PageBits", "Pager", "PagingError", "Picture", "Pin", "Policy",
    "Process", "ProcessEnded", "ProcessInfo", "Processor", "Protection", "RangeError", "RemapFlags", "Replay", "Rewind",
    "RewindInfo", "Rights", "Seals", "Shadow", "Snapshot", "Swap", "SwapStore", "SyncFlags", "Tables", "TransparentPolicy",
    "UffdMessage", "Usage", "UserfaultEvent", "UserfaultFeatures", "UserfaultModes", "Userfaultfd", "Watched", "Watchpoint",
    "WindowsAccess", "WindowsAllocation", "WindowsError", "WindowsFault", "WindowsProcess", "WindowsProtection",
    "WindowsRegion", "WindowsSections", "ZEROS", "calls", "constants", "replay", "structures",
]


def __getattr__(name: str) -> int:
    try:
        return constants[name]
    except KeyError:
        raise AttributeError(f"paging has no {name!r}, nor has paging.h PAGING_{name}") from None


def __dir__() -> List[str]:
    return [*globals(), *constants]
