#!/usr/bin/env python3
"""Writes what type checkers read of the Python package: a .pyi beside each of its modules, from the module's text and from paging.h.

    python3 tools/make-stubs.py

Options become named parameters, constants and the results of calls get the names and fields that paging.h has.
bindings/python/tests/test_stubs.py fails while a .pyi differs from what this makes.
"""
import ast
import ctypes
import importlib.util
import pathlib
import re
import textwrap

ROOT = pathlib.Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "bindings/python/paging"
HEAD = "# Made by tools/make-stubs.py.\n"
# Which parameters stand for fields of a structure, and the fields that other parameters set.
OPTIONS = {
    ("Engine", "__init__"): ("options", {"policy"}),
    ("Engine", "process"): ("process_options", {"group"}),
}


def load(module):
    """A module of the package without the package, which would load the library."""
    spec = importlib.util.spec_from_file_location(module, PACKAGE / f"{module}.py")
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


HEADER = load("_header").Header((ROOT / "bindings/c/paging.h").read_text(encoding="utf-8"))
KINDS = load("_kinds")
MEMBERS = {KINDS.KINDS[kind][0] + name: f"{kind}.{name}" for kind in KINDS.KINDS for name in KINDS.members_of(kind, HEADER.constants)}


def fields_of(structure):
    return [(name, kind) for name, kind in HEADER.structures[structure]._fields_ if not name.startswith(("size", "reserved"))]


NUMBERS = (ctypes.c_uint8, ctypes.c_int32, ctypes.c_uint32, ctypes.c_int64, ctypes.c_uint64)


def is_private(name):
    return name.startswith("_") and not name.endswith("__")


class Unquoted(ast.NodeTransformer):
    """Types are not in quotes in a .pyi."""

    def visit_Constant(self, node):
        return ast.parse(node.value, mode="eval").body if isinstance(node.value, str) else node


def type_of(annotation):
    return ast.unparse(Unquoted().visit(annotation))


def stub_of_function(node, owner=None):
    """A function without its body. Defaults that are no literals are left to the module."""
    arguments = node.args
    if (owner, node.name) in OPTIONS:
        structure, set_otherwise = OPTIONS[owner, node.name]
        for name, _ in fields_of(structure):
            if name not in set_otherwise:
                arguments.kwonlyargs.append(ast.arg(name, ast.Name(KINDS.TAKEN.get(f"{structure}.{name}", "int"))))
                arguments.kw_defaults.append(ast.Constant(...))
        arguments.kwarg = None
    for defaults in (arguments.defaults, arguments.kw_defaults):
        defaults[:] = [one if one is None or isinstance(one, ast.Constant) else ast.Constant(...) for one in defaults]
    lines = [f"@{ast.unparse(one)}" for one in node.decorator_list]
    for one in ast.walk(arguments):
        if isinstance(one, ast.arg) and one.annotation:
            one.annotation = Unquoted().visit(one.annotation)
    returned = f" -> {type_of(node.returns)}" if node.returns else ""
    return [*lines, *wrapped(f"def {node.name}({ast.unparse(arguments)}){returned}: ...")]


def wrapped(line):
    """A long line as several, which end at spaces within its brackets: no name or default has one."""
    start, arrow, end = line.partition(" -> ") if line.startswith("def ") else (line, "", "")
    lines = textwrap.wrap(start, 110, subsequent_indent="        ", break_long_words=False, break_on_hyphens=False)
    return [*lines[:-1], lines[-1] + arrow + end]


def decorators(node):
    return {ast.unparse(one) for one in node.decorator_list}


def stub_of_class(node):
    lines, overloaded = [], set()
    for item in node.body:
        if isinstance(item, ast.AnnAssign) and not is_private(item.target.id):
            lines.append(f"{item.target.id}: {type_of(item.annotation)}" + (" = ..." if item.value else ""))
        elif isinstance(item, ast.ClassDef):
            lines += stub_of_class(item)
        elif isinstance(item, ast.FunctionDef) and not is_private(item.name) and "may_be_missing" not in decorators(item):
            if "overload" in decorators(item):
                overloaded.add(item.name)
            elif item.name in overloaded or item.name in ("__getattr__", "__del__"):
                continue
            lines += stub_of_function(item, node.name)
    bases = ", ".join(ast.unparse(one) for one in node.bases)
    return [f"class {node.name}({bases}):" if bases else f"class {node.name}:", *(f"    {line}" for line in lines or ["..."]), ""]


def of_ctypes(kind):
    return "int" if issubclass(kind, NUMBERS) else "Any"


