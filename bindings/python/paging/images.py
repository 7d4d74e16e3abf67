"""What outlives its engine, and what lies beside a process's bytes: images for clones, core files, byte shadows."""
import ctypes
import os
from typing import TYPE_CHECKING, Any, Callable, Dict, Iterable, List, Mapping, NamedTuple, Optional, Protocol, Tuple, Union

from ._library import (
    as_bytes, as_path, check, check_value, checked as calls, constants, fill_in, handle_of, read_text, structures, without_answer)
from ._kinds import ByteState    # type: ignore[attr-defined]
from ._objects import Handle, Object
from .files import File, Mappable

if TYPE_CHECKING:
    from .engine import Engine, Group

Path = Union[str, "os.PathLike[str]"]
REGISTERS = ("ebx", "ecx", "edx", "esi", "edi", "ebp", "eax", "ds", "es", "fs", "gs", "orig_eax", "eip", "cs", "eflags", "esp", "ss")


class CoreThread(NamedTuple):
    """A thread of a core file: its number, and its registers by name, ebx to ss as in struct user_regs_struct of i386.

        >>> CoreThread(1, {"eip": 0x8048000}).registers["eip"]
        134512640
    """
    id: int
    registers: Mapping[str, int]


class Image(Handle):
    """The memory of a process as it was in a snapshot, or in a core file. Engines of any thread make clones of it, which share its pages
    until they write.

        >>> process.store(at, 7)
        >>> with process.snapshot() as snapshot, snapshot.image() as image:
        ...     with Engine() as other, other.clone_process(image) as clone:
        ...         clone.store(at + 4, 8)
        ...         image.pages, clone.load(at), process.load(at + 4)
        (1, 7, 0)
    """

    _WARNS = True
    _LASTS = "the program ends"

    def __init__(self, handle: int) -> None:
        self.handle = handle

    @classmethod
    def _make(cls, call: Callable[..., int], *arguments: Any) -> "Image":
        handle = ctypes.c_uint64()
        check(call(*arguments, ctypes.byref(handle)))
        return cls(handle.value)

    @classmethod
    def from_core(cls, path: Path, root: Optional[Path] = None) -> "Image":
        """An image of a core file of an i386 program. Files that the program mapped are read below the folder root, if they have the
        same build identifier; without root, their pages are bus errors."""
        return cls._make(calls.image_from_core, as_path(path), None if root is None else as_path(root))

    @classmethod
    def open(cls, path: Path, *, of_engine: bool = False) -> "Image":
        """An image that save has written. The file is mapped: its pages are read when they are touched, and all programs share them. It
        must not change meanwhile. OSError (EINVAL): no such image, or a damaged one."""
        return cls._make(calls.image_open, as_path(path), of_engine)

    def save(self, path: Path) -> None:
        """Writes the image to a file of the host, for open. Replaces the file, which programs that have it open keep as it was."""
        check(calls.image_save(self.handle, as_path(path)))

    def save_whole(self, path: Path) -> None:
        """As save, but writes all pages of a delta, for open."""
        check(calls.image_save_whole(self.handle, as_path(path)))

    @classmethod
    def open_delta(cls, path: Path, parent: "Image") -> "Image":
        """A delta that save has written, with the image that it is against. OSError (EINVAL): no delta, a damaged one, or one against
        another image; the message has both hashes."""
        return cls._make(calls.image_open_delta, as_path(path), handle_of("open_delta", "parent", parent, Image))

    @property
    def own_pages(self) -> int:
        """How many pages it has that no image before it has."""
        return check(calls.image_own_pages(self.handle))

    @property
    def hash(self) -> str:
        """A hash of its content in 32 digits, by which a delta names its parent. The same for an image and its file."""
        return read_text(calls.image_hash, self.handle)

    @property
    def pages(self) -> int:
        """How many pages it has that are not all zeros."""
        return check(calls.image_pages(self.handle))

    @property
    def processes(self) -> int:
        """How many processes it has: 1, unless it is of an engine's snapshot."""
        return check(calls.image_processes(self.handle))

    def threads(self) -> List[CoreThread]:
        """The threads of a core file; the first is the one that the signal has ended. Of a snapshot: none."""
        count = check(calls.image_threads(self.handle, None, 0))
        rows = (structures["core_thread"] * count)()
        check(calls.image_threads(self.handle, rows, count))
        return [CoreThread(row.id, dict(zip(REGISTERS, row.registers))) for row in rows]

    def close(self) -> None:
        """Frees the image. Clones keep its pages."""
        if self.handle:
            check(calls.free(self.handle))
        self.handle = 0

    def __enter__(self) -> "Image":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Shadow(Object):
    """Marks bytes of a process, as valgrind's memcheck does: what a byte allows is BYTE_GOOD, BYTE_UNINITIALIZED (a write, which makes it
    good) or BYTE_UNADDRESSABLE (nothing). A refused access is a MemoryFault at its first refused byte. close() makes every byte good.

        >>> with process.shadow() as shadow:
        ...     shadow.mark(at + 16, 8, paging.BYTE_UNADDRESSABLE)    # a red zone
        ...     process.store(at + 12, 0, 8)
        Traceback (most recent call last):
        paging._library.MemoryFault: FAULT_UNADDRESSABLE at b7ffe010
    """

    def mark(self, start: int, length: int, state: ByteState) -> None:
        """Gives bytes a state. OSError (ENOMEM): a page is not mapped, and nothing has changed."""
        check(calls.shadow_mark(self.handle, start, length, state))

    def state(self, address: int) -> ByteState:
        """The state of a byte."""
        return ByteState(check(calls.shadow_state(self.handle, address)))

    def find(self, start: int, length: int, also_uninitialized: bool = False) -> Optional[int]:
        """The address of the first byte that is unaddressable, or also of one that is uninitialized; None: there is none."""
        found = calls.shadow_find(self.handle, start, length, also_uninitialized)
        return None if found == -constants["ENOENT"] else check(found)

    def set(self, *, refuses_uninitialized: bool = True, is_enforced: bool = True) -> None:
        """Which marks refuse accesses: all, only unaddressable bytes, or none."""
        check(calls.shadow_set(self.handle, refuses_uninitialized, is_enforced))


