"""Files, devices and pagers: what a process can map besides anonymous memory."""
import ctypes
from typing import TYPE_CHECKING, Any, List, Optional, Protocol, Union

from ._library import RangeError, as_bytes, check, check_count, checked as calls, constants
from ._kinds import OpenFlags, PageAnswer, Seals    # type: ignore[attr-defined]
from ._objects import Object

if TYPE_CHECKING:
    from .process import Process

LATER = PageAnswer.LATER    # what a pager's request returns: the page will be supplied with Pager.supply
ZEROS = PageAnswer.ZEROS    # the page is empty


def may_be_missing(method: Any) -> Any:
    """Marks a method of a protocol that an object need not have. Type checkers do not ask for it."""
    return method


class Device(Protocol):
    """Memory whose loads and stores are calls: an aligned access of 1, 2, 4 or 8 bytes is exactly one. A method `fetch` like load may
    be there for instructions. The methods must not call the engine. What they raise reaches the caller of the access.

        >>> class Port:
        ...     def load(self, offset, size): return offset
        ...     def store(self, offset, size, value): print(chr(value))
        >>> port = process.map(4096, file=engine.device("port", 4096, Port()))
        >>> process.store(port, 72, 1)
        H
        >>> process.load(port + 8)
        8
    """

    def load(self, offset: int, size: int) -> int:
        """Returns the value of `size` bytes at an offset."""

    def store(self, offset: int, size: int, value: int) -> None:
        """Takes a value of `size` bytes."""


class Backing(Protocol):
    """A file's storage. All but read may be missing: the file is read-only then. OSError with an errno is the guest's error.

        >>> class Numbers:
        ...     def read(self, offset, size): return bytes(range(100))[offset:offset + size]
        >>> numbers = process.map(4096, paging.PROT_READ, file=engine.backed_file("numbers", 100, Numbers()))
        >>> process[numbers + 99]
        99
    """

    def read(self, offset: int, size: int) -> bytes:
        """Returns up to `size` bytes; fewer at the end of the file."""

    @may_be_missing
    def write(self, offset: int, data: bytes) -> int:
        """Takes bytes, and returns how many."""

    @may_be_missing
    def set_length(self, length: int) -> None:
        """Cuts or extends the storage."""

    @may_be_missing
    def flush(self) -> None:
        """Makes what was written durable."""

    @may_be_missing
    def release(self) -> None:
        """Called after the last use of the file."""


class SwapStore(Protocol):
    """A swap device: slots of 4,096 bytes.

        >>> class Slots(dict):
        ...     read = dict.__getitem__
        ...     write = dict.__setitem__
        >>> slots = Slots()
        >>> with engine.swap_on("slots", slots, 16):
        ...     process.store(at, 1)
        ...     process.advise(at, 4096, paging.MADV_PAGEOUT)
        ...     len(slots)
        1
    """

    def read(self, slot: int) -> bytes:
        """Returns the 4,096 bytes of a slot."""

    def write(self, slot: int, data: bytes) -> None:
        """Takes the 4,096 bytes of a slot."""


class Mappable(Object):
    """What a process can open and map."""

    def open(self, process: "Process", *, write: bool = True, read: bool = True, flags: OpenFlags = OpenFlags(0)) -> int:
        """Opens the file for a process; returns the descriptor, for Process.map. flags: O_APPEND, O_DIRECT."""
        rights = constants["READ"] * read | constants["WRITE"] * write
        return check(calls.file_open(self.handle, process.handle, rights, flags))


class File(Mappable):
    """A file of the engine. read and write are the host's, through the page cache.

        >>> with engine.file("tmp") as file:
        ...     file.write(0, b"shared"), process.read(process.map(4096, file=file), 6)
        (6, b'shared')
    """

    def read(self, offset: int, size: int) -> bytes:
        """Up to `size` bytes from an offset."""
        size = check_count("File.read", "size", size)
        buffer = ctypes.create_string_buffer(size)
        count = check(calls.file_read(self.handle, offset, buffer, size))
        return buffer.raw[:count]

    def write(self, offset: int, data: bytes) -> int:
        """Writes bytes, and returns how many."""
        data = as_bytes(data)
        return check(calls.file_write(self.handle, offset, data, len(data)))

    def __len__(self) -> int:
        return check(calls.file_length(self.handle))

    def truncate(self, length: int) -> None:
        """Cuts or extends the file, as ftruncate(2) does; mappings beyond the end fault from then on."""
        check(calls.file_set_length(self.handle, length))

    def add_seals(self, seals: Seals) -> None:
        """F_ADD_SEALS of fcntl(2), with SEAL_ constants."""
        check(calls.file_add_seals(self.handle, seals))


class Pager(Mappable):
    """Memory whose pages the program supplies when they are first touched.

        >>> pager = engine.pager("far", 2, lambda page: b"near" * 1024 if page == 0 else paging.LATER)
        >>> far = process.map(8192, paging.PROT_READ, file=pager)
        >>> process.read(far, 4), pager.requests()
        (b'near', [])
        >>> process.load(far + 4096)
        Traceback (most recent call last):
        paging._library.MemoryFault: FAULT_PENDING at b7ffd000
        >>> pager.supply(pager.requests()[0], None)
        >>> process.load(far + 4096)
        0
    """

    @property
    def pending(self) -> int:
        """How many pages accesses wait for."""
        return check(calls.pager_pending(self.handle))

    def requests(self) -> List[int]:
        """Takes the numbers of the pages that were answered with LATER since the last call."""
        taken = []
        while (page := calls.pager_next(self.handle)) != -constants["EAGAIN"]:
            taken.append(check(page))
        return taken

    def supply(self, page: int, data: Optional[bytes]) -> None:
        """Supplies 4,096 bytes, or zeros (None). FileExistsError: the page is there already."""
        if data is not None and len(data := as_bytes(data)) != 4096:
            raise ValueError(f"a page has 4,096 bytes, not {len(data)}")
        check(calls.pager_supply(self.handle, page, data))

    def fail(self, page: int) -> None:
        """Says that a page cannot be had: accesses to it are SIGBUS."""
        check(calls.pager_fail(self.handle, page))


def move_out(data: Union[bytes, bytearray, memoryview], target: int, size: int) -> int:
    """Writes what a callback returned to C's buffer; returns how many bytes there were."""
    data = as_bytes(data)
    if len(data) > size:
        raise ValueError(f"asked for {size} bytes, the callback returned {len(data)}")
    ctypes.memmove(target, data, len(data))
    return len(data)


def move_page(data: Union[bytes, bytearray, memoryview], target: int) -> int:
    """As move_out, for a page: all of its bytes, and no fewer."""
    data = as_bytes(data)
    if len(data) != 4096:
        raise ValueError(f"a page has 4,096 bytes, the callback returned {len(data)}")
    return move_out(data, target, 4096)


def of_size(value: int, size: int) -> int:
    """A value that a device returned for a load of so many bytes."""
    if not 0 <= value < 1 << 8 * size:
        raise RangeError(f"asked for {size} bytes, the device returned {value}")
    return value
