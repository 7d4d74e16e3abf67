#!/usr/bin/env python3
"""Puts single mistakes into the sources, one by one, and sees whether a fast test notices each.

    tools/mistakes.py                         every list in tests/mistakes
    tools/mistakes.py reclaim --only mark     one list, and of it the mistakes whose name contains a text
    tools/mistakes.py --auto src/Paging.Core/Reclaim/ScanBalance.cs --by Core/Reclaim
                                              mistakes that a program makes: an operator, a number, a condition at a time

The sources are copied to a workshop (--workshop DIR keeps it for the next run) and built once. For each mistake one assembly is compiled
again, by the compiler's server, and put beside the tests; then the tests that the list names run, stopping at the first failure. What they
do not notice, all fast tests of the same projects may notice (--wide). Exit code 1 if a mistake of a list stays unnoticed.
Why not the fuzzer's canaries: those name a fuzz target; these must fail in a unit test or a recording within seconds.
"""
import argparse, json, os, pathlib, re, shutil, subprocess, sys, time

HERE = pathlib.Path(__file__).resolve().parent.parent
FAST = ["-p:RunAnalyzers=false", "-p:TreatWarningsAsErrors=false", "-p:GenerateDocumentationFile=false", "-p:EnforceCodeStyleInBuild=false"]


class Mistake:
    def __init__(self, name, what, file, by, find, replace):
        self.name, self.what, self.file, self.by, self.find, self.replace = name, what, file, by.split(), find, replace

    @property
    def project(self):
        return "/".join(self.file.split("/")[:2])


def read_list(path):
    """The same form as fuzz/canaries, with folders of tests behind `by`."""
    lines, at, found = path.read_text().split("\n"), 0, []
    while at < len(lines):
        if not lines[at] or lines[at].startswith("#"):
            at += 1
            continue
        fields = []
        for keyword in ("mistake", "what", "file", "by", "find"):
            word, _, rest = lines[at].partition(" ")
            if word != keyword:
                sys.exit(f"{path}:{at + 1}: expected '{keyword}', found '{lines[at]}'")
            fields.append(rest.strip())
            at += 1
        middle, end = lines.index("replace", at), lines.index("end", at)
        found.append(Mistake(*fields[:4], "\n".join(lines[at:middle]), "\n".join(lines[middle + 1:end])))
        at = end + 1
    return found


SWAPS = [(r" <= ", " < "), (r" >= ", " > "), (r" < ", " <= "), (r" > ", " >= "), (r" == ", " != "), (r" != ", " == "), (r" && ", " || "),
         (r" \|\| ", " && "), (r" \+ ", " - "), (r" - ", " + "), (r" \+= ", " -= "), (r" -= ", " += "),
         (r" << ", " >> "), (r" >> ", " << "),
         (r"\+\+", "--"), (r"Math\.Min\(", "Math.Max("), (r"Math\.Max\(", "Math.Min("), (r" / ", " * "), (r" \* ", " / "), (r" \| ", " & "),
         (r" & ", " | "),
         (r"\btrue\b", "false"), (r"\bfalse\b", "true"), (r"(?<=[( ])!(?=[a-zA-Z(_])", ""), (r" : 0\b", " : 1"), (r" % ", " / ")]


def automatic(file, by):
    """One mistake for each operator in the code of a file."""
    found = []
    lines = (HERE / file).read_text().split("\n")
    for number, line in enumerate(lines):
        code = line.split("//")[0]
        if not code.strip() or code.strip().startswith(("using ", "namespace ", "[")) or re.search(r"\bconst\b.*\b1 <<", code):
            continue
        plain = re.sub(r'\$?"[^"]*"', lambda text: "\0" * len(text.group()), code)
        for pattern, other in SWAPS:
            for place in re.finditer(pattern, plain):
                if "<" in pattern + other and re.search(r"\w<\w+>$", plain[:place.start()]):
                    continue
                changed = line[:place.start()] + other + line[place.end():]
                name = f"{pathlib.Path(file).name}:{number + 1}:{place.start() + 1}"
                found.append(Mistake(name, f"{line.strip()}  ==>  {changed.strip()}", file, by, (number, line), changed))
    return found


