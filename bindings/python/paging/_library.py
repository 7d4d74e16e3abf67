"""The loaded library: its calls, and what their results mean."""
import ctypes
import errno
import os
import re
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Dict, List, Optional, Tuple

from . import _kinds
from ._header import Header

if TYPE_CHECKING:
    from ._kinds import FaultKind    # type: ignore[attr-defined]

_HERE = Path(__file__).resolve().parent
_SOURCE = _HERE.parents[2]    # of a checkout; in an installed package nothing is there
_PUBLISHED = _SOURCE / "src/interop/Paging.Interop/bin/Release/net10.0/linux-x64/publish/libpaging.so"


def _first(*paths: Path) -> Optional[Path]:
    return next((path for path in paths if path.exists()), None)


def _load() -> Tuple[ctypes.CDLL, Header]:
    if not getattr(sys, "_is_gil_enabled", lambda: True)():
        raise ImportError("paging needs Python's global lock, which this interpreter runs without: start it with PYTHON_GIL=1")
    named = os.environ.get("PAGING_LIBRARY")
    library = named or _first(_HERE / "libpaging.so", _PUBLISHED) or "libpaging.so"
    header = _first(_HERE / "paging.h", _SOURCE / "bindings/c/paging.h")
    if header is None:
        raise ImportError("paging.h is neither in the package nor in a checkout around it")
    try:
        return ctypes.CDLL(str(library)), Header(header.read_text(encoding="utf-8"))
    except OSError as error:
        raise ImportError(f"cannot load the library: {error}. Set PAGING_LIBRARY to the path of libpaging.so") from error


class PagingError(RuntimeError):
    """Misuse: a stale handle, another thread, a wrong argument. `code` is one of BAD_HANDLE to UNEXPECTED. Nothing has changed."""

    code: int

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code

    def __reduce__(self) -> Tuple[Any, ...]:
        return type(self), (self.code, str(self)), vars(self)


class RangeError(OverflowError, ValueError):
    """A number is out of the range of its parameter; the text has the names of the call and of the parameter, and the range.

        >>> process.read(at, -1)
        Traceback (most recent call last):
        paging._library.RangeError: Process.read: length is -1, which is not within 0 to 2147483647
    """


class ProcessEnded(PagingError):
    """The process has exited, or was taken back by a snapshot."""


class MemoryFault(OSError):
    """An access that Linux would answer with a signal. errno is EFAULT; `kind` is one of FAULT_NOT_MAPPED to FAULT_DEVICE, and
    `address` the first byte that cannot be accessed. `done` is how many bytes were copied before it."""

    kind: "FaultKind"
    address: int
    done: int

    def __init__(self, kind: int, address: int, done: int = 0) -> None:
        self.kind, self.address, self.done = _kinds.named("FaultKind", kind), address, done
        name = getattr(self.kind, "name", None)
        super().__init__(14, f"{f'FAULT_{name}' if name else kind} at {address:08x}")

    def __reduce__(self) -> Tuple[Any, ...]:
        return type(self), (self.kind, self.address, self.done), vars(self)

    def __str__(self) -> str:
        return str(self.strerror)


class Calls:
    """The functions of paging.h, without their prefix, as they are: `calls.sync(engine.handle)` returns a code and never raises, and
    numbers are cut to the bits of their parameters. For what the classes of this package do not have. Structures are in `structures`,
    constants in the package itself."""

    def __init__(self, library: ctypes.CDLL, header: Header) -> None:
        for name, (result, parameters) in header.functions.items():
            function = getattr(library, "paging_" + name)
            function.restype, function.argtypes = result, parameters
            setattr(self, name, function)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        raise AttributeError(f"paging.h has no function paging_{name}")

    def refuse_all(self) -> None:
        """In the child of os.fork the library's threads are missing: every call raises from now on."""
        for name in list(vars(self)):
            setattr(self, name, _refused)


# Each access is one of these: Process checks their numbers itself, in less time.
_HOT = {"read", "write", "fetch", "atomic_add", "atomic_exchange", "atomic_compare_exchange", "poll"}


