#!/usr/bin/env python3
"""Reads the bindings as text: each call of paging.h gets what the caller gave, as it is, and somebody looks at its result.

    tools/passed.py                what differs, as a list; exit 1 if there is anything

An argument that is a number or a handle is a name: `flags`, `flags.bits()`, `self.handle`, `len(data)`. A mask, a bound, a constant, or the
name of another parameter of the same function is a line of the list, and so is a call whose result is dropped. The names that a crate or a
class writes again are those of paging.h: constants, fields of structures, options and their types. tools/passed.excused has the lines that
are meant, with the reason. No library and no compiler is needed, so a new method is held on the day it is written.
"""
import pathlib
import re
import sys

sys.dont_write_bytecode = True
import border

ROOT = border.ROOT
FILES = {"cpp": ("bindings/c", "*.hpp"), "python": ("bindings/python/paging", "*.py"), "rust": ("bindings/rust/paging/src", "*.rs")}
COMMENTS = {"cpp": r"//[^\n]*|/\*.*?\*/", "python": r'(?<!["\'])#[^\n]*|""".*?"""', "rust": r"//[^\n]*"}
CALLS = {"cpp": r"(?<![\w:])paging_(\w+)\s*([(,])", "python": r"\bcalls\.(\w+)([(,])", "rust": r"\bsys::paging_(\w+)(\()"}
PLAIN = re.compile(r"&?(?:self\.)?[a-z_]+(?:\.[a-z_]+)*(?:\.(?:bits|number|into|handle|raw|memory)\(\))?(?: as u?\w+)?|(?:raw|memory)\(\)")
LENGTH = re.compile(r"len\([a-z_]+\)|(?:static_cast<std::uint32_t>\()?[a-z]+\.(?:len|size|capacity)\(\)\)?(?: as u?\w+)?"
                    r"|sizeof value|size_of::<V>\(\) as u32")
HANDLE = re.compile(r".*(?:handle(?:\(\))?|raw\(\)|memory\(\)|handle_)$")
STATEMENT = {"cpp": r"[;{}]\s*$", "python": r"\n\s*(?:_ = )?$", "rust": r"(?:[;{}]|=>|let _ =)\s*unsafe \{\s*$"}


def without_comments(language, text):
    return re.sub(COMMENTS[language], lambda found: re.sub(r"[^\n]", " ", found[0]), text, flags=re.S)


def arguments(text, at):
    """The arguments after a place: of the call whose parenthesis is before it, or the rest of the call that is given the function."""
    depth, found = 0, [""]
    for letter in text[at:]:
        depth += (letter in "([{") - (letter in ")]}")
        if depth < 0:
            break
        if letter == "," and depth == 0:
            found.append("")
        else:
            found[-1] += letter
    return [" ".join(one.split()) for one in found if one.strip()]


def of_calls(language, functions):
    """What is wrong with the calls of a language."""
    folder, pattern = FILES[language]
    for path in sorted((ROOT / folder).glob(pattern)):
        text = without_comments(language, path.read_text(encoding="utf-8"))
        for found in re.finditer(CALLS[language], text):
            function = functions.get(f"paging_{found[1]}")
            if function is None:
                continue
            names, given = [name for _, name in function.parameters], arguments(text, found.end())
            if found[2] == "," and function.parameters[0][0].startswith("paging_") and not HANDLE.match(given[0]):
                given.insert(0, "self.handle")    # by the function that makes the call
            for (kind, name), one in zip(function.parameters, given):
                words = re.findall(r"[a-z_]+", one)
                if one.startswith("*"):
                    break    # several arguments
                if "*" in kind or LENGTH.fullmatch(one):
                    continue
                if not PLAIN.fullmatch(one) or name not in words and any(word in names for word in words):
                    yield f"{function.name}: {name} gets {one}"
            before = text[:found.start()]
            outer = re.findall(r"\bfn (\w+)", before)[-1:] if language == "rust" else []
            if found[2] == "(" and re.search(STATEMENT[language], before) and outer != ["drop"] and "void" not in function.result:
                yield f"{function.name}: the result is dropped in {path.name}"


def of_names(structures):
    """The names that Rust and C++ write again: constants, fields, options."""
    sources = {path.name: path.read_text(encoding="utf-8") for path in sorted((ROOT / FILES["rust"][0]).glob("*.rs"))}
    for name, text in sources.items():
        for left, right in re.findall(r"\b(\w+) = sys::PAGING_(\w+)\b(?! \|)", without_comments("rust", text)):
            plain = left.replace("_", "").upper()
            if not right.replace("_", "").endswith(plain):
                yield f"{name}: {left} is PAGING_{right}"
        for left, right in re.findall(r"^ +(\w+): raw\.(\w+)\b", text, re.M):
            if left != right:
                yield f"{name}: {left} is the field {right}"
    header = re.sub(r"#define .*?(?<!\\\\)\n", "", (ROOT / "bindings/c/paging.hpp").read_text(encoding="utf-8"), flags=re.S)
    for owner, kind, field in re.findall(r"PAGING_OPTION\((\w+), (?:std::)?(\w+), (\w+)\)", header):
        declared = structures[f"paging_{owner}"].get(field)
        if declared != ("uint32_t" if kind == "bool" else kind):
            yield f"paging.hpp: {owner}.{field} is {kind}, and {declared} in paging.h"
    for owner in sorted(set(re.findall(r"PAGING_OPTION\((\w+), ", header))):
        for field in structures[f"paging_{owner}"]:
            if not re.match("size|reserved", field) and not re.search(rf"PAGING_OPTION\({owner}, [\w:]+, {field}\)", header):
                yield f"paging.hpp: {owner} has no option {field}"


def read_structures():
    text = border._header.declarations(border.HEADER.read_text(encoding="utf-8"))
    return {name: {field: kind for kind, field in re.findall(r"(\w+) (\w+);", body)}
            for body, name in re.findall(r"typedef struct \w+ \{([^}]*)\} (\w+);", text)}


def main():
    functions = {one.name: one for one in border.read_header()}
    found = {f"{language} | {line}" for language in FILES for line in of_calls(language, functions)}
    found |= {f"names | {line}" for line in of_names(read_structures())}
    rows = [line for line in (ROOT / "tools/passed.excused").read_text(encoding="utf-8").splitlines() if line and line[0] != "#"]
    excused = {line.rsplit(" | ", 1)[0] for line in rows}
    wrong = sorted(found - excused) + [f"{line}: excused in tools/passed.excused, and not true" for line in sorted(excused - found)]
    for line in wrong:
        print(line)
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
