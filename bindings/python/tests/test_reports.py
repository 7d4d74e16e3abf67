"""Pictures and the simulator of policies."""
import os
import tempfile
import unittest
import xml.etree.ElementTree

import paging
from paging._library import read_text


class TextTests(unittest.TestCase):
    def test_a_text_that_fills_the_buffer(self):
        for length in (0, 4094, 4095, 4096, 4097, 9000):
            text = bytes(97 + i % 26 for i in range(length))

            def give(buffer, capacity):    # as the library: what fits, with a zero after it
                buffer.raw = text[:capacity - 1] + bytes(capacity - min(length, capacity - 1))
                return length

            self.assertEqual(read_text(give), text.decode("ascii"))


class PictureTests(unittest.TestCase):
    def test_every_picture_is_an_svg_file(self):
        with paging.Engine() as engine, engine.process() as process:
            process.store(process.map(4096), 1)
            for picture in (*(process.picture(name) for name in ("space", "tables", "tree")), engine.picture()):
                self.assertEqual(xml.etree.ElementTree.fromstring(picture._repr_svg_()).tag, "{http://www.w3.org/2000/svg}svg")
            for name in ("dragon", "frames"):    # none, and an engine's
                with self.assertRaisesRegex(ValueError, f"^there is no picture '{name}': there are space, tables, tree$"):
                    process.picture(name)

    def test_a_report_of_another_object_is_refused_by_its_name(self):
        with paging.Engine() as engine, engine.process() as process:
            with self.assertRaisesRegex(ValueError, "^there is no report 'meminfo': there are maps, smaps, smaps_rollup, status, statm$"):
                process.report("meminfo")
            with self.assertRaisesRegex(ValueError, "^there is no report 'maps': there are meminfo, vmstat, swaps, zoneinfo, buddyinfo$"):
                engine.report("maps")
            self.assertRaisesRegex(TypeError, "^report is 3, and must be a name: there are maps", process.report, 3)    # type: ignore

    def test_no_picture_of_what_has_ended(self):
        with paging.Engine() as engine:
            process = engine.process()
            process.exit()
            self.assertRaises(paging.PagingError, process.picture)


class ReplayTests(unittest.TestCase):
    def test_counts(self):
        result = paging.replay([1, (2, True), 3, 1], "LRU", 2)
        self.assertEqual(result, paging.Replay(accesses=4, stores=1, distinct_pages=3, misses=4, dirty_evictions=1))
        self.assertEqual(result.miss_ratio, 1.0)
        self.assertEqual(paging.replay([], "arc", 1).miss_ratio, 0.0)

    def test_a_file_gives_what_its_pages_give(self):
        pages = [number * number % 97 for number in range(2000)]
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "trace.csv")
            with open(path, "w", encoding="ascii") as trace:
                trace.write("page\n" + "".join(f"{page}\n" for page in pages))
            for policy in ("FIFO", "2Q", "S3-FIFO", "OPT", "LINUX"):
                self.assertEqual(paging.replay(path, policy, 20)[:4], paging.replay(pages, policy, 20)[:4])

    def test_what_cannot_be_replayed(self):
        for trace, policy, frames in (([1], "MRU", 2), ([1], "LRU", 0), ("/nowhere/at/all", "LRU", 2), (__file__, "LRU", 2)):
            with self.assertRaises(paging.PagingError) as raised:
                paging.replay(trace, policy, frames)
            self.assertEqual(raised.exception.code, paging.BAD_ARGUMENT)


if __name__ == "__main__":
    unittest.main()
