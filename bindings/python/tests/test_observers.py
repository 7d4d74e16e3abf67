"""Userfaultfd, events, watchpoints, and a process of Windows."""
import os
import subprocess
import sys
import tempfile
import unittest

import paging


class ObserverTests(unittest.TestCase):
    def setUp(self):
        self.engine = paging.Engine()
        self.addCleanup(self.engine.close)
        self.process = self.engine.process()
        self.at = self.process.map(8 * 4096)

    def test_a_userfaultfd_fills_pages(self):
        with self.process.userfaultfd(paging.UFFD_FEATURE_WRITE_PROTECTION) as uffd:
            uffd.register(self.at, 8 * 4096, paging.UFFD_MODE_MISSING | paging.UFFD_MODE_WRITE_PROTECT)
            self.assertIsNone(uffd.read())
            with self.assertRaises(paging.MemoryFault) as raised:
                self.process.load(self.at + 4096)
            self.assertEqual(raised.exception.kind, paging.FAULT_PENDING)
            message = uffd.read()
            self.assertEqual((message.event, message.address), (paging.UFFD_EVENT_PAGE_FAULT, self.at + 4096))
            uffd.copy(message.address, b"\x05" * 4096, paging.UFFD_FILL_WRITE_PROTECT)
            self.assertEqual(self.process.load(self.at + 4096), 0x05050505)
            self.assertRaises(FileExistsError, uffd.zero, self.at + 4096, 4096)
            self.assertRaises(paging.MemoryFault, self.process.store, self.at + 4096, 1)
            uffd.write_protect(self.at + 4096, 4096, False)
            self.process.store(self.at + 4096, 1)

    def test_events_of_a_fork(self):
        self.process.store(self.at, 1)
        with self.engine.record_events() as events, self.process.fork() as child:
            child.store(self.at, 2)
            happened = events.drain()
            self.assertEqual([event.kind for event in happened], [paging.EVENT_COPIED, paging.EVENT_MINOR_FAULT])
            self.assertEqual((happened[0].process, happened[0].first_page), (child.info().id, self.at >> 12))
            self.assertEqual((events.drain(), events.lost), ([], 0))

    def test_a_watchpoint_sees_and_refuses(self):
        seen = []

        def report(access):
            seen.append(access)
            if access.after == bytes.fromhex("09000000"):
                raise KeyError("not 9")

        with self.process.watch(self.at, 4, report):
            self.process.store(self.at, 7)
            self.process.store(self.at + 4, 8)
            self.assertRaises(KeyError, self.process.store, self.at, 9)
        self.process.store(self.at, 10)
        self.assertEqual([access.after[0] for access in seen], [7, 9])
        self.assertEqual((seen[0].address, seen[1].before), (self.at, bytes.fromhex("07000000")))

    def test_two_processes_of_windows_share_a_section(self):
        with self.engine.windows_process("a") as one, self.engine.windows_process("b") as other:
            sections, views = [], []
            for process in (one, other):
                sections.append(process.create_mapping(paging.WINDOWS_PAGE_READ_WRITE, 0x20000, name="shared"))
                views.append(process.map_view(sections[-1], paging.WINDOWS_FILE_MAP_WRITE))
            one.close_mapping(sections[0])
            one.store(views[0], 7)
            self.assertEqual(other.load(views[1]), 7)
            one.unmap_view(views[0])
            self.assertRaises(paging.WindowsError, one.unmap_view, views[0])

    def test_a_process_of_windows(self):
        reserve, commit = paging.WINDOWS_MEM_RESERVE, paging.WINDOWS_MEM_COMMIT
        with self.engine.windows_process("w") as process:
            at = process.alloc(0, 0x10000, reserve | commit | paging.WINDOWS_MEM_WRITE_WATCH, paging.WINDOWS_PAGE_READ_WRITE)
            process.store(at + 4096, 6)
            self.assertEqual((process.load(at + 4096), process.written(at, 0x10000)), (6, ((at >> 12) + 1,)))
            self.assertEqual(process.protect(at, 4096, paging.WINDOWS_PAGE_READ_ONLY), paging.WINDOWS_PAGE_READ_WRITE)
            with self.assertRaises(paging.WindowsFault) as raised:
                process.store(at, 1)
            self.assertEqual((raised.exception.code, raised.exception.intent, raised.exception.address), (0xc0000005, 1, at))
            self.assertEqual(process.query(at).protection, paging.WINDOWS_PAGE_READ_ONLY)
            with self.assertRaises(paging.WindowsError) as refused:
                process.free(at, 4096, paging.WINDOWS_MEM_RELEASE)
            self.assertEqual(refused.exception.code, 87)
            process.free(at, 0, paging.WINDOWS_MEM_RELEASE)

    def test_processes_of_windows_go_on_in_another_program(self):
        with tempfile.TemporaryDirectory() as folder, paging.Engine() as engine:
            one, other = engine.windows_process("one"), engine.windows_process("other")
            one.map_view(one.create_mapping(paging.WINDOWS_PAGE_READ_WRITE, 0x20000, name="kept"), 2, address=0x500000)
            other.map_view(other.open_mapping("kept"), 2, address=0x400000)
            one.store(0x500000, 12)
            file = engine.backed_file("disk", 4096, Ones())
            one.map_view(one.create_mapping(paging.WINDOWS_PAGE_READ_ONLY, file=file), 4, address=0x600000)
            path = os.path.join(folder, "saved")
            engine.save_windows(path)
            with self.assertRaises(FileNotFoundError):
                paging.Engine().load_windows(path)
            program = ("import paging, sys\n"
                       "class Ones:\n"
                       "    def read(self, offset, size): return b'\\1' * size\n"
                       "with paging.Engine() as engine:\n"
                       "    file = engine.backed_file('disk', 4096, Ones())\n"
                       "    one, other = engine.load_windows(sys.argv[1], {'disk': file})\n"
                       "    assert (other.load(0x400000), one.load(0x600000)) == (12, 0x01010101)\n"
                       "    one.store(0x500000, 13)\n"
                       "    assert other.load(0x400000) == 13 and engine.audit() == []\n")
            subprocess.run([sys.executable, "-B", "-c", program, path], check=True, timeout=60)


class Ones:
    def read(self, offset, size):
        return b"\1" * size


if __name__ == "__main__":
    unittest.main()