class Workshop:
    def __init__(self, root, is_built):
        self.root, self.responses, self.compiler, self.is_built = root, {}, "", is_built

    def prepare(self, projects):
        asked = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=HERE, capture_output=True, text=True, check=True)
        kept = set(asked.stdout.split("\n"))
        for name in kept:
            source, target = HERE / name, self.root / name
            if not name or not source.is_file():
                continue
            if target.exists() and target.read_bytes() == source.read_bytes():
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
            os.utime(target)
        for folder in ("src", "tests", "fuzz"):
            for old in (self.root / folder).rglob("*.cs"):
                name = str(old.relative_to(self.root))
                if name not in kept and "/obj/" not in name and "/bin/" not in name:
                    old.unlink()
        for project in projects:
            subprocess.run(["dotnet", "build", f"tests/Paging.{project}.Tests", "-c", "Release", "--nologo", "-v", "q", *FAST],
                           cwd=self.root, check=True)

    def arguments(self, project):
        """What MSBuild would call the compiler with; see CanaryCompiler."""
        if project in self.responses:
            return self.responses[project]
        assembly = os.path.basename(project)
        response = self.root / project / "obj" / "mistake" / f"{assembly}.rsp"
        note = self.root / "compiler.txt"
        if self.is_built and response.exists() and note.exists():
            self.compiler, self.responses[project] = note.read_text().strip(), response
            return response
        built = self.root / project / "obj/Release/net10.0" / f"{assembly}.dll"
        sound = built.with_suffix(".sound")
        shutil.move(built, sound)
        asked = subprocess.run(["dotnet", "build", project, "-c", "Release", "--no-dependencies", "--no-restore", "-t:Compile",
                                "-getItem:CscCommandLineArgs", "-getProperty:RoslynTargetsPath", "-p:ProvideCommandLineArgs=true",
                                "-p:SkipCompilerExecution=true", *FAST], cwd=self.root, capture_output=True, text=True)
        shutil.move(sound, built)
        answer = json.loads(asked.stdout)
        self.compiler = os.path.join(os.path.realpath(answer["Properties"]["RoslynTargetsPath"]), "bincore", "csc.dll")
        note.write_text(self.compiler)
        items = [item["Identity"] for item in answer["Items"]["CscCommandLineArgs"]]
        lines = []
        for item in items:
            if item.startswith(("/refout", "/noconfig")):
                continue
            if " " in item:
                at = item.index(":") + 1 if item.startswith("/") else 0
                item = f'{item[:at]}"{item[at:]}"'
            lines.append(item)
        response.parent.mkdir(parents=True, exist_ok=True)
        response.write_text("\n".join(lines))
        self.responses[project] = response
        return response

    def compile(self, mistake):
        """Returns the faulty assembly, or the compiler's words."""
        response = self.arguments(mistake.project)
        path = self.root / mistake.file
        sound = path.read_text()
        if isinstance(mistake.find, tuple):
            lines = sound.split("\n")
            number, line = mistake.find
            if lines[number] != line:
                return None, "the line has changed"
            lines[number] = mistake.replace
            text = "\n".join(lines)
        else:
            if sound.count(mistake.find) != 1:
                return None, f"its text is in {mistake.file} {sound.count(mistake.find)} times"
            text = sound.replace(mistake.find, mistake.replace)
        output = response.with_suffix(".dll")
        path.write_text(text)
        try:
            run = subprocess.run(["dotnet", self.compiler, "-shared", "-keepalive:60", "-noconfig", f"@{response}", f"-out:{output}"],
                                 cwd=self.root / mistake.project, capture_output=True, text=True)
        finally:
            path.write_text(sound)
        error = next((line for line in run.stdout.split("\n") if "error" in line), run.stdout[-200:])
        return (output, "") if run.returncode == 0 else (None, error)

    def test(self, project, classes, patience):
        """Returns None, or who noticed."""
        name = f"Paging.{project}.Tests"
        where = self.root / "tests" / name / "bin/Release/net10.0"
        filters = [word for one in classes for word in ("-class", one)]
        start = subprocess.Popen(["dotnet", f"{name}.dll", "-trait-", "Category=Slow", "-stopOnFail", "-noColor", "-noLogo", *filters],
                                 cwd=where, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True)
        try:
            text, _ = start.communicate(timeout=patience)
        except subprocess.TimeoutExpired:
            os.killpg(start.pid, 9)
            start.communicate()
            return "does not end"
        if start.returncode == 0:
            return None
        failed = re.search(r"^\s*([\w.]+\.\w+(\(.*?\))?) \[FAIL\]", text, re.M)
        return failed.group(1).replace(f"{name}.", "")[:90] if failed else "ends: " + text.strip().split("\n")[-1][:70]


