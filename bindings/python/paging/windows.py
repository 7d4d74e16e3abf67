"""Processes of Windows on the same machine."""
import ctypes
import operator
from typing import TYPE_CHECKING, Any, Optional, Tuple, Union

from ._kinds import WindowsAccess, WindowsAllocation, WindowsProtection, WindowsSections, check_kind    # type: ignore[attr-defined]
from ._library import PAGES_MAX, as_path, as_text, check, check_count, checked as calls, constants, structures
from ._objects import Object, bytes_of
from ._results import ask
from .files import File

if TYPE_CHECKING:
    import os

    from ._results import WindowsRegion


class WindowsError(Exception):
    """A call of kernel32 has failed; `code` is the last error: 87 is ERROR_INVALID_PARAMETER."""

    code: int

    def __init__(self, code: int) -> None:
        super().__init__(f"Windows error {code}")
        self.code = code

    def __reduce__(self) -> Tuple[Any, ...]:
        return type(self), (self.code,), vars(self)


class WindowsFault(Exception):
    """An access has raised an exception: `code` is 0xC0000005 for an access violation, 0x80000001 for a guard page. `intent` is 0 for a
    read, 1 for a write and 8 for an execution."""

    code: int
    intent: int
    address: int
    reason: int

    def __init__(self, code: int, intent: int, address: int, reason: int = 0) -> None:
        super().__init__(f"exception {code:08x} at {address:08x}")
        self.code, self.intent, self.address, self.reason = code, intent, address, reason

    def __reduce__(self) -> Tuple[Any, ...]:
        return type(self), (self.code, self.intent, self.address, self.reason), vars(self)


