"""What the library promises to the program around it: signals, fork, subprocesses, and examples that run from an empty folder."""
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import unittest

import paging

HERE = pathlib.Path(__file__).resolve().parent
USE = "engine = paging.Engine(); process = engine.process(); at = process.map(4096); process.store(at, 7)\n"


def run(source):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    with tempfile.TemporaryDirectory() as folder:
        return subprocess.run([sys.executable, "-c", source], cwd=folder, env=environment, capture_output=True, text=True, timeout=120)


class HostTests(unittest.TestCase):
    def test_a_fault_of_the_program_goes_to_the_handler_before(self):
        crash = "import ctypes; ctypes.string_at(8)\n"
        for order in ("import faulthandler; faulthandler.enable(); import paging\n" + USE,
                      "import paging\n" + USE + "import faulthandler; faulthandler.enable()\n"):
            ended = run(order + crash)
            self.assertEqual(ended.returncode, -signal.SIGSEGV, ended.stderr)
            self.assertIn("Fatal Python error: Segmentation fault", ended.stderr)

    def test_a_fault_without_a_handler_ends_the_program_as_usual(self):
        ended = run("import paging, ctypes\n" + USE + "ctypes.string_at(8)\n")
        self.assertIn(ended.returncode, (-signal.SIGSEGV, -signal.SIGABRT))

    def test_interrupts_stay_python_s(self):
        # A job in the background of a shell begins with the signal ignored.
        ended = run("import os, signal, subprocess\nsignal.signal(signal.SIGINT, signal.default_int_handler)\nimport paging\n" + USE + """
for _ in range(3):
    try:
        os.kill(os.getpid(), signal.SIGINT)
        print('not reached')
    except KeyboardInterrupt:
        print('interrupted')
signal.signal(signal.SIGUSR1, lambda *_: print('user'))
os.kill(os.getpid(), signal.SIGUSR1)
print(process.load(at), subprocess.run(['false']).returncode)
""")
        self.assertEqual(ended.stdout, "interrupted\n" * 3 + "user\n7 1\n", ended.stderr)

    def test_the_child_of_a_fork_is_refused(self):
        ended = run("import paging, os, sys\n" + USE + """
if os.fork() == 0:
    try:
        process.load(at)
    except paging.PagingError as error:
        print(error, flush=True)
    os._exit(0)
os.wait()
print(process.load(at))
""")
        self.assertEqual(ended.stdout, "After os.fork() the child cannot use the library: execute something, or spawn.\n7\n", ended.stderr)

    def test_examples(self):
        examples = sorted((HERE.parent / "examples").glob("*.py"))
        self.assertTrue(examples)
        for example in examples:
            with self.subTest(example.name):
                source = example.read_text(encoding="utf-8")
                expected = re.search(r'^"""(?:.*?)Prints:\n\n(.*?)"""', source, re.S).group(1)
                ended = run(source)
                self.assertEqual(ended.stdout, "".join(line[4:] + "\n" for line in expected.splitlines()), ended.stderr)

    def test_everything_public_says_what_it_does(self):
        silent = [f"{owner.__name__}.{name}" for owner in vars(paging).values() if isinstance(owner, type)
                  for name, member in vars(owner).items() if not name.startswith("_")
                  and (callable(member) or isinstance(member, property)) and not getattr(member, "__doc__", None)]
        silent += [name for name in paging.__all__ if callable(getattr(paging, name)) and not getattr(paging, name).__doc__]
        self.assertEqual(silent, [])


if __name__ == "__main__":
    unittest.main()
