# Made by tools/make-stubs.py.
from ._kinds import UserfaultEvent, WindowsAllocation, WindowsProtection
from typing import NamedTuple

class FaultCounts(NamedTuple):
    minor: int
    major: int
    refused: int
    zero_page: int
    anonymous: int
    copied: int
    reused: int
    file_pages: int
    fault_around: int
    stack_grown: int
    swapped_in: int

class LedgerClock(NamedTuple):
    now: int
    end: int
    idle: int

class LedgerTimes(NamedTuple):
    process_id: int
    user: int
    translation: int
    minor_faults: int
    major_faults: int
    system_calls: int
    copies: int
    switches: int
    invalidations: int
    reclaim: int
    wait_for_file: int
    wait_for_swap: int
    wait_for_write: int
    wait_for_flush: int
    minor_fault_count: int
    major_fault_count: int
    call_count: int

class Machine(NamedTuple):
    total: int
    free: int
    available: int
    cached: int
    dirty: int
    page_tables: int
    mapped_anonymous: int
    shared: int
    swap_cached: int
    unevictable: int
    process_count: int
    commit_limit: int
    committed: int
    swap_total: int
    swap_free: int

class ProcessInfo(NamedTuple):
    id: int
    parent_id: int
    has_exited: int
    exit_code: int
    out_of_memory_score: int
    area_count: int
    start_break: int
    program_break: int
    page_directory: int

class RewindInfo(NamedTuple):
    state_count: int
    held_bytes: int
    oldest: int
    current: int
    previous: int
    next: int

class UffdMessage(NamedTuple):
    event: UserfaultEvent
    address: int
    length: int
    to: int
    is_write: int
    is_protected: int
    is_minor: int
    thread: int
    child: int

class Usage(NamedTuple):
    total: int
    peak_total: int
    locked: int
    resident: int
    peak_resident: int
    resident_anonymous: int
    resident_file: int
    resident_shared: int
    data: int
    stack: int
    code: int
    page_tables: int
    swapped: int

class WindowsRegion(NamedTuple):
    base: int
    length: int
    state: WindowsAllocation
    protection: WindowsProtection
    allocation_base: int
    allocation_protection: WindowsProtection
    kind: int
