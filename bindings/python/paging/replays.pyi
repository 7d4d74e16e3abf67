# Made by tools/make-stubs.py.
import os
from typing import Iterable, NamedTuple, Tuple, Union

Access = Union[int, Tuple[int, bool]]

class Replay(NamedTuple):
    accesses: int
    stores: int
    distinct_pages: int
    misses: int
    dirty_evictions: int
    @property
    def miss_ratio(self) -> float: ...

def replay(trace: Union[str, os.PathLike[str], Iterable[Access]], policy: str, frames: int) -> Replay: ...
