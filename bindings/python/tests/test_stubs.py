"""What type checkers see: the .pyi files are those that tools/make-stubs.py makes, they have what the package has, and checkers pass
right programs and refuse wrong ones."""
import ast
import importlib.util
import inspect
import os
import pathlib
import pickle
import shutil
import subprocess
import tempfile
import unittest

import paging
from paging import _kinds
from paging._library import header

ROOT = pathlib.Path(__file__).resolve().parents[3]
EXAMPLES = sorted((ROOT / "bindings/python/examples").glob("*.py"))
DOCUMENTED = [block for name in ("EMBEDDING", "QUESTIONS")
              for block in (ROOT / f"docs/{name}.md").read_text(encoding="utf-8").split("```python\n")[1:]]

# A line of a program, and a word of what every checker says about it.
WRONG = [
    ("print(paging.PROT_RAED)", "PROT_RAED"),
    ("paging.Engine(ram_bites=1)", "ram_bites"),
    ("process.info().nonsense", "nonsense"),
    ("engine.machine().total = 4", "total"),
    ("process.usage().nonsense", "nonsense"),
    ("engine.process(mmap_bass=1)", "mmap_bass"),
    ("engine.process(group=process)", "group"),
    ("process.map('4096')", "map"),
    ("process.map(4096, file=engine)", "file"),
    ("process.store(4)", "value"),
    ("process.map(4096, paging.MAP_SHARED)", "map"),
    ("process.map(4096, 3)", "map"),
    ("process.map(4096, paging.PROT_READ, paging.PROT_WRITE)", "map"),
    ("process.map(4096, paging.PROT_READ | paging.MAP_SHARED)", "MapFlags"),
    ("process.protect(4, 4096, paging.Protection.RAED)", "RAED"),
    ("process.protect(4, 4096, paging.READ_WRITE)", "protect"),
    ("process.advise(4, 4096, paging.PROT_NONE)", "advise"),
    ("process.sync(4, 4096, paging.MAP_FIXED)", "sync"),
    ("process.set_limit(paging.MCL_CURRENT, 1)", "set_limit"),
    ("process.watch(4, 4, print, paging.ACCESS_WRITE)", "watch"),
    ("process.shadow().mark(4, 4, paging.WATCH_READ)", "mark"),
    ("process.userfaultfd().register(4, 4096, paging.UFFD_FEATURE_FORK)", "register"),
    ("paging.Engine(tables=paging.OVERCOMMIT_NEVER)", "tables"),
    ("engine.set_overcommit(paging.TABLES_PAE)", "set_overcommit"),
    ("process.protect(4, 4096, paging.READ)", "protect"),
    ("process.watch(4, 4, print, paging.ACCESS_READ)", "watch"),
    ("engine.file('f').add_seals(paging.PROT_WRITE)", "add_seals"),
    ("engine.file('f').add_seals(4)", "add_seals"),
    ("engine.pager('p', 1, lambda page: paging.FAULT_PENDING)", "FaultKind"),
    ("engine.windows_process().alloc(0, 4096, paging.WINDOWS_PAGE_GUARD, paging.WINDOWS_PAGE_GUARD)", "alloc"),
    ("engine.windows_process().alloc(0, 4096, paging.WINDOWS_MEM_COMMIT, paging.PROT_READ)", "alloc"),
    ("engine.windows_process().protect(0, 4096, paging.WINDOWS_MEM_COMMIT)", "protect"),
    ("engine.windows_process().free(0, 4096, paging.MADV_FREE)", "free"),
    ("engine.windows_process().create_mapping(paging.WINDOWS_SEC_COMMIT)", "create_mapping"),
    ("engine.windows_process().map_view(1, paging.WINDOWS_PAGE_READ_ONLY)", "map_view"),
    ("paging.WINDOWS_MEM_COMMIT | paging.WINDOWS_PAGE_GUARD", "WindowsProtection"),
    ("[one.kind == paging.EVENT_COPEID for one in engine.record_events().drain()]", "EVENT_COPEID"),
    ("def kind_of(one: paging.MemoryFault) -> paging.EventKind: return one.kind", "FaultKind"),
    ("process[4] = b'x'", "__setitem__"),
    ("engine.clone_process(process.snapshot())", "clone_process"),
    ("engine.device('d', 4096, object())", "device"),
    ("engine.swap_on('s', store=None)", "swap_on"),
    ("engine.swap_on('s', 1 << 20, 3)", "swap_on"),
    ("def on(slots: paging.SwapStore) -> None: engine.swap_on('s', slots)", "swap_on"),
    ("process.snapshot().restor()", "restor"),
    ("paging.calls.sink(engine.handle)", "sink"),
]
# Methods of a protocol that an object need not have.
OPTIONAL = {"Backing": {"write", "set_length", "flush", "release"}, "Policy": {"begin", "missed", "hit", "evicted", "removed"}}
SETUP = "import paging\n\nengine = paging.Engine()\nprocess = engine.process()\n"


def maker():
    spec = importlib.util.spec_from_file_location("make_stubs", ROOT / "tools/make-stubs.py")
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


