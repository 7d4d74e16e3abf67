#!/usr/bin/env python3
"""The engine on the other side of the protocol of `paging conform` (docs/CONFORMANCE.md), through its Python package alone.

    PYTHONPATH=bindings/python paging conform -- python3 samples/adapters/library.py

It leaves out what looks into page tables: tables, hugemap, smaps, usage.
"""
import ctypes
import errno
import os
import re
import sys
import zlib

from paging import Engine, MemoryFault, calls, constants, structures

CHUNK = 1 << 16
EXTRA = {
    "RLIM_INFINITY": -1, "MFD_CLOEXEC": 1, "MFD_ALLOW_SEALING": 2, "MFD_HUGETLB": 4, "MFD_NOEXEC_SEAL": 8, "MFD_EXEC": 16,
    "FALLOC_FL_KEEP_SIZE": 1, "FALLOC_FL_PUNCH_HOLE": 2, "FALLOC_FL_COLLAPSE_RANGE": 8, "FALLOC_FL_ZERO_RANGE": 16,
    "PR_SET_THP_DISABLE": 41, "PR_GET_THP_DISABLE": 42, "PR_THP_DISABLE_EXCEPT_ADVISED": 2,
}
PRESENT, SWAPPED, FILE, GUARD, FRAME = 1 << 63, 1 << 62, 1 << 61, 1 << 58, (1 << 55) - 1    # of a word of pagemap
SIGNALS = {1: "SIGSEGV SEGV_MAPERR", 2: "SIGSEGV SEGV_ACCERR", 3: "SIGBUS BUS_ADRERR"}
NAMES = {**errno.errorcode, errno.EOPNOTSUPP: "EOPNOTSUPP"}
SHIFTS = {"K": 10, "M": 20, "G": 30}


class Unsupported(Exception):
    """What the adapter does not imitate."""


def number(text):
    """PROT_READ|0x40: a term is a name or a number."""
    value = 0
    for term in text.split("|"):
        known = constants.get(term, EXTRA.get(term))
        huge = re.fullmatch(r"(?:MAP|MFD)_HUGE_(\d+)([KMG])B", term)
        if known is not None:
            value |= known
        elif huge:
            value |= (int(huge[1]).bit_length() - 1 + SHIFTS[huge[2]]) << 26
        elif term[:1].isdigit() or term[:1] == "-":
            value |= int(term, 0)
        else:
            raise Unsupported(term)
    return value


def result(value):
    """A result that is a number, or an error."""
    if value < -4095:
        raise RuntimeError(f"{value}: {calls.last_error()}")
    return f"-1 {NAMES[-value]}" if value < 0 else str(value)


def place(value):
    return f"0x{value:08x}" if value >= 0 else result(value)


