"""The examples in docstrings, each on an engine of its own, and that every class has one."""
import contextlib
import doctest
import importlib
import inspect
import io
import pathlib
import pkgutil
import tempfile
import unittest

import paging

QUESTIONS = pathlib.Path(__file__).resolve().parents[3] / "docs/QUESTIONS.md"


def examples():
    """Each docstring with an example."""
    finder = doctest.DocTestFinder(exclude_empty=True)
    for module in pkgutil.iter_modules(paging.__path__, "paging."):
        for found in finder.find(importlib.import_module(module.name)):
            if found.examples:
                yield found


class DocumentTests(unittest.TestCase):
    def test_each_example_gives_what_it_shows(self):
        count = 0
        for found in examples():
            with self.subTest(found.name), tempfile.TemporaryDirectory() as folder, paging.Engine(ram_bytes=4 << 20) as engine:
                process = engine.process("example")
                found.globs.update(vars(paging), paging=paging, engine=engine, process=process, at=process.map(8192), folder=folder)
                told = []
                result = doctest.DocTestRunner(verbose=False).run(found, out=told.append)
                self.assertEqual(result.failed, 0, "".join(told))
                count += 1
        self.assertGreater(count, 20)

    def test_programs_of_the_questions_print_what_they_say(self):
        blocks = [block.split("```")[0] for block in QUESTIONS.read_text(encoding="utf-8").split("```python\n")[1:]]
        self.assertGreater(len(blocks), 3)
        for block in blocks:
            with self.subTest(block):
                printed = io.StringIO()
                with contextlib.redirect_stdout(printed):
                    exec(compile(block, "QUESTIONS.md", "exec"), {"__name__": "question"})
                says = [text.strip() for line in block.splitlines() if "print(" in line for text in line.split("# ")[1:]]
                self.assertGreater(len(says), 0)
                self.assertEqual(printed.getvalue().splitlines(), says)

    def test_every_class_shows_a_line_of_use(self):
        values = {"Event", "MemoryFault", "PageBits", "PagingError", "Picture", "ProcessEnded", "Replay", "Watched", "WindowsError",
                  "WindowsFault", *paging._results.NAMES, *paging._kinds.KINDS}    # what the examples of others give
        missing = [name for name in paging.__all__ if inspect.isclass(getattr(paging, name)) and name not in values
                   and ">>>" not in inspect.getdoc(getattr(paging, name))]
        self.assertEqual(missing, [])

    def test_every_method_says_what_it_does(self):
        missing = [f"{name}.{member}" for name in paging.__all__ if inspect.isclass(getattr(paging, name))
                   for member, value in vars(getattr(paging, name)).items() if not member.startswith("_")
                   and (inspect.isfunction(value) or isinstance(value, property)) and not value.__doc__]
        self.assertEqual(missing, [])


if __name__ == "__main__":
    unittest.main()
