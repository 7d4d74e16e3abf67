"""Each method, with its arguments at their borders, and what it gives: a value, or the exception. Rows run in order, on one engine."""
import copy
import ctypes
import errno
import inspect
import mmap
import os
import pathlib
import pickle
import re
import struct
import subprocess
import sys
import tempfile
import unittest

import paging
from paging._library import checked, header, method_of

BIG, LOW = 1 << 32, -1


class Fails:
    """An exception of a type, with an errno, kind or code."""

    def __init__(self, type, /, **fields):
        self.type, self.fields = type, fields

    def __repr__(self):
        return f"{self.type.__name__} {self.fields}"


def refused(number):
    return Fails(OSError, errno=number)


def fault(kind, address, done=0):
    return Fails(paging.MemoryFault, kind=kind, address=address, done=done)


def misuse(code=None):
    return Fails(paging.PagingError, code=paging.BAD_ARGUMENT if code is None else code)


RANGE, VALUE, TYPE = Fails(paging.RangeError), Fails(ValueError), Fails(TypeError)
OVERFLOW = RANGE


class Storage:
    """A backing, a device and a swap store that answer with what the test says, if it says anything."""

    def __init__(self, content=b""):
        self.content, self.answer, self.slots = bytearray(content), None, {}

    def read(self, at, size=None):
        found = self.slots[at] if size is None else bytes(self.content[at:at + size])
        return found if self.answer is None else self.answer

    def write(self, at, data):
        if at in self.slots or not self.content:
            self.slots[at] = data
            return None
        self.content[at:at + len(data)] = data
        return len(data) if self.answer is None else self.answer

    def set_length(self, length):
        self.content = self.content[:length].ljust(length, b"\0")

    def load(self, offset, size):
        return (1 << 8 * size) - 1 if self.answer is None else self.answer

    def fetch(self, offset, size):
        return 0x90

    def store(self, offset, size, value):
        self.slots[offset] = (size, value)
        return self.answer


class Table:
    """What the rows use by name."""

    def __init__(self, folder):
        self.folder, self.e = folder, paging.Engine(ram_bytes=16 << 20, huge_pages=1)
        self.p = self.e.process("rows", start_break=0x08050000)
        self.at = self.p.map(3 * 4096)
        self.storage, self.other, self.device, self.slots = Storage(b"0123456789" * 1000), Storage(), Storage(), Storage()
        self.pages, self.seen = {0: b"\7" * 4096, 1: paging.LATER, 2: None, 3: paging.ZEROS, 4: b"short", 5: 0, 6: 77}, []
        self.buffer = mmap.mmap(-1, 8192)
        self.f = self.e.file("tmp", 4096)
        self.d = self.p.memfd("fd")
        self.made, self.stored = {}, []

    def keep(self, name, value):
        self.made[name] = value
        return type(value).__name__

    def fds(self):
        """The lowest free descriptor of the process: it does not grow if nothing leaks."""
        number = self.p.memfd("probe")
        self.p.close_descriptor(number)
        return number


