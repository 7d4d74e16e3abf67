#!/usr/bin/env python3
"""Mutants of Paging.Interop (see tools/mutants.py), whose tests run the native library: the programs in C and C++, and Python's tests.

    tools/interop-mutants.py --every 25               one of 25
    tools/interop-mutants.py --every 25 --again       what was not noticed, after programs were changed: nothing is published again
    tools/interop-mutants.py --table                  the table, from the last results

All mutants are in one library, which the environment of a process chooses from (PAGING_MUTANT): it is published once. Each program says
which mutants it reaches. For a mutant those that reach it run, the quickest first, until one fails.
"""
import argparse
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import time

import mutants

ASSEMBLY, PYTHON = "Paging.Interop", "bindings/python"
PROGRAMS = "tests/interop/Paging.Interop.Tests/programs"
NOTICED = ("noticed", "hangs")


def publish(shop, listing):
    """Compiles all mutants, and the library of them."""
    workshop = mutants.Workshop(shop)
    shop.mkdir(parents=True, exist_ok=True)
    workshop.prepare(["Interop"])
    made = shop / f"{ASSEMBLY}.dll"
    workshop.make(ASSEMBLY, workshop.arguments(ASSEMBLY), made, listing)
    shutil.copyfile(made, workshop.built(ASSEMBLY))
    subprocess.run(["dotnet", "publish", mutants.folder_of(shop / "src", ASSEMBLY), "-c", "Release", "--no-build", "-v", "quiet",
                    "-p:SkipCompilerExecution=true"], cwd=shop, check=True)    # or it would compile the sound assembly again


class Test:
    """A program that ends with 0 unless it notices a mistake."""

    def __init__(self, name, command, folder, library):
        self.name, self.command, self.folder, self.library = name, command, folder, library    # {file}: a name in a folder of its own
        self.seconds, self.reached = 0.0, frozenset()

    def run(self, limit, **more):
        environment = {**os.environ, "LD_LIBRARY_PATH": str(self.library), "PAGING_LIBRARY": str(self.library / "libpaging.so"),
                       "PYTHONPATH": str(mutants.HERE / PYTHON), **more}
        with tempfile.TemporaryDirectory() as folder:
            command = [str(word).replace("{file}", f"{folder}/file") for word in self.command]
            try:
                ended = subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, timeout=limit, check=False)
            except subprocess.TimeoutExpired:
                return "hangs"
        return "noticed" if ended.returncode != 0 else ""

    def explore(self, seen):
        """Twice without a mutant: it must pass, and the second time is the time it takes."""
        seen.write_bytes(bytes(1 << 16))
        failed = self.run(300, PAGING_MUTANTS_SEEN=str(seen))
        began = time.monotonic()
        failed = failed or self.run(300)
        self.seconds = time.monotonic() - began
        self.reached = frozenset(number for number, byte in enumerate(seen.read_bytes()) if byte)
        print(f"{self.name}: {self.seconds:.1f} s, {len(self.reached)} reached{', left out: it fails' if failed else ''}", flush=True)
        return not failed


def tests(shop, library, given):
    folder, found = shop / "programs", []
    folder.mkdir(exist_ok=True)
    sources = [one for one in sorted((mutants.HERE / PROGRAMS).glob("*.c*")) if given.tests in one.stem and one.stem != "limited"]
    options = ["-O1", f"-I{mutants.HERE}/bindings/c", f"-L{library}", "-lpaging", "-lpthread", "-ldl"]
    making = []
    for source in sources:
        command = ["gcc", "-std=c99", source] if source.suffix == ".c" else ["g++", "-std=c++20", source, folder / "sanitizers.o"]
        if source.suffix != ".c":
            subprocess.run(["gcc", "-c", f"-I{mutants.HERE}/bindings/c", mutants.HERE / "bindings/c/paging_sanitizers.c", "-o",
                            folder / "sanitizers.o"], check=True)
        making.append(subprocess.Popen([*command, "-o", folder / source.stem, *options]))
        found.append(Test(source.stem, [folder / source.stem, "{file}"], mutants.HERE, library))
    assert not any([one.wait() for one in making])
    for source in sorted((mutants.HERE / PYTHON / "tests").glob("test_*.py")):
        if given.tests in source.stem:
            found.append(Test(source.stem, [sys.executable, "-B", "-m", "unittest", source.stem], source.parent, library))
    return [one for one in found if one.explore(shop / "seen")]


def attempt(number, reaching, seconds):
    began, count = time.monotonic(), 0
    for test in sorted(reaching, key=lambda one: one.seconds):
        if time.monotonic() - began > seconds:
            break
        count += 1
        if failed := test.run(15 + 20 * test.seconds, PAGING_MUTANT=str(number)):
            return f"{failed}\t{test.name}"
    return f"survived\t{count} of {len(reaching)}" if reaching else "uncovered"


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--only", default="", help="files whose path begins with one of these, with commas between")
    options.add_argument("--every", type=int, default=1)
    options.add_argument("--offset", type=int, default=0, help="the first one of --every: another sample of the same size")
    options.add_argument("--seconds", type=int, default=60, help="of tests for each mutant")
    options.add_argument("--shop", type=pathlib.Path, default=pathlib.Path("/tmp/paging-mutants"))
    options.add_argument("--tests", default="", help="only programs and tests whose name contains this")
    options.add_argument("--again", action="store_true", help="only what was not noticed last time, with the library as it was")
    options.add_argument("--table", action="store_true")
    given = options.parse_args()
    shop, listing, results = given.shop, given.shop / f"{ASSEMBLY}.mutants", given.shop / f"{ASSEMBLY}.results"
    if not given.table and not given.again:
        publish(shop, listing)
        results.write_text("")
    known = {int(line.split("\t")[0]): line.split("\t") for line in listing.read_text().strip().split("\n")}
    equal, state = mutants.equivalents(ASSEMBLY), mutants.read_results(results)
    chosen = [number for number, fields in known.items() if fields[1].startswith(tuple(given.only.split(",")))][given.offset::given.every]
    todo = [number for number in chosen if mutants.key(known[number]) not in equal and state.get(number, [""])[0] not in NOTICED]
    random.Random(given.offset).shuffle(todo)    # a run that is stopped early has tried a sample of the sample
    if not given.table:
        library = mutants.folder_of(shop / "src", ASSEMBLY) / "bin/Release/net10.0/linux-x64/publish"
        having = tests(shop, library, given)
        for number in todo:
            with open(results, "a") as file:
                file.write(f"{number}\t{attempt(number, [one for one in having if number in one.reached], given.seconds)}\n")
    state = mutants.read_results(results)
    for number in chosen:
        fields, what = known[number], state.get(number, ["not tried"])
        if what[0] not in NOTICED and mutants.key(fields) not in equal:
            print(f"{number} {fields[1]}:{fields[2]}:{fields[3]} {fields[4]}: {fields[5]}  [{' '.join(what)}]")
    mutants.table({number: known[number] for number in chosen}, state, equal)


if __name__ == "__main__":
    main()
