"""What sees or supplies a process's pages from outside: userfaultfd, events, watchpoints."""
import ctypes
from typing import TYPE_CHECKING, Any, Callable, List, NamedTuple, Optional

from ._library import as_bytes, check, checked as calls, constants, structures
from ._kinds import Access, EventKind, FaultKind, FillFlags, UserfaultModes, named    # type: ignore[attr-defined]
from ._objects import Object
from ._results import ask

if TYPE_CHECKING:
    from ._results import UffdMessage


class Event(NamedTuple):
    """Something that has happened in an engine; the fields of paging_event. `kind` is one of EVENT_MINOR_FAULT to EVENT_UNMAPPED."""
    kind: EventKind
    process: int
    first_page: int
    page_count: int
    frame: int
    access: Access
    refusal: FaultKind


class Watched(NamedTuple):
    """An access to watched bytes that is about to happen: the bytes in memory, and those that a write will store."""
    address: int
    access: Access
    before: bytes
    after: bytes


class Events(Object):
    """Records what happens to all processes of an engine, until it is closed.

        >>> with engine.record_events() as events:
        ...     process.store(at, 1)
        ...     [event.first_page == at >> 12 for event in events.drain()]
        [True]
    """

    _WARNS = True

    def __len__(self) -> int:
        return check(calls.events_count(self.handle))

    @property
    def lost(self) -> int:
        """How many events were lost because older ones were not drained in time."""
        return check(calls.events_lost(self.handle))

    def drain(self) -> List[Event]:
        """Takes all events, the oldest first."""
        while True:
            capacity = len(self) + 64    # other threads may add some in between
            rows = (structures["event"] * capacity)()
            count = calls.events_drain(self.handle, rows, capacity)
            if count != -constants["ENOSPC"]:
                return [Event(named("EventKind", r.kind), r.process, r.first_page, r.page_count, r.frame, named("Access", r.access),
                              named("FaultKind", r.refusal)) for r in rows[:check(count)]]


class Watchpoint(Object):
    """Reports the accesses to some bytes, until it is closed.

        >>> with process.watch(at, 4, lambda access: print(access.before, access.after)):
        ...     process.store(at, 0x41, 1)
        b'\\x00' b'A'
    """


class Userfaultfd(Object):
    """Missing and protected pages of a process in the program's hands, with the results of userfaultfd(2). An access to a registered page
    that is missing is a MemoryFault of kind FAULT_PENDING; read() says which page, copy() and others fill it, then it is made again.

        >>> with process.userfaultfd() as uffd:
        ...     uffd.register(at, 8192)
        ...     try: process.load(at)
        ...     except paging.MemoryFault: uffd.copy(uffd.read().address, b"late" * 1024)
        ...     process.read(at, 4)
        b'late'
    """

    _WARNS = True

    def read(self) -> "Optional[UffdMessage]":
        """The oldest message; None: there is none. The child of a fork is the handle of the child's userfaultfd:
        Userfaultfd(message.child, engine)."""
        try:
            return ask("uffd_message", calls.uffd_read, self.handle)
        except BlockingIOError:
            return None

    def register(self, start: int, length: int, modes: UserfaultModes = UserfaultModes.MISSING) -> None:
        """UFFDIO_REGISTER, with UFFD_MODE_ constants; UFFD_MODE_MISSING unless told."""
        check(calls.uffd_register(self.handle, start, length, modes))

    def unregister(self, start: int, length: int) -> None:
        """UFFDIO_UNREGISTER."""
        check(calls.uffd_unregister(self.handle, start, length))

    def wake(self, start: int, length: int) -> None:
        """UFFDIO_WAKE."""
        check(calls.uffd_wake(self.handle, start, length))

    def copy(self, start: int, data: bytes, flags: FillFlags = FillFlags(0)) -> None:
        """UFFDIO_COPY: fills missing pages with bytes. FileExistsError: a page is there."""
        data = as_bytes(data)
        check(calls.uffd_copy(self.handle, start, data, len(data), flags, None))

    def zero(self, start: int, length: int, flags: FillFlags = FillFlags(0)) -> None:
        """UFFDIO_ZEROPAGE."""
        check(calls.uffd_zeropage(self.handle, start, length, flags, None))

    def proceed(self, start: int, length: int, flags: FillFlags = FillFlags(0)) -> None:
        """UFFDIO_CONTINUE: maps pages that are in the page cache."""
        check(calls.uffd_continue(self.handle, start, length, flags, None))

    def poison(self, start: int, length: int, flags: FillFlags = FillFlags(0)) -> None:
        """UFFDIO_POISON: each access is a SIGBUS from then on."""
        check(calls.uffd_poison(self.handle, start, length, flags, None))

    def move(self, start: int, source: int, length: int, allow_holes: bool = False, flags: FillFlags = FillFlags(0)) -> None:
        """UFFDIO_MOVE: moves private pages into place."""
        check(calls.uffd_move(self.handle, start, source, length, allow_holes, flags, None))

    def write_protect(self, start: int, length: int, protect: bool = True, flags: FillFlags = FillFlags(0)) -> None:
        """UFFDIO_WRITEPROTECT."""
        check(calls.uffd_writeprotect(self.handle, start, length, protect, flags))


def reporter(report: Callable[[Watched], None]) -> Callable[[Any], None]:
    """Turns C's view of a watched access into a Watched."""
    def convert(access: Any) -> None:
        seen = access[0]
        before, after = (ctypes.string_at(start, seen.length) for start in (seen.before, seen.after))
        report(Watched(seen.address, named("Access", seen.access), before, after))
    return convert
