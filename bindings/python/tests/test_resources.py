"""What is left open is a ResourceWarning, and what a file that cannot be written gives."""
import gc
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest
import warnings

import paging


def warned(action):
    """The texts of the ResourceWarnings of an action, whose objects are gone after it."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        action()
        gc.collect()
    return [str(one.message) for one in caught if one.category is ResourceWarning]


class WarningTests(unittest.TestCase):
    def test_an_engine_left_open(self):
        self.assertRegex(warned(lambda: paging.Engine(ram_bytes=1 << 20).process())[0],
                         r"^<paging.Engine [0-9a-f]+> was never closed, and stays until the program ends$")

        def closed():
            with paging.Engine(ram_bytes=1 << 20) as engine:
                engine.process().snapshot()
        self.assertEqual(len(warned(closed)), 1)    # the snapshot alone, whose engine was open when it was gone

        def refused():
            with self.assertRaises(TypeError):
                paging.Engine(ram_bites=1)
        self.assertEqual(warned(refused), [])

    def test_what_nothing_finds_again(self):
        with paging.Engine(ram_bytes=4 << 20) as engine, engine.process() as process:
            at = process.map(4096)
            with process.snapshot() as snapshot:
                makers = [process.snapshot, engine.snapshot, process.dirty_log, engine.dirty_log, engine.record_events,
                          lambda: engine.ledger("desktop-2009"), process.userfaultfd, snapshot.image]
                for make in makers:
                    with self.subTest(make):
                        self.assertEqual(len(warned(make)), 1)
            # Others are found again, end with their engine, or work on because they were left: no warning.
            for make in (process.fork, lambda: engine.file("f"), lambda: engine.group("g"), lambda: engine.swap_on("s", 1 << 20),
                         process.shadow, lambda: process.pin(at, 4), lambda: process.watch(at, 4, list)):
                with self.subTest(make):
                    self.assertEqual(warned(make), [])
            log = process.dirty_log()

            def close():
                nonlocal log
                log.close()
                log = None
            self.assertEqual(warned(close), [])
        with paging.Engine(ram_bytes=4 << 20, allow_threads=True) as engine:
            self.assertEqual(len(warned(engine.processor)), 1)

    def test_at_the_end_of_the_program(self):
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
        ended = subprocess.run([sys.executable, "-W", "always", "-c", "import paging; engine = paging.Engine(); process = engine.process()"],
                               env=environment, capture_output=True, text=True, timeout=120)
        self.assertEqual(ended.returncode, 0)
        self.assertIn("ResourceWarning: <paging.Engine", ended.stderr)

    def test_an_interpreter_without_its_lock_is_refused(self):
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
        source = "import sys; sys._is_gil_enabled = lambda: False\nimport paging"
        ended = subprocess.run([sys.executable, "-c", source], env=environment, capture_output=True, text=True, timeout=120)
        self.assertIn("ImportError: paging needs Python's global lock", ended.stderr)


class RightsTests(unittest.TestCase):
    def setUp(self):
        self.engine = paging.Engine(ram_bytes=4 << 20)
        self.addCleanup(self.engine.close)
        self.process = self.engine.process()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = folder.name + "/file"
        pathlib.Path(self.path).write_bytes(b"x" * 4096)

    def rights(self, at):
        return next(area.protection for area in self.process.maps() if area.start == at)

    def test_a_mapping_has_the_rights_that_its_file_allows(self):
        process, read, both = self.process, paging.PROT_READ, paging.PROT_READ | paging.PROT_WRITE
        closed = self.engine.host_file(self.path)
        opened = self.engine.host_file(self.path + ".2", write=True, create=True)
        opened.write(0, b"x" * 4096)
        numbers = self.engine.backed_file("numbers", 4096, Numbers())
        for file, flags, wanted in ((closed, None, read), (opened, None, both), (closed, paging.MAP_PRIVATE, both), (numbers, None, read),
                                    (closed.open(process, write=False), None, read), (opened.open(process), None, both)):
            at = process.map(4096, flags=flags, file=file)
            self.assertEqual(self.rights(at), wanted)
            self.assertEqual(process.load(at, 1), ord("x"))
        self.assertEqual(self.rights(process.map(4096)), both)
        with self.assertRaises(PermissionError):
            process.map(4096, both, file=closed)    # what was asked for is not made less


class Numbers:
    def read(self, offset, size):
        return b"x" * size


if __name__ == "__main__":
    unittest.main()
