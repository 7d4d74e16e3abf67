"""Lengths and counts below, at and above a buffer, sizes of accesses, names that are no ASCII: a table of small values is lucky there."""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import types
import unittest
from unittest import mock

import paging
from paging._library import read_text
from paging._objects import bytes_of


def growing(lengths, room):
    """A call that fills a buffer, and gives these lengths one after the other; each byte is the number of its call."""
    numbers = iter(range(1, len(lengths) + 1))

    def call(buffer, capacity):
        number = next(numbers)
        length = lengths[number - 1]
        if buffer is not None and length <= capacity - room:
            buffer.raw = bytes([64 + number]) * length + bytes(capacity - length)
        return length
    return call


class BufferTests(unittest.TestCase):
    def test_bytes_have_the_length_of_the_last_call(self):
        for lengths, expected in (([5, 5], b"BBBBB"), ([5, 3], b"BBB"), ([3, 5, 5], b"CCCCC"), ([3, 4, 9, 6], b"DDDDDD"), ([0, 0], b"")):
            with self.subTest(lengths):
                self.assertEqual(bytes_of(growing(lengths, 0)), expected)

    def test_texts_have_the_length_of_the_last_call(self):
        for length in (0, 4095, 4096, 4097, 9000):
            with self.subTest(length):
                self.assertEqual(read_text(growing([length, length], 1)), ("A" if length < 4096 else "B") * length)
        self.assertEqual(read_text(growing([4096, 5000, 6], 1)), "CCCCCC")

    def test_an_audit_has_each_finding(self):
        for findings in ([], ["one"], ["one", "two"], ["x" * 60] * 900):
            def audit(_, buffer, capacity):
                buffer.value = "\n".join(findings).encode()[:capacity - 1]
                return len(findings)
            calls = types.SimpleNamespace(audit=audit)
            with self.subTest(len(findings)), paging.Engine() as engine, mock.patch("paging.engine.calls", calls):
                self.assertEqual(engine.audit(), findings)

    def test_each_area_is_in_the_list(self):
        with paging.Engine() as engine:
            for count in (0, 1, 63, 64, 65, 127, 128, 129, 191, 192, 193, 300):
                process = engine.process("p")
                at = process.map(2 * 4096 * count) if count else 0
                for number in range(count):
                    process.unmap(at + 2 * 4096 * number, 4096)
                with self.subTest(count):
                    self.assertEqual([area.start for area in process.maps()], [at + 4096 + 2 * 4096 * number for number in range(count)])
                process.close()


class SizeTests(unittest.TestCase):
    def test_each_size_is_whole_and_leaves_its_neighbours(self):
        with paging.Engine() as engine:
            process, windows = engine.process("p"), engine.windows_process("w")
            for memory, at in ((process, process.map(8192)), (windows, windows.alloc(0, 8192, 0x3000, paging.WINDOWS_PAGE_READ_WRITE))):
                for size in (1, 2, 4, 8):
                    for place in (at + 16, at + 4096 - size, at + 4096 - size // 2, at + 4095, at + 4096):
                        part = 0x1122_3344_5566_7788 & (1 << 8 * size) - 1
                        for byte in range(-8, 16):
                            memory.store(place + byte, 0xff, 1)
                        memory.store(place, part, size)
                        found = bytes(memory.load(place + byte, 1) for byte in range(-8, 16))
                        with self.subTest(kind=type(memory).__name__, size=size, place=place - at):
                            self.assertEqual((found, memory.load(place, size)),
                                             (b"\xff" * 8 + part.to_bytes(size, "little") + b"\xff" * (16 - size), part))


class NameTests(unittest.TestCase):
    def test_a_name_that_is_no_ascii_comes_back(self):
        name, asked = "caf\u00e9 \U0001f4c4", []
        with paging.Engine() as engine, paging.Engine() as other:
            file = engine.file(name, 4096)
            process = engine.process("p", group=engine.group(name))
            process.map(4096, file=file)
            with engine.snapshot() as whole:
                saved = whole.save_bytes()
            group, found = other.group(name), other.file(name, 4096)
            loaded = other.load_all_bytes(saved, lambda wanted: asked.append(wanted) or found, lambda wanted: asked.append(wanted) or group)
            self.assertEqual((len(loaded), sorted(set(asked))), (1, [name]))


class RestTests(unittest.TestCase):
    def test_each_number_of_the_pool_has_its_place(self):
        with paging.Engine(huge_pages=3) as engine:
            process = engine.process("p")
            process.map(4 << 20, paging.PROT_READ | paging.PROT_WRITE, paging.MAP_PRIVATE | paging.MAP_ANONYMOUS | paging.MAP_HUGETLB)
            self.assertEqual(engine.huge_pool(), (3, 3, 1, 0))

    def test_a_closed_process_has_no_translations(self):
        with paging.Engine() as engine:
            process = engine.process("p")
            process.close()
            with self.assertRaises(paging.PagingError) as refused:
                process.translations
            self.assertEqual(refused.exception.code, paging.BAD_HANDLE)


class InstallationTests(unittest.TestCase):
    def test_a_missing_file_is_named(self):
        source = pathlib.Path(paging.__file__).parent
        for missing in ("paging.h", "names.csv"):
            with self.subTest(missing), tempfile.TemporaryDirectory() as folder:
                shutil.copytree(source, pathlib.Path(folder, "paging"), ignore=shutil.ignore_patterns("__pycache__"))
                for name, place in (("paging.h", "c/paging.h"), ("names.csv", "names.csv")):
                    inside = pathlib.Path(folder, "paging", name)
                    if name == missing:
                        inside.unlink(missing_ok=True)
                    elif not inside.exists():
                        shutil.copy(source.parents[1] / place, inside)
                ended = subprocess.run([sys.executable, "-B", "-c", "import paging"], cwd=folder, env={**os.environ, "PYTHONPATH": folder},
                                       capture_output=True, text=True, timeout=120)
                self.assertIn(f"ImportError: {missing} is neither in the package", ended.stderr)


if __name__ == "__main__":
    unittest.main()