def rows(t):
    at, end, ro = t.at, t.at + 3 * 4096, paging.PROT_READ
    rw, private = paging.PROT_READ | paging.PROT_WRITE, paging.MAP_PRIVATE | paging.MAP_ANONYMOUS
    unmapped, not_allowed, bus = paging.FAULT_NOT_MAPPED, paging.FAULT_NOT_ALLOWED, paging.FAULT_BUS_ERROR
    names = dict(locals(), t=t, e=t.e, p=t.p, f=t.f, d=t.d, BIG=BIG, LOW=LOW, **vars(paging), paging=paging)
    names.update((name, getattr(paging, name)) for name in paging.constants)
    word = (1 << 64) - 1
    names.update(word=word, m=t.made, struct=struct, memoryview=memoryview, pathlib=pathlib)
    return names, [
        # ---- accesses: values at the borders of their sizes, addresses beyond 32 bits
        ("p.store(at, 0x1122334455667788, 8)", None), ("p.load(at, 8)", 0x1122334455667788), ("p.load(at)", 0x55667788),
        ("p.load(at, 2)", 0x7788), ("p.load(at, 1)", 0x88), ("p.load(at + 1, 4)", 0x44556677), ("p.load(at, 3)", RANGE),
        ("p[0xffffffff:BIG]", fault(unmapped, BIG - 1)), ("p[0xffffffff:BIG + 1]", RANGE),
        ("p.__setitem__(slice(BIG - 2, BIG), b'12')", fault(unmapped, BIG - 2)), ("p.load(at, 0)", RANGE), ("p.load(at, 16)", RANGE), ("p.load(at, BIG + 4)", OVERFLOW), ("p.load(at, LOW)", OVERFLOW),
        ("p.load(at + BIG)", OVERFLOW), ("p.load(at - BIG)", OVERFLOW), ("p.load(LOW)", OVERFLOW), ("p.load(1.5)", TYPE),
        ("p.load(BIG - 1, 1)", fault(unmapped, BIG - 1)), ("p.load(0)", fault(unmapped, 0)), ("p.load(end - 2)", fault(unmapped, end)),
        ("p.store(at, 0xff, 1)", None), ("p.load(at, 2)", 0x77ff), ("p.store(at, 1 << 40)", OVERFLOW), ("p.store(at, -129, 1)", OVERFLOW),
        ("p.store(at, 0x1ff, 1)", OVERFLOW), ("p.store(at, 'x')", TYPE), ("p.load(at, 2)", 0x77ff),
        ("p.store(at, -1, 1)", None), ("p.store(at + BIG, 1)", OVERFLOW),
        ("p.store(LOW, 1)", OVERFLOW), ("p.store(end, 1)", fault(unmapped, end)), ("p.store(at, 1, 5)", RANGE),
        ("p.fetch(at)", fault(not_allowed, at)), ("p.fetch(at + BIG)", OVERFLOW), ("p.fetch(LOW)", OVERFLOW),
        ("p.touch(at + 4096)", True), ("p.touch(at + 4096)", False), ("p.touch(at + 4096, True)", False), ("p.touch(BIG)", OVERFLOW),
        ("p.touch(LOW)", OVERFLOW), ("p.touch(end)", fault(unmapped, end)), ("p.read(at, 0)", b""), ("p.read(at, 2)", b"\xff\x77"),
        ("p.read(end - 3, 3)", bytes(3)), ("p.read(end - 3, 4)", fault(unmapped, end, 3)), ("p.read(at + BIG, 2)", OVERFLOW),
        ("p.read(LOW, 2)", OVERFLOW), ("p.read(at, -1)", VALUE), ("p.write(at, b'')", None), ("p.write(at + 8, b'abc')", None),
        ("p.read(at + 8, 4)", b"abc\0"), ("p.write(at + 8, bytearray(b'xy'))", None),
        ("p.write(at + 10, memoryview(struct.pack('2H', 1, 2)).cast('H'))", None), ("p.read(at + 8, 7)", b"xy\1\0\2\0\0"),
        ("p.write(end - 2, b'1234')", fault(unmapped, end, 2)), ("p.read(end - 2, 2)", b"12"), ("p.write(at + BIG, b'a')", OVERFLOW),
        ("p.write(LOW, b'a')", OVERFLOW), ("p.write(at, 5)", TYPE), ("p.write(at, 'a')", TYPE), ("p.fill(at, 8, 0x41)", None),
        ("p.read(at, 9)", b"AAAAAAAAx"), ("p.fill(at, 4, 255)", None), ("p.fill(at, 2)", None), ("p.read(at, 5)", b"\0\0\xff\xffA"),
        ("p.fill(at, 1, 256)", VALUE), ("p.fill(at, 1, -1)", VALUE), ("p.fill(at, BIG + 1)", OVERFLOW), ("p.fill(at + BIG, 1)", OVERFLOW),
        ("p.fill(end - 1, 2, 1)", fault(unmapped, end, 1)), ("p.fill(at, 0)", None), ("p.store(at, 0xffffffff)", None),
        ("p.add(at, 1)", 0), ("p.add(at, -1)", 0xffffffff), ("p.add(at, 2, 1)", 1), ("p.load(at)", 0xffffff01),
        ("p.add(at + BIG, 1)", OVERFLOW), ("p.add(end, 1)", fault(unmapped, end)), ("p.add(at, 1, 3)", RANGE),
        ("p.exchange(at, 5, 8)", 0x41414141ffffff01), ("p.exchange(at, 0x1ff, 1)", OVERFLOW), ("p.exchange(at, 0xff, 1)", 5),
        ("p.exchange(LOW, 5)", OVERFLOW),
        ("p.exchange(at + 4094, 7)", 0), ("p.load(at + 4094)", 7), ("p.exchange(end - 1, 7, 2)", fault(unmapped, end)),
        ("p.compare_exchange(at, 9, 0xff, 1)", 0xff), ("p.compare_exchange(at, 8, 0xff, 1)", 9), ("p.load(at, 1)", 9),
        ("p.compare_exchange(at, BIG, 2)", OVERFLOW), ("p.compare_exchange(at, 1, BIG)", OVERFLOW),
        ("p.compare_exchange(at + BIG, 1, 2)", OVERFLOW), ("p.compare_exchange(0, 1, 2)", fault(unmapped, 0)), ("p[at]", 9),
        ("p.__setitem__(at, 0x1fe)", OVERFLOW), ("p.__setitem__(at, 0xfe)", None), ("p[at]", 0xfe), ("p.__setitem__(slice(at, at + 3), b'abc')", None), ("p[at:at + 3]", b"abc"),
        ("p[at:at]", b""), ("p.__setitem__(slice(at, at + 3), b'ab')", VALUE), ("p.__setitem__(slice(at, at + 3), b'abcd')", VALUE),
        ("p.__setitem__(slice(at, at + 2), memoryview(b'abcd').cast('H'))", VALUE), ("p[at:at + 3:2]", VALUE), ("p[at:]", VALUE),
        ("p[:at]", VALUE), ("p[at + 1:at]", VALUE), ("p[BIG:BIG + 1]", OVERFLOW), ("p[LOW]", OVERFLOW), ("p[at:at + 3]", b"abc"),
        # ---- memory calls
        ("p.map(0)", refused(errno.EINVAL)), ("p.map(BIG)", OVERFLOW), ("p.map(LOW)", OVERFLOW), ("p.map(4096, address=BIG)", OVERFLOW),
        ("p.map(4096, file=99)", refused(errno.EBADF)), ("p.map(4096, file=1 << 31)", OVERFLOW), ("p.map(4096, offset=-1)", OVERFLOW),
        ("p.map(4096, address=0x20000000, fixed=True)", 0x20000000), ("p.map(4096, ro, private, address=0x20001000)", 0x20001000),
        ("len(p.maps())", 3), ("p.unmap(0x20000000, 8192)", None), ("p.unmap(0x20000000, BIG)", OVERFLOW),
        ("p.unmap(LOW, 4096)", OVERFLOW), ("p.unmap(at + 1, 4096)", refused(errno.EINVAL)), ("p.protect(at + BIG, 4096, 1)", OVERFLOW),
        ("p.protect(at, 4096, LOW)", OVERFLOW), ("p.protect(at, 4096, 0)", None), ("p.load(at)", fault(not_allowed, at)),
        ("p.protect(at, 4096, rw)", None), ("p.remap(0x30000000, 4096, 8192)", refused(errno.EFAULT)), ("p.remap(BIG, 1, 1)", OVERFLOW),
        ("p.remap(at, 4096, 8192, 0)", refused(errno.ENOMEM)), ("p.brk()", 0x08050000), ("p.brk(0x08051001)", 0x08051001),
        ("p.brk(BIG)", OVERFLOW), ("p.brk(0x08050000)", 0x08050000), ("p.advise(at + 4096, 4096, MADV_DONTNEED)", None),
        ("p.advise(at, 4096, 99)", refused(errno.EINVAL)), ("p.advise(at + BIG, 1, 4)", OVERFLOW),
        ("p.in_core(at, 3 * 4096)", [True, False, True]), ("p.in_core(at, 4097)", [True, False]), ("p.in_core(at + 8192, 1)", [True]),
        ("p.in_core(at, 0)", []), ("p.in_core(at, 4096 * 2)", [True, False]), ("p.in_core(at + 1, 1)", refused(errno.EINVAL)),
        ("p.in_core(end, 4096)", refused(errno.ENOMEM)), ("p.in_core(BIG, 1)", OVERFLOW), ("p.sync(at, 4096)", None),
        ("p.sync(at, 4096, 8)", refused(errno.EINVAL)), ("p.sync(at, BIG)", OVERFLOW), ("p.lock(at, 4096)", None),
        ("p.usage().locked", 1), ("p.lock(at, 4096, 2)", refused(errno.EINVAL)), ("p.lock(LOW, 1)", OVERFLOW),
        ("p.unlock(at, 4096)", None), ("p.usage().locked", 0), ("p.unlock(end, 4096)", refused(errno.ENOMEM)),
        ("p.unlock(BIG, 1)", OVERFLOW), ("p.lock_all()", None), ("p.usage().locked", 3), ("p.lock_all(0)", refused(errno.EINVAL)),
        ("p.lock_all(BIG)", OVERFLOW), ("p.unlock_all()", None), ("p.usage().locked", 0), ("p.reserve(0x40000000, 4096)", None),
        ("p.reserve(BIG, 4096)", OVERFLOW), ("p.map(4096, address=0x40000000) == 0x40000000", False),
        ("p.load(0x40000000)", fault(not_allowed, 0x40000000)), ("p.limit(RLIMIT_DATA)", None),
        ("p.set_limit(RLIMIT_DATA, word - 1)", None), ("p.limit(RLIMIT_DATA)", word - 1), ("p.set_limit(RLIMIT_DATA, None)", None),
        ("p.set_limit(RLIMIT_DATA, 1 << 64)", OVERFLOW), ("p.set_limit(RLIMIT_DATA, -1)", OVERFLOW), ("p.set_limit(9, 1)", misuse()),
        ("p.limit(9)", misuse()), ("p.limit(-1)", OVERFLOW), ("p.seal(end, 4096)", refused(errno.ENOMEM)), ("p.seal(BIG, 1)", OVERFLOW),
        ("p.pagemap(0, 2)", [0, 0]), ("len(p.pagemap(at >> 12, 3))", 3), ("p.pagemap(0, 0)", []), ("p.pagemap(BIG, 1)", OVERFLOW),
        # ---- files: counts, not buffers; descriptors that are given back
        ("f.write(4090, b'0123456789')", 10), ("len(f)", 4100), ("f.read(4090, 100)", b"0123456789"), ("f.read(4090, 4)", b"0123"),
        ("f.read(4099, 1)", b"9"), ("f.read(4100, 5)", b""), ("f.read(0, 0)", b""), ("f.read(-1, 1)", refused(errno.EINVAL)),
        ("f.read(1 << 63, 1)", OVERFLOW), ("f.read(0, -1)", VALUE), ("f.write(0, memoryview(struct.pack('2I', 1, 2)).cast('I'))", 8),
        ("f.read(0, 9)", struct.pack("2I", 1, 2) + b"\0"), ("f.write(1 << 63, b'')", OVERFLOW), ("f.write(0, 'a')", TYPE),
        ("f.truncate(10)", None), ("len(f)", 10), ("f.truncate(-1)", OVERFLOW), ("f.truncate(1 << 64)", OVERFLOW),
        ("f.truncate(8192)", None), ("f.add_seals(BIG)", OVERFLOW), ("f.add_seals(1 << 20)", refused(errno.EINVAL)), ("t.fds()", 4),
        ("t.keep('shared', p.map(8192, file=f))", "int"), ("t.fds()", 4), ("p.map(8192, 99 << 8, file=f) and None", None), ("t.fds()", 4),
        ("p.map(0, file=f)", refused(errno.EINVAL)), ("t.fds()", 4), ("p.map(4096, file=f, offset=1)", refused(errno.EINVAL)),
        ("t.fds()", 4), ("p.map(4096, file=f, address=BIG)", OVERFLOW), ("t.fds()", 4), ("p.load(m['shared'])", 1),
        ("p.store(m['shared'] + 4, 3)", None), ("f.read(4, 4)", struct.pack("I", 3)), ("f.open(p, write=False)", 4),
        ("p.close_descriptor(4)", None), ("f.open(p, flags=BIG)", OVERFLOW), ("f.open(p, read=False, write=False)", 4),
        ("p.pread(4, 1, 0)", refused(errno.EBADF)), ("p.close_descriptor(4)", None), ("t.fds()", 4), ("p.memfd('x', BIG)", OVERFLOW),
        ("p.memfd('x', 64)", refused(errno.EINVAL)), ("p.close_descriptor(77)", refused(errno.EBADF)),
        ("p.close_descriptor(1 << 31)", OVERFLOW), ("p.pwrite(d, b'bytes', 3)", 5), ("p.pread(d, 100, 3)", b"bytes"),
        ("p.pread(d, 2, 4)", b"yt"), ("p.pread(d, 5, 8)", b""), ("p.pread(d, 5, -1)", refused(errno.EINVAL)),
        ("p.pread(d, 5, 1 << 63)", OVERFLOW), ("p.pwrite(d, memoryview(b'abcd').cast('H'), 0)", 4), ("p.pread(d, 9, 0)", b"abcdytes"),
        ("p.pwrite(d, b'', -1)", refused(errno.EINVAL)), ("p.pwrite(1 << 40, b'a', 0)", OVERFLOW), ("p.truncate(d, 2)", None),
        ("p.pread(d, 9, 0)", b"ab"), ("p.truncate(d, -1)", refused(errno.EINVAL)), ("p.truncate(d, 1 << 63)", OVERFLOW),
        ("t.keep('host', e.host_file(t.folder + '/h', write=True, create=True))", "File"), ("m['host'].write(0, b'kept')", 4),
        ("e.sync()", None), ("pathlib.Path(t.folder, 'h').read_bytes()", b"kept"),
        ("e.host_file(t.folder + '/none')", Fails(FileNotFoundError)), ("e.directory('dir').open(p, write=False)", 4),
        ("p.map(4096, ro, file=4)", refused(errno.ENODEV)), ("p.close_descriptor(4)", None), ("len(e.directory('dir'))", 0),
        ("e.file('x', -1)", OVERFLOW), ("e.file('x', 1 << 64)", OVERFLOW), ("e.file('x', 1 << 63)", misuse()),
        # ---- callbacks: what they return is checked before it is used
        ("t.keep('backed', e.backed_file('b', 10_000, t.storage))", "File"), ("m['backed'].read(9998, 9)", b"89"),
        ("t.keep('mapped', p.map(12288, file=m['backed']))", "int"), ("p.read(m['mapped'] + 4094, 4)", b"4567"),
        ("e.drop_caches()", None), ("t.keep('other', e.backed_file('o', 4096, t.other))", "File"),
        ("setattr(t.other, 'answer', bytes(4097))", None), ("m['other'].read(0, 1)", VALUE), ("setattr(t.other, 'answer', 5)", None),
        ("m['other'].read(0, 1)", TYPE), ("setattr(t.other, 'answer', memoryview(b'ab' * 2048).cast('H'))", None),
        ("m['other'].read(0, 4096)", b"ab" * 2048), ("m['backed'].write(0, b'new')", 3), ("setattr(t.storage, 'answer', 9999)", None),
        ("p.sync(m['mapped'], 4096)", VALUE), ("m['backed'].write(0, b'new')", 3), ("setattr(t.storage, 'answer', -1)", None),
        ("p.sync(m['mapped'], 4096)", VALUE), ("setattr(t.storage, 'answer', None)", None), ("m['backed'].write(0, b'NEW')", 3),
        ("p.sync(m['mapped'], 4096)", None), ("bytes(t.storage.content[:4])", b"NEW3"), ("m['backed'].truncate(5)", None),
        ("len(t.storage.content)", 5), ("e.backed_file('b', -1, t.storage)", OVERFLOW),
        ("e.backed_file('b', 1 << 64, t.storage)", OVERFLOW),
        ("t.keep('device', p.map(4096, rw | PROT_EXEC, file=e.device('d', 4096, t.device)))", "int"), ("p.load(m['device'], 8)", word),
        ("p.load(m['device'], 1)", 0xff), ("p.fetch(m['device'])", 0x90), ("p.store(m['device'] + 4, BIG - 1, 4)", None),
        ("t.device.slots", {4: (4, 0xffffffff)}), ("setattr(t.device, 'answer', 1 << 32)", None), ("p.load(m['device'])", OVERFLOW),
        ("p.load(m['device'], 8)", 1 << 32), ("setattr(t.device, 'answer', -1)", None), ("p.load(m['device'])", OVERFLOW),
        ("p.load(m['device'], 8)", OVERFLOW), ("p.store(m['device'], 1)", TYPE),
        ("setattr(t.device, 'answer', -4096)", None), ("p.store(m['device'], 1)", TYPE),
        ("setattr(t.device, 'answer', 1 << 31)", None), ("p.store(m['device'], 1)", TYPE),
        ("setattr(t.device, 'answer', 'text')", None), ("p.store(m['device'], 1)", TYPE), ("p.load(m['device'])", TYPE),
        ("e.rom('r', b'')", misuse()), ("e.rom('r', bytes(4095))", misuse()), ("e.rom('r', 5)", TYPE), ("e.rom(5, bytes(4096))", TYPE),
        ("e.rom('r', bytes(4096), 5)", TYPE),
        ("t.keep('rom', p.map(4096, file=e.rom('r', b'rom.' * 1024, lambda at, size, value: t.stored.append((at, size, value)))))", "int"),
        ("p.store(m['rom'] + 4, 9, 1)", None), ("t.stored", [(4, 1, 9)]), ("p.read(m['rom'], 8)", b"rom.rom."),
        ("t.keep('quiet', p.map(4096, file=e.rom('q', bytearray(b'abcd' * 1024))))", "int"), ("p.store(m['quiet'], 1)", None),
        ("p[m['quiet']:m['quiet'] + 4]", b"abcd"), ("e.rom('r', bytes(4096), lambda at, size, value: 1 / 0).closed", False),
        ("p.store(p.map(4096, file=e.rom('r', bytes(4096), lambda at, size, value: 1 / 0)), 1)", Fails(ZeroDivisionError)),
        ("e.device('d', -1, t.device)", OVERFLOW), ("e.device('d', 0, t.device)", misuse()),
        ("t.keep('pager', e.pager('p', 7, t.pages.__getitem__))", "Pager"),
        ("t.keep('paged', p.map(7 * 4096, ro, file=m['pager']))", "int"), ("p.load(m['paged'])", 0x07070707),
        ("p.load(m['paged'] + 4096)", Fails(paging.MemoryFault, kind=paging.FAULT_PENDING)), ("m['pager'].pending", 1),
        ("m['pager'].requests()", [1]), ("m['pager'].requests()", []), ("m['pager'].supply(1, bytes(4095))", VALUE),
        ("m['pager'].supply(1, bytes(4097))", VALUE), ("m['pager'].supply(1, memoryview(bytes(8192)).cast('H'))", VALUE),
        ("m['pager'].supply(1, memoryview(b'ab' * 2048).cast('H'))", None), ("p.load(m['paged'] + 4096, 2)", 0x6261),
        ("m['pager'].supply(1, None)", Fails(FileExistsError)), ("m['pager'].supply(BIG, None)", OVERFLOW),
        ("m['pager'].supply(7, None)", misuse()), ("p.load(m['paged'] + 2 * 4096)", fault(bus, None)),
        ("p.load(m['paged'] + 3 * 4096)", 0), ("p.load(m['paged'] + 4 * 4096)", VALUE), ("p.load(m['paged'] + 5 * 4096)", VALUE),
        ("p.load(m['paged'] + 6 * 4096)", VALUE), ("m['pager'].fail(BIG)", OVERFLOW), ("m['pager'].fail(1)", refused(errno.EEXIST)),
        ("e.pager('p', 0, None)", misuse()), ("e.pager('p', BIG, None)", OVERFLOW),
        ("t.keep('swap', e.swap_on('s', t.slots, 16))", "Swap"), ("p.store(at + 8192, 123)", None),
        ("p.advise(at + 8192, 4096, MADV_PAGEOUT)", None), ("p.usage().swapped", 1), ("setattr(t.slots, 'answer', bytes(4095))", None),
        ("p.load(at + 8192)", VALUE), ("setattr(t.slots, 'answer', bytes(4097))", None), ("p.load(at + 8192)", VALUE),
        ("setattr(t.slots, 'answer', None)", None), ("p.load(at + 8192)", 123), ("m['swap'].close()", None), ("m['swap'].closed", True),
        ("e.swap_on('s', t.slots, -1)", OVERFLOW), ("e.swap_on('s', t.slots, 0)", refused(errno.EINVAL)),
        ("e.swap_on('s', -1)", OVERFLOW), ("e.swap_on('s', 0)", misuse()),
        ("t.keep('ram', p.map(8192, file=e.host_memory('h', t.buffer)))", "int"), ("p.store(m['ram'] + 4096, 5)", None),
        ("t.buffer[4096]", 5), ("e.host_memory('h', bytearray(100))", misuse()), ("e.host_memory('h', bytes(4096))", TYPE),
        ("e.host_memory('h', (ctypes_bytes * 8192).from_buffer(t.buffer, 0)) and None", None),
        # ---- life, groups, limits
        ("t.keep('child', p.fork())", "Process"), ("m['child'].info().parent_id", 1), ("e.find(2).handle == m['child'].handle", True),
        ("e.find(-5)", Fails(ProcessLookupError)), ("e.find(1 << 31)", OVERFLOW), ("m['child'].exit(1 << 31)", OVERFLOW),
        ("m['child'].exit(-3)", None), ("m['child'].info().exit_code", -3), ("m['child'].load(at)", misuse(paging.ENDED)),
        ("m['child'].close()", None), ("m['child'].close()", None), ("m['child'].closed", True),
        ("m['child'].info()", misuse(paging.BAD_HANDLE)), ("e.process('q', mmap_base=BIG)", OVERFLOW),
        ("e.process('q', is_bottom_up=2)", misuse()), ("e.process('q', stack_limit=-1)", OVERFLOW), ("e.process('q', no_such=1)", TYPE),
        ("t.keep('group', e.group('g', 64))", "Group"), ("m['group'].set_limit(-1)", OVERFLOW),
        ("m['group'].set_limit(1 << 64)", OVERFLOW), ("m['group'].set_limit(None)", None), ("m['group'].set_limit(100)", None),
        ("t.keep('member', e.process('m', group=m['group']))", "Process"), ("m['group'].close()", refused(errno.EBUSY)),
        ("m['group'].closed", False), ("m['member'].close()", None), ("m['group'].close()", None), ("m['group'].closed", True),
        ("m['group'].set_limit(5)", misuse(paging.BAD_HANDLE)), ("e.group('g', -1)", OVERFLOW), ("e.bind()", None),
        ("e.processor()", misuse(paging.WRONG_STATE)),
        # ---- snapshots, logs, pins, events, watchpoints, userfaultfds
        ("t.keep('snap', p.snapshot())", "Snapshot"), ("p.store(at, 77)", None), ("m['snap'].dirty_pages", 1),
        ("m['snap'].restore()", None), ("p.load(at, 1)", 0x61), ("m['snap'].valid", True),
        ("m['snap'].keep_written()", None), ("[(p.store(at, 5), m['snap'].restore(), p.load(at, 1))[2] for _ in range(4)]", [0x61] * 4),
        ("m['snap'].keep_written('x')", TYPE), ("m['snap'].keep_written(False)", None), ("m['snap'].close()", None),
        ("m['snap'].restore()", misuse(paging.BAD_HANDLE)), ("t.keep('two', e.process('two'))", "Process"),
        ("m['two'].map(4096, address=0x20000000, fixed=True)", 0x20000000), ("m['two'].store(0x20000000, 6)", None),
        ("t.keep('save', m['two'].snapshot())", "Snapshot"), ("m['save'].save(t.folder + '/none/s')", Fails(FileNotFoundError)),
        ("m['save'].save(t.folder + '/s')", None), ("t.keep('loaded', e.load(t.folder + '/s'))", "Process"),
        ("m['loaded'].load(0x20000000)", 6), ("e.load(t.folder + '/h')", refused(errno.EINVAL)), ("m['save'].close()", None),
        ("t.keep('log', m['two'].dirty_log())", "DirtyLog"), ("m['two'].store(0x20000ffc, 5)", None), ("len(m['log'])", 1),
        ("m['log'].collect()", [0x20000]), ("m['log'].collect()", []), ("m['log'].close()", None),
        ("t.keep('frames', e.dirty_log())", "DirtyLog"), ("len(m['frames'])", 0), ("m['frames'].close()", None),
        ("t.keep('whole', e.snapshot())", "Snapshot"), ("m['whole'].restore()", None), ("m['whole'].close()", None),
        ("t.keep('pair', paging.Engine())", "Engine"), ("t.keep('server', m['pair'].process('server'))", "Process"),
        ("m['server'].map(4096, flags=paging.MAP_SHARED | paging.MAP_ANONYMOUS | paging.MAP_FIXED, address=0x20000000)", 0x20000000),
        ("m['server'].store(0x20000000, 7)", None), ("t.keep('client', m['server'].fork())", "Process"),
        ("t.keep('both', m['pair'].snapshot())", "Snapshot"), ("m['both'].save(t.folder + '/all')", None),
        ("t.keep('all', e.load_all(t.folder + '/all'))", "list"), ("[one.load(0x20000000) for one in m['all']]", [7, 7]),
        ("m['all'][0].store(0x20000000, 8)", None), ("m['all'][1].load(0x20000000)", 8), ("[one.close() for one in m['all']]", [None, None]),
        ("e.load_all(t.folder + '/none')", Fails(FileNotFoundError)), ("e.load(t.folder + '/all')", refused(errno.EINVAL)),
        ("e.load_all_bytes(b'')", refused(errno.EINVAL)), ("e.load_all_bytes(5)", TYPE), ("e.load_all_bytes(b'', groups=5)", TYPE),
        ("[one.close() for one in e.load_all_bytes(m['both'].save_bytes(), groups={})]", [None, None]),
        ("t.keep('set', m['both'].image())", "Image"), ("m['set'].processes", 2), ("e.clone_process(m['set'])", misuse()),
        ("e.clone_processes(5)", TYPE), ("[(one.load(0x20000000), one.close()) for one in e.clone_processes(m['set'])]", [(7, None), (7, None)]),
        ("m['both'].name(m['server'].maps()[0].object, 'apart')", None), ("e.load_all_bytes(m['both'].save_bytes())", Fails(FileNotFoundError)),
        ("m['both'].name(1, 5)", TYPE), ("m['both'].name(-1, 'x')", OVERFLOW), ("m['both'].name(m['server'].maps()[0].object, None)", None),
        ("m['pair'].close()", None), ("m['both'].name(1, 'x')", misuse(paging.BAD_HANDLE)),
        ("t.keep('pin', m['two'].pin(0x20000010, 16, True))", "Pin"), ("bytes(m['pin'].view)", bytes(16)), ("len(m['pin'].views)", 1),
        ("m['pin'].view.__setitem__(0, 9)", None), ("m['two'].load(0x20000010, 1)", 9), ("m['pin'].close()", None),
        ("m['pin'].closed", True), ("m['pin'].view", misuse(paging.BAD_HANDLE)), ("m['two'].pin(BIG, 16)", OVERFLOW), ("m['two'].pin(0, 16)", fault(unmapped, 0)),
        ("m['two'].flat_view(0x20000000, 4096)", misuse(paging.WRONG_STATE)), ("m['two'].flat_view(BIG, 4096)", OVERFLOW),
        ("t.keep('flat engine', Engine(ram_bytes=1 << 20, share_ram=1))", "Engine"), ("t.keep('q', m['flat engine'].process())", "Process"),
        ("m['q'].map(8192, address=0x20000000, fixed=True)", 0x20000000), ("m['q'].write(0x20001000, b'flat')", None),
        ("t.keep('flat', m['q'].flat_view(0x20000000, 3 * 4096))", "FlatView"), ("bytes(m['flat'].view[4094:4102])", b"\0\0flat\0\0"),
        ("m['flat'].view.readonly", True), ("len(m['flat'].view)", 12288), ("m['q'].unmap(0x20001000, 4096)", None),
        ("m['flat'].is_current", False), ("m['flat'].refresh()", 0), ("m['flat'].is_current", True),
        ("bytes(m['flat'].view[4096:4100])", bytes(4)), ("m['q'].flat_view(1, 4096)", misuse()), ("m['q'].flat_view(0, 0)", misuse()),
        ("m['q'].flat_view(0, 4095)", misuse()),
        ("m['q'].flat_view(0xbffff000, 8192)", misuse()), ("m['q'].flat_view(0, 1 << 33)", misuse()),
        ("t.keep('slice', m['flat'].view[1:2])", "memoryview"), ("m['flat'].close()", misuse(paging.WRONG_STATE)),
        ("m['slice'].release()", None), ("m['flat'].close()", None), ("m['flat'].view", misuse(paging.BAD_HANDLE)),
        ("m['flat'].is_current", misuse(paging.BAD_HANDLE)), ("m['flat engine'].close()", None), ("m['flat'].closed", True),
        ("m['two'].rewind(-1)", OVERFLOW), ("m['two'].rewind(0, [(1,)])", VALUE), ("m['two'].rewind(0, [(0, 1)])", misuse()),
        ("m['two'].rewind(0, [(2, 1), (3, 1)])", misuse()), ("m['two'].rewind(0, 5)", TYPE), ("e.rewind(0, [(1, LOW)])", OVERFLOW),
        ("t.keep('back', m['two'].rewind(1 << 20, [(1, 2), (2, 1)]))", "Rewind"), ("m['back'].find(9)", None),
        ("[m['back'].record() for _ in range(5)]", [0, 1, 2, 3, 4]), ("m['back'].info().state_count", 3), ("m['back'].find(1)", None),
        ("m['back'].restore(1)", refused(errno.ENOENT)), ("m['back'].restore(2)", None), ("m['back'].info().next", 3),
        ("m['back'].find(99)", 4),
        ("m['back'].restore(BIG)", refused(errno.ENOENT)), ("m['back'].close()", None), ("m['back'].record()", misuse(paging.BAD_HANDLE)),
        ("t.keep('all back', e.rewind())", "Rewind"), ("m['all back'].record()", 0), ("m['all back'].info().current", 0),
        ("m['all back'].close()", None),
        ("e.ledger('no')", misuse()), ("e.ledger('{')", misuse()), ("e.ledger('desktop-2009', 0)", misuse()),
        ("e.ledger('desktop-2009', BIG)", OVERFLOW), ("e.ledger(5)", TYPE),
        ("t.keep('costs', e.ledger('desktop-2009', 2))", "Ledger"), ("m['costs'].observe(m['two'], 0x20000000, 4)", None),
        ("m['costs'].observe(m['two'], 0x20000000, 8192, step=4, write=True)", None), ("m['costs'].observe(m['two'], 0, 0)", misuse()),
        ("m['costs'].observe(m['two'], 0x20000000, 4, fetch=True, processor=1)", None), ("m['costs'].observe(5, 0, 4)", TYPE),
        ("m['costs'].observe(m['two'], 0x20000000, 4, processor=2)", misuse()), ("m['costs'].observe(m['two'], BIG, 4)", OVERFLOW),
        ("m['costs'].observe(m['two'], 0, 4, write=True, fetch=True)", VALUE), ("m['costs'].end_call(m['two'], 4096)", None),
        ("m['costs'].end_call(m['two'], LOW)", OVERFLOW), ("t.keep('disk', type(t.storage)(b'd' * 8192))", "Storage"),
        ("t.keep('timed', m['costs'].backed_file('timed', 8192, m['disk']))", "File"), ("m['timed'].read(0, 1)", b"d"),
        ("m['costs'].end_read(m['two'], m['timed'], 0, 1)", None), ("m['costs'].end_read(m['two'], m['two'], 0, 1)", TYPE),
        ("m['costs'].times(m['two']).wait_for_file > 10 ** 9", True), ("m['costs'].times(m['two']).call_count", 2),
        ("m['costs'].times().process_id", 0), ("m['costs'].times(e)", TYPE), ("m['costs'].end_fork(m['two'], m['two'])", None),
        ("m['costs'].end_fork(m['two'], e)", TYPE), ("m['costs'].end_background()", None), ("m['costs'].clock().now > 10 ** 6", True),
        ("m['costs'].swap_on('timed', 1 << 20).close()", None), ("'wait: file' in m['costs'].report()", True),
        ("m['costs'].close()", None), ("m['costs'].clock()", misuse(paging.BAD_HANDLE)), ("m['timed'].close()", None),
        ("m['two'].pin(0x20000000, 16).view.readonly", True), ("t.keep('events', e.record_events(64))", "Events"),
        ("m['two'].map(4096, address=0x20001000, fixed=True)", 0x20001000), ("m['two'].touch(0x20001000)", True), ("len(m['events'])", 1),
        ("m['events'].drain()[0].first_page", 0x20001), ("m['events'].lost", 0), ("m['events'].drain()", []),
        ("e.record_events(64)", misuse(paging.WRONG_STATE)), ("m['events'].close()", None), ("e.record_events(0)", misuse()),
        ("e.record_events(-1)", OVERFLOW), ("t.keep('watch', m['two'].watch(0x20001000, 4, t.seen.append))", "Watchpoint"),
        ("m['two'].store(0x20001000, 0x0102)", None),
        ("[(one.address, one.before, one.after) for one in t.seen]", [(0x20001000, bytes(4), b"\2\1\0\0")]), ("m['watch'].close()", None),
        ("m['two'].watch(BIG, 4, print)", OVERFLOW), ("m['two'].watch(0, 0, print)", misuse()),
        ("m['two'].watch(0, 4, print, 0)", misuse()), ("t.keep('uffd', m['two'].userfaultfd(0, True))", "Userfaultfd"),
        ("m['two'].map(16384, address=0x21000000, fixed=True)", 0x21000000), ("m['uffd'].read()", None),
        ("m['uffd'].register(0x21000000, 16384)", None), ("m['uffd'].register(BIG, 4096)", OVERFLOW),
        ("m['uffd'].register(0x21000000, -1)", OVERFLOW),
        ("m['two'].load(0x21000000)", Fails(paging.MemoryFault, kind=paging.FAULT_PENDING)), ("m['uffd'].read().address", 0x21000000),
        ("m['uffd'].copy(0x21000000, memoryview(b'ab' * 2048).cast('H'))", None), ("m['two'].load(0x21000000, 2)", 0x6261),
        ("m['uffd'].copy(0x21000000, bytes(4096))", Fails(FileExistsError)),
        ("m['uffd'].copy(0x21001000, bytes(100))", refused(errno.EINVAL)), ("m['uffd'].copy(BIG, bytes(4096))", OVERFLOW),
        ("m['uffd'].zero(0x21001000, 4096)", None), ("m['two'].load(0x21001000)", 0), ("m['uffd'].zero(LOW, 4096)", OVERFLOW),
        ("m['uffd'].wake(0x21000000, 4096)", None), ("m['uffd'].wake(0x21000000, 1)", refused(errno.EINVAL)),
        ("m['uffd'].wake(BIG, 1)", OVERFLOW), ("m['uffd'].proceed(0x21000000, 4096)", Fails(OSError)),
        ("m['uffd'].proceed(BIG, 1)", OVERFLOW), ("m['uffd'].poison(BIG, 4096)", OVERFLOW), ("m['uffd'].poison(0x21002000, 4096)", None),
        ("m['two'].load(0x21002000)", fault(bus, 0x21002000)), ("m['uffd'].move(BIG, 0, 4096)", OVERFLOW),
        ("m['uffd'].move(0x21003000, 0x20000000, 1)", refused(errno.EINVAL)), ("m['uffd'].write_protect(BIG, 4096)", OVERFLOW),
        ("m['uffd'].write_protect(0x20000000, 4096)", refused(errno.ENOENT)), ("m['uffd'].unregister(0x21000000, 16384)", None),
        ("m['uffd'].unregister(BIG, 4096)", OVERFLOW), ("m['uffd'].close()", None),
        # ---- images, cores, shadows, policies
        ("t.keep('img', e.process('img'))", "Process"),
        ("m['img'].map(8192, address=0x20000000, fixed=True)", 0x20000000), ("m['img'].store(0x20000000, 6)", None),
        ("m['img'].store(0x20001000, 8)", None), ("t.keep('before', m['img'].snapshot())", "Snapshot"),
        ("t.keep('saved', m['before'].save_bytes())", "bytes"), ("e.load_bytes(m['saved']).load(0x20001000)", 8),
        ("e.load_bytes(m['saved'][:-1])", refused(errno.EINVAL)), ("e.load_bytes(5)", TYPE), ("e.load_bytes(b'')", refused(errno.EINVAL)),
        ("t.keep('image', m['before'].image())", "Image"), ("m['image'].pages > 1", True), ("m['image'].threads()", []),
        ("m['image'].save(t.folder + '/image')", None), ("m['image'].save('/no/such/folder/image')", refused(errno.ENOENT)),
        ("t.keep('opened', paging.Image.open(t.folder + '/image'))", "Image"), ("m['opened'].pages == m['image'].pages", True),
        ("t.keep('of file', e.clone_process(m['opened']))", "Process"), ("m['of file'].load(0x20001000)", 8),
        ("m['of file'].store(0x20001000, 9)", None), ("t.keep('changed', m['of file'].snapshot())", "Snapshot"),
        ("t.keep('delta', m['changed'].delta(m['opened']))", "Image"), ("m['changed'].delta(5)", TYPE),
        ("m['delta'].own_pages", 1), ("m['delta'].pages == m['opened'].pages", True), ("len(m['delta'].hash)", 32),
        ("m['opened'].hash == m['image'].hash != m['delta'].hash", True), ("m['delta'].save(t.folder + '/delta')", None),
        ("paging.Image.open(t.folder + '/delta')", refused(errno.EINVAL)),
        ("paging.Image.open_delta(t.folder + '/delta', m['delta'])", refused(errno.EINVAL)),
        ("paging.Image.open_delta(t.folder + '/delta', None)", TYPE),
        ("t.keep('again', paging.Image.open_delta(t.folder + '/delta', m['image']))", "Image"),
        ("t.keep('second', e.clone_process(m['again']))", "Process"), ("m['second'].load(0x20001000)", 9), ("m['second'].close()", None),
        ("m['again'].save_whole(t.folder + '/delta')", None),
        ("t.keep('whole', paging.Image.open(t.folder + '/delta'))", "Image"), ("m['whole'].own_pages == m['image'].pages", True),
        ("m['again'].close()", None), ("m['whole'].close()", None),
        ("m['delta'].close()", None), ("m['changed'].close()", None),
        ("m['of file'].close()", None), ("m['opened'].close()", None),
        ("paging.Image.open(t.folder + '/image', of_engine=True)", refused(errno.EINVAL)),
        ("paging.Image.open('/no/such/image')", refused(errno.ENOENT)),
        ("e.clone_process(m['image']).load(0x20001000)", 8), ("m['image'].closed", False), ("m['image'].close()", None),
        ("m['image'].close()", None), ("m['image'].pages", misuse(paging.BAD_HANDLE)), ("t.keep('map', e.process('map'))", "Process"),
        ("m['map'].map(4096, address=0x30000000, fixed=True, file=f)", 0x30000000), ("t.keep('ram', m['map'].snapshot())", "Snapshot"),
        ("e.load_bytes(m['ram'].save_bytes()).load(0x30000000)", 1), ("e.clone_process(m['ram'].image()).load(0x30000000)", 1),
        ("m['ram'].close()", None), ("m['map'].unmap(0x30000000, 4096)", None),
        ("t.keep('host', e.host_file(t.folder + '/host', write=True, create=True))", "File"), ("m['host'].write(0, b'\\5' + bytes(4095))", 4096),
        ("m['map'].map(4096, address=0x30000000, fixed=True, file=m['host'])", 0x30000000),
        ("t.keep('with', m['map'].snapshot())", "Snapshot"), ("e.load_bytes(m['with'].save_bytes())", Fails(FileNotFoundError)),
        ("e.load_bytes(m['with'].save_bytes(), {t.folder + '/host': m['host']}).load(0x30000000)", 5),
        ("e.load_bytes(m['with'].save_bytes(), lambda name: None)", Fails(FileNotFoundError)),
        ("e.load_bytes(m['with'].save_bytes(), lambda name: 5)", TYPE), ("e.load_bytes(m['with'].save_bytes(), {t.folder + '/host': e})", TYPE),
        ("e.load_bytes(m['with'].save_bytes(), 5)", TYPE), ("t.keep('gone', e.file('gone'))", "File"),
        ("m['gone'].close()", None), ("e.load_bytes(m['with'].save_bytes(), {t.folder + '/host': m['gone']})", VALUE),
        ("e.clone_process(m['with'].image(), lambda name: 'text')", TYPE),
        ("e.clone_process(m['with'].image(), {t.folder + '/host': m['host']}).load(0x30000000)", 5),
        ("p.write_core(t.folder + '/core', [(9, {'eip': 1, 'esp': -1})], 11)", None),
        ("paging.Image.from_core(t.folder + '/core', '/').threads()[0].registers['esp']", 0xffffffff),
        ("p.write_core(t.folder + '/core', [(9, [1, 2])])", TYPE), ("p.write_core(t.folder + '/core', [(9, {'eip': BIG})])", OVERFLOW),
        ("p.write_core(t.folder + '/core', [(BIG, {})])", OVERFLOW), ("p.write_core(t.folder + '/core', [(9, {'eip': '1'})])", TYPE),
        ("p.write_core(t.folder + '/core', [(9, {'rip': 1})])", VALUE), ("p.write_core(t.folder + '/core', signal=65)", misuse()),
        ("paging.Image.from_core(t.folder + '/h')", refused(errno.EINVAL)), ("paging.Image.from_core('/no')", Fails(FileNotFoundError)),
        ("t.keep('shadow', m['img'].shadow())", "Shadow"), ("m['shadow'].mark(0x20001008, 4, paging.BYTE_UNADDRESSABLE)", None),
        ("m['shadow'].mark(0x20001008, 4, 3)", misuse()), ("m['shadow'].mark(BIG, 4, 1)", OVERFLOW),
        ("m['img'].load(0x20001006)", fault(paging.FAULT_UNADDRESSABLE, 0x20001008)), ("m['shadow'].state(0x20001009)", 2),
        ("m['shadow'].find(0x20001000, 64)", 0x20001008), ("m['shadow'].find(0x20001000, 4)", None),
        ("m['shadow'].set(is_enforced=False)", None), ("m['img'].load(0x20001006) >= 0", True), ("m['shadow'].close()", None),
        ("m['shadow'].state(0)", misuse(paging.BAD_HANDLE)), ("e.group('g', 8, policy='NOPE')", misuse()),
        ("e.group('g', 8, policy=5)", TYPE), ("e.group('g', 8, policy='2q', kills=True).close()", None),
        ("Engine(policy='').close()", misuse()), ("e.ram_file()", misuse(paging.WRONG_STATE)),
        ("t.keep('shared', Engine(ram_bytes=1 << 20, share_ram=1))", "Engine"), ("m['shared'].ram_file() > 2", True),
        ("m['shared'].close()", None),
        ("t.keep('wide', e.process('w', has_bounds=1, highest_address=BIG - 1))", "Process"),
        ("t.keep('low', e.process('low', lowest_address=0x100000))", "Process"),
        ("m['low'].map(4096, address=0x20000, fixed=True)", Fails(OSError)), ("m['low'].close()", None),
        ("m['wide'].map(4096, address=0, fixed=True)", 0), ("m['wide'].store(0, 5)", None), ("m['wide'].load(0)", 5),
        ("m['wide'].set_host_state(5)", None), ("m['wide'].snapshot()", Fails(AttributeError)), ("m['wide'].set_host_state(None)", None),
        ("m['wide'].close()", None), ("e.process('w', has_bounds=1, lowest_address=1)", misuse()),
        # ---- the rest of the calls
        ("m['two'].set_name(5)", TYPE), ("m['two'].set_name('second')", None), ("m['two'].set_score(1001)", misuse()),
        ("m['two'].set_score(5)", None), ("m['two'].info().out_of_memory_score", 5), ("m['two'].set_transparent_policy(3)", misuse()),
        ("m['two'].set_transparent_policy(1)", None), ("p.remap_file_pages(at, 4096, 0)", refused(errno.EINVAL)), ("p.clear_refs(1)", None),
        ("p.clear_refs(6)", refused(errno.EINVAL)), ("p.resolve_fault(0, 4)", fault(unmapped, 0)), ("p.resolve_fault(at, 6)", None),
        ("p.own_pages(at >> 12, 2)[0]", True), ("p.own_pages(0, 0)", []), ("p.truncate(d, 8)", None), ("p.seek(d, 3)", 3),
        ("p.seek(d, -1)", refused(errno.EINVAL)), ("p.seek(d, 0, 9)", refused(errno.EINVAL)), ("p.read_to(d, at, 100)", 5),
        ("p.seek(d, 0)", 0), ("p.write_from(d, at, 4)", 4), ("p.write_from(99, at, 4)", refused(errno.EBADF)), ("p.file_length(d)", 8),
        ("p.file_length(99)", refused(errno.EBADF)), ("p.fsync(d)", None), ("p.allocate(d, 0, 4096)", None), ("p.file_length(d)", 4096),
        ("p.allocate(d, 0, 0)", refused(errno.EINVAL)), ("p.punch(d, 0, 4096)", None), ("p.advise_file(d, 0, 0, 3)", None),
        ("p.advise_file(d, 0, 0, 9)", refused(errno.EINVAL)), ("e.set_overcommit(3)", misuse()), ("e.set_overcommit(0)", None),
        ("e.set_max_map_count(-1)", misuse()), ("e.set_max_map_count(65530)", None),
        # ---- wrong types: one line in Python's words
        ("p.unmap('x', 1)", TYPE), ("p.load('x')", TYPE), ("p.unmap(None, 1)", TYPE), ("e.process(7)", TYPE), ("e.find(b'')", TYPE),
        # ---- the machine
        ("e.background(0)", 0), ("e.background(1 << 31)", OVERFLOW), ("e.background(64) >= 0", True), ("e.compact() >= 0", True),
        ("e.audit()", []), ("e.huge_pool()[:2]", (1, 1)), ("e.huge_pool(0)[:2]", (0, 0)), ("e.huge_pool(1 << 63)", OVERFLOW),
        ("e.machine().total", 4095), ("e.machine().process_count", 11), ("e.faults().refused > 0", True),
        ("p.faults().anonymous > 0", True), ("p.usage().total == len(p.report('statm')) * 0 + p.usage().total", True),
        ("p.report('statm').split()[0] == str(p.usage().total)", True), ("p.report('no_such')", VALUE),
        ("p.report(paging.REPORT_MAPS)", TYPE), ("p.picture('maps')", VALUE), ("e.report('space_picture')", VALUE),
        ("p.report('meminfo')", VALUE), ("e.report().split()[:3]", ["MemTotal:", "16380", "kB"]), ("e.report('maps')", VALUE),
        ("e.picture().startswith('<svg')", True), ("p.picture('tree').startswith('<svg')", True), ("p.translations % 4096", 0),
        ("e.closed", False), ("p.closed", False), ("replay([1, 2, 1, (3, True)], 'LRU', 2)", paging.Replay(4, 1, 3, 3, 0)),
        ("replay([1 << 63], 'LRU', 2)", OVERFLOW), ("replay([(1 << 63) - 1], 'LRU', 2).misses", 1), ("replay([-1], 'LRU', 2)", OVERFLOW),
        ("replay([(-1, True)], 'LRU', 2)", OVERFLOW), ("replay([1], 'LRU', 0)", misuse()), ("replay([1], 'LRU', BIG)", OVERFLOW),
        ("replay([1], 'LRU', -1)", OVERFLOW), ("replay([1, 2], 'FIFO', 1).miss_ratio", 1.0), ("replay([1.5], 'LRU', 2)", TYPE),
        ("replay(['1'], 'LRU', 2)", TYPE),
        # ---- Windows
        ("t.keep('w', e.windows_process('w'))", "WindowsProcess"), ("m['w'].alloc(0x10000, 0x3000, 0x3000, 4)", 0x10000),
        ("m['w'].alloc(BIG, 1, 0x3000, 4)", OVERFLOW), ("m['w'].alloc(0, 0, 0x3000, 4)", Fails(paging.WindowsError, code=87)),
        ("m['w'].store(0x10000, 7)", None), ("m['w'].load(0x10000)", 7), ("m['w'].load(0x10000, 3)", misuse()),
        ("m['w'].load(BIG)", OVERFLOW), ("m['w'].store(LOW, 1)", OVERFLOW),
        ("m['w'].load(0)", Fails(paging.WindowsFault, code=0xC0000005, intent=0, address=0)),
        ("m['w'].store(0x20000, 1)", Fails(paging.WindowsFault, code=0xC0000005, intent=1)), ("m['w'].protect(0x10000, 0x1000, 2)", 4),
        ("m['w'].protect(0x10000, BIG, 2)", OVERFLOW), ("m['w'].store(0x10000, 1)", Fails(paging.WindowsFault, intent=1)),
        ("m['w'].query(0x11000).length", 0x2000), ("m['w'].query(BIG)", OVERFLOW), ("m['w'].free(0x10000, 0, 0x8000)", None),
        ("m['w'].free(0x10000, 0, 0x8000)", Fails(paging.WindowsError, code=487)), ("m['w'].free(BIG, 0, 0x8000)", OVERFLOW),
        ("m['w'].alloc(0x10000, 0x2000, 0x203000, 4)", 0x10000), ("m['w'].lock(0x10000, 4096)", None),
        ("m['w'].unlock(0x10000, 4096)", None), ("m['w'].unlock(0x10000, 4096)", Fails(paging.WindowsError, code=158)),
        ("m['w'].lock(BIG, 1)", OVERFLOW), ("m['w'].store(0x11000, 1)", None),
        ("m['w'].written(0x10000, 0x2000)", (0x11,)), ("m['w'].written(0x10000, 0x2000, True)", (0x11,)),
        ("m['w'].written(0x10000, 0x2000)", ()), ("m['w'].written(BIG, 1)", OVERFLOW),
        ("t.keep('section', m['w'].create_mapping(4, 0x10000, name='s'))", "int"),
        ("m['w'].create_mapping(4, 0x10000, name='s') > 0", True), ("m['w'].create_mapping(4, -1)", OVERFLOW), ("m['w'].open_mapping('s') > 0", True),
        ("m['w'].open_mapping('none')", Fails(paging.WindowsError, code=2)),
        ("m['w'].create_mapping(4, 0, file=e.file('empty'))", Fails(paging.WindowsError, code=1006)),
        ("m['w'].map_view(m['section'], 2, address=0x40000)", 0x40000), ("m['w'].map_view(m['section'], 2, BIG << 32)", OVERFLOW),
        ("m['w'].flush_view(0x40000)", None), ("m['w'].flush_view(BIG)", OVERFLOW), ("m['w'].unmap_view(0x40000)", None),
        ("m['w'].unmap_view(0x40000)", Fails(paging.WindowsError)), ("m['w'].unmap_view(LOW)", OVERFLOW),
        ("m['w'].close_mapping(m['section'])", None), ("m['w'].close_mapping(m['section'])", Fails(paging.WindowsError, code=6)),
        ("m['w'].close_mapping(BIG)", OVERFLOW),
        ("t.keep('next', paging.Engine())", "Engine"), ("m['w'].store(0x10000, 77)", None), ("t.keep('w bytes', m['w'].save_bytes())", "bytes"),
        ("e.load_windows_bytes(m['w bytes'])", misuse(paging.WRONG_STATE)), ("[one.close() for one in m['next'].load_windows_bytes(m['w bytes'])]", [None]),
        ("m['next'].load_windows_bytes(m['w bytes'][:-1])", refused(errno.EINVAL)), ("e.load_windows_bytes(7)", TYPE),
        ("m['next'].load_windows_bytes(e.save_windows_bytes())[0].load(0x10000)", 77), ("e.load_windows_bytes(m['w bytes'], 7)", TYPE),
        ("m['w'].save('/no/such/file')", refused(errno.ENOENT)), ("e.save_windows('/no/such/file')", refused(errno.ENOENT)),
        ("e.save_windows(7)", TYPE), ("m['next'].close()", None), ("t.keep('next', paging.Engine())", "Engine"),
        ("m['w'].save(t.folder + '/w')", None), ("[one.load(0x10000) for one in m['next'].load_windows(t.folder + '/w')]", [77]),
        ("m['next'].save_windows(t.folder + '/w')", None), ("e.load_windows(t.folder + '/none')", refused(errno.ENOENT)),
        ("t.keep('third', paging.Engine())", "Engine"), ("[one.load(0x10000) for one in m['third'].load_windows(t.folder + '/w')]", [77]),
        ("m['third'].close()", None), ("e.load_windows(t.folder + '/w', 7)", TYPE), ("m['next'].close()", None),
        # ---- options, and the end
        ("Engine(ram_bytes=-1)", OVERFLOW), ("Engine(ram_bytes=1 << 64)", OVERFLOW), ("Engine(allow_threads=2)", misuse()),
        ("Engine(out_of_memory=9)", misuse()), ("Engine(fetch_rights=2)", misuse()),
        ("Engine(fetch_rights=FETCH_TABLES).close()", None), ("Engine(seed='x')", TYPE), ("Engine(tables=BIG)", OVERFLOW), ("m['host'].close()", None),
        ("e.close()", None), ("e.closed", True), ("e.close()", None), ("p.load(at)", misuse(paging.BAD_HANDLE)), ("p.close()", None),
        ("p.closed", True), ("e.sync()", misuse(paging.BAD_HANDLE)),
    ]