def classes_of(root, by):
    """Core/Reclaim names every test class in that folder, Core/Reclaim/A+B two of them, Core all."""
    project, _, rest = by.partition("/")
    if not rest:
        return project, []
    base = root / "tests" / f"Paging.{project}.Tests"
    folder, _, names = rest.rpartition("/")
    files = [base / folder / f"{name}.cs" for name in names.split("+")]
    if not files[0].exists():
        files = sorted((base / rest).glob("*.cs"))
    return project, [f"{namespace_of(file, project)}.{file.stem}" for file in files]


def namespace_of(file, project):
    """The tests of Paging.Scenarios.Tests are in Paging.Scripting.Tests: without a class that fits, no test would run, and none fail."""
    found = re.search(r"^namespace ([\w.]+);", file.read_text(), re.M)
    return found.group(1) if found else f"Paging.{project}.Tests"


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("lists", nargs="*", help="names of lists in tests/mistakes")
    options.add_argument("--only", default="", help="mistakes whose name contains this, or one of several with commas between")
    options.add_argument("--auto", nargs="+", default=[], metavar="FILE", help="make mistakes in these files")
    options.add_argument("--by", default="", help="with --auto: the folders of tests that must notice")
    options.add_argument("--every", type=int, default=1, help="with --auto: one of so many")
    options.add_argument("--workshop", type=pathlib.Path, help="where to build; kept")
    options.add_argument("--no-build", action="store_true", help="the workshop is built as the sources stand")
    options.add_argument("--wide", action="store_true", help="what is not noticed may be by all fast tests of the projects")
    options.add_argument("--patience", type=int, default=240, help="seconds for one run of tests")
    given = options.parse_args()
    if given.auto:
        mistakes = [one for file in given.auto for one in automatic(file, given.by)][::given.every]
    else:
        names = given.lists or sorted(path.stem for path in (HERE / "tests/mistakes").glob("*.mistake"))
        mistakes = [one for name in names for one in read_list(HERE / "tests/mistakes" / f"{name}.mistake")]
    mistakes = [one for one in mistakes if any(part in one.name for part in given.only.split(","))]
    root = (given.workshop or pathlib.Path("/tmp") / f"paging-mistakes-{os.getpid()}").resolve()
    root.mkdir(parents=True, exist_ok=True)
    workshop = Workshop(root, given.no_build)
    if not given.no_build:
        workshop.prepare(sorted({by.split("/")[0] for one in mistakes for by in one.by}))
    noticed = unnoticed = invalid = 0
    for mistake in mistakes:
        began = time.monotonic()
        assembly, error = workshop.compile(mistake)
        if assembly is None:
            invalid += 1
            print(f"  --       {mistake.name}: {error[:160]}", flush=True)
            continue
        who = None
        name = assembly.name
        for by in mistake.by:
            project, classes = classes_of(root, by)
            target = root / "tests" / f"Paging.{project}.Tests" / "bin/Release/net10.0" / name
            sound = target.read_bytes()
            shutil.copyfile(assembly, target)
            try:
                who = workshop.test(project, classes, given.patience)
                if who is None and given.wide:
                    who = workshop.test(project, [], given.patience)
            finally:
                target.write_bytes(sound)
            if who:
                break
        seconds = time.monotonic() - began
        noticed, unnoticed = noticed + (who is not None), unnoticed + (who is None)
        print(f"  {'noticed ' if who else 'UNNOTICED'} {mistake.name}: {who or mistake.what}  ({seconds:.0f} s)", flush=True)
    total = noticed + unnoticed
    print(f"{noticed} of {total} noticed, {invalid} did not compile")
    if given.workshop is None:
        shutil.rmtree(root)
    sys.exit(1 if not given.auto and (unnoticed or invalid) else 0)


if __name__ == "__main__":
    main()
