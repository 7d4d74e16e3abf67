#!/usr/bin/env python3
"""Makes small mistakes in the crates for Rust, and sees which their own tests notice: tools/mutants.py for another language.

    tools/rust-mutants.py --every 7               one of seven
    tools/rust-mutants.py --only objects.rs       a file
    tools/rust-mutants.py --list                  what there is

Comparisons move by one or turn around, conditions lose a side, numbers change by one, statements that only do something go away. A mutant is
a text: what does not compile counts for nothing. Each costs a compilation of the crate and its tests, some seconds. Arguments that are
exchanged or forgotten at the border are those of `tools/border.py breaks rust`.
"""
import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
SOURCES = pathlib.Path("bindings/rust/paging/src")
LIBRARY = ROOT / "src/interop/Paging.Interop/bin/Release/net10.0/linux-x64/publish"
CHANGES = [(r" <= ", " < "), (r" < (?=[\w(])", " <= "), (r" >= ", " > "), (r" == ", " != "), (r" != ", " == "), (r" && ", " || "),
           (r" \|\| (?=\w)", " && "), (r" \+ ", " - "), (r" - (?=\w)", " + "), (r"\b12\b", "11"), (r"\b4096\b", "4095"), (r"\b4095\b", "4094"),
           (r"\b64\b", "0"), (r"\.min\(", ".max("), (r"\bSome\((\w+)\)", "None"), (r"\btrue\b", "false"), (r"!(?=[\w(])(?!\w+!)", ""),
           (r"^( +)(?!let|return|use|pub|const|if|for|while|match|break|continue|type|debug)[a-z_.]+\(.*\)\??;$", r"\1")]


def mutants():
    """File, line from 0, the line after the change: outside comments, attributes, tests, types and macros' heads."""
    for path in sorted((ROOT / SOURCES).glob("*.rs")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines()):
            code, comment = re.match(r"(.*?)((?: *//.*)?)$", line).groups()
            if line.startswith(("#[test]", "mod tests")):
                break
            if not code.strip() or re.match(r" *(#|use |pub use |///|const |pub const |impl|fn |pub fn |pub\(crate\) fn |assert|macro)", code):
                continue
            for pattern, text in CHANGES:
                for found in re.finditer(pattern, code):
                    changed = code[:found.start()] + found.expand(text) + code[found.end():]
                    yield path.name, number, line, changed + comment


def run(folder, target, library):
    """Tests of the copy: "noticed", "survived", or "" if it does not compile."""
    environment = {**os.environ, "PAGING_LIBRARY_DIR": str(library), "LD_LIBRARY_PATH": str(library), "CARGO_TARGET_DIR": str(target),
                   "CARGO_NET_OFFLINE": "true", "RUSTFLAGS": "-A warnings", "RUST_BACKTRACE": "0"}
    made = subprocess.run(["cargo", "test", "--quiet", "--tests", "--no-run"], cwd=folder, env=environment, capture_output=True, check=False)
    if made.returncode != 0:
        return ""
    try:
        ended = subprocess.run(["cargo", "test", "--quiet", "--tests"], cwd=folder, env=environment, capture_output=True, timeout=120,
                               check=False)
    except subprocess.TimeoutExpired:
        return "noticed"
    return "noticed" if ended.returncode != 0 else "survived"


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--only", default="", help="files whose name contains this")
    options.add_argument("--every", type=int, default=1)
    options.add_argument("--offset", type=int, default=0)
    options.add_argument("--list", action="store_true")
    options.add_argument("--library", type=pathlib.Path, default=LIBRARY, help="the folder of libpaging.so")
    given = options.parse_args()
    chosen = [one for one in mutants() if given.only in one[0]][given.offset::given.every]
    if given.list:
        for name, number, line, changed in chosen:
            print(f"{name}:{number + 1}: {line.strip()}  ==>  {changed.strip()}")
        return
    with tempfile.TemporaryDirectory() as name:
        copy = pathlib.Path(name)
        shutil.copytree(ROOT / "bindings", copy / "bindings", ignore=shutil.ignore_patterns("target", "python"))
        folder, target, counts = copy / "bindings/rust", copy / "target", {"noticed": 0, "survived": 0, "": 0}
        if run(folder, target, given.library) != "survived":
            sys.exit("the tests fail without a mistake")
        for name, number, line, changed in chosen:
            path = copy / SOURCES / name
            sound = path.read_text(encoding="utf-8")
            lines = sound.splitlines()
            lines[number] = changed
            path.write_text("\n".join(lines) + "\n", encoding="utf-8")
            what = run(folder, target, given.library)
            path.write_text(sound, encoding="utf-8")
            counts[what] += 1
            if what == "survived":
                print(f"{name}:{number + 1}: {line.strip()}  ==>  {changed.strip()}", flush=True)
        print(f"{len(chosen)} mutants: {counts['noticed']} noticed, {counts['survived']} survived, {counts['']} do not compile")


if __name__ == "__main__":
    main()