class TableTests(unittest.TestCase):
    maxDiff = None

    def test_each_method_gives_what_its_row_says(self):
        with tempfile.TemporaryDirectory() as folder:
            table = Table(folder)
            names, all_rows = rows(table)
            names["ctypes_bytes"] = ctypes.c_uint8
            for expression, expected in all_rows:
                with self.subTest(expression):
                    self.compare(expression, expected, names)
        table.e.close()

    def compare(self, expression, expected, names):
        try:
            found = eval(expression, names)
        except Exception as error:
            if not isinstance(expected, Fails) or not isinstance(error, expected.type):
                raise
            self.check_text(str(error))
            wrong = {name: getattr(error, name) for name, value in expected.fields.items()
                     if value is not None and getattr(error, name) != value}
            self.assertEqual(wrong, {}, f"{expression}: {expected}")
            return
        self.assertEqual(found, expected)

    def check_text(self, text):
        """One line in Python's words: no name of C's or C#'s, and nothing that ctypes says. Words in quotes are the caller's."""
        own = "|".join(name for name in paging.__all__ if inspect.isclass(getattr(paging, name)))
        plain = re.sub(rf"(?<!\w)'[^']*'(?!\w)|\b[KMGT]iB\b|\b(?:{own})\b", "''", text)
        for foreign in (r"paging_", r"NULL", r"PAGING_", r"\n", r"ctypes", r"\bsizeof\b", r"[a-z][A-Z]"):
            self.assertNotRegex(plain, foreign)

    def test_the_table_has_every_method(self):
        text = pathlib.Path(__file__).read_text(encoding="utf-8")
        elsewhere = {"PageBits.take_accessed", "PageBits.is_dirty", "Processor.run", "Processor.poll", "Processor.rest", "Processor.pending_wait"}    # ThreadTests: an engine of threads
        protocols = {"Backing", "Device", "HostState", "Policy", "SwapStore"}
        missing = [f"{owner.__name__}.{name}" for owner in vars(paging).values()
                   if inspect.isclass(owner) and owner.__name__ in paging.__all__ and owner.__name__ not in protocols
                   for name in vars(owner) if not name.startswith("_") and f".{name}" not in text
                   and (callable(getattr(owner, name)) or isinstance(vars(owner)[name], property))]
        self.assertEqual(sorted(set(missing) - elsewhere), [])


