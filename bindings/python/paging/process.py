"""Processes: the memory calls of Linux, and accesses."""
import ctypes
import errno
import os
from typing import TYPE_CHECKING, Any, Callable, Iterable, List, Mapping, NamedTuple, Optional, Sequence, Tuple, Union, overload

from ._library import (
    PAGES_MAX, MemoryFault, RangeError, as_bytes, as_path, as_text, check, check_access, check_address, check_count, check_value,
    checked as calls, constants, fill_in, local, read_text, report_number, structures, without_answer, OF_PROCESS)
from ._objects import DirtyLog, FlatView, Object, Pin, Snapshot
from ._kinds import (    # type: ignore[attr-defined]
    Accesses, Advice, Limit, LockAllFlags, LockFlags, MapFlags, Protection, RemapFlags, SyncFlags, TransparentPolicy, UserfaultFeatures)
from ._results import ask
from .files import Mappable
from .images import HostState, Shadow, core_threads, state_structure
from .observers import Userfaultfd, Watched, Watchpoint, reporter
from .pictures import Picture
from .rewinds import Rewind

if TYPE_CHECKING:
    from ._results import FaultCounts, ProcessInfo, Usage
    from .engine import Engine

_READ_WRITE = constants["PROT_READ"] | constants["PROT_WRITE"]


class Area(NamedTuple):
    """A line of /proc/PID/maps. Areas with the same object number show the same file or shared memory.

        >>> print(*process.maps())
        b7ffe000-b8000000 rw-p 00000000
    """
    start: int
    end: int
    protection: Protection
    flags: int
    offset: int
    object: int
    name: str

    def __str__(self) -> str:
        rights = "".join(letter if self.protection & bit else "-" for bit, letter in ((1, "r"), (2, "w"), (4, "x")))
        shared = "s" if self.flags & 8 else "p"
        return f"{self.start:08x}-{self.end:08x} {rights}{shared} {self.offset:08x} {self.name}".rstrip()


