#!/usr/bin/env python3
"""Sees which arguments the tests of C, Python and Rust give to the functions of paging.h, and which of them matter to those tests.

    tools/border.py seen c                what no row of the tables of C has given, as a list; exit 1 if there is any
    tools/border.py seen python rust      the same of the bindings' own tests
    tools/border.py breaks c              exchanges two arguments of a type, or forgets one, and runs the tables: what none notices
    tools/border.py breaks python --only ledger_

A library that is made here stands between the program and libpaging.so. It has each function of the header, calls the real one, and
notes what the calls that succeed have given: whether a number or handle was twice the same and never another, whether two arguments of
one type ever differed, and whether a pointer was ever NULL. So a new function or parameter is in the list on the day it appears. What
need not differ, with the reason, is in tools/border.excused. With PAGING_BREAK it is the border with one mistake in it.
"""
import argparse
import collections
import itertools
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "bindings/python/paging"))    # the module without the package, which would load the library
import _header

HEADER = ROOT / "bindings/c/paging.h"
LIBRARY = ROOT / "src/interop/Paging.Interop/bin/Release/net10.0/linux-x64/publish"
PROGRAMS = ROOT / "tests/interop/Paging.Interop.Tests/programs"
FUNCTION = re.compile(r"^((?:const )?\w+ \*?)(paging_\w+)\(([^)]*)\);", re.M)
PARAMETER = re.compile(r"(.*?)(\w+)$", re.S)

PROLOGUE = r"""
#define _GNU_SOURCE
#define PAGING_UNTYPED_HANDLES
#include "paging.h"
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

typedef struct { uint64_t first; unsigned char has, differs, null, other; } parameter;
typedef struct { const char *name; int count; unsigned calls; parameter of[12]; unsigned char apart[12][12]; } function;
static int broken = -1, left = -1, right = -1;

static void *real(const char *name)
{
    static void *library;
    if (!library && !(library = dlopen(getenv("PAGING_REAL"), RTLD_NOW | RTLD_LOCAL))) abort();
    return dlsym(library, name);
}

static void note(function *f, const uint64_t *values, const char *types)
{
    f->calls++;
    for (int i = 0; i < f->count; i++) {
        if (!f->of[i].has) f->of[i].first = values[i], f->of[i].has = 1;
        if (values[i] != f->of[i].first) f->of[i].differs = 1;
        for (int j = 0; j < i; j++) if (types[i] == types[j] && values[i] != values[j]) f->apart[i][j] = 1;
    }
}

static void given(function *f, const uint64_t *values)
{
    for (int i = 0; i < f->count; i++) *(values[i] ? &f->of[i].other : &f->of[i].null) = 1;
}

/* The mistake: two arguments are exchanged, or one is always what it was in the first call that succeeded. */
static void mistake(function *f, int number, uint64_t *values)
{
    if (number != broken) return;
    if (right >= 0) { uint64_t kept = values[left]; values[left] = values[right], values[right] = kept; }
    else if (f->of[left].has) values[left] = f->of[left].first;
}
"""

EPILOGUE = r"""
__attribute__((constructor)) static void begin(void)
{
    const char *text = getenv("PAGING_BREAK");
    if (text) sscanf(text, "%d %d %d", &broken, &left, &right);
}

__attribute__((destructor)) static void end(void)
{
    static char line[1 << 16];
    const char *path = getenv("PAGING_SEEN");
    int used = 0, file = path ? open(path, O_WRONLY | O_CREAT | O_APPEND, 0600) : -1;
    if (file < 0) return;
    for (size_t n = 0; n < sizeof functions / sizeof *functions; n++) {
        function *f = &functions[n];
        used += sprintf(line + used, "%d %u", (int)n, f->calls);
        for (int i = 0; i < f->count; i++) {
            used += sprintf(line + used, " %d%d%d:", f->of[i].differs, f->of[i].null, f->of[i].other);
            for (int j = 0; j < i; j++) used += sprintf(line + used, "%d", f->apart[i][j]);
        }
        used += sprintf(line + used, "\n");
    }
    if (write(file, line, (size_t)used) != used) abort();
    close(file);
}
"""