class WindowsProcess(Object):
    """A process with the memory calls of kernel32. Arguments are Windows' own; constants are WINDOWS_MEM_ (WindowsAllocation),
    WINDOWS_PAGE_ (WindowsProtection), WINDOWS_SEC_ (WindowsSections) and WINDOWS_FILE_MAP_ (WindowsAccess).

        >>> with engine.windows_process() as windows:
        ...     reserved = windows.alloc(0, 4096, paging.WINDOWS_MEM_RESERVE, paging.WINDOWS_PAGE_READ_WRITE)
        ...     windows.load(reserved)
        Traceback (most recent call last):
        paging.windows.WindowsFault: exception c0000005 at 00010000
    """

    def alloc(self, address: int, length: int, types: WindowsAllocation, protection: WindowsProtection) -> int:
        """VirtualAlloc: returns the address."""
        found = ctypes.c_uint32()
        _check(calls.virtual_alloc(self.handle, address, length, types, protection, ctypes.byref(found)))
        return found.value

    def free(self, address: int, length: int, kind: WindowsAllocation) -> None:
        """VirtualFree."""
        _check(calls.virtual_free(self.handle, address, length, kind))

    def protect(self, address: int, length: int, protection: WindowsProtection) -> WindowsProtection:
        """VirtualProtect: returns the protection before."""
        old = ctypes.c_uint32()
        _check(calls.virtual_protect(self.handle, address, length, protection, ctypes.byref(old)))
        return WindowsProtection(old.value)

    def query(self, address: int) -> "WindowsRegion":
        """VirtualQuery."""
        return ask("windows_region", lambda *arguments: _check(calls.virtual_query(*arguments)), self.handle, address)

    def written(self, address: int, length: int, reset: bool = False, limit: int = 4096) -> Tuple[int, ...]:
        """GetWriteWatch: the numbers of the lowest pages that were written, at most limit of them."""
        limit = check_count("WindowsProcess.write_watch", "limit", limit, PAGES_MAX)
        pages, count = (ctypes.c_uint32 * limit)(), ctypes.c_uint32(limit)
        _check(calls.get_write_watch(self.handle, address, length, reset, pages, ctypes.byref(count)))
        return tuple(pages[:count.value])

    def create_mapping(self, protection: WindowsProtection, length: int = 0, *, sections: WindowsSections = WindowsSections(0),
                       file: Optional[File] = None, name: Optional[str] = None) -> int:
        """CreateFileMapping, and OpenFileMapping where the name is taken: returns the section's number in this process. Without a file
        it is of the page file. sections: WINDOWS_SEC_, which Windows has in the same number as the protection."""
        if sections:
            call = "WindowsProcess.create_mapping"
            check_kind(call, "protection", protection, "WindowsProtection")
            check_kind(call, "sections", sections, "WindowsSections")
            protection = operator.index(protection) | operator.index(sections)
        found = ctypes.c_uint32()
        result = calls.create_file_mapping(self.handle, 0 if file is None else file.handle, protection, length,
                                           None if name is None else as_text(name), ctypes.byref(found))
        if result != constants["WINDOWS_ERROR_ALREADY_EXISTS"]:
            _check(result)
        return found.value

    def open_mapping(self, name: str, access: WindowsAccess = WindowsAccess.WRITE) -> int:
        """OpenFileMapping: returns the section's number in this process."""
        found = ctypes.c_uint32()
        _check(calls.open_file_mapping(self.handle, access, as_text(name), ctypes.byref(found)))
        return found.value

    def lock(self, address: int, length: int) -> None:
        """VirtualLock."""
        _check(calls.virtual_lock(self.handle, address, length))

    def unlock(self, address: int, length: int) -> None:
        """VirtualUnlock."""
        _check(calls.virtual_unlock(self.handle, address, length))

    def close_mapping(self, section: int) -> None:
        """CloseHandle of a section: it lives on while it has another handle or a view."""
        _check(calls.close_file_mapping(self.handle, section))

    def map_view(self, section: int, access: WindowsAccess, offset: int = 0, length: int = 0, address: int = 0) -> int:
        """MapViewOfFileEx: returns the address. access: WINDOWS_FILE_MAP_."""
        found = ctypes.c_uint32()
        _check(calls.map_view(self.handle, section, access, offset, length, address, ctypes.byref(found)))
        return found.value

    def unmap_view(self, address: int) -> None:
        """UnmapViewOfFile."""
        _check(calls.unmap_view(self.handle, address))

    def flush_view(self, address: int, length: int = 0) -> None:
        """FlushViewOfFile; length 0: to the end of the view."""
        _check(calls.flush_view(self.handle, address, length))

    def save(self, path: Union[str, "os.PathLike[str]"]) -> None:
        """Writes the process as it is now, with its sections, to a file of the host, for Engine.load_windows."""
        check(calls.windows_save(self.engine.handle, self.handle, as_path(path)))

    def save_bytes(self) -> bytes:
        """What save writes, as bytes, for Engine.load_windows_bytes in any process.

            >>> with engine.windows_process() as windows, Engine() as other:
            ...     at = windows.alloc(0, 4096, paging.WINDOWS_MEM_RESERVE | paging.WINDOWS_MEM_COMMIT, paging.WINDOWS_PAGE_READ_WRITE)
            ...     windows.store(at, 5)
            ...     [loaded.load(at) for loaded in other.load_windows_bytes(windows.save_bytes())]
            [5]
        """
        return bytes_of(calls.windows_save_bytes, self.engine.handle, self.handle)

    def load(self, address: int, size: int = 4) -> int:
        """One load of 1, 2, 4 or 8 bytes."""
        value = ctypes.c_uint64()
        self._access(calls.windows_read, address, value, size)
        return value.value

    def store(self, address: int, value: int, size: int = 4) -> None:
        """One store of 1, 2, 4 or 8 bytes."""
        self._access(calls.windows_write, address, ctypes.c_uint64(value), size)

    def _access(self, call: Any, address: int, value: Any, size: int) -> None:
        record = structures["windows_exception"]()
        result = call(self.handle, address, ctypes.byref(value), size, ctypes.byref(record))
        if record.code:
            raise WindowsFault(record.code, record.intent, record.address, record.reason)
        check(result)


def _check(result: int) -> int:
    if result > 0:
        raise WindowsError(result)
    return check(result)
