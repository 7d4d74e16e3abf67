"""What all objects of a handle share, and the small ones."""
import ctypes
import gc
import os
import struct
import sys
import warnings
import weakref
from typing import TYPE_CHECKING, Any, Callable, List, Optional, Tuple, Type, TypeVar, Union

from ._library import PagingError, as_path, as_text, check, check_access, checked as calls, constants, handle_of, local

if TYPE_CHECKING:
    from .engine import Engine
    from .images import Image
    from .process import Process

Self = TypeVar("Self", bound="Object")


class Handle:
    """What stands for something in the library of this interpreter. A copy would free it twice, and a pickle would name something else
    in another interpreter: both are a TypeError."""

    handle: int
    _WARNS = False    # of a class whose objects nothing finds again once they are gone
    _LASTS = "its engine is closed"

    def __repr__(self) -> str:
        return f"<paging.{type(self).__name__} {self.handle:x}>" if self.handle else f"<paging.{type(self).__name__}, closed>"

    def __del__(self) -> None:
        # It is not freed here: another thread may collect it, or a callback.
        if self._WARNS and getattr(self, "handle", 0) != 0 and self._is_there():
            warnings.warn(f"{self!r} was never closed, and stays until {self._LASTS}", ResourceWarning, source=self)

    def _is_there(self) -> bool:
        return True

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise TypeError(f"cannot copy or pickle a paging.{type(self).__name__}: its memory belongs to this interpreter")

    @property
    def closed(self) -> bool:
        """Whether it was closed through this object."""
        return self.handle == 0


