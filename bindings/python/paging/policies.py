"""Replacement policies: the library's by name, or an object of Python."""
import ctypes
from typing import Any, Protocol, Union

from ._library import as_text, check, fill_in, without_answer
from .files import may_be_missing


class PageBits:
    """What a policy can ask about the page in a slot while find_victim runs."""

    def __init__(self, bits: Any) -> None:
        self._bits = bits[0]

    def take_accessed(self, slot: int) -> bool:
        """Whether the page was accessed since the last time. Clears the mark."""
        return bool(check(self._bits.take_accessed(self._bits.pages, slot)))

    def is_dirty(self, slot: int) -> bool:
        """Whether evicting the page costs a write."""
        return bool(check(self._bits.is_dirty(self._bits.pages, slot)))


class Policy(Protocol):
    """Decides which page leaves when a frame is needed. A slot is a small number, a page one that stays the same while the page is out.
    All but loaded and find_victim may be missing. hit(slot) is called only with every_access. What a method raises reaches the caller of
    the access, and Linux' lists choose from then on.

        >>> class Fifo:
        ...     def __init__(self): self.slots = []
        ...     def loaded(self, slot, page): self.slots.append(slot)
        ...     def find_victim(self, bits): return self.slots[0] if self.slots else -1
        ...     def evicted(self, slot, page): self.slots.remove(slot)
        ...     def removed(self, slot): self.slots.remove(slot)
        >>> fifo = Fifo()
        >>> with engine.group("small", 8, policy=fifo, counts_tables=False) as group, engine.swap_on("swap", 1 << 20):
        ...     with engine.process("member", group=group) as member:
        ...         start = member.map(16 * 4096)
        ...         for page in range(16): member.store(start + 4096 * page, page + 1)
        ...         member.usage().swapped, [start >> 12 in member.dirty_log().collect(), len(fifo.slots)]
        (8, [False, 8])
    """

    @may_be_missing
    def begin(self, frames: int) -> None:
        """Called once, with the number of frames."""

    @may_be_missing
    def missed(self, page: int) -> None:
        """The page is about to be loaded."""

    def loaded(self, slot: int, page: int) -> None:
        """The page lies in the slot now."""

    @may_be_missing
    def hit(self, slot: int) -> None:
        """The page was accessed again."""

    def find_victim(self, bits: PageBits) -> int:
        """Returns the slot to free, or -1 if there is none."""

    @may_be_missing
    def evicted(self, slot: int, page: int) -> None:
        """The victim is gone."""

    @may_be_missing
    def removed(self, slot: int) -> None:
        """The page is gone for another reason."""


def policy_structure(policy: Union[str, Policy], every_access: bool) -> Any:
    """The policy as C's structure, whose functions must be kept while the engine lives."""
    if isinstance(policy, str):
        return fill_in("policy", information=int(every_access), name=as_text(policy))
    names = ("begin", "missed", "loaded", "hit", "evicted", "removed")
    for name in ("loaded", "find_victim"):
        if not callable(getattr(policy, name, None)):
            raise TypeError(f"a policy has a method {name}; {type(policy).__name__} has none")
    return fill_in("policy", information=int(every_access), find_victim=lambda bits: policy.find_victim(PageBits(bits)),
                   **{name: without_answer(getattr(policy, name, None)) for name in names})


def pointer_to(structure: Any) -> Any:
    """A pointer for a field of another structure; the structure lives as long as the pointer."""
    return ctypes.pointer(structure)
