"""The simulator of replacement policies."""
import ctypes
import os
from typing import Iterable, NamedTuple, Tuple, Union

from ._library import RangeError, as_path, as_text, check, checked as calls, fill_in

Access = Union[int, Tuple[int, bool]]


class Replay(NamedTuple):
    """What a policy made of a trace. dirty_evictions: pages evicted that were stored to since they were loaded; -1 for OPT, which
    evicts none by name."""

    accesses: int
    stores: int
    distinct_pages: int
    misses: int
    dirty_evictions: int

    @property
    def miss_ratio(self) -> float:
        """Misses over accesses; 0 of none."""
        return self.misses / self.accesses if self.accesses else 0.0


def replay(trace: Union[str, "os.PathLike[str]", Iterable[Access]], policy: str, frames: int) -> Replay:
    """Runs a trace through so many frames, empty at first. The trace is a file (lackey, addresses, ARC, LIRS, CSV or oracleGeneral;
    gzip or not) or page numbers, each alone or as (page, stores). policy: FIFO, LRU, CLOCK, CLOCK0, 2Q, ARC, LFU, SIEVE, S3FIFO, OPT,
    LIRS or LINUX. PagingError: no such policy, or a line that cannot be read.

        >>> replay([1, 2, 3, 1, 2, 3], "LRU", 2).misses, replay([1, 2, 3, 1, 2, 3], "OPT", 2).misses
        (6, 4)
    """
    result = fill_in("replay_result")
    if isinstance(trace, (str, os.PathLike)):
        check(calls.replay_file(as_text(policy), frames, as_path(trace), ctypes.byref(result)))
    else:
        words = [access << 1 if isinstance(access, int) else access[0] << 1 | bool(access[1]) for access in trace]
        for word in words:
            if word >> 64:    # negative numbers too
                raise RangeError(f"page {word >> 1} is not within 0 to 2^63 - 1")
        check(calls.replay(as_text(policy), frames, (ctypes.c_uint64 * len(words))(*words), len(words), ctypes.byref(result)))
    return Replay(result.accesses, result.stores, result.distinct_pages, result.misses, result.dirty_evictions)
