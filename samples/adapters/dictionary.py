#!/usr/bin/env python3
"""A plain imitation of Linux' memory calls: a dictionary of pages, spoken to by `paging conform`.

    paging conform -- python3 samples/adapters/dictionary.py

It is wrong in many ways. Each broken rule is printed with its smallest script: mend one, run it again.
"""
import sys
import zlib

PAGE = 4096
PROT = {"PROT_NONE": 0, "PROT_READ": 1, "PROT_WRITE": 2, "PROT_EXEC": 4}
MAP = {"MAP_SHARED": 1, "MAP_PRIVATE": 2, "MAP_FIXED": 0x10, "MAP_ANONYMOUS": 0x20, "MAP_NORESERVE": 0x4000}


class Refused(Exception):
    """A call fails: the name of its error."""


class Signal(Exception):
    """An access faults: signal, code and address."""


class Unsupported(Exception):
    """A call, or a flag of it, that is not imitated."""


def number(text, names):
    value = 0
    for term in text.split("|"):
        term = term.strip()
        if term in names:
            value |= names[term]
        elif term[:1].isdigit() or term[:1] == "-":
            value |= int(term, 0)
        else:
            raise Unsupported(term)
    return value


class Space:
    """Pages by number: rights and bytes. Nothing here knows of areas, files or other processes."""

    def __init__(self, header):
        self.pages = {}
        self.base = int(header["mmap_base"], 0)
        self.end = int(header["reserved"], 0)

    def page(self, address, right):
        found = self.pages.get(address // PAGE)
        if found is None:
            raise Signal(f"SIGSEGV SEGV_MAPERR 0x{address:08x}")
        if not found[0] & right:
            raise Signal(f"SIGSEGV SEGV_ACCERR 0x{address:08x}")
        return found[1]

    def place(self, count):
        last = self.base // PAGE
        while last - count >= 16:
            if not any(page in self.pages for page in range(last - count, last)):
                return (last - count) * PAGE
            last -= 1
        raise Refused("ENOMEM")

    def mmap(self, address, length, protection, flags, descriptor, offset):
        address, length = int(address, 0), int(length, 0)
        protection, flags = number(protection, PROT), number(flags, MAP)
        if not flags & MAP["MAP_ANONYMOUS"]:
            raise Unsupported("a file")
        if offset != "0" and int(offset, 0) % PAGE:
            raise Refused("EINVAL")
        if length == 0:
            raise Refused("EINVAL")
        count = -(-length // PAGE)
        if flags & MAP["MAP_FIXED"]:
            if address % PAGE:
                raise Refused("EINVAL")
        else:
            address = self.place(count)
        for page in range(address // PAGE, address // PAGE + count):
            self.pages[page] = (protection, bytearray(PAGE))
        return f"0x{address:08x}"

    def munmap(self, address, length):
        address, length = int(address, 0), int(length, 0)
        if address % PAGE or length == 0:
            raise Refused("EINVAL")
        for page in range(address // PAGE, -(-(address + length) // PAGE)):
            self.pages.pop(page, None)
        return "0"

    def mprotect(self, address, length, protection):
        address, length, protection = int(address, 0), int(length, 0), number(protection, PROT)
        if address % PAGE:
            raise Refused("EINVAL")
        for page in range(address // PAGE, -(-(address + length) // PAGE)):
            if page not in self.pages:
                raise Refused("ENOMEM")
            self.pages[page] = (protection, self.pages[page][1])
        return "0"

    def load(self, address):
        address = int(address, 0)
        return f"0x{self.page(address, 7)[address % PAGE]:02x}"

    def store(self, address, byte):
        address = int(address, 0)
        self.page(address, 2)[address % PAGE] = int(byte, 0)
        return "0"

    def fill(self, address, length, byte):
        for at in range(int(address, 0), int(address, 0) + int(length, 0)):
            self.page(at, 2)[at % PAGE] = int(byte, 0)
        return "0"

    def sum(self, address, length):
        start = int(address, 0)
        data = bytes(self.page(at, 7)[at % PAGE] for at in range(start, start + int(length, 0)))
        return f"crc32=0x{zlib.crc32(data):08x}"


CALLS = ("mmap", "munmap", "mprotect", "load", "store", "fill", "sum")


def answer(space, line):
    """The result of one call, as the dialect writes it."""
    name, _, arguments = line.partition("(")
    try:
        return getattr(space, name)(*[part.strip() for part in arguments.rstrip(") ").split(",")])
    except Refused as error:
        return f"-1 {error}"
    except Signal as signal:
        return str(signal)
    except Unsupported as what:
        return f"unsupported {what}"


def main():
    space = None
    for line in map(str.strip, sys.stdin):
        if line.startswith("paging-conform"):
            print("name dictionary of pages", "supports " + " ".join(CALLS), "serves many", "ready", sep="\n", flush=True)
        elif line.startswith("process("):
            space = Space(dict(part.strip().split("=") for part in line[len("process("):-1].split(",")))
            print("0")
        elif line == "end":
            print("0", flush=True)
        else:
            print(answer(space, line))


if __name__ == "__main__":
    main()