class Function:
    """A function of the header: its result, and its parameters as types and names."""

    def __init__(self, result, name, parameters):
        self.result, self.name, self.parameters = result.strip(), name, []
        for one in [] if parameters.strip() == "void" else parameters.split(","):
            kind, called = PARAMETER.match(one.strip()).groups()
            self.parameters.append((" ".join(kind.split()), called))

    def is_pointer(self, at):
        return "*" in self.parameters[at][0]

    def source(self, number):
        """The function that stands before the real one."""
        types = [kind.replace("const ", "") for kind, _ in self.parameters]
        letters = "".join(chr(ord("a") + types.index(kind)) for kind in types)
        count, names = len(types), [name for _, name in self.parameters]
        declared = ", ".join(f"{kind} {name}" for kind, name in self.parameters) or "void"
        words = ", ".join(f"(uint64_t)(uintptr_t){name}" if self.is_pointer(at) else f"(uint64_t){name}" for at, name in enumerate(names))
        passed = ", ".join(f"({kind})(uintptr_t)v_[{at}]" if self.is_pointer(at) else f"({kind})v_[{at}]"
                           for at, (kind, _) in enumerate(self.parameters))
        succeeds = "gave_ != 0" if "*" in self.result else "gave_ >= 0"
        return f"""
{self.result} {self.name}({declared})
{{
    static {self.result} (*call_)({declared});
    uint64_t v_[{count + 1}] = {{ {words or "0"} }};
    function *f_ = &functions[{number}];
    if (!call_) *(void **)&call_ = real("{self.name}");
    given(f_, v_), mistake(f_, {number}, v_);
    {self.result} gave_ = call_({passed});
    if ({succeeds}) note(f_, v_, "{letters}");
    return gave_;
}}
"""


def read_header():
    text = _header.declarations(HEADER.read_text(encoding="utf-8"))
    return [Function(*found) for found in FUNCTION.findall(text)]


def make_library(functions, folder):
    """Compiles the library that stands between, under the name of the real one."""
    rows = ",\n".join(f'    {{ .name = "{one.name}", .count = {len(one.parameters)} }}' for one in functions)
    source, made = folder / "border.c", folder / "libpaging.so"
    source.write_text(PROLOGUE + f"\nstatic function functions[] = {{\n{rows}\n}};\n"
                      + "".join(one.source(number) for number, one in enumerate(functions)) + EPILOGUE)
    subprocess.run(["gcc", "-w", "-shared", "-fPIC", f"-I{HEADER.parent}", source, "-o", made, "-ldl", "-Wl,-soname,libpaging.so"],
                   check=True)
    return made


class Tests:
    """The tests of one language, which run on any library of the name."""

    def __init__(self, language, folder, shim):
        self.language, self.folder, self.shim = language, folder, shim
        self.programs = []
        if language == "c":
            sources = sorted(PROGRAMS.glob("table*.c"), key=lambda one: ("twins" not in one.stem, one.stem))    # those that notice most
            compilers = [subprocess.Popen(["gcc", "-std=c99", f"-I{HEADER.parent}", source, "-o", folder / source.stem, f"-L{shim.parent}",
                                           "-lpaging", "-lpthread", "-ldl"]) for source in sources]
            assert not any([one.wait() for one in compilers])
            self.programs = [[folder / source.stem, folder / f"{source.stem}.file"] for source in sources]
        elif language == "python":
            self.programs = [[sys.executable, "-B", "-m", "unittest", name] for name in ("test_twins", "test_table.TableTests")]
        else:
            asked = subprocess.run(["cargo", "test", "--no-run", "--quiet", "--tests"], cwd=ROOT / "bindings/rust", check=True, text=True,
                                   capture_output=True, env=self.environment({"PAGING_LIBRARY_DIR": str(LIBRARY)}, "--message-format=json"))
            self.programs = [[one] for one in sorted(self.target().glob("debug/deps/*")) if os.access(one, os.X_OK) and not one.suffix]
            assert self.programs, asked.stderr

    def target(self):
        return ROOT / "artifacts/border-rust"

    def environment(self, more, _=None):
        return {**os.environ, "PAGING_REAL": str(LIBRARY / "libpaging.so"), "LD_LIBRARY_PATH": str(self.shim.parent),
                "PAGING_LIBRARY": str(self.shim), "PYTHONPATH": str(ROOT / "bindings/python"), "CARGO_TARGET_DIR": str(self.target()),
                "CARGO_NET_OFFLINE": "true", **more}

    def run(self, **more):
        """Runs all, until one fails. Returns the command that did and what it said, or None."""
        folder = ROOT / "bindings/python/tests" if self.language == "python" else ROOT
        for command in self.programs:
            preload = {"LD_PRELOAD": str(self.shim)} if self.language == "rust" else {}
            try:
                ended = subprocess.run(command, cwd=folder, env=self.environment({**preload, **more}), capture_output=True, text=True,
                                       timeout=120, errors="replace")
            except subprocess.TimeoutExpired:
                return command, "it has not ended"
            if ended.returncode != 0:
                return command, ended.stdout + ended.stderr
        return None


