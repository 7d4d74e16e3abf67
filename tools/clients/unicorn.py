#!/usr/bin/env python3
"""Unicorn, an x86 emulator, on memory of an engine: faults from its hooks, RAM by uc_mem_map_ptr, a system call through the engine.

    PYTHONPATH=bindings/python PAGING_UNICORN=/path/to/libunicorn.so.2 python3 tools/clients/unicorn.py

The engine decides what an access may do; Unicorn is given a page when the guest first touches it, at the host's address of its frame, and
loses it when the engine's epoch has grown. tools/get-unicorn.sh fetches the library. Prints what the guest has computed.
"""
import ctypes
import os

import paging

uc = ctypes.CDLL(os.environ.get("PAGING_UNICORN", "libunicorn.so.2"))
ARCH_X86, MODE_32 = 4, 1 << 2
HOOK_INTERRUPT, HOOK_READ_UNMAPPED, HOOK_WRITE_UNMAPPED, HOOK_FETCH_UNMAPPED, HOOK_WRITE_PROT = 1, 16, 32, 64, 128
EAX, EBX, ECX, EDX, EIP, ESP = 19, 21, 22, 24, 26, 30
WRITES = (17, 20, 22)    # UC_MEM_WRITE, and WRITE_UNMAPPED, WRITE_PROT as the hooks name them
MEMORY_HOOK = ctypes.CFUNCTYPE(ctypes.c_bool, ctypes.c_void_p, ctypes.c_int, ctypes.c_uint64, ctypes.c_int, ctypes.c_int64,
                               ctypes.c_void_p)
INTERRUPT_HOOK = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_uint32, ctypes.c_void_p)


def check(code):
    if code:
        raise RuntimeError(f"Unicorn's error {code}")


class Machine:
    """A processor whose memory is a process of an engine."""

    def __init__(self, process):
        self.process, self.pages, self.faults, self.ended = process, set(), 0, None
        self.translations = paging.structures["translations"].from_address(process.translations)
        self.epoch = self.translations.epoch
        self.uc = ctypes.c_void_p()
        check(uc.uc_open(ARCH_X86, MODE_32, ctypes.byref(self.uc)))
        self.hooks = [MEMORY_HOOK(self.fault), INTERRUPT_HOOK(self.interrupt)]
        handle, end = ctypes.c_size_t(), ctypes.c_uint64(0)
        kinds = HOOK_READ_UNMAPPED | HOOK_WRITE_UNMAPPED | HOOK_FETCH_UNMAPPED | HOOK_WRITE_PROT
        for kind, hook in zip((kinds, HOOK_INTERRUPT), self.hooks):
            check(uc.uc_hook_add(self.uc, ctypes.byref(handle), kind, hook, None, ctypes.c_uint64(1), end))

    def register(self, number, value=None):
        """Reads a register, or writes it."""
        room = ctypes.c_uint64(value or 0)
        check((uc.uc_reg_read if value is None else uc.uc_reg_write)(self.uc, number, ctypes.byref(room)))
        return room.value & 0xffffffff

    def fault(self, _uc, kind, address, _size, _value, _context):
        """Gives Unicorn the page of an access that the engine allows. False: the guest has made a fault."""
        self.faults += 1
        write = kind in WRITES
        start, fault = ctypes.c_void_p(), paging.structures["fault"]()
        access = paging.ACCESS_WRITE if write else paging.ACCESS_READ
        count = paging.calls.span(self.process.handle, address & ~4095, 4096, access, ctypes.byref(start), ctypes.byref(fault))
        if count != 4096:
            self.ended = f"fault {fault.kind} at {fault.address & ~4095 | address & 4095:08x}"
            return False
        self.forget_if_taken()
        self.show(address & ~4095, start, 7 if write else 5)
        return True

    def show(self, page, start, rights):
        if page in self.pages:
            check(uc.uc_mem_unmap(self.uc, ctypes.c_uint64(page), ctypes.c_size_t(4096)))
        check(uc.uc_mem_map_ptr(self.uc, ctypes.c_uint64(page), ctypes.c_size_t(4096), rights, start))
        self.pages.add(page)

    def forget_if_taken(self):
        """When the engine has taken a translation away, all pages are shown anew."""
        if self.epoch == self.translations.epoch:
            return
        self.epoch = self.translations.epoch
        for page in self.pages:
            check(uc.uc_mem_unmap(self.uc, ctypes.c_uint64(page), ctypes.c_size_t(4096)))
        self.pages.clear()

    def interrupt(self, _uc, number, _context):
        """int 0x80: exit is 1, and munmap 91."""
        call, first, second = self.register(EAX), self.register(EBX), self.register(ECX)
        if number == 0x80 and call == 91:
            self.process.unmap(first, second)
            self.register(EAX, 0)
        else:
            self.ended = f"exit {first}"
        uc.uc_emu_stop(self.uc)    # so that run() takes away what the engine has taken away

    def run(self, address):
        """Runs until the guest exits or faults."""
        while self.ended is None:
            self.forget_if_taken()
            uc.uc_emu_start(self.uc, ctypes.c_uint64(address), ctypes.c_uint64(0xffffffff), ctypes.c_uint64(0), ctypes.c_size_t(0))
            address = self.register(EIP)
        return self.ended


# The sum of 1 to 100,000 into each page of a table, then: unmap its last page, and touch that.
CODE = bytes.fromhex(
    "31c0"            # xor eax, eax
    "b9a0860100"      # mov ecx, 100000
    "01c8"            # add eax, ecx     <─┐
    "49" "75fb"       # dec ecx; jnz      ─┘
    "bf00000020"      # mov edi, 0x20000000
    "8907"            # mov [edi], eax   <─┐
    "81c700100000"    # add edi, 4096      │
    "81ff00000420"    # cmp edi, 0x20040000│
    "75f0"            # jnz               ─┘
    "b85b000000" "bb00f00320" "b900100000" "cd80"    # munmap(0x2003f000, 4096)
    "a100000020"      # mov eax, [0x20000000]
    "a300f00320")     # mov [0x2003f000], eax


def main():
    with paging.Engine() as engine, engine.process("guest") as process:
        fixed = paging.MAP_PRIVATE | paging.MAP_ANONYMOUS | paging.MAP_FIXED
        process.map(4096, flags=fixed, address=0x08048000)
        process.write(0x08048000, CODE)
        process.protect(0x08048000, 4096, paging.PROT_READ | paging.PROT_EXEC)
        process.map(64 * 4096, flags=fixed, address=0x20000000)
        machine = Machine(process)
        print(machine.run(0x08048000))
        print(f"sum {process.load(0x20000000)}, {machine.faults} faults of Unicorn, {process.usage().resident} pages resident")
        check(uc.uc_close(machine.uc))


if __name__ == "__main__":
    main()