class HandleTests(unittest.TestCase):
    """Objects stand for something in this interpreter's library: neither a copy nor a pickle of one may act on it."""

    def test_no_handle_is_copied_or_pickled(self):
        with tempfile.TemporaryDirectory() as folder, paging.Engine() as engine, engine.process() as process:
            at = process.map(4096)
            handles = [
                engine, process, engine.group("g"), engine.swap_on("s", 1 << 20), engine.file("f"),
                engine.host_file(folder + "/f", write=True, create=True),
                engine.pager("p", 1, lambda page: paging.ZEROS), process.snapshot(), process.dirty_log(), engine.record_events(),
                process.pin(at, 4), process.watch(at, 4, lambda access: None), process.userfaultfd(), engine.windows_process(), process.shadow(),
                engine.ledger("desktop-2009"), process.rewind(),
                engine.process().snapshot().image(),
            ]
            for handle in handles:
                ways = [copy.copy, copy.deepcopy, *(lambda one, protocol=protocol: pickle.dumps(one, protocol) for protocol in range(6))]
                for way in ways:
                    with self.subTest(type(handle).__name__):
                        with self.assertRaisesRegex(TypeError, f"cannot copy or pickle a paging.{type(handle).__name__}"):
                            way(handle)
                with self.assertRaises(TypeError):
                    copy.deepcopy({"inside": [handle]})
            process.store(at, 1)    # nothing has ended
        with paging.Engine(allow_threads=True) as engine, engine.processor() as processor:
            self.assertRaises(TypeError, pickle.dumps, processor)
            self.assertRaises(TypeError, copy.copy, processor)

    def test_values_and_errors_are_pickled(self):
        with paging.Engine() as engine, engine.process() as process, engine.windows_process() as windows:
            at = process.map(4096)
            process.store(at, 1)
            errors = []
            for call in (lambda: process.load(16), lambda: process.read(at + 4090, 10), lambda: process.unmap(1, 1),
                         lambda: engine.background(-1), lambda: windows.load(16), lambda: windows.alloc(0, 0, 0x3000, 4)):
                with self.assertRaises(Exception) as raised:
                    call()
                errors.append(raised.exception)
            process.exit()
            with self.assertRaises(paging.ProcessEnded) as raised:
                process.brk()
            errors.append(raised.exception)
            for error in errors:
                again = pickle.loads(pickle.dumps(error))
                self.assertIs(type(again), type(error))
                self.assertEqual((str(again), vars(again)), (str(error), vars(error)))
                self.assertEqual(getattr(again, "errno", None), getattr(error, "errno", None))
                self.assertEqual(str(copy.deepcopy(error)), str(error))
            values = [engine.faults(), engine.machine(), process.info(), windows.query(0), engine.report(), engine.picture(),
                      paging.replay([1], "LRU", 1), paging.Area(0, 4096, 1, 0, 0, 0, "x"), paging.Event(0, 1, 2, 3, 4, 5, 6)]
            source = ("import pickle, sys, paging\nvalues = pickle.load(sys.stdin.buffer)\n"
                      "sys.stdout.buffer.write(pickle.dumps([[type(one).__name__, repr(one)] for one in values]))\n")
            environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
            ended = subprocess.run(
                [sys.executable, "-c", source], input=pickle.dumps(values), env=environment, capture_output=True, timeout=120)
            self.assertEqual(ended.returncode, 0, ended.stderr.decode())
            self.assertEqual(pickle.loads(ended.stdout), [[type(one).__name__, repr(one)] for one in values])
            for value in values:
                self.assertEqual(copy.deepcopy(value), value)
            self.assertIs(type(engine.faults()), type(engine.faults()))

    def test_a_fault_in_a_worker_reaches_its_pool(self):
        source = """
import concurrent.futures, multiprocessing, sys
import paging


def work(address):
    with paging.Engine() as engine, engine.process() as process:
        process.load(address)


if __name__ == "__main__":
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(1, mp_context=context) as pool:
        try:
            pool.submit(work, 16).result(timeout=60)
        except paging.MemoryFault as fault:
            print(fault, fault.kind, fault.address)
        try:
            pool.submit(work, "x").result(timeout=60)
        except TypeError:
            print("and goes on")
    with context.Pool(1) as pool:
        try:
            pool.apply_async(work, (32,)).get(timeout=60)
        except paging.MemoryFault as fault:
            print(fault)
"""
        with tempfile.TemporaryDirectory() as folder:
            script = pathlib.Path(folder, "work.py")
            script.write_text(source, encoding="utf-8")
            environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
            ended = subprocess.run([sys.executable, str(script)], env=environment, capture_output=True, text=True, timeout=240)
        self.assertEqual(ended.stdout, "FAULT_NOT_MAPPED at 00000010 1 16\nand goes on\nFAULT_NOT_MAPPED at 00000020\n", ended.stderr)