def read_seen(path, functions):
    """For each function: its successful calls; parameters that had two values, were NULL, were not; and pairs that differed."""
    calls, various, null, other, apart = collections.Counter(), set(), set(), set(), set()
    for line in path.read_text().splitlines():
        number, count, *cells = line.split()
        name = functions[int(number)].name
        calls[name] += int(count)
        for at, cell in enumerate(cells):
            marks, pairs = cell.split(":")
            for mark, kept in zip(marks, (various, null, other)):
                if mark == "1":
                    kept.add((name, at))
            apart.update((name, to, at) for to, mark in enumerate(pairs) if mark == "1")
    return calls, various, null, other, apart


def missing(functions, path, language):
    """What the rows have not given, a line each. A function that the binding leaves out (bindings/names.csv) needs none."""
    calls, various, null, other, apart = read_seen(path, functions)
    left_out = names_left_out(language)
    for one in functions:
        if one.name in left_out:
            continue
        if not calls[one.name]:
            yield f"{one.name}: no call of it succeeds"
            continue
        for at, (kind, name) in enumerate(one.parameters):
            if one.is_pointer(at) and language != "c":
                continue    # the binding makes them
            elif one.is_pointer(at):
                for was, what in ((null, "NULL"), (other, "anything but NULL")):
                    if (one.name, at) not in was:
                        yield f"{one.name}: {name} is never {what}"
            elif (one.name, at) not in various:
                yield f"{one.name}: {name} is the same in every call that succeeds"
        for left, right in pairs(one):
            if (one.name, left, right) not in apart:
                yield f"{one.name}: {one.parameters[left][1]} and {one.parameters[right][1]} never differ in a call that succeeds"


def names_left_out(language):
    """The functions that a language does not have: their cell begins with -, and says why."""
    if language == "c":
        return set()
    lines = [line for line in (ROOT / "bindings/names.csv").read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    at = lines[0].split(";").index(language)
    return {f"paging_{line.split(';')[0]}" for line in lines[1:] if line.split(";")[at].startswith("-")}


def pairs(one):
    kinds = [kind.replace("const ", "") for kind, _ in one.parameters]
    return [(left, right) for left, right in itertools.combinations(range(len(kinds)), 2) if kinds[left] == kinds[right]]


def breaks(functions, only):
    """Every mistake: a text, and what PAGING_BREAK must be."""
    for number, one in enumerate(functions):
        if only not in one.name:
            continue
        names = [name for _, name in one.parameters]
        for left, right in pairs(one):
            yield f"{one.name}: {names[left]} and {names[right]} exchanged", f"{number} {left} {right}"
        for at, name in enumerate(names):
            if not one.is_pointer(at):
                yield f"{one.name}: {name} is that of the first call", f"{number} {at}"


def excused(language):
    """The lines that need not hold, from tools/border.excused: LANGUAGES | LINE | reason."""
    found = set()
    for line in (ROOT / "tools/border.excused").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            languages, what, _ = (part.strip() for part in line.split("|"))
            if language in languages.split():
                found.add(what)
    return found


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("what", choices=["seen", "breaks"])
    options.add_argument("languages", nargs="+", choices=["c", "python", "rust"])
    options.add_argument("--only", default="", help="breaks: functions whose name contains this")
    options.add_argument("--every", type=int, default=1, help="breaks: one of so many")
    given = options.parse_args()
    functions, code = read_header(), 0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        shim = make_library(functions, folder)
        for language in given.languages:
            tests, path = Tests(language, folder, shim), folder / f"{language}.seen"
            failed = tests.run(PAGING_SEEN=str(path))
            if failed:
                sys.exit(f"{' '.join(map(str, failed[0]))} fails without a mistake:\n{failed[1]}")
            allowed = excused(language)
            if given.what == "seen":
                found = list(missing(functions, path, language))
                wrong = [line for line in found if line not in allowed]
                wrong += [f"{line}: excused in tools/border.excused, and not true" for line in sorted(allowed - set(found))]
            else:
                tried = list(breaks(functions, given.only))[::given.every]
                wrong = [line for line, mistake in tried if not tests.run(PAGING_BREAK=mistake)]
                print(f"{language}: {len(tried)} mistakes, {len(wrong)} not noticed")
            for line in wrong:
                print(f"{language}: {line}")
            code |= bool(wrong)
    sys.exit(code)


if __name__ == "__main__":
    main()