class CheckedCalls(Calls):
    """As Calls, for the classes of this package: a number that does not fit into its parameter is a RangeError."""

    def __init__(self, calls: Calls, header: Header) -> None:
        for name, (_, types) in header.functions.items():
            named = enumerate(zip(header.parameters[name], types))
            limits = [(at, which, *_LIMITS[kind]) for at, (which, kind) in named if kind in _LIMITS]
            function = getattr(calls, name)
            if "path" in header.parameters[name]:
                function = _with_path(function, header.parameters[name].index("path"))
            setattr(self, name, function if name in _HOT else _checked(name, function, limits))


def _read_names() -> Dict[str, str]:
    """What each function of paging.h is called in this package."""
    path = _first(_HERE / "names.csv", _SOURCE / "bindings/names.csv")
    if path is None:
        raise ImportError("names.csv is neither in the package nor in a checkout around it")
    rows = [line.split(";") for line in path.read_text(encoding="utf-8").splitlines() if line[:1] != "#"]
    at = rows[0].index("python")
    return {row[0]: row[at] for row in rows[1:] if not row[at].startswith("-")}


_names = _read_names()
_CALL = re.compile(r"\bpaging_(\w+)\b(?: and paging_(\w+) take any)?")
_KINDS = {"pinned": "Pin", "uffd": "Userfaultfd"}
_CLOSED = re.compile(r"^0 is no handle(?:; the call wants a paging_(\w+)[^.]*)?\.$")    # close() leaves 0


def in_python(text: str) -> str:
    """A text of the library with this package's names of calls, kinds and None."""
    def name(found: "re.Match[str]") -> str:
        word = found[1]
        if found[2]:
            return f"{_names[word]} and {_names[found[2]]} take any"
        if word in _names:
            return _names[word] + "()"
        return "paging." + _KINDS.get(word, "".join(part.capitalize() for part in word.split("_")))
    closed = _CLOSED.match(text)
    if closed:
        kind = closed[1] or "object"
        return f"The {_KINDS.get(kind, kind).lower().replace('_', ' ')} is closed."
    return re.sub(r"\bPAGING_(?=[A-Z])", "paging.", _CALL.sub(name, text)).replace("NULL", "None")


def method_of(function: str) -> str:
    """What a function of paging.h is called here, in messages."""
    return _names.get(function, function)


def _limits(bits: int, is_signed: bool) -> Tuple[int, int]:
    return (-(1 << bits - 1), (1 << bits - 1) - 1) if is_signed else (0, (1 << bits) - 1)


_LIMITS = {ctypes.c_int32: _limits(32, True), ctypes.c_uint32: _limits(32, False), ctypes.c_int64: _limits(64, True),
           ctypes.c_uint64: _limits(64, False), ctypes.c_uint8: _limits(8, False)}


def _checked(name: str, function: Callable[..., Any], limits: List[Tuple[int, str, int, int]]) -> Callable[..., Any]:
    kinds = [(at, which) for at, which, _, _ in limits if f"{name}.{which}" in _kinds.TAKEN]

    def call(*arguments: Any) -> Any:
        for at, which in kinds:
            _kinds.check_taken(method_of(name), f"{name}.{which}", which, arguments[at])
        for at, which, low, high in limits:
            try:
                is_within = low <= arguments[at] <= high
            except TypeError:
                raise TypeError(f"{method_of(name)}: {which} is {arguments[at]!r}, and must be a whole number") from None
            if not is_within:
                _check_number(method_of(name), which, arguments[at], low, high)
        try:
            return function(*arguments)
        except ctypes.ArgumentError:
            raise _wrong_type(name, arguments) from None
    return call


def _with_path(function: Callable[..., Any], at: int) -> Callable[..., Any]:
    def call(*arguments: Any) -> Any:
        result = function(*arguments)
        if result < 0:
            raise_for(result, os.fsdecode(arguments[at]))
        return result
    return call


def _wrong_type(function: str, arguments: Tuple[Any, ...]) -> TypeError:
    """Names the first argument that C's parameter does not take."""
    for which, kind, value in zip(header.parameters[function], header.functions[function][1], arguments):
        try:
            kind.from_param(value)
        except (TypeError, ctypes.ArgumentError):
            is_bytes = kind in (ctypes.c_char_p, ctypes.c_void_p)
            wanted = "a whole number" if kind in _LIMITS else "bytes" if is_bytes else "an object of paging"
            return TypeError(f"{method_of(function)}: {which} is {value!r}, and must be {wanted}")
    return TypeError(f"{method_of(function)}: an argument is of a wrong type")


