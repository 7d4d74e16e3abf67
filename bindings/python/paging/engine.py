"""Engines: a machine's memory."""
import ctypes
import mmap
import os
from typing import TYPE_CHECKING, Any, Callable, Dict, List, Optional, Sequence, Set, Tuple, Union, overload

from ._library import (
    OF_ENGINE, as_bytes, as_path, as_text, check, checked as calls, constants, fill_in, handle_of, local, raise_for, read_text,
    report_number, without_answer)
from ._objects import DirtyLog, Handle, Object, Processor, Shown, Snapshot, bytes_of
from ._kinds import FetchRights, Overcommit, PageAnswer, Tables, check_kind    # type: ignore[attr-defined]
from ._results import ask
from .costs import Ledger
from .files import LATER, ZEROS, Backing, Device, File, Pager, SwapStore, move_out, move_page, of_size
from .images import Image, finder
from .observers import Events
from .pictures import Picture
from .policies import Policy, pointer_to, policy_structure
from .process import Process
from .rewinds import Rewind
from .windows import WindowsProcess

if TYPE_CHECKING:
    from ._results import FaultCounts, Machine

MOST_PROCESSES = 1 << 16    # of one load


class Group(Object):
    """A memory group (cgroup) of processes with a limit in frames.

        >>> with engine.group("small", 64) as group, engine.process("member", group=group) as member:
        ...     member.map(4096) > 0
        True
    """

    def set_limit(self, frames: Optional[int]) -> None:
        """Sets the limit; None: no limit."""
        check(calls.group_set_limit(self.handle, _limit(frames)))

    def close(self) -> None:
        """Removes the group. OSError (EBUSY): it has processes."""
        super().close()


class Swap(Object):
    """A swap device in use.

        >>> with engine.swap_on("swap", 1 << 20):
        ...     process.store(at, 1)
        ...     process.advise(at, 4096, paging.MADV_PAGEOUT)
        ...     process.usage().swapped
        1
    """

    def close(self) -> None:
        """swapoff(2): reads everything back. OSError: it stays in use."""
        super().close()