class Process(Object):
    """An address space and its files. The memory calls are Linux' system calls, with their results: what Linux refuses is an OSError with
    Linux' errno. Accesses that Linux would answer with a signal are a MemoryFault.

    `process[address]` is a byte, `process[start:end]` bytes; both can be assigned to.

        >>> process[at:at + 5] = b"hello"
        >>> process.fork().read(at, 5)
        b'hello'
        >>> process.protect(at, 4096, paging.PROT_READ)
        >>> process.store(at, 1)
        Traceback (most recent call last):
        paging._library.MemoryFault: FAULT_NOT_ALLOWED at b7ffe000
    """

    # ---- memory calls

    def map(self, length: int, protection: Optional[Protection] = None, flags: Optional[MapFlags] = None, *, address: int = 0,
            file: Union[int, Mappable, None] = None, offset: int = 0, fixed: bool = False) -> int:
        """mmap(2): returns the address. Without a file the memory is private and anonymous, with one (a descriptor, or a file, which is
        opened for the call) it is shared, unless flags say otherwise. Without protection it can be read and written, or only read where
        the file allows no more. fixed adds MAP_FIXED.

            >>> with open(folder + "/rules", "wb") as rules: rules.write(b"read me")
            7
            >>> start = process.map(4096, file=engine.host_file(folder + "/rules"))
            >>> process[start:start + 7]
            b'read me'
            >>> process.store(start, 1)
            Traceback (most recent call last):
            paging._library.MemoryFault: FAULT_NOT_ALLOWED at b7ffd000
        """
        if flags is None:
            flags = constants["MAP_PRIVATE"] | constants["MAP_ANONYMOUS"] if file is None else constants["MAP_SHARED"]
        if fixed:
            flags |= constants["MAP_FIXED"]
        if not isinstance(file, Mappable):
            return self._map(address, length, protection, flags, -1 if file is None else file, offset)
        try:
            descriptor = file.open(self)
        except PermissionError:    # a file that can only be read
            descriptor = file.open(self, write=False)
        try:
            return self._map(address, length, protection, flags, descriptor, offset)
        finally:
            check(calls.close(self.handle, descriptor))

    def _map(self, address: int, length: int, protection: Optional[Protection], flags: MapFlags, descriptor: int, offset: int) -> int:
        wanted = _READ_WRITE if protection is None else protection
        result = calls.mmap(self.handle, address, length, wanted, flags, descriptor, offset)
        if protection is None and result == -errno.EACCES:    # shared, and not open for writing
            result = calls.mmap(self.handle, address, length, constants["PROT_READ"], flags, descriptor, offset)
        return check(result)

    def unmap(self, start: int, length: int) -> None:
        """munmap(2)."""
        check(calls.munmap(self.handle, start, length))

    def protect(self, start: int, length: int, protection: Protection) -> None:
        """mprotect(2)."""
        check(calls.mprotect(self.handle, start, length, protection))

    def remap(self, old_address: int, old_length: int, new_length: int, flags: RemapFlags = RemapFlags.MAYMOVE,
              new_address: int = 0) -> int:
        """mremap(2); the flags are MREMAP_MAYMOVE alone unless given. Returns the new address."""
        return check(calls.mremap(self.handle, old_address, old_length, new_length, flags, new_address))

    def brk(self, wanted: int = 0) -> int:
        """Linux' brk: the break afterwards; 0 only asks for it."""
        return check(calls.brk(self.handle, wanted))

    def advise(self, start: int, length: int, advice: Advice) -> None:
        """madvise(2), with MADV_ constants."""
        check(calls.madvise(self.handle, start, length, advice))

    def seal(self, start: int, length: int) -> None:
        """mseal(2)."""
        check(calls.mseal(self.handle, start, length))

    def remap_file_pages(self, start: int, length: int, file_page: int, flags: MapFlags = MapFlags(0)) -> None:
        """remap_file_pages(2)."""
        check(calls.remap_file_pages(self.handle, start, length, file_page, flags))

    def clear_refs(self, kind: int) -> None:
        """What is written to /proc/PID/clear_refs: 1 to 5."""
        check(calls.clear_refs(self.handle, kind))

    def sync(self, start: int, length: int, flags: SyncFlags = SyncFlags.SYNC) -> None:
        """msync(2); MS_SYNC unless told."""
        check(calls.msync(self.handle, start, length, flags))

    def lock(self, start: int, length: int, flags: LockFlags = LockFlags(0)) -> None:
        """mlock2(2)."""
        check(calls.mlock(self.handle, start, length, flags))

    def unlock(self, start: int, length: int) -> None:
        """munlock(2)."""
        check(calls.munlock(self.handle, start, length))

    def lock_all(self, flags: LockAllFlags = LockAllFlags.CURRENT) -> None:
        """mlockall(2); MCL_CURRENT unless told."""
        check(calls.mlockall(self.handle, flags))

    def unlock_all(self) -> None:
        """munlockall(2)."""
        check(calls.munlockall(self.handle))

    def in_core(self, start: int, length: int) -> List[bool]:
        """mincore(2): whether each page is resident."""
        length = check_count("Process.in_core", "length", length, (1 << 32) - 1)
        pages = (ctypes.c_uint8 * max(1, -(-length // 4096)))()
        check(calls.mincore(self.handle, start, length, pages))
        return [bool(page & 1) for page in pages[:-(-length // 4096)]]

    def reserve(self, start: int, length: int) -> None:
        """Reserves a range of free addresses: no mapping is placed there. fixed=True and unmap take it away."""
        check(calls.reserve(self.handle, start, length))

    def set_limit(self, limit: Limit, value: Optional[int]) -> None:
        """setrlimit(2), with RLIMIT_ constants of this package; None: no limit."""
        check(calls.setrlimit(self.handle, limit, (1 << 64) - 1 if value is None else value))

    def limit(self, limit: Limit) -> Optional[int]:
        """getrlimit(2)."""
        found = ctypes.c_uint64()
        check(calls.getrlimit(self.handle, limit, ctypes.byref(found)))
        return None if found.value == (1 << 64) - 1 else found.value

    # ---- life

    def fork(self) -> "Process":
        """fork(2). No page is copied before one of the two writes to it."""
        return Process._make(self.engine, calls.fork, self.handle)

    def exit(self, code: int = 0) -> None:
        """Ends the process and frees its memory; its number and exit code stay until close() reaps it."""
        check(calls.exit(self.handle, code))

    def info(self) -> "ProcessInfo":
        """Number, parent, exit code and others."""
        return ask("process_info", calls.process_info_get, self.handle)

    def set_name(self, name: str) -> None:
        """The name in reports."""
        check(calls.process_set_name(self.handle, as_text(name)))

    def set_score(self, score: int) -> None:
        """oom_score_adj: -1000 to 1000."""
        check(calls.process_set_score(self.handle, score))

    def set_transparent_policy(self, policy: TransparentPolicy) -> None:
        """PR_SET_THP_DISABLE, with THP_ constants."""
        check(calls.set_transparent_policy(self.handle, policy))

    def set_host_state(self, state: Optional[HostState]) -> None:
        """Attaches state of the program, which goes with snapshots, images and clones; None: none. A process that was loaded or cloned
        gets its bytes with this call."""
        made = None if state is None else ctypes.byref(self.engine._keep(state, state_structure(state)))
        check(calls.host_state_set(self.handle, made))

    def write_core(self, path: Union[str, "os.PathLike[str]"], threads: Iterable[Tuple[int, Mapping[str, int]]] = (),
                   signal: int = 0) -> None:
        """Writes a core file, which gdb opens: threads are numbers with registers by name, the first the one that the signal has ended.

            >>> process.write_core(folder + "/core", [(1, {"eip": at})], signal=11)
            >>> with paging.Image.from_core(folder + "/core") as image:
            ...     image.threads()[0].registers["eip"] == at
            True
        """
        rows = core_threads(threads)
        check(calls.core_write(self.handle, as_path(path), rows, len(rows), signal))

    def shadow(self) -> Shadow:
        """The byte shadow of the process; every byte is good if it has none yet."""
        return Shadow._make(self.engine, calls.shadow_open, self.handle)

    def snapshot(self) -> Snapshot:
        """A snapshot of the memory. Copies only pinned pages. OSError (ENOMEM): the host has no memory for it."""
        return Snapshot._make(self.engine, calls.snapshot_take, self.handle)

    def rewind(self, budget: int = 0, spacings: Sequence[Tuple[int, int]] = ()) -> Rewind:
        """States of the process, to be recorded. budget: the most bytes that they keep, 0 for 256 MiB; spacings: pairs, for the newest
        states first: one in so many records stays, and how many states stay so."""
        return Rewind._open(self.engine, calls.rewind_open, self.handle, budget, spacings)

    def userfaultfd(self, features: UserfaultFeatures = UserfaultFeatures(0), user_mode_only: bool = False) -> Userfaultfd:
        """userfaultfd(2) on this process, with UFFD_FEATURE_ constants; missing pages of anonymous memory need none."""
        return Userfaultfd._make(self.engine, calls.uffd_open, self.handle, features, user_mode_only)

    def watch(self, start: int, length: int, report: Callable[[Watched], None],
              accesses: Accesses = Accesses.WRITE) -> Watchpoint:
        """Calls report(Watched) before each access to some bytes; WATCH_WRITE unless told. If it raises, the access does not happen."""
        watcher = self.engine._keep(report, fill_in("watcher", report=reporter(without_answer(report))))
        return Watchpoint._make(self.engine, calls.watch, self.handle, start, length, accesses, ctypes.byref(watcher))

    def dirty_log(self) -> DirtyLog:
        """Which pages are written from now on."""
        return DirtyLog._make(self.engine, calls.dirty_log_open, self.handle)

    # ---- accesses

    def load(self, address: int, size: int = 4) -> int:
        """One load of 1, 2, 4 or 8 bytes, little-endian, at any address."""
        local.value.value = 0
        check_address(address, size)
        check_access(calls.read(self.handle, address, local.value_at, size, local.fault_at))
        return local.value.value

    def store(self, address: int, value: int, size: int = 4) -> None:
        """One store of 1, 2, 4 or 8 bytes. The value may be signed; RangeError: it does not fit."""
        check_address(address, size)
        local.value.value = check_value("value", value, size)
        check_access(calls.write(self.handle, address, local.value_at, size, local.fault_at))

    def fetch(self, address: int, size: int = 1) -> int:
        """One load for execution."""
        local.value.value = 0
        check_address(address, size)
        check_access(calls.fetch(self.handle, address, local.value_at, size, local.fault_at))
        return local.value.value

    def touch(self, address: int, write: bool = False) -> bool:
        """Faults as an access does, and moves nothing. True: the page was missing."""
        return bool(check_access(calls.touch(self.handle, address, int(write), local.fault_at)))

    def resolve_fault(self, address: int, error_code: int) -> None:
        """For a processor that walks the page tables itself: resolves the page fault at an address (CR2) with x86's error code. Then
        the instruction is executed again. MemoryFault: the guest gets a signal."""
        check_access(calls.resolve_fault(self.handle, address, error_code, local.fault_at))

    def read(self, address: int, length: int) -> bytes:
        """Copies bytes out. A MemoryFault says in `done` how many could be read."""
        length = check_count("Process.read", "length", length)
        buffer = ctypes.create_string_buffer(length)
        self._copied(calls.copy_out(self.handle, address, buffer, length, local.fault_at), length)
        return buffer.raw

    def write(self, address: int, data: Union[bytes, bytearray, memoryview]) -> None:
        """Copies bytes in. A MemoryFault says in `done` how many were written."""
        data = as_bytes(data)
        self._copied(calls.copy_in(self.handle, address, data, len(data), local.fault_at), len(data))

    def fill(self, address: int, length: int, byte: int = 0) -> None:
        """Writes the same byte everywhere."""
        byte = check_count("Process.fill", "byte", byte, 255)
        self._copied(calls.fill(self.handle, address, length, byte, local.fault_at), length)

    def add(self, address: int, amount: int, size: int = 4) -> int:
        """Adds atomically, as x86's LOCK ADD; returns the sum. Higher bits of the amount make no difference to it."""
        check_address(address, size)
        check_access(calls.atomic_add(self.handle, address, amount & (1 << 64) - 1, local.value_at, size, local.fault_at))
        return local.value.value & (1 << 8 * size) - 1

    def exchange(self, address: int, value: int, size: int = 4) -> int:
        """Exchanges atomically; returns the value before."""
        check_address(address, size)
        check_access(calls.atomic_exchange(self.handle, address, check_value("value", value, size), local.value_at, size, local.fault_at))
        return local.value.value & (1 << 8 * size) - 1

    def compare_exchange(self, address: int, value: int, comparand: int, size: int = 4) -> int:
        """Stores the value if the memory has the comparand, atomically; returns the value before."""
        check_address(address, size)
        value, comparand = check_value("value", value, size), check_value("comparand", comparand, size)
        check_access(calls.atomic_compare_exchange(self.handle, address, value, comparand, local.value_at, size, local.fault_at))
        return local.value.value & (1 << 8 * size) - 1

    def pin(self, address: int, length: int, write: bool = False) -> Pin:
        """Keeps memory where it is and shows it as memoryviews, without a copy."""
        return Pin._of(self, address, length, write)

    def flat_view(self, address: int, length: int) -> FlatView:
        """Shows pages as one memoryview for reading, in an engine with share_ram=1."""
        return FlatView._of(self, address, length)

    @overload
    def __getitem__(self, key: int) -> int: ...

    @overload
    def __getitem__(self, key: slice) -> bytes: ...

    def __getitem__(self, key: Union[int, slice]) -> Union[int, bytes]:
        if isinstance(key, slice):
            return self.read(*_range(key))
        return self.load(key, 1)

    @overload
    def __setitem__(self, key: int, value: int) -> None: ...

    @overload
    def __setitem__(self, key: slice, value: Union[bytes, bytearray, memoryview]) -> None: ...

    def __setitem__(self, key: Union[int, slice], value: Union[int, bytes, bytearray, memoryview]) -> None:
        if not isinstance(key, slice):
            return self.store(key, value, 1)    # type: ignore[arg-type]
        start, length = _range(key)
        data = as_bytes(value)
        if len(data) != length:
            raise ValueError(f"the slice has {length} bytes, the value {len(data)}")
        return self.write(start, data)

    @property
    def translations(self) -> int:
        """The address of the process's paging_translations (see paging.h), for code that is not Python."""
        found = calls.translations_of(self.handle)
        if not found:
            check(constants["BAD_HANDLE"])
        return ctypes.addressof(found.contents)

    # ---- descriptors

    def memfd(self, name: str = "memfd", flags: int = 0) -> int:
        """memfd_create(2): returns a descriptor of the process."""
        return check(calls.memfd_create(self.handle, as_text(name), flags))

    def close_descriptor(self, descriptor: int) -> None:
        """close(2)."""
        check(calls.close(self.handle, descriptor))

    def pread(self, descriptor: int, size: int, offset: int) -> bytes:
        """pread(2), to the host."""
        size = check_count("Process.pread", "size", size)
        buffer = ctypes.create_string_buffer(size)
        count = check(calls.pread(self.handle, descriptor, buffer, size, offset))
        return buffer.raw[:count]

    def pwrite(self, descriptor: int, data: bytes, offset: int) -> int:
        """pwrite(2), from the host."""
        data = as_bytes(data)
        return check(calls.pwrite(self.handle, descriptor, data, len(data), offset))

    def read_to(self, descriptor: int, address: int, length: int) -> int:
        """read(2) into the process's own memory. Returns how many bytes."""
        return check(calls.read_to(self.handle, descriptor, address, length))

    def write_from(self, descriptor: int, address: int, length: int) -> int:
        """write(2) from the process's own memory. Returns how many bytes."""
        return check(calls.write_from(self.handle, descriptor, address, length))

    def seek(self, descriptor: int, offset: int, whence: int = 0) -> int:
        """lseek(2), with os.SEEK_SET to os.SEEK_HOLE. Returns the position."""
        return check(calls.lseek(self.handle, descriptor, offset, whence))

    def file_length(self, descriptor: int) -> int:
        """The length of the file, as fstat(2) gives it."""
        return check(calls.fsize(self.handle, descriptor))

    def fsync(self, descriptor: int) -> None:
        """fsync(2)."""
        check(calls.fsync(self.handle, descriptor))

    def allocate(self, descriptor: int, offset: int, length: int, mode: int = 0) -> None:
        """fallocate(2)."""
        check(calls.fallocate(self.handle, descriptor, mode, offset, length))

    def punch(self, descriptor: int, offset: int, length: int) -> None:
        """fallocate(2) with FALLOC_FL_PUNCH_HOLE and FALLOC_FL_KEEP_SIZE."""
        check(calls.punch(self.handle, descriptor, offset, length))

    def advise_file(self, descriptor: int, offset: int, length: int, advice: int) -> None:
        """posix_fadvise(2)."""
        check(calls.fadvise(self.handle, descriptor, offset, length, advice))

    def truncate(self, descriptor: int, length: int) -> None:
        """ftruncate(2)."""
        check(calls.ftruncate(self.handle, descriptor, length))

    # ---- reports

    def maps(self) -> List[Area]:
        """The areas, in order."""
        count, capacity = 64, 0
        while count > capacity:    # other threads may map in between
            capacity = count + 64
            rows = (structures["area"] * capacity)()
            count = check(calls.areas(self.handle, rows, capacity))
        return [Area(r.start, r.end, Protection(r.protection), r.flags, r.offset, r.object, r.name.decode()) for r in rows[:count]]

    def report(self, name: str = "maps") -> str:
        """A file of /proc/PID, byte for byte: maps, smaps, smaps_rollup, status, statm."""
        return read_text(calls.report, self.handle, report_number(name, OF_PROCESS))

    def picture(self, name: str = "space") -> Picture:
        """A drawing of the process: space (its areas and where they lie), tables (its page tables), tree (its areas as Linux finds
        them). A notebook shows it; str() of it is an SVG file."""
        return Picture(read_text(calls.report, self.handle, report_number(name, OF_PROCESS, "picture")))

    def pagemap(self, first_page: int, count: int) -> List[int]:
        """The words of /proc/PID/pagemap."""
        count = check_count("Process.pagemap", "count", count, PAGES_MAX)
        words = (ctypes.c_uint64 * count)()
        check(calls.pagemap(self.handle, first_page, words, count))
        return list(words)

    def own_pages(self, first_page: int, count: int) -> List[bool]:
        """Whether each page of a run is the process's own private copy, which no other process shares since a fork."""
        count = check_count("Process.own_pages", "count", count, PAGES_MAX)
        pages = (ctypes.c_uint8 * max(1, count))()
        check(calls.own_pages(self.handle, first_page, pages, count))
        return [bool(page) for page in pages[:count]]

    def faults(self) -> "FaultCounts":
        """Counts of page faults."""
        return ask("fault_counts", calls.faults_get, self.handle)

    def usage(self) -> "Usage":
        """Sizes in pages."""
        return ask("usage", calls.usage_get, self.handle)

    def _copied(self, done: int, length: int) -> None:
        if check(done) != length:
            raise MemoryFault(local.fault.kind, local.fault.address, done)


def _range(key: slice) -> Tuple[int, int]:
    if key.start is None or key.stop is None or key.step not in (None, 1):
        raise ValueError("a slice of memory has a start and an end, and no step")
    if not (hasattr(key.start, "__index__") and hasattr(key.stop, "__index__")):
        raise TypeError(f"the start and the end of a slice of memory are whole numbers, not {key.start!r} and {key.stop!r}")
    if not 0 <= key.start <= key.stop <= 1 << 32:
        raise RangeError(f"a slice of memory is within 0 to 2^32 and does not end before it starts, as {key.start:#x}:{key.stop:#x} does")
    return key.start, key.stop - key.start