def stub_of_calls():
    """The functions of paging.h as they are: a handle is a number, a pointer what ctypes takes for one."""
    lines = ["class Calls:"]
    for name, (result, types) in HEADER.functions.items():
        parameters = ["self", *(f"{which}: {of_ctypes(kind)}" for which, kind in zip(HEADER.parameters[name], types))]
        gives = "Optional[bytes]" if result is ctypes.c_char_p else of_ctypes(result)
        lines += (f"    {line}" for line in wrapped(f"def {name}({', '.join(parameters)}) -> {gives}: ..."))
    return lines + [""]


def stub_of_results(text):
    names = ast.literal_eval(re.search(r"^NAMES = (\{.*?^\})", text, re.S | re.M)[1])
    lines = ["from typing import NamedTuple", ""]
    for name, structure in names.items():
        lines += [f"class {name}(NamedTuple):", *(f"    {field}: {KINDS.GIVEN.get(f'{structure}.{field}', 'int')}" for field, _ in fields_of(structure)), ""]
    return [f"from ._kinds import {', '.join(sorted(set(KINDS.GIVEN.values())))}", *lines]


def stub_of_kinds():
    """Flags mix with those of their own kind alone: IntFlag would take any number."""
    lines = ["import enum", "from typing import Any, Dict", ""]
    for name, (_, is_set) in KINDS.KINDS.items():
        lines += [f"class {name}(enum.{'IntFlag' if is_set else 'IntEnum'}):"]
        lines += [f"    {one} = {value}" for one, value in KINDS.members_of(name, HEADER.constants).items()]
        if is_set:
            operators = ("__or__", "__ror__", "__and__", "__rand__")
            lines += [f"    def {one}(self, other: {name}) -> {name}: ...  # type: ignore[override]" for one in operators]
        lines.append("")
    return lines + [
        "def define(constants: Dict[str, int]) -> None: ...",
        "def check_kind(call: str, which: str, value: Any, kind: str) -> None: ...",
        "def named(kind: str, number: int) -> Any: ...", ""]


def stub_of_module(path):
    """The text of the .pyi."""
    text = path.read_text(encoding="utf-8")
    if path.stem == "_kinds":
        return HEAD + "\n".join(stub_of_kinds())
    if path.stem == "_results":
        return HEAD + "\n".join(stub_of_results(text))
    imports, lines = [], []
    for node in ast.parse(text).body:
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            imports += node.body
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            imports.append(node)
        elif isinstance(node, ast.ClassDef):
            if lines and lines[-1]:
                lines.append("")
            if node.name == "Calls":
                lines += stub_of_calls()
            elif node.name != "CheckedCalls" and not is_private(node.name):
                lines += stub_of_class(node)
        elif isinstance(node, ast.FunctionDef) and not is_private(node.name) and not node.name.endswith("__"):
            lines += stub_of_function(node)
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name, value = node.targets[0].id, ast.unparse(node.value)
            if name == "__all__" or re.match(r"(Union|TypeVar)\b", value):
                lines += wrapped(f"{name} = {value if name == '__all__' or 'TypeVar' in value else type_of(node.value)}")
            elif name == "__version__":
                lines.append("__version__: str")
            elif value in MEMBERS.values():
                lines.append(f"{name}: Final = {value}")
            elif isinstance(node.value, ast.Constant) and not is_private(name):
                lines.append(f"{name}: {type(node.value.value).__name__}")
    if path.stem == "_library":
        lines += ["header: Any", "constants: Dict[str, int]", "structures: Dict[str, Any]", "calls: Calls", "checked: Any", "local: Any"]
    if path.stem == "__init__":
        lines += [f"{name}: Final = {MEMBERS.get(name, value)}" for name, value in HEADER.constants.items()]
    body = "\n".join(lines) + "\n"
    is_package = path.stem == "__init__"
    head = []
    for node in imports:
        names = [one for one in node.names if is_package or re.search(rf"\b{one.asname or one.name}\b", body)]
        if not names:
            continue
        if isinstance(node, ast.Import):
            head += [f"import {one.name}" for one in names]
        else:
            module = "." * node.level + (node.module or "")
            if is_package and node.level == 0:
                continue
            head.append(f"from {module} import " + ", ".join(f"{one.name} as {one.asname}" if one.asname else one.name for one in names))
    if "Final" in body:
        head.append("from typing import Final")
    return HEAD + "\n".join(head) + "\n\n" + body


def stubs():
    """The path and the text of each .pyi."""
    for path in sorted(PACKAGE.glob("*.py")):
        if path.stem != "_header":
            yield path.with_suffix(".pyi"), stub_of_module(path)


if __name__ == "__main__":
    for path, text in stubs():
        path.write_text(text, encoding="utf-8")