class HostState(Protocol):
    """State of the program that belongs to a process, as the registers of its processor: it goes with the process's snapshots.

        >>> class Registers:
        ...     def save(self): return bytes([self.pc])
        ...     def restore(self, state): self.pc = state[0]
        >>> cpu = Registers()
        >>> cpu.pc = 5
        >>> process.set_host_state(cpu)
        >>> with process.snapshot() as snapshot:
        ...     cpu.pc = 6
        ...     snapshot.restore()
        ...     cpu.pc
        5
    """

    def save(self) -> bytes:
        """The state as it is now, up to 64 MiB."""

    def restore(self, state: bytes) -> None:
        """Goes back to a state."""


def state_structure(state: HostState) -> Any:
    """The state as C's structure, which must be kept while it is attached."""
    saved: List[Any] = [None]    # the bytes last until the next save

    def save(target: Any) -> int:
        data = as_bytes(state.save())
        saved[0] = ctypes.create_string_buffer(data, len(data) + 1)
        target[0] = ctypes.addressof(saved[0])
        return len(data)

    def restore(source: int, length: int) -> None:
        without_answer(state.restore)(ctypes.string_at(source, length) if length else b"")

    return fill_in("host_state", save=save, restore=restore)


def core_threads(threads: Iterable[Tuple[int, Mapping[str, int]]]) -> Any:
    """The threads as C's array."""
    given = list(threads)
    rows = (structures["core_thread"] * len(given))()
    for row, (number, registers) in zip(rows, given):
        row.id = check_value("a thread's number", number, 4)
        if not isinstance(registers, Mapping):
            raise TypeError(f"the registers of thread {number} are {registers!r}, and must be a mapping: {{'eip': 0x8048000}}")
        for name, value in registers.items():
            if name not in REGISTERS:
                raise ValueError(f"there is no register {name!r}: there are {', '.join(REGISTERS)}")
            row.registers[REGISTERS.index(name)] = check_value(name, value, 4)
    return rows


def finder(files: Union[None, Dict[str, File], Callable[[str], Optional[File]]],
           groups: "Union[None, Dict[str, Group], Callable[[str], Optional[Group]]]" = None) -> Any:
    """The files of saved processes and the groups of a saved engine, by name, as C's structure; None without both."""
    from .engine import Group    # which stands on this module
    if files is None and groups is None:
        return None
    find = files.get if isinstance(files, dict) else files or (lambda name: None)
    find_member = groups.get if isinstance(groups, dict) else groups
    if not callable(find):
        raise TypeError(f"files is {files!r}, and must be a dict or a function from names to paging.File")
    if find_member is not None and not callable(find_member):
        raise TypeError(f"groups is {groups!r}, and must be a dict or a function from names to paging.Group")

    def open_file(name: bytes, target: Any) -> None:
        wanted = name.decode("utf-8", "surrogateescape")
        found = find(wanted)
        if found is not None and not isinstance(found, Mappable):
            raise TypeError(f"files gives {found!r} for {wanted!r}, and must give a paging.File, or None")
        if found is not None and found.closed:
            raise ValueError(f"files gives a closed file for {wanted!r}")
        target[0] = 0 if found is None else found.handle

    def find_group(name: bytes, target: Any) -> None:
        wanted = name.decode("utf-8", "surrogateescape")
        found = find_member(wanted) if find_member is not None else None
        target[0] = 0 if found is None else handle_of("groups", wanted, found, Group)

    return fill_in("file_finder", open_file=open_file, find_group=find_group)
