"""Devices, pagers, files and swap in Python's hands, and what their methods raise."""
import errno
import mmap
import unittest

import paging


class Port:
    def __init__(self, engine):
        self.engine, self.sent, self.error = engine, bytearray(), None

    def load(self, offset, size):
        if self.error:
            raise self.error
        return offset * 16 + size

    def store(self, offset, size, value):
        self.sent.append(value)
        if value == 0xff:
            self.engine.sync()    # not from inside


class Storage:
    def __init__(self, content):
        self.content, self.released = bytearray(content), 0

    def read(self, offset, size):
        return self.content[offset:offset + size]

    def write(self, offset, data):
        if offset + len(data) > len(self.content):
            raise OSError(errno.ENOSPC, "full")
        self.content[offset:offset + len(data)] = data
        return len(data)

    def release(self):
        self.released += 1


class Slots:
    def __init__(self):
        self.slots = {}

    def read(self, slot):
        return self.slots[slot]

    def write(self, slot, data):
        self.slots[slot] = data


class CallbackTests(unittest.TestCase):
    def setUp(self):
        self.engine = paging.Engine()
        self.addCleanup(self.engine.close)
        self.process = self.engine.process()

    def test_a_device(self):
        port = Port(self.engine)
        at = self.process.map(4096, paging.PROT_READ | paging.PROT_WRITE | paging.PROT_EXEC, file=self.engine.device("port", 4096, port))
        for letter in b"hello":
            self.process.store(at, letter, 1)
        self.assertEqual((port.sent, self.process.load(at + 8), self.process.fetch(at + 4)), (b"hello", 8 * 16 + 4, 4 * 16 + 1))
        port.error = KeyError("broken")
        with self.assertRaises(KeyError) as raised:
            self.process.load(at)
        self.assertIs(raised.exception, port.error)
        port.error = None
        self.assertEqual(self.process.load(at), 4)
        with self.assertRaises(paging.PagingError) as raised:
            self.process.store(at, 0xff)
        self.assertEqual(raised.exception.code, paging.WRONG_STATE)

    def test_an_answer_that_nobody_reads_is_refused(self):
        """Of an errno or False that a method returns, the guest would see nothing."""
        for answer in (-5, 5, False, b"x"):
            wrong = type("Wrong", (Port, Storage, Slots), {
                "read": lambda self, offset, size=4096: bytes(size), "load": lambda self, offset, size: 0, "length": 8192,
                "save": lambda self: b"", "release": lambda self: None, **{name: lambda self, *_: answer for name in ("store", "restore", "set_length", "flush")}})(None)
            process, engine = self.process, self.engine
            device, at = process.map(4096, file=engine.device("port", 4096, wrong)), process.map(4096)
            rom = process.map(4096, file=engine.rom("rom", bytes(4096), lambda *_: answer))
            pager = process.map(4096, file=engine.pager("pages", 1, lambda page: paging.ZEROS, lambda page, data: answer))
            backed = engine.backed_file("file", 8192, wrong)
            process.store(pager, 1)
            with process.watch(at, 4, lambda access: answer):
                with self.assertRaisesRegex(TypeError, "and must return nothing: an exception refuses$"):
                    process.store(at, 1)
            self.assertEqual(process.load(at), 0)
            process.set_host_state(wrong)
            snapshot = process.snapshot()
            for call in (lambda: process.store(device, 1), lambda: process.store(rom, 1), lambda: process.sync(pager, 4096),
                         lambda: backed.truncate(4096), snapshot.restore):
                with self.assertRaisesRegex(TypeError, f"returned {answer!r}, and must return nothing: an exception refuses$"):
                    call()
            snapshot.close()
            process.set_host_state(None)

    def test_a_pager(self):
        stored = {}
        pages = {0: bytes([7]) * 4096, 1: paging.LATER, 2: None, 3: paging.ZEROS, 4: b"short"}
        pager = self.engine.pager("store", 5, pages.__getitem__, stored.__setitem__)
        at = self.process.map(5 * 4096, file=pager)
        self.assertEqual((self.process[at], self.process[at + 3 * 4096]), (7, 0))
        with self.assertRaises(paging.MemoryFault) as raised:
            self.process.load(at + 4096)
        self.assertEqual((raised.exception.kind, pager.pending, pager.requests()), (paging.FAULT_PENDING, 1, [1]))
        pager.supply(1, b"\x2a" * 4096)
        self.assertEqual(self.process[at + 4096], 0x2a)
        self.assertRaises(FileExistsError, pager.supply, 1, None)
        with self.assertRaises(paging.MemoryFault) as raised:
            self.process.load(at + 2 * 4096)
        self.assertEqual(raised.exception.kind, paging.FAULT_BUS_ERROR)
        self.assertRaisesRegex(ValueError, "returned 5", self.process.load, at + 4 * 4096)
        self.process.store(at, 9, 1)
        self.process.sync(at, 4096)
        self.assertEqual(stored[0][:2], b"\x09\x07")

    def test_a_file_with_a_backing(self):
        storage = Storage(b"0123456789" * 1000)
        file = self.engine.backed_file("file", 10_000, storage)
        at = self.process.map(12288, file=file)
        self.assertEqual(self.process.read(at + 4095, 4), b"5678")
        self.process.write(at + 4095, b"ab")
        self.process.sync(at, 12288)
        self.assertEqual(storage.content[4094:4098], b"4ab7")
        file.close()
        self.process.unmap(at, 12288)
        self.engine.close()
        self.assertEqual(storage.released, 1)

    def test_the_first_of_two_exceptions_is_raised_once(self):
        raised = []

        class Broken(Storage):
            def write(self, offset, data):
                raised.append(KeyError(len(raised)))
                raise raised[-1]

        for name in ("one", "two"):
            at = self.process.map(4096, file=self.engine.backed_file(name, 4096, Broken(bytes(4096))))
            self.process.store(at, 1)
        with self.assertRaises(KeyError) as caught:
            self.engine.sync()
        self.assertIs(caught.exception, raised[0])
        self.assertGreater(len(raised), 1)
        self.assertEqual(self.process.load(at), 1)    # the second one is not raised by a later call

    def test_files_of_the_engine_and_of_the_host(self):
        file = self.engine.file("tmp", 4096)
        self.assertEqual((file.write(10, b"text"), file.read(8, 6), len(file)), (4, b"\0\0text", 4096))
        file.truncate(5)
        self.assertEqual(len(file), 5)
        with self.engine.host_file(__file__) as own:
            at = self.process.map(4096, paging.PROT_READ, paging.MAP_PRIVATE, file=own.open(self.process, write=False))
            self.assertEqual(self.process.read(at, 8), b'"""Devic')

    def test_memory_of_the_program(self):
        buffer = mmap.mmap(-1, 8192)
        at = self.process.map(8192, file=self.engine.host_memory("shared", buffer))
        buffer[5000] = 77
        self.assertEqual(self.process[at + 5000], 77)
        self.process[at + 5001] = 78
        self.assertEqual(buffer[5001], 78)
        self.assertRaises(BufferError, buffer.close)

    def test_swap(self):
        slots = Slots()
        with self.engine.swap_on("disk", slots, 16):
            at = self.process.map(4096)
            self.process.store(at, 123)
            self.process.advise(at, 4096, paging.MADV_PAGEOUT)
            self.assertEqual((self.process.usage().swapped, len(slots.slots)), (1, 1))
            self.assertEqual(self.process.load(at), 123)


if __name__ == "__main__":
    unittest.main()
