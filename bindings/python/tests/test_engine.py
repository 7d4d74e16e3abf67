"""What a user does with engines and processes."""
import errno
import importlib.util
import os
import tempfile
import threading
import unittest

import paging


class MemoryTests(unittest.TestCase):
    def setUp(self):
        self.engine = paging.Engine(ram_bytes=16 << 20)
        self.addCleanup(self.engine.close)
        self.process = self.engine.process("test")

    def test_calls_and_accesses(self):
        at = self.process.map(3 * 4096)
        self.process.store(at + 4094, 0x11223344)
        self.assertEqual(self.process.load(at + 4094), 0x11223344)
        self.assertEqual(self.process[at + 4094:at + 4098], bytes.fromhex("44332211"))
        self.process[at:at + 3] = b"abc"
        self.process[at + 3] = 0x64
        self.assertEqual((self.process.read(at, 4), self.process[at + 3]), (b"abcd", 0x64))
        self.process.fill(at, 4096, 0xee)
        self.assertEqual(self.process.load(at, 8), 0xeeeeeeeeeeeeeeee)
        self.assertEqual(self.process.add(at, -0xee, 1), 0)
        self.assertEqual(self.process.exchange(at, 5, 1), 0)
        self.assertEqual(self.process.compare_exchange(at, 7, 5, 1), 5)
        self.assertRaises(paging.MemoryFault, self.process.fetch, at)
        self.process.protect(at, 4096, paging.PROT_READ | paging.PROT_EXEC)
        self.assertEqual(self.process.fetch(at), 7)
        self.process.protect(at, 4096, paging.PROT_READ)
        self.assertEqual([str(area) for area in self.process.maps()],
                         [f"{at:08x}-{at + 4096:08x} r--p 00000000", f"{at + 4096:08x}-{at + 3 * 4096:08x} rw-p 00000000"])
        self.assertEqual(self.process.in_core(at, 3 * 4096), [True, True, False])
        moved = self.process.remap(at + 4096, 4096, 8192)
        self.assertEqual(self.process.load(moved), 0xeeee1122 & 0xffff)
        self.process.unmap(at, 4096)
        self.assertIn("VmRSS:\t       4 kB", self.process.report("status"))
        self.assertEqual(self.engine.audit(), [])

    def test_what_linux_refuses_is_an_oserror(self):
        with self.assertRaises(OSError) as refused:
            self.process.unmap(1, 4096)
        self.assertEqual(refused.exception.errno, errno.EINVAL)
        with self.assertRaises(FileNotFoundError):
            self.engine.host_file("/no/such/file")
        with self.assertRaises(ProcessLookupError):
            self.engine.find(99)

    def test_faults_say_why_and_where(self):
        at = self.process.map(4096)
        with self.assertRaises(paging.MemoryFault) as refused:
            self.process.read(at + 4000, 200)
        fault = refused.exception
        self.assertEqual((fault.errno, fault.kind, fault.address, fault.done),
                         (errno.EFAULT, paging.FAULT_NOT_MAPPED, at + 4096, 96))
        self.process.protect(at, 4096, paging.PROT_READ)
        with self.assertRaisesRegex(paging.MemoryFault, f"FAULT_NOT_ALLOWED at {at:08x}"):
            self.process.store(at, 1)

    def test_misuse_is_a_paging_error(self):
        self.process.close()
        self.process.close()
        with self.assertRaises(paging.PagingError) as refused:
            self.process.brk()
        self.assertEqual(refused.exception.code, paging.BAD_HANDLE)
        self.assertRaisesRegex(TypeError, "it has size, tables, ram_bytes", paging.Engine, ram=5)
        self.assertRaisesRegex(paging.PagingError, "ram_bytes must be", paging.Engine, ram_bytes=5)
        self.assertRaises(AttributeError, lambda: paging.NO_SUCH)
        other = []
        thread = threading.Thread(target=lambda: other.append(self.assertRaises(paging.PagingError, self.engine.sync)))
        thread.start()
        thread.join()
        self.assertEqual(len(other), 1)

    def test_fork_exit_and_restore(self):
        at = self.process.map(4096)
        self.process.store(at, 1)
        with self.engine.snapshot() as start, self.process.fork() as child:
            child.store(at, 2)
            self.assertEqual((self.process.load(at), child.load(at), child.info().parent_id), (1, 2, self.process.info().id))
            child.exit(3)
            self.assertEqual(child.info().exit_code, 3)
            with self.assertRaises(paging.ProcessEnded):
                child.brk()
            start.restore()
        with self.process.snapshot() as start, self.process.dirty_log() as log:
            self.process.store(at, 9)
            self.assertEqual((start.dirty_pages, log.collect(), log.collect()), (1, [at >> 12], []))
            with tempfile.TemporaryDirectory() as folder:
                start.save(os.path.join(folder, "snapshot"))
                with self.engine.load(os.path.join(folder, "snapshot")) as loaded:
                    self.assertEqual(loaded.load(at), 1)

    def test_descriptors(self):
        descriptor = self.process.memfd("file")
        self.assertEqual(self.process.pwrite(descriptor, b"bytes", 4094), 5)
        self.assertEqual(self.process.pread(descriptor, 9, 4096), b"tes")
        at = self.process.map(8192, file=descriptor)
        self.assertEqual(self.process.read(at + 4094, 5), b"bytes")
        self.process.truncate(descriptor, 100)
        self.process.close_descriptor(descriptor)
        with self.assertRaises(paging.MemoryFault) as refused:
            self.process.load(at + 4096)
        self.assertEqual(refused.exception.kind, paging.FAULT_BUS_ERROR)

    def test_limits_groups_and_swap(self):
        self.process.set_limit(paging.RLIMIT_AS, 8192)
        self.assertEqual((self.process.limit(paging.RLIMIT_AS), self.process.limit(paging.RLIMIT_DATA)), (8192, None))
        self.assertRaises(OSError, self.process.map, 12288)
        with self.engine.group("few", limit_frames=64) as group, self.engine.swap_on("ram", 4 << 20):
            with self.engine.process("small", group=group) as small:
                at = small.map(200 * 4096)
                for page in range(200):
                    small.store(at + 4096 * page, page)
                self.assertEqual([small.load(at + 4096 * page) for page in range(200)], list(range(200)))
                self.assertGreaterEqual(small.usage().swapped, 100)


