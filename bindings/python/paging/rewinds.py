"""States of a process or an engine, to which it goes back and forth."""
import ctypes
import errno
from typing import TYPE_CHECKING, Callable, Optional, Sequence, Tuple

from ._library import check, check_count, checked as calls
from ._objects import Object
from ._results import ask

if TYPE_CHECKING:
    from ._results import RewindInfo
    from .engine import Engine


class Rewind(Object):
    """States that were recorded, with the program's own. They are thinned out as they grow old, and to stay within a budget. A record after
    a restore begins a branch.

        >>> with process.rewind() as rewind:
        ...     for frame in range(5):
        ...         process.store(at, frame)
        ...         last = rewind.record()
        ...     rewind.restore(rewind.info().previous)
        ...     process.load(at), last, rewind.info().next
        (3, 4, 4)
    """

    @classmethod
    def _open(cls, engine: "Engine", call: Callable[..., int], handle: int, budget: int, spacings: Sequence[Tuple[int, int]]) -> "Rewind":
        numbers = [check_count("rewind", "spacings", number) for pair in spacings for number in pair]
        if len(numbers) != 2 * len(spacings):
            raise ValueError("a spacing is a pair: one in so many records stays, and how many states stay so")
        return cls._make(engine, call, handle, budget, (ctypes.c_uint32 * len(numbers))(*numbers), len(spacings))

    def record(self) -> int:
        """Records the state as it is now, and returns its number. Copies nothing."""
        return check(calls.rewind_record(self.handle))

    def restore(self, number: int) -> None:
        """Goes to a state, back or forth. OSError (ENOENT): it was thinned out."""
        check(calls.rewind_restore(self.handle, number))

    def find(self, number: int) -> Optional[int]:
        """The newest state with that number or a lower one; None: there is none."""
        try:
            return check(calls.rewind_find(self.handle, number))
        except OSError as error:
            if error.errno == errno.ENOENT:
                return None
            raise

    def info(self) -> "RewindInfo":
        """The state count, held bytes, and the numbers of the oldest, current, previous and next state (-1: none), as a named tuple with
        the fields of paging_rewind_info."""
        return ask("rewind_info", calls.rewind_info_get, self.handle)