class Object(Handle):
    """Something that the library made. It is freed by close(), at the end of a with block, or with its engine."""

    engine: "Engine"

    def __init__(self, handle: int, engine: "Engine") -> None:
        self.handle, self.engine = handle, engine

    def _is_there(self) -> bool:
        return self.engine.handle != 0

    @classmethod
    def _make(cls: Type[Self], engine: "Engine", call: Callable[..., int], *arguments: Any) -> Self:
        handle = ctypes.c_uint64()
        check(call(*arguments, ctypes.byref(handle)))
        return cls(handle.value, engine)

    def close(self) -> None:
        """Frees the object. A second call does nothing."""
        if self.handle and self.engine.handle:
            check(calls.free(self.handle))
        self.handle = 0

    def __enter__(self: Self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def bytes_of(call: Callable[..., int], *arguments: Any) -> bytes:
    """Bytes that a call writes into a buffer, and whose length it returns."""
    capacity = check(call(*arguments, None, 0))
    while True:
        buffer = ctypes.create_string_buffer(capacity)
        length = check(call(*arguments, buffer, capacity))
        if length <= capacity:
            return buffer.raw[:length]
        capacity = length    # state of the host has grown


class Snapshot(Object):
    """The memory of a process, or of an engine with all its processes, at one moment. Taking one copies no page. Snapshots of a process
    form a tree; each can be restored as often as needed.

        >>> process.store(at, 1)
        >>> with process.snapshot() as start:
        ...     process.store(at, 2)
        ...     start.restore()
        ...     process.load(at)
        1
    """

    _WARNS = True

    def restore(self) -> None:
        """Goes back. Costs what has changed since. Processes that began after an engine's snapshot end."""
        check(calls.snapshot_restore(self.handle))

    def keep_written(self, on: bool = True) -> None:
        """Pages written iteration after iteration stay the process's own, and get their bytes back: one takes a fifth less time, has fewer
        faults, and each such page has two frames. Off by default; no effect with allow_threads."""
        check(calls.snapshot_keep_written(self.handle, on))

    @property
    def dirty_pages(self) -> int:
        """How many pages a restore would put back."""
        return check(calls.snapshot_dirty_pages(self.handle))

    @property
    def valid(self) -> bool:
        """False: its process was reaped."""
        return bool(check(calls.snapshot_is_valid(self.handle)))

    def name(self, number: int, name: Optional[str]) -> None:
        """Saves a file or shared memory by a name, for which the loader is asked. number is the object of Area and File; None: its own name.
        Shared memory with a name is not saved."""
        check(calls.snapshot_name(self.handle, number, None if name is None else as_text(name)))

    def save(self, path: Union[str, "os.PathLike[str]"]) -> None:
        """Writes the snapshot to a file of the host: a process for Engine.load, all of an engine for Engine.load_all."""
        check(calls.snapshot_save(self.handle, as_path(path)))

    def save_bytes(self) -> bytes:
        """What save writes, as bytes, for Engine.load_bytes or load_all_bytes in any process."""
        return bytes_of(calls.snapshot_save_bytes, self.handle)

    def image(self) -> "Image":
        """Copies the memory once, for Engine.clone_process or clone_processes in any number of engines."""
        from .images import Image
        return Image._make(calls.image_create, self.handle)

    def delta(self, parent: "Image") -> "Image":
        """As image, but shares the pages of another image, and has only those that differ by content at the same address. Of a clone
        of the parent it costs what the clone has written.

            >>> process.store(at, 7)
            >>> with process.snapshot() as snapshot, snapshot.image() as parent:
            ...     process.store(at, 8)
            ...     with process.snapshot() as later, later.delta(parent) as delta:
            ...         delta.pages, delta.own_pages
            (1, 1)
        """
        from .images import Image
        return Image._make(calls.image_create_delta, self.handle, handle_of("delta", "parent", parent, Image))


class DirtyLog(Object):
    """Which pages of a process, or frames of an engine, are written. Several logs may be open.

        >>> with process.dirty_log() as log:
        ...     process.store(at + 4096, 1)
        ...     [hex(page) for page in log.collect()]
        ['0xb7fff']
    """

    _WARNS = True

    def __len__(self) -> int:
        return check(calls.dirty_log_count(self.handle))

    def collect(self) -> List[int]:
        """The numbers of what was written since the last call, and begins anew. O(written)."""
        while True:
            capacity = len(self) + 64    # other threads may write in between
            numbers = (ctypes.c_uint32 * capacity)()
            count = calls.dirty_log_collect(self.handle, numbers, capacity)
            if count != -constants["ENOSPC"]:
                return numbers[:check(count)]


_IN_USE = "A buffer over shown memory is still in use: delete it first."
_WORD = ctypes.sizeof(ctypes.c_ssize_t)


def _words(of: Any) -> List[int]:
    return [ctypes.c_ssize_t.from_address(id(of) + at).value for at in range(0, of.__sizeof__() - _WORD + 1, _WORD)]


def _find_count(of: Any, take: Callable[[], Any]) -> Optional[int]:
    """Where an object counts what was taken from it; None in an interpreter that keeps the count elsewhere."""
    before = _words(of)
    taken = [take() for _ in range(3)]
    found = [at * _WORD for at, (old, new) in enumerate(zip(before, _words(of))) if at > 0 and new - old == len(taken)]
    return found[0] if len(found) == 1 else None


def _find_counts() -> Tuple[Optional[int], Optional[int]]:
    """Where a memoryview counts the buffers that were taken from it, and its origin the views of it."""
    if sys.implementation.name != "cpython":
        return None, None
    view = memoryview(bytearray(8))
    origins = gc.get_referents(view)    # the buffer that a view shares with what is cut from it
    views = _find_count(origins[0], lambda: view[1:]) if len(origins) == 1 else None
    return _find_count(view, lambda: struct.iter_unpack("B", view)), views


_EXPORTS_AT, _VIEWS_AT = _find_counts()


def _is_used(view: memoryview) -> bool:
    """Whether anything was made from a view that still has its memory: a slice or another view, or a buffer, as of an array of numpy.
    A view tells only when it is released, which cannot be taken back, so its counts are looked at. Where they are not found, releasing
    tells."""
    if _VIEWS_AT is not None and ctypes.c_ssize_t.from_address(id(gc.get_referents(view)[0]) + _VIEWS_AT).value > 1:
        return True
    return _EXPORTS_AT is not None and ctypes.c_ssize_t.from_address(id(view) + _EXPORTS_AT).value != 0


class Shown(Object):
    """Memory of guests as memoryviews, which must be gone before it."""

    _NAME: str    # in messages, as in paging.h's
    views: List[memoryview]

    def __init__(self, handle: int, engine: "Engine") -> None:
        super().__init__(handle, engine)
        self.views = []
        self._arrays: List["weakref.ref[Any]"] = []    # each dies with the last buffer over its frames
        engine._pins.add(self)

    def _show(self, start: int, count: int, write: bool) -> None:
        array = (ctypes.c_uint8 * count).from_address(start)
        self._arrays.append(weakref.ref(array))
        view = memoryview(array).cast("B")
        self.views.append(view if write else view.toreadonly())

    @property
    def view(self) -> memoryview:
        """The only view. ValueError: the memory lies in several runs of frames. PagingError: it is closed."""
        if self.closed:
            raise PagingError(constants["BAD_HANDLE"], f"The {self._NAME} is closed.")
        if len(self.views) != 1:
            raise ValueError(f"the memory lies in {len(self.views)} runs of frames: use views")
        return self.views[0]

    def close(self) -> None:
        """Gives the memory back. PagingError: something made from a view, as an array of numpy or a slice, is still alive; nothing has
        changed."""
        self._check_unused()
        while self.views:
            self.views.pop().release()
        if any(array() is not None for array in self._arrays):    # of another thread, made since the check
            raise PagingError(constants["WRONG_STATE"], _IN_USE)
        super().close()
        self.engine._pins.discard(self)

    def _check_unused(self) -> None:
        if any(_is_used(view) for view in self.views):
            raise PagingError(constants["WRONG_STATE"], _IN_USE)


class Pin(Shown):
    """Guest memory that stays where it is, whatever the process does, until the pin is closed. `views` has a memoryview of bytes for each
    run of neighbouring frames; numpy.frombuffer takes them without a copy. Views are read-only unless the pin is for writing.

        >>> with process.pin(at, 8, write=True) as pin:
        ...     pin.view[0] = 5
        ...     process.load(at)
        5
    """

    _NAME = "pin"

    @classmethod
    def _of(cls, process: "Process", address: int, length: int, write: bool) -> "Pin":
        handle, start = ctypes.c_uint64(), ctypes.c_void_p()
        access = constants["ACCESS_WRITE" if write else "ACCESS_READ"]
        check_access(calls.pin(process.handle, address, length, access, ctypes.byref(handle), local.fault_at))
        made = cls(handle.value, process.engine)
        while count := check(calls.pin_part(made.handle, len(made.views), ctypes.byref(start))):
            made._show(start.value or 0, count, write)
        return made


class FlatView(Shown):
    """Pages of a process as one memoryview, read-only, in an engine with share_ram=1. It shows what was present at the last refresh;
    other pages are zeros. paging.h says what is stale when.

        >>> with Engine(share_ram=1) as shared, shared.process() as memory:
        ...     start = memory.map(8192)
        ...     memory.store(start, 5)
        ...     with memory.flat_view(start, 8192) as flat:
        ...         memory.store(start + 4, 6, 1)
        ...         bytes(flat.view[:5]), flat.is_current
        (b'\\x05\\x00\\x00\\x00\\x06', True)
    """

    _NAME = "flat view"

    @classmethod
    def _of(cls, process: "Process", address: int, length: int) -> "FlatView":
        handle, start = ctypes.c_uint64(), ctypes.c_void_p()
        check(calls.flat_view_open(process.handle, address, length, ctypes.byref(handle), ctypes.byref(start)))
        made = cls(handle.value, process.engine)
        made._show(start.value or 0, length, write=False)
        return made

    @property
    def is_current(self) -> bool:
        """False: a page that is shown may be the process's no longer."""
        return bool(check(calls.flat_view_is_current(self.handle)))

    def refresh(self) -> int:
        """Shows the pages that are present now. Returns how many of them it cannot show."""
        return check(calls.flat_view_refresh(self.handle))


class Processor(Object):
    """A thread's right to access guest memory, in an engine with allow_threads. Each thread makes its own.

        >>> with Engine(allow_threads=True) as shared, shared.process() as memory:
        ...     start = memory.map(4096)
        ...     with shared.processor("worker") as cpu, cpu.run(memory):
        ...         for item in range(4):
        ...             memory.store(start + 4 * item, item)
        ...             cpu.poll()
        ...         memory.load(start + 12)
        3
    """

    _WARNS = True

    def run(self, process: "Process") -> "Processor._Running":
        """Says in which process's memory this thread works from now on. In a with statement, the thread rests at its end."""
        check(calls.run(self.handle, process.handle))
        return Processor._Running(self)

    def poll(self) -> None:
        """Says that the thread holds nothing that it has found in the memory. Call it often: calls that take memory away wait for it."""
        check(calls.poll(self.handle))

    def rest(self) -> None:
        """Declares that the thread is about to block or to idle: no other thread waits for it."""
        check(calls.rest(self.handle))

    def pending_wait(self, seconds: float) -> None:
        """How long an access waits for a page that a pager supplies later. 0, the default: it faults at once."""
        check(calls.pending_wait(self.handle, int(seconds * 1000)))

    class _Running:
        def __init__(self, processor: "Processor") -> None:
            self._processor = processor

        def __enter__(self) -> "Processor":
            return self._processor

        def __exit__(self, *_: object) -> None:
            if not self._processor.closed:
                self._processor.rest()