class PinTests(unittest.TestCase):
    def test_views_are_the_memory_itself(self):
        with paging.Engine() as engine, engine.process() as process:
            at = process.map(4096)
            with process.pin(at + 16, 64, write=True) as pin:
                pin.view[0:5] = b"hello"
                process[at + 21] = 0x21
                self.assertEqual(bytes(pin.view[:6]), b"hello!")
                self.assertEqual(process.read(at + 16, 5), b"hello")
                with process.snapshot() as snapshot:    # copies the pinned page; going back writes into its frame
                    pin.view[0:5] = b"HELLO"
                    snapshot.restore()
                    self.assertEqual(bytes(pin.view[:6]), b"hello!")
            with process.pin(at, 4096) as pin:
                self.assertTrue(pin.view.readonly)
                process.unmap(at, 4096)
                self.assertEqual(bytes(pin.view[16:21]), b"hello")

    @unittest.skipUnless(importlib.util.find_spec("numpy"), "numpy is not here")
    def test_numpy_needs_no_copy(self):
        import numpy
        with paging.Engine() as engine, engine.process() as process:
            at = process.map(4096)
            with process.pin(at, 4096, write=True) as pin:
                words = numpy.frombuffer(pin.view, dtype="<u4")
                words += 5
                self.assertEqual(process.load(at + 4092), 5)
                self.assertRaises(paging.PagingError, pin.close)
                del words

    def test_no_view_outlives_its_memory(self):
        engine = paging.Engine()
        process = engine.process()
        pin = process.pin(process.map(4096), 4096)
        part = pin.view[4:8]
        self.assertRaisesRegex(paging.PagingError, "still in use", engine.close)
        self.assertEqual(bytes(part), bytes(4))
        del part
        engine.close()
        self.assertEqual(pin.views, [])

    def test_a_pin_of_nothing_faults(self):
        with paging.Engine() as engine, engine.process() as process:
            self.assertRaises(paging.MemoryFault, process.pin, 0x1000, 16)


class ThreadTests(unittest.TestCase):
    def test_areas_are_whole_while_another_thread_maps(self):
        with paging.Engine(allow_threads=True) as engine, engine.process() as process:
            top, whole = process.map(4096), []

            def work():
                for _ in range(300):
                    many = process.map(64 * 4096, paging.PROT_READ)
                    for page in range(0, 64, 2):
                        process.protect(many + page * 4096, 4096, paging.PROT_NONE)
                    process.unmap(many, 64 * 4096)

            thread = threading.Thread(target=work)
            thread.start()
            while thread.is_alive():
                last = process.maps()[-1]
                whole.append(last.start <= top < last.end)
            thread.join()
            self.assertTrue(all(whole))

    def test_two_threads_count(self):
        with paging.Engine(allow_threads=True) as engine, engine.process() as process:
            at, failures = process.map(4096), []

            def work():
                try:
                    with engine.processor() as cpu, cpu.run(process):
                        for _ in range(5_000):
                            process.add(at, 1)
                            cpu.poll()
                except Exception as error:
                    failures.append(error)

            threads = [threading.Thread(target=work) for _ in range(2)]
            for thread in threads:
                thread.start()
            for _ in range(100):
                process.unmap(process.map(4096, flags=paging.MAP_PRIVATE | paging.MAP_ANONYMOUS | paging.MAP_POPULATE), 4096)
            for thread in threads:
                thread.join()
            self.assertEqual(failures, [])
            with engine.processor() as cpu, cpu.run(process):
                self.assertEqual(process.load(at), 10_000)

    def test_a_thread_that_does_not_run_in_the_process_is_refused(self):
        for allow_threads in (False, True):
            with paging.Engine(allow_threads=allow_threads) as engine, engine.process() as process:
                at, refused = process.map(8192), []
                if allow_threads:
                    processor = engine.processor()
                    processor.run(process)
                process.write(at, bytes(8192))    # so that each access would hit
                ways = [lambda: process.load(at), lambda: process.store(at, 1), lambda: process.read(at, 8), lambda: process.write(at, b"x"),
                        lambda: process.fill(at, 8), lambda: process.add(at, 1), lambda: process.exchange(at, 1), lambda: process[at],
                        lambda: process.compare_exchange(at, 1, 0), lambda: process.fetch(at), lambda: process.load(at + 4094)]

                def work():
                    for way in ways:
                        with self.assertRaises(paging.PagingError) as raised:
                            way()
                        refused.append(raised.exception.code)

                thread = threading.Thread(target=work)
                thread.start()
                thread.join()
                self.assertEqual(refused, [paging.WRONG_STATE] * len(ways))
                self.assertEqual(process.load(at), 0)
                if allow_threads:
                    processor.rest()
                    self.assertRaisesRegex(paging.PagingError, "at rest", process.load, at)


if __name__ == "__main__":
    unittest.main()