class StubTests(unittest.TestCase):
    def test_each_is_what_the_maker_makes(self):
        made = dict(maker().stubs())
        self.assertEqual(set(made), set((ROOT / "bindings/python/paging").glob("*.pyi")))
        for path, text in made.items():
            with self.subTest(path.name):    # versions of Python print the same tree differently
                same = ast.dump(ast.parse(path.read_text(encoding="utf-8"))) == ast.dump(ast.parse(text))
                self.assertTrue(same, "run tools/make-stubs.py")

    def test_each_class_has_the_members_that_it_has_at_run_time(self):
        trees = {path: ast.parse(path.read_text(encoding="utf-8")) for path in (ROOT / "bindings/python/paging").glob("*.pyi")}
        stubs = {node.name: node for tree in trees.values() for node in tree.body if isinstance(node, ast.ClassDef)}
        count = 0
        for name in paging.__all__:
            owner = getattr(paging, name)
            if not inspect.isclass(owner):
                continue
            functions = {node.name: node for node in stubs[name].body if isinstance(node, ast.FunctionDef)}
            for member, value in vars(owner).items():
                if member.startswith("_") or not inspect.isfunction(value):
                    continue
                if value.__name__ in OPTIONAL.get(name, ()):
                    continue
                with self.subTest(f"{name}.{member}"):
                    wanted = [one for one in inspect.signature(value).parameters.values() if one.kind != one.VAR_KEYWORD]
                    given = functions[member].args
                    names = [one.arg for one in given.posonlyargs + given.args + given.kwonlyargs]
                    self.assertEqual([one.name for one in wanted if one.kind != one.VAR_POSITIONAL], names[:len(wanted)])
                    count += 1
            self.assertEqual({member for member in functions if not member.startswith("_")} - set(dir(owner)), set())
        self.assertGreater(count, 150)

    def test_every_constant_has_its_value(self):
        tree = ast.parse((ROOT / "bindings/python/paging/__init__.pyi").read_text(encoding="utf-8"))
        found = {node.target.id: eval(ast.unparse(node.value), vars(paging))
                 for node in tree.body if isinstance(node, ast.AnnAssign) and node.value}
        self.assertEqual(found, paging.constants)

    def test_every_option_is_a_parameter(self):
        tree = ast.parse((ROOT / "bindings/python/paging/engine.pyi").read_text(encoding="utf-8"))
        engine = next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "Engine")
        for method, structure in (("__init__", "options"), ("process", "process_options")):
            given = next(node for node in engine.body if isinstance(node, ast.FunctionDef) and node.name == method).args.kwonlyargs
            fields = {name for name, _ in paging.structures[structure]._fields_ if not name.startswith(("size", "reserved"))}
            self.assertEqual(fields - {one.arg for one in given}, set())

    def test_the_package_says_that_it_is_typed(self):
        self.assertTrue((ROOT / "bindings/python/paging/py.typed").exists())
        self.assertRegex(paging.__version__, r"^\d+\.\d+\.\d+$")


