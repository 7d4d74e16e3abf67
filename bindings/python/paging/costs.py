"""What memory costs: a ledger beside an engine."""
from typing import TYPE_CHECKING, Union, overload

from ._library import check, checked as calls, constants, handle_of, read_text, report_number, OF_LEDGER
from ._objects import Object
from ._results import ask
from .files import Backing, File, SwapStore
from .process import Process

if TYPE_CHECKING:
    from ._results import LedgerClock, LedgerTimes
    from .engine import Swap


class Ledger(Object):
    """The time that an engine's processes would take on a machine of a price list (docs/COSTS.md). The program reports each access, hits
    too, and each call after the engine has done it; processor is one of the ledger's. Times are picoseconds of one virtual clock.

        >>> with engine.ledger("desktop-2009") as ledger:
        ...     process.store(at, 1)
        ...     ledger.observe(process, at, 4, write=True)
        ...     times = ledger.times(process)
        ...     times.minor_fault_count, times.minor_faults > times.user > 0, ledger.clock().now > times.minor_faults
        (1, True, True)
    """

    _WARNS = True

    def observe(self, process: Process, address: int, length: int, *, write: bool = False, fetch: bool = False, step: int = 0,
                processor: int = 0) -> None:
        """Reports an access, or with step a run of accesses of so many bytes each, as of a loop over an array."""
        if write and fetch:
            raise ValueError("an access is a write or a fetch, not both")
        access = constants["ACCESS_WRITE" if write else "ACCESS_FETCH" if fetch else "ACCESS_READ"]
        check(calls.ledger_observe(self.handle, handle_of("Ledger.observe", "process", process, Process), address, length, step, access,
                                   processor))

    def end_call(self, process: Process, copied_bytes: int = 0, *, processor: int = 0) -> None:
        """Reports a call that has ended; copied_bytes went to or from the process, as by read(2)."""
        caller = handle_of("Ledger.end_call", "process", process, Process)
        check(calls.ledger_end_call(self.handle, caller, copied_bytes, processor))

    def end_read(self, process: Process, file: File, offset: int, length: int, *, processor: int = 0) -> None:
        """Reports a read(2): the process waits for these bytes, even if they were requested before."""
        caller, read = handle_of("Ledger.end_read", "process", process, Process), handle_of("Ledger.end_read", "file", file, File)
        check(calls.ledger_end_read(self.handle, caller, read, offset, length, processor))

    def end_fork(self, parent: Process, child: Process, *, processor: int = 0) -> None:
        """Reports a fork, with its copied entries."""
        handles = (handle_of("Ledger.end_fork", "parent", parent, Process), handle_of("Ledger.end_fork", "child", child, Process))
        check(calls.ledger_end_fork(self.handle, *handles, processor))

    def end_background(self) -> None:
        """Reports Engine.background."""
        check(calls.ledger_end_background(self.handle))

    def times(self, process: Union[Process, None] = None) -> "LedgerTimes":
        """A process's account by cause; None: the kernel's."""
        asked = 0 if process is None else handle_of("Ledger.times", "process", process, Process)
        return ask("ledger_times", calls.ledger_times_get, self.handle, asked)

    def clock(self) -> "LedgerClock":
        """now, end (of all waiting) and idle."""
        return ask("ledger_clock", calls.ledger_clock_get, self.handle)

    def report(self) -> str:
        """The clock, and a line for each account that has time."""
        return read_text(calls.ledger_report, self.handle, report_number("costs", OF_LEDGER))

    def backed_file(self, name: str, length: int, backing: Backing) -> File:
        """As Engine.backed_file, on the price list's device."""
        return self.engine._backed_file(calls.ledger_file_create_backed, self.handle, name, length, backing)

    @overload
    def swap_on(self, name: str, store: int) -> "Swap": ...

    @overload
    def swap_on(self, name: str, store: SwapStore, slot_count: int) -> "Swap": ...

    def swap_on(self, name: str, store: Union[SwapStore, int], slot_count: int = 0) -> "Swap":
        """As Engine.swap_on, on the price list's device."""
        return self.engine._swap_on(calls.ledger_swap_on, calls.ledger_swap_on_memory, self.handle, name, store, slot_count)