class TextTests(unittest.TestCase):
    def setUp(self):
        self.engine = paging.Engine(ram_bytes=1 << 20)
        self.addCleanup(self.engine.close)

    def test_an_errno_carries_the_library_s_text_and_the_file(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "no.core")
            pathlib.Path(path).write_bytes(b"text" * 100)
            with self.assertRaises(OSError) as caught:
                paging.Image.from_core(path)
        self.assertEqual((caught.exception.errno, caught.exception.filename), (errno.EINVAL, path))
        self.assertIn("ELF", caught.exception.strerror)
        with self.assertRaises(FileNotFoundError) as caught:
            paging.Image.open("/no/such")
        self.assertEqual(str(caught.exception), "[Errno 2] No such file or directory: '/no/such'")
        with self.engine.process() as process, self.assertRaises(OSError) as caught:
            process.unmap(1, 4096)
        self.assertEqual(caught.exception.strerror, os.strerror(errno.EINVAL))    # no text of the failure before

    def test_a_saved_process_says_which_file_is_missing(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "data")
            pathlib.Path(path).write_bytes(bytes(4096))
            with self.engine.process() as process, self.engine.host_file(path) as file:
                process.map(4096, paging.PROT_READ, file=file)
                with process.snapshot() as snapshot:
                    saved = snapshot.save_bytes()
                with self.assertRaisesRegex(FileNotFoundError, re.escape(f"'{path}'")):
                    self.engine.load_bytes(saved)

    def test_a_closed_object_and_a_missing_one_are_named(self):
        process = self.engine.process()
        log = process.dirty_log()
        log.close()
        pin = process.pin(process.map(4096), 4)
        pin.close()
        process.close()
        for call, text in ((lambda: process.map(4096), "The process is closed."), (log.collect, "The object is closed."),
                           (lambda: pin.view, "The pin is closed.")):
            with self.assertRaises(paging.PagingError) as caught:
                call()
            self.assertEqual(str(caught.exception), text)
        for call, text in ((lambda: self.engine.clone_process(None), "image is None"),
                           (lambda: self.engine.process(group="g"), "group is 'g'")):
            with self.assertRaisesRegex(TypeError, text):
                call()