def pattern(length, start, seed):
    """What the dialect writes; it repeats after 256 bytes within a page."""
    made = bytearray()
    while len(made) < length:
        at = start + len(made)
        rest = 4096 - (at & 4095)
        base = at * 7 + seed * 13 + (at >> 12) * 31
        block = bytes((base + i * 7) & 255 for i in range(min(256, rest)))
        made += (block * -(-rest // len(block)))[:rest]
    return bytes(made[:length])


class Guest:
    """A process, and the calls of the dialect: each method answers one."""

    def __init__(self, machine, process, policy):
        self.machine, self.process, self.h = machine, process, process.handle
        self.policy, self.exited, self.counts, self.missed = policy, False, False, 0

    # ---- memory

    def mmap(self, address, length, protection, flags, descriptor, offset):
        return place(calls.mmap(self.h, address, length, protection, flags, descriptor, offset))

    def mremap(self, old, length, new_length, flags, address=0):
        return place(calls.mremap(self.h, old, length, new_length, flags, address))

    def brk(self, wanted):
        return place(calls.brk(self.h, wanted))

    def mlock(self, start, length, flags=0):
        locked = calls.mlock(self.h, start, length, flags)
        if locked == -errno.EAGAIN:
            raise Unsupported("out of memory")
        return result(locked)

    mlock2 = mlock

    def mincore(self, start, length):
        count = ((length & 0xffffffff) + 4095) >> 12
        pages = (ctypes.c_uint8 * max(count, 1))()
        refused = calls.mincore(self.h, start, length, pages)
        return result(refused) if refused else '"' + "".join("1" if page else "0" for page in pages[:count]) + '"'

    def rlimit(self, limit, value):
        return result(calls.setrlimit(self.h, limit, value))

    def prctl(self, *a):
        if a[0] == 42 and not any(a[1:]):
            return str((0, 1, 3)[self.policy])
        a = (*a, 0, 0, 0, 0)
        if a[0] != 41 or a[3] or a[4] or a[2] & ~2 or (not a[1] and a[2]):
            return "-1 EINVAL"
        self.set_policy(0 if not a[1] else 2 if a[2] else 1)
        return "0"

    def set_policy(self, policy):
        self.policy = policy
        calls.set_transparent_policy(self.h, policy)

    def fork(self):
        child = ctypes.c_uint64()
        refused = calls.fork(self.h, ctypes.byref(child))
        return result(refused) if refused else self.machine.adopt(type(self.process)(child.value, self.machine.engine), self.policy)

    def exit(self, code):
        self.process.exit(code)
        self.exited = True
        return str(code)

    # ---- accesses

    def access(self, name, address, value=0):
        before = self.total() if self.counts else 0
        try:
            if name == "load":
                return f"0x{self.process.load(address, 1):02x}"
            if name == "load32":
                return f"0x{self.process.load(address):08x}"
            if name == "add":
                return f"0x{self.process.add(address, value, 1):02x}"
            self.process.store(address, value, 1 if name == "store" else 4)
            return "0"
        finally:
            if self.counts:
                self.missed += self.total() - before

    def fill(self, address, length, byte):
        self.process.fill(address, length, byte)
        return "0"

    def read_upwards(self, address, length):
        """Each byte once, in order; returns how many there were, their checksum, and the fault at their end."""
        done, crc, buffer, fault = 0, 0, ctypes.create_string_buffer(CHUNK), structures["fault"]()
        while done < length:
            part = min(CHUNK, length - done)
            count = calls.copy_out(self.h, address + done, buffer, part, ctypes.byref(fault))
            crc, done = zlib.crc32(memoryview(buffer)[:count], crc), done + count
            if count < part:
                break
        return done, crc, fault

    def sum(self, address, length):
        done, crc, fault = self.read_upwards(address, length)
        if done < length:
            raise MemoryFault(fault.kind, fault.address, done)
        return f"crc32=0x{crc:08x}"

    def copyout(self, address, length):
        done, crc, _ = self.read_upwards(address, length)
        return "-1 EFAULT" if length and not done else f"{done} crc32=0x{crc:08x}"

    def copyin(self, address, length, seed):
        done = 0
        while done < length:
            part = min(CHUNK, length - done)
            count = calls.copy_in(self.h, address + done, pattern(part, done, seed), part, None)
            done += count
            if count < part:
                break
        return "-1 EFAULT" if length and not done else str(done)

    def total(self):
        counts = self.process.faults()
        return counts.minor + counts.major

    # ---- files

    def open_file(self, name, length, seed, rights):
        file = self.machine.file(name, length, seed)
        return result(calls.file_open(file.handle, self.h, rights, 0))

    def open(self, name, length, seed):
        return self.open_file(name, length, seed, 3)

    def openro(self, name, length, seed):
        return self.open_file(name, length, seed, 1)

    def openwo(self, name, length, seed):
        return self.open_file(name, length, seed, 2)

    def opendir(self):
        return self.open_file("", 0, 0, 1)

    def memfd(self, name, flags):
        return result(calls.memfd_create(self.h, name.encode(), flags))

    def pread(self, descriptor, length, offset):
        done, crc, count, buffer = 0, 0, 0, ctypes.create_string_buffer(CHUNK)
        if offset + length > (1 << 63) - 1:
            return self.too_far(descriptor)
        while (count := calls.pread(self.h, descriptor, buffer, min(CHUNK, length - done), offset + done)) > 0:
            crc, done = zlib.crc32(memoryview(buffer)[:count], crc), done + count
        return result(count) if count < 0 and not done else f"{done} crc32=0x{crc:08x}"

    def pwrite(self, descriptor, length, offset, seed):
        done = count = 0
        if offset + length > (1 << 63) - 1:
            return self.too_far(descriptor)
        while True:
            part = min(CHUNK, length - done)
            count = calls.pwrite(self.h, descriptor, pattern(part, done, seed), part, offset + done)
            done += max(count, 0)
            if count <= 0 or done >= length:
                return result(count) if count < 0 and not done else str(done)

    def too_far(self, descriptor):
        return "-1 EBADF" if calls.pread(self.h, descriptor, None, 0, 0) == -errno.EBADF else "-1 EINVAL"

    # ---- reports

    def maps(self, low, high):
        return self.print_areas(low, high, False)

    def areas(self, low, high):
        return self.print_areas(low, high, True)

    def print_areas(self, low, high, joins):
        rows = []
        for area in self.process.maps():
            if area.end <= low & ~4095 or area.start >= (high + 4095) & ~4095:
                continue
            last = rows[-1] if rows else None
            if joins and last and last.end == area.start and last[2:3] == area[2:3] and last.flags & 8 == area.flags & 8 \
                    and last.object == area.object and (not area.object or last.offset + last.end - last.start == area.offset):
                rows[-1] = last._replace(end=area.end)
            else:
                rows.append(area)
        return "\n".join(["{", *map(str, rows), "}"])

    def private_pages(self, low, high):
        """Whether each page is private and not that of zeros. Forks may share it; own_pages leaves those out."""
        zeros = self.machine.zero_frame
        return [not word & FILE and (word & PRESENT and word & FRAME != zeros or word & (SWAPPED | GUARD) == SWAPPED)
                for word in self.process.pagemap(low >> 12, ((high + 4095) >> 12) - (low >> 12))]

    def resident(self, low, high):
        return str(sum(map(bool, self.private_pages(low, high))))

    def pagemap(self, low, high):
        return '"' + "".join("a" if page else "." for page in self.private_pages(low, high)) + '"'

    def vm(self):
        usage = self.process.usage()
        return f"size={usage.total} data={usage.data} stack={usage.stack} locked={usage.locked}"

    def pool(self):
        return self.setpool(-1)

    def setpool(self, count):
        return "total={} free={} rsvd={} surplus={}".format(*self.machine.engine.huge_pool(count))

    def faults(self):
        missed, self.missed, self.counts = self.missed, 0, True
        return str(missed)


def plain(name):
    """A call of the dialect that is one of the library, with the same arguments."""
    return lambda self, *arguments: result(getattr(calls, name)(self.h, *arguments))


for call in ("munmap", "mprotect", "madvise", "msync", "munlock", "mlockall", "munlockall", "close", "ftruncate", "fsync", "punch",
             "fallocate", "fsize"):
    setattr(Guest, call, plain(call))
ACCESSES = ("load", "load32", "store", "store32", "add")
OWN = ("access", "set_policy", "read_upwards", "total", "open_file", "too_far", "print_areas", "private_pages")
CALLS = ACCESSES + tuple(name for name in vars(Guest) if name[0] != "_" and name not in OWN)


class Machine:
    """The engine of a scenario, its processes and its files."""

    def __init__(self):
        self.engine, self.is_plain, self.zero_frame, self.guests, self.files = None, False, 0, [], {}

    def find_zeros(self):
        """The frame of the page of zeros: a process that stays loads from memory that was never written. The huge one counts as a file's."""
        process = self.engine.process("zeros")
        at = process.map(4096)
        process.load(at)
        return process.pagemap(at >> 12, 1)[0] & FRAME

    def adopt(self, process, policy):
        self.guests.append(Guest(self, process, policy))
        return str(len(self.guests) - 1)

    def file(self, name, length, seed):
        if name not in self.files:
            made = self.engine.file(name) if name else self.engine.directory("dir")
            self.files[name] = made
            for done in range(0, length, CHUNK):
                made.write(done, pattern(min(CHUNK, length - done), done, seed))
        return self.files[name]

    def begin(self, line):
        header = dict(item.split("=", 1) for item in re.findall(r"[\w]+=[^,)\s]+", line))
        is_huge = "huge" in header or "thp" in header
        if self.engine is None or is_huge or not self.is_plain:
            if self.engine:
                self.engine.close()
            self.engine = Engine(overcommit=1, tables=1, ram_bytes=(256 if is_huge else 64) << 20, transparent_huge_pages=1,
                                 huge_pages=min(int(header.get("huge", "0"), 0), (1 << 31) - 1),
                                 surplus_huge_pages=int(header.get("surplus", "0"), 0))
            self.is_plain = not is_huge
            self.zero_frame = self.find_zeros()
        stack = header.get("stack_limit", "0")
        process = self.engine.process(
            "script", is_bottom_up=int(header.get("layout") == "classic"), mmap_base=int(header.get("mmap_base", "0"), 0),
            start_break=int(header.get("brk", "0"), 0), stack_limit=(1 << 64) - 1 if stack == "RLIM_INFINITY" else int(stack, 0))
        reserved = int(header.get("reserved", "0xbfff0000"), 0)
        process.reserve(reserved, 0xc0000000 - reserved)
        self.adopt(process, 0)
        if "thp" not in header:
            self.guests[0].set_policy(1)
        return "0"

    def end(self):
        for guest in self.guests:
            guest.process.close()
        for file in self.files.values():
            file.close()
        self.guests, self.files = [], {}
        return "0"

    def answer(self, line):
        match = re.match(r"(?:\[(\d+)\] *)?(\w+) *\((.*)\)", line)
        which, name = int(match[1] or 0), match[2]
        if which >= len(self.guests) or self.guests[which].exited:
            return "unsupported there is no such process"
        guest = self.guests[which]
        try:
            words = [word.strip() for word in match[3].split(",")] if match[3].strip() else []
            arguments = [word[1:-1] if word[0] == '"' else number(word) for word in words]
            return guest.access(name, *arguments) if name in ACCESSES else getattr(guest, name)(*arguments)
        except MemoryFault as fault:
            return f"{SIGNALS[fault.kind]} 0x{fault.address:08x}" if fault.kind in SIGNALS else "unsupported out of memory"
        except Unsupported as what:
            return f"unsupported {what}"


def lines():
    """The lines of standard input. Answers go out before it waits for more, and not after each line."""
    rest = b""
    while part := os.read(0, 1 << 20):
        *whole, rest = (rest + part).split(b"\n")
        yield from (line.decode() for line in whole)
        sys.stdout.flush()


def main():
    machine = Machine()
    for line in lines():
        if line.startswith("paging-conform"):
            answer = f"name libpaging, from Python\nsupports {' '.join(CALLS)}\nserves many\nready"
        elif line.startswith("process("):
            answer = machine.begin(line)
        elif line == "end":
            answer = machine.end()
        else:
            answer = machine.answer(line)
        sys.stdout.write(answer + "\n")


if __name__ == "__main__":
    main()
