"""Two worlds side by side, in which every number and object of a call differs: a method that exchanges two arguments, forgets one, or takes
the first object of its kind, is wrong in the second world. tools/border.py lists what no test gives."""
import errno
import mmap
import pathlib
import tempfile
import unittest
import warnings

import paging
from test_callbacks import Slots

PAGE = 4096
READ, RW, RWX = paging.PROT_READ, paging.PROT_READ | paging.PROT_WRITE, 7
SHARED = paging.MAP_SHARED | paging.MAP_ANONYMOUS


class Bytes:
    """A backing whose bytes are the numbers of their pages, a device that answers with its offset, and a swap store."""

    def __init__(self, base=0):
        self.base, self.slots, self.refuses = base, {}, False

    def read(self, at, size=None):
        if size is None:
            return self.slots[at]
        return bytes(self.base + ((at + i) >> 12) & 255 for i in range(size))

    def load(self, offset, size):
        return self.base + offset & (1 << 8 * size) - 1

    def store(self, offset, size, value):
        pass


class Written(Bytes):
    def write(self, at, data):
        self.slots[at] = data
        return len(data)


class Host:
    value = b""

    def save(self):
        return self.value

    def restore(self, state):
        self.value = state


class TwinTests(unittest.TestCase):
    def setUp(self):
        folder, warned = tempfile.TemporaryDirectory(), warnings.catch_warnings()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        warned.__enter__()
        self.addCleanup(warned.__exit__, None, None, None)
        warnings.simplefilter("ignore", ResourceWarning)    # the engines close what is open
        self.e = [paging.Engine(ram_bytes=16 + 8 * k << 20, share_ram=1, huge_pages=1 + k, swap_read_ahead_pages=1) for k in (0, 1)]
        for engine in self.e:
            self.addCleanup(engine.close)
        self.p = [engine.process(name) for engine, name in zip(self.e, ("first", "second"))]
        self.at = [self.p[k].map(16 * PAGE, address=0x20000000 + (k << 24), fixed=True) for k in (0, 1)]

    def both(self):
        return ((k, self.e[k], self.p[k], self.at[k]) for k in (0, 1))

    def refused(self, number, call, *arguments):
        with self.assertRaises(OSError) as caught:
            call(*arguments)
        self.assertEqual(caught.exception.errno, number)

    def fixed(self, process, address, pages, protection=RW):
        return process.map(pages * PAGE, protection, address=address, fixed=True)

    def test_engines_and_processes(self):
        for k, engine, process, at in self.both():
            self.assertEqual((engine.machine().total, engine.huge_pool()[0]), ((16 + 8 * k << 8) - 1, 1 + k))
            self.assertEqual((engine.huge_pool(k)[0], engine.huge_pool(0)[0], engine.audit()), (k, 0, []))
            self.assertLessEqual(engine.background(1 + k), 1 + k)
            engine.bind(), engine.sync(), engine.drop_caches(), self.assertGreaterEqual(engine.compact(), 0)
            full, count = engine.process("full"), 0
            engine.set_max_map_count(3 + k)
            with self.assertRaises(OSError):
                while True:
                    self.fixed(full, 0x30000000 + count * 2 * PAGE, 1)
                    count += 1
            self.assertEqual(count, 4 + k)
            engine.set_max_map_count(1000 - k)
            engine.set_overcommit(2, 10 + 80 * k)
            if k:
                process.unmap(self.fixed(process, 0x30000000, 3072), 3072 * PAGE)
            else:
                self.refused(errno.ENOMEM, self.fixed, process, 0x30000000, 3072)
            engine.set_overcommit(k, 50 + k)
            child, other = process.fork(), engine.process("other", start_break=0x09000000 + (k << 20))
            self.assertEqual([engine.find(one.info().id).info().parent_id for one in (child, other)], [process.info().id, 0])
            child.set_name("two" if k else "one"), child.set_score(5 - 9 * k)
            self.assertEqual((child.info().out_of_memory_score, child.report("status").split()[1]), (5 - 9 * k, "two" if k else "one"))
            for limit in range(4):
                child.set_limit(limit, (1 << 30) + (limit << 20) + (k << 13))
            self.assertEqual([child.limit(limit) for limit in range(4)], [(1 << 30) + (limit << 20) + (k << 13) for limit in range(4)])
            other.reserve(0x40000000 + (k << 20), PAGE << k)
            other.reserve(0x40000000 + (k << 20) + (PAGE << k), PAGE)
            self.assertEqual((other.brk(), other.brk(0x09000000 + (k << 20) + PAGE * (k + 1))),
                             (0x09000000 + (k << 20), 0x09000000 + (k << 20) + PAGE * (k + 1)))
            other.set_transparent_policy(1 + k), other.exit(40 + k)
            self.assertEqual(other.info().exit_code, 40 + k)
        self.assertNotEqual(self.e[0].ram_file(), self.e[1].ram_file())
        self.assertNotEqual(self.p[0].translations, self.p[1].translations)

    def test_memory_calls(self):
        for k, engine, process, at in self.both():
            n, start = k + 2, at + (k + 2) * PAGE
            self.assertTrue(process.touch(start, True))
            self.assertEqual(process.in_core(start - PAGE, (2 + k) * PAGE), [False, True, False][:2 + k])
            process.protect(start, n * PAGE, k)
            self.assertEqual([(one.end - one.start, one.protection) for one in process.maps() if one.start == start], [(n * PAGE, k)])
            process.protect(start, n * PAGE, RW)
            process.lock(start, n * PAGE, k)
            self.assertEqual((process.usage().locked, process.usage().resident), (n, 1 if k else n))
            process.unlock(start + PAGE, (n - 1) * PAGE)
            self.assertEqual(process.usage().locked, 1)
            process.lock_all(1 + 4 * k), self.assertEqual(process.usage().locked, 16)
            process.unlock_all(), self.assertEqual(process.usage().locked, 0)
            process.advise(start, n * PAGE, paging.MADV_DONTNEED if k else paging.MADV_COLD)
            self.assertEqual(process.in_core(start, PAGE), [not k])
            shared = process.map(4 * PAGE, RW, SHARED, address=0x31000000 + (k << 24), fixed=True)
            for i in range(4):
                process.fill(shared + i * PAGE, 4, i + k)
            process.sync(shared + k * PAGE, PAGE << k, 1 + 3 * k)
            process.remap_file_pages(shared, PAGE << k, 2 - k, 0x10000 * k)
            self.assertEqual(process.load(shared, 1), 2)
            process.unmap(shared, 4 * PAGE), self.fixed(process, shared, 3 + k), process.fill(shared, 4, 3 + k)
            moved = process.remap(shared, (2 + k) * PAGE, (4 - 2 * k) * PAGE, 3, shared + 0x100000 * (1 + k))
            self.assertEqual((moved, process.load(moved, 1)), (shared + 0x100000 * (1 + k), 3 + k))
            self.assertEqual([one.end - one.start for one in process.maps() if one.start == moved], [(4 - 2 * k) * PAGE])
            self.assertEqual(process.remap(moved, (4 - 2 * k) * PAGE, PAGE, 0), moved)
            process.seal(moved, PAGE >> k)
            self.refused(errno.EPERM, process.unmap, moved, PAGE)
            process.fill(at, 3 * PAGE, 1), process.clear_refs(4), process.fill(at + k * PAGE, 1, 1)
            self.assertEqual([word >> 55 & 1 for word in process.pagemap((at >> 12) + k, 1 + k)], [1, 0][:1 + k])
            process.clear_refs(1 + k)
            self.fixed(process, at, 1, RWX)
            process.store(at + 8 * k, 0x0102030405060708 * (k + 1), 8)
            self.assertEqual([process.fetch(at + 8 * k, size) for size in (1, 2, 4, 8)],
                             [0x0102030405060708 * (k + 1) & (1 << 8 * size) - 1 for size in (1, 2, 4, 8)])
            self.assertEqual((process.exchange(at, 5 + k, 2 << k), process.load(at + 8 * k, 1)), ((0x0708, 0)[k], (5, 16)[k]))
            self.assertEqual((process.compare_exchange(at, 9, 5 + k, 1 << k), process.compare_exchange(at, 7 + k, 8 + k, 2 << k),
                              process.load(at, 2 << k), process.add(at, 3 + k, 2 << k)), (5 + k, 9, 9 - k, 12))
            process.advise(at, 16 * PAGE, paging.MADV_DONTNEED), process.resolve_fault(at + (9 + k) * PAGE, 4 + 2 * k)
            self.assertEqual(process.own_pages((at >> 12) + 9 + k, 1 + k), [bool(k), False][:1 + k])
            self.assertTrue(process.report("smaps" if k else "statm") and process.faults().anonymous > 0)

    def test_files_and_descriptors(self):
        for k, engine, process, at in self.both():
            file, rights = engine.file("f", 100 + k), ("write" if k else "read")
            self.assertEqual((len(file), file.write(20 + 7 * k, b"0123456789"), file.read(22 + 7 * k, 3 + k)),
                             (100 + k, 10, b"2345"[:3 + k]))
            sealed = engine.file("sealed", PAGE)
            sealed.add_seals(2 << k)
            self.refused(errno.EPERM, sealed.truncate, 2 * PAGE if k else 1)
            backed = engine.backed_file("b", (3 + k) * PAGE, (Written if k else Bytes)(10))
            self.assertEqual((len(backed), backed.read(PAGE, 1)), ((3 + k) * PAGE, b"\x0b"))
            device = engine.device("d", (1 + k) * PAGE, (Written if k else Bytes)(20))
            shown = process.map(PAGE, READ, paging.MAP_SHARED, file=device, offset=k * PAGE)
            self.assertEqual(process.load(shown + 8, 2), 28 + k * PAGE)
            memory = mmap.mmap(-1, (1 + k) * PAGE)
            memory[k * PAGE] = 5 + k
            host = engine.host_memory("m", memory, write=bool(k))
            self.assertEqual(len(host), (1 + k) * PAGE)
            rom = engine.rom("r", bytes(PAGE * k) + bytes([6 + k]) * PAGE)
            self.assertEqual(process.load(process.map(PAGE, READ, paging.MAP_SHARED, file=rom, offset=k * PAGE), 1), 6 + k)
            path = self.folder / f"host{k}"
            on_host = engine.host_file(path, write=True, create=True)
            self.assertEqual((on_host.write(0, b"kept"), engine.sync(), on_host.close(), path.read_bytes()), (4, None, None, b"kept"))
            on_host = engine.host_file(path, write=bool(k))
            self.assertEqual(len(on_host), 4)
            for one in (backed, host, on_host):
                if k:
                    process.close_descriptor(one.open(process, read=False))
                else:
                    self.refused(errno.EACCES, lambda one=one: one.open(process))
            descriptor = file.open(process, flags=1024 * k)
            if k:
                process.write_from(descriptor, at, 4)
                self.assertEqual(process.file_length(descriptor), 105)
            process.close_descriptor(descriptor)
            process.close_descriptor(engine.directory("d").open(process, write=False))
            first = [process.memfd("x", 2 * (i == 0 and k)) for i in range(2 + k)]
            d = first[-1]
            self.assertEqual((process.pwrite(d, b"0123456789a"[:10 + k], 100 + k), process.file_length(d), process.file_length(first[0])),
                             (10 + k, 110 + 2 * k, 0))
            self.assertEqual((process.pread(d, 4 + k, 103 + k), process.seek(d, 101 + k)), (b"34567"[:4 + k], 101 + k))
            self.assertEqual((process.read_to(d, at + 64 * k, 3 + k), process.read(at + 64 * k, 3 + k)), (3 + k, b"1234"[:3 + k]))
            self.assertEqual((process.seek(d, k, 1), process.write_from(d, at + 64 * k, 2 + k), process.seek(d, -1 - k, 2)),
                             (104 + 3 * k, 2 + k, 109 + k))
            process.truncate(d, 50 + k), process.fsync(d), process.allocate(d, (3 + k) * PAGE, PAGE + k, k)
            self.assertEqual(process.file_length(d), 51 if k else 4 * PAGE)
            process.truncate(d, 8 * PAGE), process.pwrite(d, b"abcd", (2 + k) * PAGE), process.pwrite(d, b"abcd", 6 * PAGE)
            process.punch(d, (2 + k) * PAGE, (2 - k) * PAGE)
            self.assertEqual((process.pread(d, 1, (2 + k) * PAGE), process.pread(d, 1, 6 * PAGE)), (b"\0", b"a"))
            process.advise_file(d, (1 + k) * PAGE, (2 - k) * PAGE, 1 + k)
            pager = engine.pager("p", 4 + k, lambda page, k=k: paging.ZEROS if page <= k else paging.LATER)
            start = process.map((4 + k) * PAGE, READ, paging.MAP_PRIVATE, file=pager)
            for page in range(1 + k, 4 + k):
                with self.assertRaises(paging.MemoryFault):
                    process.load(start + page * PAGE)
            self.assertEqual((pager.pending, pager.requests()), (3, list(range(1 + k, 4 + k))))
            pager.supply(1 + k, bytes([70 + k]) * PAGE), pager.fail(2 + k)
            with self.assertRaises(paging.MemoryFault) as caught:
                process.load(start + (2 + k) * PAGE)
            self.assertEqual((process.load(start + (1 + k) * PAGE, 1), caught.exception.kind, pager.pending),
                             (70 + k, paging.FAULT_BUS_ERROR, 1))

    def test_ledgers(self):
        ledgers = [self.e[k].ledger(("desktop-2009", "server-2025")[k], 2 + k) for k in (0, 1)]
        for k, engine, process, at in self.both():
            ledger, other = ledgers[k], engine.process("other")
            process.fill(at, 8 * PAGE, 1)
            ledger.observe(process, at + k * PAGE, 4 + k, write=bool(k), processor=k)
            user = ledger.times(process).user
            ledger.observe(process, at, 64 + 8 * k, step=4 << k, processor=1 - k)
            self.assertEqual(ledger.times(process).user, user * (17, 10)[k])
            file = ledger.backed_file("f", (300 + k) * PAGE, (Written if k else Bytes)())
            descriptor = file.open(process, write=False)
            process.pread(descriptor, 1, (100 + k) * PAGE)
            ledger.end_read(other, file, (200 + k) * PAGE, 1 + k, processor=1 - k)
            ledger.end_read(process, file, (100 + k) * PAGE, 1 + k, processor=k)
            self.assertEqual((ledger.times(other).wait_for_file, ledger.times(process).wait_for_file > 0), (0, True))
            copies, calls = ledger.times(process).copies, ledger.times(process).call_count
            ledger.end_call(process, PAGE << k, processor=1 - k)
            self.assertTrue(ledger.times(process).copies > copies and ledger.times(process).call_count == calls + 1)
            child = process.fork()
            ledger.end_call(child, 0, processor=0)
            before = ledger.times(process).system_calls
            ledger.end_fork(process, child, processor=1 - k)
            full = ledger.times(process).system_calls - before
            ledger.end_fork(process, other, processor=k)
            self.assertLess(ledger.times(process).system_calls - before - full, full)
            self.assertEqual((ledger.times(child).call_count, ledger.times(process).call_count), (1, calls + 3))
            ledger.end_background()
            self.assertTrue(ledger.clock().end >= ledger.clock().now > 0 and ("desktop", "server")[k] in ledger.report())
            total = engine.machine().swap_total
            for on, store, slots in ((ledger, (Slots(), 40 + k), 40 + k), (ledger, (1 + k << 20,), 256 << k),
                                     (engine, (Slots(), 50 + k), 50 + k), (engine, (1 + k << 20,), 256 << k)):
                device = on.swap_on("s", *store)
                self.assertEqual(engine.machine().swap_total - total, slots)
                device.close()

    def test_snapshots_and_images(self):
        one, whole, both_rewinds = [], [], []
        states = [Host(), Host()]
        for k, engine, process, at in self.both():
            process.set_host_state(states[k])
            states[k].value = b"registers"[:5 + k]
            self.fixed(process, 0x3c000000, 1 + k), process.fill(0x3c000000, 1, 90 + k)
            one.append(process.snapshot()), whole.append(engine.snapshot())
        for k, engine, process, at in self.both():
            process.fill(0x3c000000, (1 + k) * PAGE, 1)
            self.assertEqual((one[k].dirty_pages, one[k].valid, whole[k].valid), (1 + k, True, True))
            states[k].value = b"later"
            one[k].keep_written(bool(k)), one[k].restore()
            self.assertEqual((process.load(0x3c000000, 1), states[k].value), (90 + k, b"registers"[:5 + k]))
            path = self.folder / f"saved{k}"
            one[k].save(path)
            made = [engine.load(path), engine.load_bytes(one[k].save_bytes())]
            whole[k].save(path)
            made += engine.load_all(path) + engine.load_all_bytes(whole[k].save_bytes())
            for image, of_engine in ((one[k].image(), False), (whole[k].image(), True)):
                image.save(path)
                for opened in (image, paging.Image.open(path, of_engine=of_engine)):
                    self.assertTrue(opened.pages > 0 and opened.processes == 1)
                    made += engine.clone_processes(opened) if of_engine else [engine.clone_process(opened)]
            self.assertEqual([clone.load(0x3c000000, 1) for clone in made], [90 + k] * 8)
            self.assertEqual(engine.machine().process_count, 9)
            process.write_core(path, [(7 + k, {"eip": 1}), (9, {"eip": 2})][:1 + k], 11 - 5 * k)
            core = paging.Image.from_core(path)
            self.assertEqual([thread.id for thread in core.threads()], [7 + k, 9][:1 + k])
            spacings = [(1, 2 + k), (2, 1)]
            both_rewinds.append((process.rewind(1 + k << 20, spacings[:1 + k]), engine.rewind(2 + k << 20, spacings[:2 - k])))
        for i in range(5):
            for k, engine, process, at in self.both():
                process.fill(0x3c000000, 1, 10 * k + i)
                self.assertEqual([rewind.record() for rewind in both_rewinds[k]], [i, i])
        for k, engine, process, at in self.both():
            for rewind in both_rewinds[k]:
                self.assertEqual((rewind.find(3 + k), rewind.find(100 + k)), (3 + k, 4))
                rewind.restore(4 - k)
                self.assertEqual(process.load(0x3c000000, 1), 4 + 9 * k)
        named = []
        for k, engine, process, at in self.both():
            holder = engine.process("names")
            for i in range(3):
                holder.map(PAGE, RW, SHARED, address=0x40000000 + i * 2 * PAGE, fixed=True)
            memory, snapshot, asked = engine.file("m", PAGE), holder.snapshot(), []
            snapshot.name(holder.maps()[1 + k].object, ("one", "two")[k])
            memory.write(0, b"memory")
            loaded = engine.load_bytes(snapshot.save_bytes(), lambda name: asked.append(name) or memory)
            named.append((asked, [loaded.load(0x40000000 + i * 2 * PAGE, 1) for i in range(3)]))
        self.assertEqual(named, [(["one"], [0, 109, 0]), (["two"], [0, 0, 109])])

    def test_deltas(self):
        saved = []
        for k, engine, process, at in self.both():
            process.fill(at, 4 * PAGE, 1 + k)
            with process.snapshot() as before:
                parent = before.image()
            clone = engine.clone_process(parent)
            clone.fill(at, (1 + k) * PAGE, 20 + k)
            delta = clone.snapshot().delta(parent)
            self.assertEqual((delta.own_pages, parent.own_pages), (1 + k, 4))
            self.assertNotEqual(delta.hash, parent.hash)
            path = self.folder / f"delta{k}"
            delta.save(path)
            saved.append((parent, path))
        for k, engine, process, at in self.both():
            parent, path = saved[k]
            self.refused(errno.EINVAL, paging.Image.open_delta, path, saved[1 - k][0])
            opened = paging.Image.open_delta(path, parent)
            opened.save_whole(self.folder / "whole")
            for image in (opened, paging.Image.open(self.folder / "whole")):
                clone = engine.clone_process(image)
                self.assertEqual((clone.load(at, 1), clone.load(at + 3 * PAGE, 1), image.pages), (20 + k, 1 + k, 4))

    def test_observers(self):
        logs = [(process.dirty_log(), engine.dirty_log(), engine.record_events(4 + k)) for k, engine, process, at in self.both()]
        for k, engine, process, at in self.both():
            for i in range(1 + k):
                process.fill(at + (2 + i) * PAGE, 1, 7)
            self.assertEqual((logs[k][0].collect(), len(logs[k][1].collect())), ([(at >> 12) + 2 + i for i in range(1 + k)], 1 + k))
            self.assertEqual([one.first_page for one in logs[k][2].drain() if one.kind == 0], [(at >> 12) + 2 + i for i in range(1 + k)])
            for i in range(12):
                process.advise(at, PAGE, paging.MADV_DONTNEED), process.touch(at, True)
            self.assertTrue(len(logs[k][2]) == 4 + k and logs[k][2].lost > 0)
            pin = process.pin(at + (2 + k) * PAGE, 3 + k, write=True)
            pin.view[k] = 40 + k
            flat = process.flat_view(at + k * PAGE, (4 + k) * PAGE)
            self.assertEqual((process.load(at + (2 + k) * PAGE + k, 1), flat.view[2 * PAGE + k]), (40 + k, 40 + k))
            process.advise(at, PAGE, paging.MADV_DONTNEED), flat.refresh()
            self.assertTrue(flat.is_current)
            shadow = process.shadow()
            shadow.mark(at + 2 * PAGE + 50 * k + 50, 10 + 7 * k, 1 + k)
            marked = [i for i in range(200) if shadow.state(at + 2 * PAGE + i)]
            self.assertEqual(marked, list(range(50 + 50 * k, 60 + 57 * k)))
            self.assertEqual((shadow.find(at + 2 * PAGE + k, 120 + k, not k), shadow.find(at + 2 * PAGE, 50 + k, True)),
                             (at + 2 * PAGE + 50 + 50 * k, None))
            shadow.set(refuses_uninitialized=bool(k), is_enforced=not k)
            self.assertEqual(process.load(at + 2 * PAGE + 50 + 50 * k, 1), 0)
            seen = []
            watch = process.watch(at + PAGE + 10 * k, 2 + k, lambda access: seen.append(access.address), 1 + k)
            for i in range(20):
                process.load(at + PAGE + i, 1), process.store(at + PAGE + i, 1, 1)
            self.assertEqual(seen, [at + PAGE + 10 * k + i for i in range(2 + k)])
            watch.close()
            swap = engine.swap_on("s", 1 << 20)
            engine.group("plain", 30 + k).close()
            self.assertEqual(engine.report(("meminfo", "vmstat")[k]).split()[0], ("MemTotal:", "nr_free_pages")[k])
            for options in ({"counts_tables": not k}, {"policy": ("LRU", "fifo")[k]}, {"kills": True}, {"every_access": True}, {}):
                group = engine.group("gh"[k], 20 + k, **options)
                for limit in (20 + k, 15 + k):
                    if limit != 20 + k:
                        group.set_limit(limit)
                    member = engine.process("m", group=group)
                    member.fill(self.fixed(member, at, 64), 64 * PAGE, 1)
                    self.assertTrue(limit - 8 < member.usage().resident <= limit, options)
                    member.close()
                group.close()
                with engine.group("none", 0, **options) as group, self.assertRaises(OSError):
                    with engine.process("m", group=group) as member:
                        member.store(self.fixed(member, at, 1), 1)
            swap.close()
            self.assertEqual(engine.faults().minor >= process.faults().minor > 0, True)

    def test_userfaultfds(self):
        features = 1 | 16384 | 65536 | 1024 | 32
        uffds = [self.p[k].userfaultfd(features | 2048 * k, bool(k)) for k in (0, 1)]
        for k, engine, process, at in self.both():
            far, uffd, n = self.fixed(process, 0x50000000 + (k << 24), 16 + k), uffds[k], 1 + k
            uffd.register(far, (16 + k) * PAGE, 1 + 2 * k)
            with self.assertRaises(paging.MemoryFault):
                process.touch(far + k * PAGE + 5, not k)
            message = uffd.read()
            self.assertEqual((message.address, message.is_write), (far + k * PAGE + 5 * k, 1 - k))
            uffd.copy(far + k * PAGE, bytes([60 + k]) * n * PAGE, 2 * k), uffd.wake(far + k * PAGE, n * PAGE)
            self.assertEqual(process.load(far + k * PAGE, 1), 60 + k)
            uffd.zero(far + (4 + k) * PAGE, n * PAGE, k), uffd.poison(far + (8 + k) * PAGE, n * PAGE, k)
            self.assertEqual((process.in_core(far + 4 * PAGE, 4 * PAGE), process.load(far + (4 + k) * PAGE)),
                             ([not k, bool(k), bool(k), False], 0))
            for page in range(n):
                with self.assertRaises(paging.MemoryFault) as caught:
                    process.load(far + (8 + k + page) * PAGE)
                self.assertEqual(caught.exception.kind, paging.FAULT_BUS_ERROR)
            process.fill(at + k * PAGE, PAGE, 80 + k)
            uffd.move(far + (11 + k) * PAGE, at + k * PAGE, n * PAGE, bool(k), 1 - k)
            self.assertEqual((process.load(far + (11 + k) * PAGE, 1), process.load(at + k * PAGE, 1)), (80 + k, 0))
            self.fixed(process, far + (2 << 20), 4), uffd.register(far + (2 << 20), (4 - k) * PAGE, 2)
            for page in range(3):
                process.touch(far + (2 << 20) + page * PAGE, True)
            uffd.write_protect(far + (2 << 20), (2 + k) * PAGE, True, 0), uffd.write_protect(far + (2 << 20) + k * PAGE, PAGE, False, k)
            protected = []
            for page in range(3):
                try:
                    process.touch(far + (2 << 20) + page * PAGE, True)
                except paging.MemoryFault:
                    protected.append(page)
            self.assertEqual(protected, [0, 2] if k else [1])
            descriptor = process.memfd("m")
            process.pwrite(descriptor, bytes([50 + k]) * 2 * PAGE, 0)
            shared = process.map(2 * PAGE, RW, paging.MAP_SHARED, address=far + (4 << 20), file=descriptor, fixed=True)
            uffd.register(shared, 2 * PAGE, 4), uffd.proceed(shared, n * PAGE, k)
            self.assertEqual(process.load(shared + k * PAGE, 1), 50 + k)
            uffd.unregister(far, (16 + k) * PAGE)
            self.assertTrue(process.touch(far + (15 + k) * PAGE, True))

    def test_windows(self):
        for k, engine, process, at in self.both():
            w, n = engine.windows_process("w"), 1 + k
            a = w.alloc(0x100000 * n, 0x4000 * n, 0x203000, 4 << 4 * k)
            self.assertEqual(a, 0x100000 * n)
            w.store(a + n * PAGE, 5 + k, 2 << k)
            self.assertEqual((w.load(a + n * PAGE, 4 >> k), w.written(a + n * PAGE, PAGE, bool(k)), w.written(a, 3 * PAGE)),
                             (5 + k, ((a >> 12) + n,), () if k else ((a >> 12) + n,)))
            self.assertEqual((w.protect(a + PAGE, n * PAGE, 2 + 14 * k), w.query(a + PAGE).length, w.query(a).protection), 
                             (4 << 4 * k, n * PAGE, 4 << 4 * k))
            self.assertEqual(w.protect(a + PAGE, n * PAGE, 4), 2 + 14 * k)
            w.lock(a + k * PAGE, n * PAGE), w.unlock(a + k * PAGE, n * PAGE)
            with self.assertRaises(paging.WindowsError):
                w.unlock(a + k * PAGE, n * PAGE)
            w.free(a + PAGE, n * PAGE, 0x4000)
            self.assertEqual((w.query(a + PAGE).length, w.query(a + PAGE).state), (n * PAGE, 0x2000))
            w.free(a, 0, 0x8000)
            section = w.create_mapping((2, 4)[k], 0x40000 + 0x10000 * k, name="named")
            again = w.open_mapping("named", 4 - 2 * k)
            view = w.map_view(again, 4 - 2 * k, 0x10000 * n, 0x10000 + PAGE * k, 0x400000 * n)
            self.assertEqual((view, w.query(view).length), (0x400000 * n, 0x10000 + PAGE * k))
            w.flush_view(view, PAGE * (1 - k)), w.unmap_view(view)
            view = w.map_view(section, 4, 0x10000)
            self.assertEqual(w.query(view).length, 0x30000 + 0x10000 * k)
            w.unmap_view(view)
            w.close_mapping(again if k else section), w.close_mapping(section if k else again)
            with self.assertRaises(paging.WindowsError):
                w.open_mapping("named", 4)
            b = w.alloc(0x200000, PAGE * n, 0x3000, 4)
            w.store(b, 40 + k)
            with paging.Engine() as other, engine.windows_process("more") as more:
                saved = (w, more)[k].save_bytes()
                self.assertLess(len(saved), len(engine.save_windows_bytes()))
                loaded = other.load_windows_bytes(saved)
                self.assertEqual((len(loaded), loaded[0].query(b).state), (1, 0x10000 if k else 0x1000))
                self.assertEqual([one.query(b).length == PAGE * n for one in other.load_windows_bytes(engine.save_windows_bytes())],
                                 [True, False])

    def test_threads_and_traces(self):
        for k in (0, 1):
            with paging.Engine(ram_bytes=8 << 20, allow_threads=True) as engine:
                processes = [engine.process(name) for name in "po"]
                for process in processes:
                    self.fixed(process, 0x20000000, 1)
                with engine.processor("t") as processor:
                    processor.run(processes[k])
                    processes[k].store(0x20000000, 5 + k)
                    with self.assertRaises(paging.PagingError):
                        processes[1 - k].store(0x20000000, 1)
                    processor.poll(), processor.pending_wait(1 + 2 * k), processor.rest()
                    processor.run(processes[1 - k])
                    self.assertEqual(processes[1 - k].load(0x20000000), 0)
            path = self.folder / "trace"
            path.write_text("".join(f"{1 + i % 3:x}000\n" for i in range(6)), encoding="ascii")
            self.assertEqual((paging.replay(path, "LRU", 2 + k).misses, paging.replay([1, 2, 3, 1], "LRU", 3 - k).misses),
                             ((6, 3)[k], (3, 4)[k]))


if __name__ == "__main__":
    unittest.main()