def _check_number(name: str, which: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        raise RangeError(f"{name}: {which} is {value}, which is not within {low} to {high}")


LENGTH_MAX = (1 << 31) - 1    # of what a call copies at once
PAGES_MAX = 1 << 20


def check_count(name: str, which: str, value: Any, most: int = LENGTH_MAX) -> int:
    """A number of items, before there is room for so many."""
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeError(f"{name}: {which} is {value!r}, and must be a whole number")
    count = value.__index__()
    _check_number(name, which, count, 0, most)
    return count    # type: ignore[no-any-return]


_SIZES = (1, 2, 4, 8)


def check_address(address: int, size: int) -> None:
    """Refuses an address that C would cut to 32 bits, and a size that no access has."""
    try:
        is_wide = (address | size) >> 32
    except TypeError:
        raise TypeError(f"address and size are whole numbers, not {address!r} and {size!r}") from None
    if size not in _SIZES:
        raise RangeError(f"size is {size}: an access has 1, 2, 4 or 8 bytes; {method_of('copy_in')} and {method_of('copy_out')} take any")
    if is_wide:
        raise RangeError(f"address is {address:#x}, and must be a number of 32 bits")


def check_value(name: str, value: int, size: int) -> int:
    """The bits of a value of so many bytes, signed or not."""
    try:
        is_wide = value >> 8 * size    # -1 of a negative number
    except TypeError:
        raise TypeError(f"{name} is {value!r}, and must be a whole number") from None
    if not is_wide:
        return value
    if size in (1, 2, 4, 8):    # the library refuses other sizes
        _check_number(f"{size} bytes", name, value, -(1 << 8 * size - 1), (1 << 8 * size) - 1)
    return value & (1 << 8 * size) - 1


def handle_of(call: str, which: str, value: Any, kind: type) -> int:
    """The handle of an object that a call was given."""
    if not isinstance(value, kind):
        raise TypeError(f"{call}: {which} is {value!r}, and must be a paging.{kind.__name__}")
    return value.handle    # type: ignore[attr-defined,no-any-return]


def as_text(name: Any) -> bytes:
    """A name, for C, where it ends at a zero."""
    if not isinstance(name, str):
        raise TypeError(f"a name is text, not {name!r}")
    if "\0" in name:
        raise ValueError(f"a name has no character NUL, as {name!r} has")
    return name.encode("utf-8", "surrogateescape")


def as_path(path: Any) -> bytes:
    """A path of the host, for C."""
    if not isinstance(path, (str, bytes, os.PathLike)):
        raise TypeError(f"a path is text, bytes or an object with a path, not {path!r}")
    made = os.fsencode(path)
    if b"\0" in made:
        raise ValueError(f"a path has no character NUL, as {path!r} has")
    return made


def as_bytes(data: Any) -> bytes:
    """The bytes of a bytes-like object, as many as it has, whatever its items are."""
    return data if type(data) is bytes else memoryview(data).tobytes()


def _refused(*_: object) -> int:
    raise PagingError(constants["WRONG_STATE"], "After os.fork() the child cannot use the library: execute something, or spawn.")


_library, header = _load()
constants, structures = header.constants, header.structures
_kinds.define(constants)
calls = Calls(_library, header)
checked = CheckedCalls(calls, header)
os.register_at_fork(after_in_child=calls.refuse_all)
os.register_at_fork(after_in_child=checked.refuse_all)
if calls.version() < constants["VERSION"]:
    raise ImportError(f"the library has version {calls.version()}, its header {constants['VERSION']}")


class _Local(threading.local):
    """Of each thread: room for a value and a fault, and what a callback of it has raised."""

    def __init__(self) -> None:
        self.value, self.fault = ctypes.c_uint64(), structures["fault"]()
        self.value_at, self.fault_at = ctypes.byref(self.value), ctypes.byref(self.fault)
        self.raised: Optional[BaseException] = None


local = _Local()
_callbacks_raised = 0    # grows with the first exception of a callback; until then no call looks for one


def check(result: int) -> int:
    """Returns a result that is not negative. Raises what it means if it is, or what a callback raised during the call."""
    if result < 0 or _callbacks_raised:
        raise_for(result)
    return result


def check_access(result: int) -> int:
    """As check, for calls that were given local.fault_at: EFAULT is a MemoryFault."""
    if result == -14 and local.fault.kind and local.raised is None:
        raise MemoryFault(local.fault.kind, local.fault.address)
    return check(result)


def raise_for(result: int, path: Optional[str] = None) -> None:
    """Raises what a callback of this thread has raised, or what a negative result means; path is the file that the call was given."""
    raised, local.raised = local.raised, None
    if raised is not None:
        raise raised
    if result < 0:
        text = in_python((calls.last_error() or b"").decode("utf-8", "replace"))
        if result > -4096:
            if not text or path is not None and f"'{path}'" in text and -result in (errno.ENOENT, errno.EACCES):
                text = os.strerror(-result)    # OSError adds the file's name itself
            raise OSError(-result, text) if path is None else OSError(-result, text.rstrip("."), path)
        if result == constants["TIMEOUT"]:
            raise TimeoutError(text)
        raise (ProcessEnded if result == constants["ENDED"] else PagingError)(result, text)


_ERROR_MAX = -4095    # the highest errno, negative, as in linux/err.h


def called(function: Callable[..., Any]) -> Callable[..., int]:
    """Wraps a callback, whose first argument is C's context: what it raises is an I/O error to the guest, and reaches the caller of
    the call that needed it. None is 0."""
    def wrapped(_context: object, *arguments: Any) -> int:
        global _callbacks_raised
        try:
            result = function(*arguments)
            if result is None:
                return 0
            if not _ERROR_MAX <= result <= _LIMITS[ctypes.c_int32][1]:    # TypeError: no number
                raise RangeError(f"a callback returned {result}")
            return int(result)
        except BaseException as error:    # an exception cannot pass through C
            if local.raised is None:
                local.raised = error
            _callbacks_raised += 1
            return -5
    return wrapped


def without_answer(function: Any) -> Any:
    """The same function, which must return None: nobody would read its answer, such as an errno or False. No function stays as it is."""
    if not callable(function):
        return function

    def call(*arguments: Any) -> None:
        answer = function(*arguments)
        if answer is not None:
            name = getattr(function, "__name__", "a callback")
            raise TypeError(f"{name} returned {answer!r}, and must return nothing: an exception refuses")
    return call


def fill_in(structure: str, **values: Any) -> Any:
    """A structure with its size and some fields. A function becomes a callback of the field's type; None leaves a field as it is."""
    made = structures[structure]()
    types = dict(made._fields_)
    if "size" in types:
        made.size = ctypes.sizeof(made)
    for name, value in values.items():
        if name not in types:
            raise TypeError(f"{structure} has no field {name!r}; it has {', '.join(types)}")
        if value is not None:
            if types[name] in _LIMITS:
                if not isinstance(value, int):
                    raise TypeError(f"{name} is {value!r}, and must be a whole number")
                _check_number(structure, name, value, *_LIMITS[types[name]])
                if f"{structure}.{name}" in _kinds.TAKEN:
                    _kinds.check_taken(structure, f"{structure}.{name}", name, value)
            if hasattr(types[name], "_argtypes_") and not callable(value):
                raise TypeError(f"{name} is {value!r}, and must be a function")
            setattr(made, name, types[name](called(value)) if callable(value) else value)
    return made


OF_PROCESS, OF_ENGINE, OF_LEDGER = 0, 1, 4    # the sixteen numbers of reports that an object has; pictures are two sixteens later


def report_number(name: str, owner: int, what: str = "report") -> int:
    """The number of a report or a picture. ValueError: the owner has none of this name."""
    end, sixteen = ("_PICTURE", owner + 2) if what == "picture" else ("", owner)
    names = {key[len("REPORT_"):len(key) - len(end)].lower(): number
             for key, number in constants.items() if key.startswith("REPORT_") and number >> 4 == sixteen}
    if isinstance(name, str) and name.lower() in names:
        return names[name.lower()]
    there_are = f"there are {', '.join(names)}"
    if not isinstance(name, str):
        raise TypeError(f"{what} is {name!r}, and must be a name: {there_are}")
    raise ValueError(f"there is no {what} {name!r}: {there_are}")


def read_text(call: Callable[..., int], *arguments: Any) -> str:
    """Calls what fills in a text, twice if the first buffer is too small."""
    capacity = 4096
    while True:
        buffer = ctypes.create_string_buffer(capacity)
        length = check(call(*arguments, buffer, capacity))
        if length < capacity:
            return buffer.value.decode("utf-8")
        capacity = length + 1