class KindTests(unittest.TestCase):
    """What the checkers refuse, the first call refuses too."""

    def test_one_kind_is_not_taken_for_another(self):
        with paging.Engine() as engine, engine.process() as process, engine.windows_process() as windows:
            wrong = [
                (lambda: process.map(4096, paging.MAP_SHARED),
                 "Process.map: protection is <MapFlags.SHARED: 1>, and must be a paging.Protection"),
                (lambda: process.map(4096, paging.PROT_READ, paging.PROT_WRITE), "Process.map: flags is"),
                (lambda: process.advise(4096, 4096, paging.PROT_NONE), "Process.advise: advice is"),
                (lambda: process.watch(4096, 4, print, paging.ACCESS_WRITE), "Process.watch: accesses is <Access.WRITE: 1>"),
                (lambda: paging.ACCESS_WRITE | paging.PROT_EXEC, "two kinds: paging.Access and paging.Protection"),
                (lambda: process.protect(4096, 4096, paging.READ_WRITE), "Process.protect: protection is <Rights.READ_WRITE: 3>"),
                (lambda: engine.file("f").add_seals(paging.PROT_WRITE), "File.add_seals: seals is <Protection.WRITE: 2>"),
                (lambda: windows.alloc(0, 4096, paging.WINDOWS_MEM_COMMIT, paging.PROT_READ), "WindowsProcess.alloc: protection is"),
                (lambda: windows.free(0, 4096, paging.MADV_FREE), "WindowsProcess.free: type is"),
                (lambda: windows.protect(0, 4096, paging.WINDOWS_MEM_COMMIT), "WindowsProcess.protect: protection is"),
                (lambda: windows.create_mapping(paging.WINDOWS_SEC_COMMIT), "WindowsProcess.create_mapping: protection is"),
                (lambda: windows.create_mapping(paging.WINDOWS_PAGE_READ_ONLY, sections=paging.WINDOWS_PAGE_GUARD),
                 "WindowsProcess.create_mapping: sections is"),
                (lambda: windows.map_view(1, paging.WINDOWS_PAGE_READ_ONLY), "WindowsProcess.map_view: access is"),
                (lambda: paging.Engine(tables=paging.OVERCOMMIT_NEVER), "options: tables is"),
                (lambda: engine.set_overcommit(paging.TABLES_PAE), "Engine.set_overcommit: mode is"),
                (lambda: paging.PROT_READ | paging.MAP_SHARED, "two kinds: paging.Protection and paging.MapFlags"),
                (lambda: paging.MAP_SHARED & paging.PROT_READ, "two kinds: paging.MapFlags and paging.Protection"),
            ]
            for call, says in wrong:
                with self.subTest(says), self.assertRaises(TypeError) as refused:
                    call()
                self.assertIn(says, str(refused.exception))
            at = process.map(4096, 1 | paging.PROT_WRITE, 0x22)    # plain numbers are Linux' own, and pass
            self.assertEqual(process.maps()[0].protection, paging.PROT_READ | paging.PROT_WRITE)
            self.assertIs(process.shadow().state(at), paging.BYTE_GOOD)
            self.assertIs(pickle.loads(pickle.dumps(paging.MADV_FREE)), paging.MADV_FREE)
            with engine.record_events() as events, self.assertRaises(paging.MemoryFault) as refused:
                process.store(4096, 1)
            self.assertIs(refused.exception.kind, paging.FAULT_NOT_MAPPED)
            self.assertIs(pickle.loads(pickle.dumps(refused.exception)).kind, paging.FaultKind.NOT_MAPPED)
            self.assertEqual(paging.MemoryFault(99, 16).kind, 99)    # of a younger library
            self.assertEqual(pickle.loads(pickle.dumps(process.maps())), process.maps())

    def test_each_kind_is_taken_by_what_is_there(self):
        for place, kind in _kinds.TAKEN.items():
            owner, name = place.split(".")
            names = [field for field, _ in paging.structures[owner]._fields_] if owner in paging.structures else header.parameters[owner]
            self.assertIn(name, names)
            self.assertIn(kind, paging.__all__)
        taken = set(_kinds.TAKEN)
        for function, names in header.parameters.items():
            for name in {"protection", "flags", "advice", "modes", "features", "accesses", "seals", "types", "type"} & set(names):
                if f"{function}.{name}" not in taken:
                    self.assertIn(function, UNTYPED)


# Whose numbers have no constants in paging.h, or mean something else.
UNTYPED = {"memfd_create", "replay", "replay_file", "window_open", "fadvise"}


class CheckerTests(unittest.TestCase):
    """mypy and pyright, where they are: apt-get install mypy; npm install -g pyright."""

    @classmethod
    def setUpClass(cls):
        cls.cache = tempfile.TemporaryDirectory()    # of mypy: it reads the library's stubs once for all tests
        cls.addClassCleanup(cls.cache.cleanup)

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def run_checker(self, name, *files):
        if shutil.which(name) is None:
            self.skipTest(f"there is no {name} here")
        if name == "mypy":
            command = ["mypy", "--strict", "--cache-dir", self.cache.name, *files]
        else:
            paths = ", ".join(f'"{path}"' for path in files)
            pathlib.Path(self.folder.name, "pyrightconfig.json").write_text(
                f'{{"extraPaths": ["{ROOT}/bindings/python"], "typeCheckingMode": "strict", "include": [{paths}]}}', encoding="utf-8")
            command = ["pyright", "--project", self.folder.name]
        environment = {**os.environ, "MYPYPATH": str(ROOT / "bindings/python"), "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"}
        return subprocess.run(command, cwd=self.folder.name, env=environment, capture_output=True, text=True, timeout=300)

    def write(self, name, text):
        path = pathlib.Path(self.folder.name, name)
        path.write_text(text, encoding="utf-8")
        return str(path)

    def test_examples_and_documents_pass(self):
        for checker in ("mypy", "pyright"):
            with self.subTest(checker):
                documents = [self.write(f"document{at}.py", text.split("```")[0]) for at, text in enumerate(DOCUMENTED)]
                copies = [self.write(example.name, example.read_text(encoding="utf-8")) for example in EXAMPLES]
                ended = self.run_checker(checker, *documents, *copies)
                self.assertEqual(ended.returncode, 0, ended.stdout + ended.stderr)

    def test_wrong_programs_do_not(self):
        for checker in ("mypy", "pyright"):
            with self.subTest(checker):
                program = self.write("wrong.py", SETUP + "".join(line + "\n" for line, _ in WRONG))
                ended = self.run_checker(checker, program)
                self.assertEqual(ended.returncode, 1, ended.stdout + ended.stderr)
                first = SETUP.count("\n") + 1
                for number, (line, word) in enumerate(WRONG, first):
                    says = [one for one in ended.stdout.splitlines() if f"wrong.py:{number}:" in one]
                    self.assertTrue(any("error" in one for one in says), f"{checker} passes {line}")
                    self.assertIn(word, "\n".join(says))


if __name__ == "__main__":
    unittest.main()