class BorderTests(unittest.TestCase):
    """What is refused before C sees it, in words of this package."""

    def setUp(self):
        self.engine = paging.Engine(ram_bytes=8 << 20)
        self.addCleanup(self.engine.close)
        self.process = self.engine.process("p")
        self.at = self.process.map(8192)

    def test_a_length_is_refused_before_there_is_room_for_it(self):
        process, at = self.process, self.at
        descriptor, file = process.memfd("m"), self.engine.file("f", 4096)
        for call, which in ((lambda n: process.read(at, n), "length"), (lambda n: process.pread(descriptor, n, 0), "size"),
                            (lambda n: file.read(0, n), "size"), (lambda n: process.in_core(at, n), "length"),
                            (lambda n: process.pagemap(0, n), "count"), (lambda n: process.own_pages(0, n), "count"),
                            (lambda n: process.fill(at, 1, n), "byte"), (lambda n: process.fill(at, n), "length")):
            for number in (-1, -1 << 70, 1 << 40, 1 << 64):
                for error in (ValueError, OverflowError, paging.RangeError):
                    with self.subTest(which, number=number), self.assertRaisesRegex(error, rf": {which} is {number}, "):
                        call(number)
            for wrong in (None, "4", 1.5):
                with self.subTest(which, wrong=wrong), self.assertRaisesRegex(TypeError, which):
                    call(wrong)
        file.close()

    def test_a_slice_has_its_ends_in_order(self):
        for start, end, text in ((5, 1, "0x5:0x1"), (-5, -1, "-0x5:-0x1"), (0, (1 << 32) + 1, "0x0:0x100000001")):
            with self.assertRaisesRegex(paging.RangeError, text):
                self.process[start:end]
            with self.assertRaisesRegex(paging.RangeError, text):
                self.process[start:end] = b""
        self.assertEqual(self.process[self.at:self.at], b"")
        with self.assertRaises(TypeError):
            self.process["a":"b"]

    def test_a_name_is_refused_and_not_cut(self):
        engine, process = self.engine, self.process
        with process.snapshot() as snapshot:
            for call in (lambda: engine.process("a\0b"), lambda: engine.file("a\0b"), lambda: process.memfd("a\0b"),
                         lambda: process.set_name("a\0b"), lambda: engine.group("a\0b"), lambda: engine.ledger("a\0b"),
                         lambda: engine.load("a\0b"), lambda: snapshot.save("a\0b"), lambda: engine.host_file("a\0b"),
                         lambda: paging.Image.from_core("a\0b"), lambda: paging.replay([1], "LRU\0x", 1)):
                with self.assertRaisesRegex(ValueError, "NUL"):
                    call()

    def test_a_saved_engine_is_no_saved_process(self):
        with paging.Engine() as engine:
            process = engine.process("p")
            with engine.snapshot() as whole, process.snapshot() as one:
                for call, text in ((lambda: engine.load_bytes(whole.save_bytes()), "saved engine"),
                                   (lambda: engine.load_all_bytes(one.save_bytes()), "saved process")):
                    with self.assertRaisesRegex(OSError, text):
                        call()

    def test_an_engine_that_is_not_closed_leaves_all_views(self):
        import struct
        engine = paging.Engine(ram_bytes=8 << 20, share_ram=1)
        process = engine.process("p")
        at = process.map(8192)
        pins = [process.pin(at, 4096, write=True) for _ in range(3)]
        flat = process.flat_view(at, 8192)
        for view in (pins[0].view, pins[1].view, pins[2].view, flat.view):
            for take in (lambda: view[1:2], lambda: memoryview(view), lambda: struct.iter_unpack("B", view), lambda: view.cast("H")):
                taken = take()
                for close in (engine.close, engine.close):
                    with self.assertRaisesRegex(paging.PagingError, "still in use"):
                        close()
                pins[0].view[0] = 7
                self.assertEqual((process.load(at, 1), pins[1].view[0], pins[2].view[4095], flat.view[1], len(flat.views)), (7, 7, 0, 0, 1))
                del taken
        with self.assertRaisesRegex(paging.PagingError, "still in use"):
            part = pins[0].view[1:2]
            pins[0].close()
        self.assertEqual((pins[0].view[0], part[0]), (7, 0))
        part.release()
        engine.close()
        self.assertTrue(all(pin.closed for pin in pins))

    def test_a_watched_fill_is_one_report(self):
        seen = []
        with self.process.watch(self.at + 4, 2, lambda access: seen.append((access.address, len(access.after)))):
            self.process.fill(self.at, 16, 1)
            self.process.write(self.at, bytes(16))
            self.assertEqual(seen, [(self.at, 16)] * 2)
        def refuse(access):
            raise OSError(13, "no")
        with self.process.watch(self.at + 4, 2, refuse):
            for call in (lambda: self.process.fill(self.at, 16, 1), lambda: self.process.write(self.at, b"1" * 16)):
                with self.assertRaises(OSError):
                    call()
                self.assertEqual(self.process.read(self.at, 16), bytes(16))

    def test_pages_that_a_fork_shares_are_nobodys_own(self):
        self.process.fill(self.at, 8192, 1)
        first = self.at >> 12
        self.assertEqual(self.process.own_pages(first, 2), [True, True])
        with self.process.fork() as child:
            self.assertEqual((self.process.own_pages(first, 2), child.own_pages(first, 2)), ([False] * 2, [False] * 2))
            child.store(self.at, 2)
            self.assertEqual((self.process.own_pages(first, 2), child.own_pages(first, 2)), ([True, False], [True, False]))
        self.assertEqual(self.process.own_pages(first, 2), [True, True])

    def test_a_saved_process_finds_its_files(self):
        import tempfile
        with tempfile.TemporaryDirectory() as folder, self.engine.host_file(folder + "/shown", write=True, create=True) as file:
            file.write(0, b"abcd" + bytes(4092))
            at = self.process.map(4096, file=file)
            with self.process.snapshot() as snapshot:
                snapshot.save(folder + "/saved")
            with self.assertRaises(FileNotFoundError):
                self.engine.load(folder + "/saved")
            for files in ({folder + "/shown": file}, lambda name: file if name == folder + "/shown" else None):
                self.assertEqual(self.engine.load(folder + "/saved", files).read(at, 4), b"abcd")
            with self.assertRaises(TypeError):
                self.engine.load(folder + "/saved", 5)


class NumberTests(unittest.TestCase):
    def test_no_call_of_the_classes_cuts_a_number(self):
        """Every parameter of every function that the classes use, one above and one below what it can hold."""
        hot = {"read", "write", "fetch", "atomic_add", "atomic_exchange", "atomic_compare_exchange", "poll"}    # Process checks these
        limits = {ctypes.c_int32: (-1 << 31, (1 << 31) - 1), ctypes.c_uint32: (0, (1 << 32) - 1), ctypes.c_int64: (-1 << 63, (1 << 63) - 1),
                  ctypes.c_uint64: (0, (1 << 64) - 1)}
        count = 0
        for name, (_, types) in header.functions.items():
            for at, kind in enumerate(types):
                if name in hot or kind not in limits:
                    continue
                low, high = limits[kind]
                for value in (low - 1, high + 1):
                    arguments = [0 if one in limits else None for one in types]
                    arguments[at] = value
                    text = f"^{method_of(name)}: {header.parameters[name][at]} is {value},"
                    with self.subTest(name, at=at), self.assertRaisesRegex(OverflowError, text):
                        getattr(checked, name)(*arguments)
                    count += 1
        self.assertGreater(count, 500)


if __name__ == "__main__":
    unittest.main()
