"""Each example prints what its first comment says."""
import ast
import pathlib
import subprocess
import sys
import textwrap
import unittest

EXAMPLES = sorted((pathlib.Path(__file__).resolve().parents[1] / "examples").glob("*.py"))


class ExampleTests(unittest.TestCase):
    def test_each_prints_what_it_says(self):
        self.assertGreaterEqual(len(EXAMPLES), 10)
        for example in EXAMPLES:
            with self.subTest(example.name):
                says = ast.get_docstring(ast.parse(example.read_text(encoding="utf-8"))).split("Prints:\n\n")[1]
                run = subprocess.run([sys.executable, "-B", str(example)], stdout=subprocess.PIPE, check=True, timeout=60)
                self.assertEqual(run.stdout.decode().strip(), textwrap.dedent(says).strip())


if __name__ == "__main__":
    unittest.main()