class Engine(Handle):
    """A machine's memory: RAM, page tables, page cache, swap, and processes.

        with paging.Engine(ram_bytes=256 << 20) as engine:
            process = engine.process("first")

    Options are the fields of paging_options in paging.h, by name: ram_bytes, seed, tables, allow_threads, overcommit, swappiness and
    others; TypeError names them all. The engine belongs to the thread that made it, unless allow_threads=True; another thread gets a
    PagingError. Engines share nothing. close() ends it and everything in it, and is called at the end of a with block. policy is a name,
    as "ARC", or an object with the methods of Policy; with every_access each access is reported to it.

        >>> with Engine(ram_bytes=1 << 20, policy="CLOCK") as engine, engine.process() as process:
        ...     at = process.map(4096)
        ...     process.store(at, 42)
        ...     process.load(at)
        42
    """

    _WARNS = True
    _LASTS = "the program ends"

    def __init__(self, *, policy: Union[str, Policy, None] = None, every_access: bool = False, **options: int) -> None:
        self._kept: List[Any] = []    # callbacks, which C may call until the engine ends
        self._pins: Set[Shown] = set()
        self.handle = 0
        wanted = fill_in("options")
        check(calls.options_defaults(ctypes.byref(wanted)))
        given = fill_in("options", **options)    # refuses unknown names, and numbers that do not fit
        for name in options:
            setattr(wanted, name, getattr(given, name))
        if policy is not None:
            wanted.policy = pointer_to(self._keep(policy, policy_structure(policy, every_access)))
        handle = ctypes.c_uint64()
        check(calls.engine_create(ctypes.byref(wanted), ctypes.byref(handle)))
        self.handle = handle.value

    def close(self) -> None:
        """Writes dirty pages to their files and frees everything. PagingError: something made from a view of pinned memory, as an array
        of numpy or a slice, is still in use; nothing has changed, and all views are good."""
        for pin in self._pins:
            pin._check_unused()    # all of them, before any is closed
        for pin in list(self._pins):
            pin.close()
        if self.handle:
            result = calls.free(self.handle)
            if result not in (constants["WRONG_STATE"], constants["BAD_HANDLE"]):
                self.handle = 0    # an error of a backing is reported, and the engine is gone all the same
                self._kept.clear()
            if result < 0 or local.raised is not None:
                raise_for(result)

    def __enter__(self) -> "Engine":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def bind(self) -> None:
        """Hands the engine over to the calling thread. The old one must have finished with it."""
        check(calls.engine_bind(self.handle))

    # ---- processes

    def process(self, name: str = "process", *, group: Optional[Group] = None, **options: int) -> Process:
        """Makes a process with nothing mapped. Options are the fields of paging_process_options: is_bottom_up, mmap_base, …
        lowest_address or highest_address sets has_bounds; without lowest_address page 0 can be mapped then."""
        if "lowest_address" in options or "highest_address" in options:
            options.setdefault("has_bounds", 1)
        member_of = None if group is None else handle_of("Engine.process", "group", group, Group)
        wanted = fill_in("process_options", group=member_of, **options)
        return Process._make(self, calls.process_create, self.handle, as_text(name), ctypes.byref(wanted))

    def windows_process(self, name: str = "process") -> WindowsProcess:
        """Makes a process of Windows with nothing allocated."""
        return WindowsProcess._make(self, calls.windows_process_create, self.handle, as_text(name))

    def find(self, number: int) -> Process:
        """The process with a number. ProcessLookupError: there is none."""
        return Process._make(self, calls.process_find, self.handle, number)

    def load(self, path: Union[str, "os.PathLike[str]"], files: "Files" = None) -> Process:
        """A new process from what Snapshot.save has written. files as for load_bytes."""
        found = finder(files)
        return Process._make(self, calls.process_load, self.handle, as_path(path), found and ctypes.byref(found))

    def load_bytes(self, data: bytes, files: "Files" = None) -> Process:
        """A new process from what Snapshot.save_bytes has given. files finds what it maps: a dict or a function from names to File.

            >>> with process.snapshot() as snapshot, Engine() as other:
            ...     [area.name for area in other.load_bytes(snapshot.save_bytes()).maps()]
            ['']
        """
        data, found = as_bytes(data), finder(files)
        return Process._make(self, calls.process_load_bytes, self.handle, data, len(data), found and ctypes.byref(found))

    def clone_process(self, image: Image, files: "Files" = None) -> Process:
        """A new process with the memory of an image, whose pages it shares until it writes. files as for load_bytes."""
        found = finder(files)
        source = handle_of("Engine.clone_process", "image", image, Image)
        return Process._make(self, calls.process_clone, self.handle, source, found and ctypes.byref(found))

    def load_all(self, path: Union[str, "os.PathLike[str]"], files: "Files" = None, groups: "Groups" = None) -> List[Process]:
        """New processes from what an engine's Snapshot.save has written, with all that they share. files and groups as for load_all_bytes."""
        found = finder(files, groups)
        return self._make_all(calls.engine_load, as_path(path), found and ctypes.byref(found))

    def load_all_bytes(self, data: bytes, files: "Files" = None, groups: "Groups" = None) -> List[Process]:
        """New processes from what an engine's Snapshot.save_bytes has given. groups finds their memory groups by name, as files finds what
        they map; a group that it does not find is made.

            >>> with Engine() as first, Engine() as other:
            ...     server = first.process("server")
            ...     _ = server.fork()
            ...     with first.snapshot() as whole:
            ...         [process.info().parent_id for process in other.load_all_bytes(whole.save_bytes())]
            [0, 1]
        """
        data, found = as_bytes(data), finder(files, groups)
        return self._make_all(calls.engine_load_bytes, data, len(data), found and ctypes.byref(found))

    def clone_processes(self, image: Image, files: "Files" = None, groups: "Groups" = None) -> List[Process]:
        """New processes with the memory of an engine's image, and all that they share. files and groups as for load_all_bytes."""
        found = finder(files, groups)
        source = handle_of("Engine.clone_processes", "image", image, Image)
        return self._make_all(calls.engine_clone, source, found and ctypes.byref(found))

    def save_windows(self, path: Union[str, "os.PathLike[str]"]) -> None:
        """Writes all processes of Windows as they are now, with the sections that they share, to a file of the host."""
        check(calls.windows_save(self.handle, 0, as_path(path)))

    def save_windows_bytes(self) -> bytes:
        """What save_windows writes, as bytes."""
        return bytes_of(calls.windows_save_bytes, self.handle, 0)

    def load_windows(self, path: Union[str, "os.PathLike[str]"], files: "Files" = None) -> List[WindowsProcess]:
        """New processes from what save_windows or WindowsProcess.save has written, with their addresses and handles. files as for
        load_bytes."""
        found = finder(files)
        return self._make_windows(calls.windows_load, as_path(path), found and ctypes.byref(found))

    def load_windows_bytes(self, data: bytes, files: "Files" = None) -> List[WindowsProcess]:
        """New processes from what save_windows_bytes or WindowsProcess.save_bytes has given. files as for load_bytes."""
        data, found = as_bytes(data), finder(files)
        return self._make_windows(calls.windows_load_bytes, data, len(data), found and ctypes.byref(found))

    def _make_all(self, call: Callable[..., int], *arguments: object) -> List[Process]:
        return [Process(handle, self) for handle in self._make_handles(call, *arguments)]

    def _make_windows(self, call: Callable[..., int], *arguments: object) -> List[WindowsProcess]:
        return [WindowsProcess(handle, self) for handle in self._make_handles(call, *arguments)]

    def _make_handles(self, call: Callable[..., int], *arguments: object) -> List[int]:
        handles = (ctypes.c_uint64 * MOST_PROCESSES)()
        return handles[:check(call(self.handle, *arguments, handles, MOST_PROCESSES))]

    def group(self, name: str, limit_frames: Optional[int] = None, *, policy: Union[str, Policy, None] = None, every_access: bool = False,
              kills: bool = False, counts_tables: bool = True) -> Group:
        """Makes a memory group; processes join it when they are made. policy as for an engine. kills: at the limit, a process of the
        group ends, instead of a fault. counts_tables=False: page tables do not count, as in a simulator."""
        if policy is None and not kills and counts_tables:
            return Group._make(self, calls.group_create, self.handle, as_text(name), _limit(limit_frames))
        wanted = fill_in("group_options", out_of_memory=int(kills), limit_frames=limit_frames or 0, excludes_tables=int(not counts_tables))
        if policy is not None:
            wanted.policy = pointer_to(self._keep(policy, policy_structure(policy, every_access)))
        group = Group._make(self, calls.group_create_with, self.handle, as_text(name), ctypes.byref(wanted))
        if limit_frames == 0:    # which in the structure means none
            group.set_limit(0)
        return group

    def processor(self, name: str = "thread") -> Processor:
        """The calling thread's right to access guest memory, in an engine with allow_threads."""
        return Processor._make(self, calls.processor_create, self.handle, as_text(name))

    # ---- files

    def file(self, name: str, length: int = 0) -> File:
        """A file in the engine's RAM, as in tmpfs."""
        return File._make(self, calls.file_create, self.handle, as_text(name), length)

    def host_file(self, path: Union[str, "os.PathLike[str]"], *, write: bool = False, create: bool = False) -> File:
        """A file of the host, through the page cache."""
        rights = constants["READ_WRITE" if write else "READ"]
        return File._make(self, calls.file_open_host, self.handle, as_path(path), rights, create)

    def directory(self, name: str) -> File:
        """A directory: something that can be opened and not mapped."""
        return File._make(self, calls.directory_create, self.handle, as_text(name))

    def backed_file(self, name: str, length: int, backing: Backing) -> File:
        """A file whose storage is an object of Python."""
        return self._backed_file(calls.file_create_backed, self.handle, name, length, backing)

    def _backed_file(self, call: Callable[..., int], place: int, name: str, length: int, backing: Backing) -> File:
        def read(offset: int, target: int, size: int) -> int:
            return move_out(backing.read(offset, size), target, size)

        def write(offset: int, source: int, size: int) -> int:
            count = backing.write(offset, ctypes.string_at(source, size))
            if count is None or not 0 <= count <= size:
                raise ValueError(f"given {size} bytes to write, the callback returned {count}")
            return count

        can_write = hasattr(backing, "write")
        made = self._keep(backing, fill_in(
            "backing", length=length, read=read, write=write if can_write else None, 
            set_length=without_answer(getattr(backing, "set_length", None)), flush=without_answer(getattr(backing, "flush", None)),
            release=without_answer(getattr(backing, "release", None))))
        return File._make(self, call, place, as_text(name), ctypes.byref(made),
                          constants["READ_WRITE" if can_write else "READ"])

    def device(self, name: str, length: int, device: Device) -> File:
        """Memory whose loads and stores are calls of an object. Map it shared."""
        def load(offset: int, size: int, value: Any) -> None:
            value[0] = of_size(device.load(offset, size), size)

        def fetch(offset: int, size: int, value: Any) -> None:
            value[0] = of_size(device.fetch(offset, size), size)    # type: ignore[attr-defined]

        made = self._keep(device, fill_in(
            "device", load=load, store=without_answer(device.store), fetch=fetch if hasattr(device, "fetch") else None))
        return File._make(self, calls.device_create, self.handle, as_text(name), ctypes.byref(made), length, constants["READ_WRITE"])

    def host_memory(self, name: str, buffer: Any, *, write: bool = True) -> File:
        """A writable buffer of this program, as of mmap.mmap, as a file: its shared mappings show it, as fast as RAM. Its address and its
        length must be multiples of 4,096. It cannot be resized until the engine ends."""
        shown = (ctypes.c_uint8 * memoryview(buffer).nbytes).from_buffer(buffer)
        self._kept.append(shown)
        return File._make(self, calls.host_memory_create, self.handle, as_text(name), ctypes.addressof(shown), len(shown),
                          constants["READ_WRITE" if write else "READ"])

    def rom(self, name: str, contents: bytes, stores: Optional[Callable[[int, int, int], None]] = None) -> File:
        """A ROM with a copy of some bytes, a multiple of 4,096. Map it shared. Loads are as fast as of RAM; stores go to
        stores(offset, size, value), as a cartridge's bank register, or are ignored.

            >>> with engine.rom("rom", b"code" * 1024, lambda offset, size, value: print("bank", value)) as rom:
            ...     start = process.map(4096, file=rom)
            >>> process.store(start, 3, 1)
            bank 3
            >>> process.read(start, 4)
            b'code'
        """
        data = as_bytes(contents)
        room = mmap.mmap(-1, max(len(data), 1))    # begins at a page
        room.write(data)
        shown = (ctypes.c_uint8 * len(room)).from_buffer(room)
        self._kept.append(shown)
        called = None if stores is None else ctypes.byref(self._keep(stores, fill_in("device", store=without_answer(stores))))
        return File._make(self, calls.rom_create, self.handle, as_text(name), ctypes.addressof(shown), len(data), called)

    def pager(self, name: str, page_count: int, request: Callable[[int], Union[bytes, PageAnswer, None]],
              store: Optional[Callable[[int, bytes], None]] = None) -> Pager:
        """Memory whose pages the program supplies. request(page) returns 4,096 bytes, ZEROS, LATER, or None if there is no such page;
        store(page, data) takes a page that was written through a shared mapping."""
        def ask_for(page: int, target: int) -> int:
            answer = request(page)
            if answer is None:
                return constants["PAGE_FAILED"]
            if isinstance(answer, int):
                check_kind("Engine.pager", "the answer of request", answer, "PageAnswer")
                if answer not in (ZEROS, LATER):
                    raise ValueError(f"a pager returns bytes, ZEROS, LATER or None, not {answer}")
                return answer
            return move_page(answer, target) and constants["PAGE_SUPPLIED"]

        take = without_answer(store)

        def keep(page: int, source: int) -> None:
            take(page, ctypes.string_at(source, 4096))

        made = self._keep(request, fill_in("page_source", request=ask_for, store=keep if store else None))
        return Pager._make(self, calls.pager_create, self.handle, as_text(name), page_count, ctypes.byref(made))

    @overload
    def swap_on(self, name: str, store: int) -> Swap: ...

    @overload
    def swap_on(self, name: str, store: SwapStore, slot_count: int) -> Swap: ...

    def swap_on(self, name: str, store: Union[SwapStore, int], slot_count: int = 0) -> Swap:
        """swapon(2): an object of Python with slot_count slots, or so many bytes of the host's memory."""
        return self._swap_on(calls.swap_on, calls.swap_on_memory, self.handle, name, store, slot_count)

    def _swap_on(self, call: Callable[..., int], call_for_memory: Callable[..., int], place: int, name: str, store: Union[SwapStore, int], slot_count: int) -> Swap:
        if isinstance(store, int):
            return Swap._make(self, call_for_memory, place, store)
        take = without_answer(store.write)
        made = self._keep(store, fill_in(
            "swap_store", slot_count=slot_count, read=lambda slot, target: move_page(store.read(slot), target) and 0,
            write=lambda slot, source: take(slot, ctypes.string_at(source, 4096))))
        return Swap._make(self, call, place, as_text(name), ctypes.byref(made))

    # ---- the machine

    def snapshot(self) -> Snapshot:
        """A snapshot of all processes and of the memory that they share. Files with a backing are not part of it."""
        return Snapshot._make(self, calls.engine_snapshot_take, self.handle)

    def rewind(self, budget: int = 0, spacings: Sequence[Tuple[int, int]] = ()) -> Rewind:
        """States of all processes and of the memory that they share, to be recorded. As Process.rewind."""
        return Rewind._open(self, calls.engine_rewind_open, self.handle, budget, spacings)

    def dirty_log(self) -> DirtyLog:
        """Which frames of the machine are written."""
        return DirtyLog._make(self, calls.engine_dirty_log_open, self.handle)

    def ledger(self, prices: str, processors: int = 1) -> Ledger:
        """Opens a ledger. prices: "desktop-2009", "server-2025", or a list's text in JSON (docs/COSTS.md). PagingError: another name, or
        a list with an error."""
        return Ledger._make(self, calls.ledger_open, self.handle, as_text(prices), processors)

    def record_events(self, capacity: int = 4096) -> Events:
        """Records faults, copies, reclaim, swap and unmapping; keeps capacity events. One recorder at a time."""
        return Events._make(self, calls.events_record, self.handle, capacity)

    def background(self, page_budget: int = 256) -> int:
        """A tick of write-back, reclaim ahead of need and zeroing ahead; nothing of it runs by itself. Returns the pages worked on."""
        return check(calls.background(self.handle, page_budget))

    def sync(self) -> None:
        """sync(2)."""
        check(calls.sync(self.handle))

    def drop_caches(self) -> None:
        """vm.drop_caches."""
        check(calls.drop_caches(self.handle))

    def compact(self) -> int:
        """vm.compact_memory: returns how many frames moved."""
        return check(calls.compact(self.handle))

    def set_overcommit(self, mode: Overcommit, ratio: int = 50) -> None:
        """vm.overcommit_memory and vm.overcommit_ratio; modes are OVERCOMMIT_ constants."""
        check(calls.set_overcommit(self.handle, mode, ratio))

    def set_max_map_count(self, count: int) -> None:
        """vm.max_map_count."""
        check(calls.set_max_map_count(self.handle, count))

    def ram_file(self) -> int:
        """The descriptor of this host's file that holds RAM, in an engine with share_ram=1: frame f lies at 4096 * f. It is the
        engine's: do not close it."""
        return check(calls.ram_file(self.handle))

    def audit(self) -> List[str]:
        """Recounts everything and checks each invariant. Returns the findings: an empty list if all is well. Slow."""
        buffer = ctypes.create_string_buffer(1 << 16)
        count = check(calls.audit(self.handle, buffer, len(buffer)))
        return buffer.value.decode().splitlines() if count else []

    def report(self, name: str = "meminfo") -> str:
        """A file of /proc, byte for byte: meminfo, vmstat, swaps, zoneinfo, buddyinfo."""
        return read_text(calls.engine_report, self.handle, report_number(name, OF_ENGINE))

    def picture(self, name: str = "frames") -> Picture:
        """A drawing of the machine: frames (what each frame of RAM holds). A notebook shows it; str() of it is an SVG file."""
        return Picture(read_text(calls.engine_report, self.handle, report_number(name, OF_ENGINE, "picture")))

    def faults(self) -> "FaultCounts":
        """Counts of page faults."""
        return ask("fault_counts", calls.engine_faults_get, self.handle)

    def machine(self) -> "Machine":
        """The frames of the machine. A pass over all frames."""
        return ask("machine", calls.machine_get, self.handle)

    def huge_pool(self, resize: int = -1) -> Tuple[int, int, int, int]:
        """vm.nr_hugepages: resizes the pool if asked, and returns its total, free, reserved and surplus pages."""
        parts = [ctypes.c_int64() for _ in range(3)]
        total = check(calls.huge_pool_resize(self.handle, resize, *map(ctypes.byref, parts)))
        return (total, parts[0].value, parts[1].value, parts[2].value)

    def _keep(self, target: object, made: Any) -> Any:
        self._kept.append((target, made))
        return made


Files = Union[None, Dict[str, File], Callable[[str], Optional[File]]]
Groups = Union[None, Dict[str, Group], Callable[[str], Optional[Group]]]


def _limit(frames: Optional[int]) -> int:
    return (1 << 64) - 1 if frames is None else frames
