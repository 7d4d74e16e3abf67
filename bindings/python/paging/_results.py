"""What calls fill in: structures of paging.h as named tuples, whose fields and their order are paging.h's."""
import ctypes
from collections import namedtuple
from typing import Any, Callable, Dict

from ._kinds import GIVEN, named
from ._library import check, fill_in, structures

# The classes that paging has, and their structures.
NAMES = {
    "FaultCounts": "fault_counts", "LedgerClock": "ledger_clock", "LedgerTimes": "ledger_times", "Machine": "machine",
    "ProcessInfo": "process_info", "RewindInfo": "rewind_info",
    "UffdMessage": "uffd_message", "Usage": "usage", "WindowsRegion": "windows_region",
}


def fields_of(structure: str) -> Any:
    """The fields of a structure that say something."""
    return [field for field, _ in structures[structure]._fields_ if field not in ("size", "reserved")]


def _make(name: str) -> Any:
    made = namedtuple(name, fields_of(NAMES[name]), module=__name__)    # type: ignore[misc]
    made.__doc__ = f"The fields of paging_{NAMES[name]} in paging.h."
    return made


_classes: Dict[str, Any] = {name: _make(name) for name in NAMES}
globals().update(_classes)    # a pickle names them here
_of_structure = {NAMES[name]: made for name, made in _classes.items()}
_given = {one.split(".")[0]: [field.split(".")[1] for field in GIVEN if field.split(".")[0] == one.split(".")[0]] for one in GIVEN}


def ask(structure: str, call: Callable[..., int], *arguments: Any) -> Any:
    """Calls what fills in a structure, and returns its fields as a named tuple."""
    found = fill_in(structure)
    check(call(*arguments, ctypes.byref(found)))
    kind = _of_structure[structure]
    values = {name: getattr(found, name) for name in kind._fields}
    for name in _given.get(structure, ()):
        values[name] = named(GIVEN[f"{structure}.{name}"], values[name])
    return kind(**values)
