#!/usr/bin/env python3
"""Makes every small mistake that a program can make in an assembly, and sees which the tests notice.

    tools/mutants.py Paging.Native Native                         all mutants of Paging.Native, by the fast tests of Paging.Native.Tests
    tools/mutants.py Paging.Core Core Scenarios                   what the first project's tests do not notice, the second's may
    tools/mutants.py Paging.Core Core --only Areas/ --every 3     one of three of a folder
    tools/mutants.py Paging.Core Core --every 53 --offset 29      another sample
    tools/mutants.py Paging.Native Native --again                 only what was not noticed last time, after tests were written
    tools/mutants.py Paging.Core Core --again --tests SwapTurnTests    by new tests alone, which is quick
    tools/mutants.py Paging.Native --table                        the table by folder, from the last results

All mutants are compiled into one assembly, each with a switch (tools/Mutants), and the tests stay compiled in one process: a mutant costs
as much as the tests that reach it, quickest first, until one fails. Comparisons move by one, operators turn around, operands, conditions and
statements go away, numbers grow by one. Mutants judged equivalent are listed in tools/Mutants/*.equivalent, by member and change. Where
the reason begins with "costs only", the mutant changes time, memory, or how evenly something is spread, and no result: such mutants are
counted apart, and the last column has the share that tests notice when they count as open.
"""
import argparse, collections, json, os, pathlib, random, re, shutil, subprocess, sys

HERE = pathlib.Path(__file__).resolve().parent.parent
COSTS = "costs only"
FAST = ["-p:TreatWarningsAsErrors=false", "-p:GenerateDocumentationFile=false"]


def folder_of(root, project):
    """Where a project is, whatever group it belongs to."""
    return next(root.glob(f"**/{project}.csproj")).parent


def file_of(root, assembly):
    """The name of an assembly's file: its own, unless the project has another."""
    found = re.search("<AssemblyName>(.*)</AssemblyName>", (folder_of(root / "src", assembly) / f"{assembly}.csproj").read_text())
    return f"{found[1] if found else assembly}.dll"


class Workshop:
    """A copy of the repository, in which the mutants are compiled."""

    def __init__(self, root):
        self.root = root

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
            subprocess.run(["dotnet", "build", folder_of(self.root / "tests", f"Paging.{project}.Tests"), "-c", "Release", "--nologo", "-v", "q",
                            *FAST], cwd=self.root, check=True)

    def built(self, assembly):
        """What the compiler has made, whatever it is compiled for."""
        made = folder_of(self.root / "src", assembly) / "obj/Release/net10.0"
        return next(one for one in made.glob(f"**/{file_of(self.root, assembly)}")
                    if one.parent.name not in ("ref", "refint"))

    def make(self, assembly, response, made, listing):
        """Compiles the assembly with all its mutants, and lists them."""
        subprocess.run(["dotnet", "build", "tools/Mutants", "-c", "Release", "--nologo", "-v", "q", *FAST], cwd=HERE, check=True)
        subprocess.run(["dotnet", "tools/Mutants/bin/Release/net10.0/Mutants.dll", "make", str(response),
                        str(folder_of(self.root / "src", assembly)), str(made), str(listing)], cwd=HERE, check=True)

    def arguments(self, assembly):
        """What MSBuild would call the compiler with; see CanaryCompiler."""
        project = folder_of(self.root / "src", assembly)
        response = project / "obj" / "mutants" / f"{assembly}.rsp"
        built = self.built(assembly)
        sound = built.with_suffix(".sound")
        shutil.move(built, sound)
        asked = subprocess.run(["dotnet", "build", project, "-c", "Release", "--no-dependencies", "--no-restore", "-t:PrepareResources", "-t:Compile",
                                "-getItem:CscCommandLineArgs", "-p:ProvideCommandLineArgs=true", "-p:SkipCompilerExecution=true", *FAST],
                               cwd=self.root, capture_output=True, text=True)
        shutil.move(sound, built)
        lines = []
        for item in json.loads(asked.stdout)["Items"]["CscCommandLineArgs"]:
            item = item["Identity"]
            if item.startswith(("/refout", "/noconfig")):
                continue
            if " " in item:
                at = item.index(":") + 1 if item.startswith("/") else 0
                item = f'{item[:at]}"{item[at:]}"'
            lines.append(item)
        response.parent.mkdir(parents=True, exist_ok=True)
        response.write_text("\n".join(lines))
        return response


def key(fields):
    """A mutant by member and change: numbers, files, lines and spaces move."""
    return fields[4], "".join(fields[5].split())


def equivalents(assembly):
    path = HERE / "tools/Mutants" / f"{assembly}.equivalent"
    if not path.exists():
        return {}
    tool = HERE / "tools/Mutants/bin/Release/net10.0/Mutants.dll"
    asked = subprocess.run(["dotnet", tool, "equivalents", path], capture_output=True, text=True, check=True)
    lines = [line.split("\t") for line in asked.stdout.strip().split("\n")]
    return {(member, "".join(change.split())): reason for member, change, reason in lines}


def read_results(path):
    state = {}
    if path.exists():
        for line in path.read_text().split("\n"):
            fields = line.split("\t")
            if len(fields) > 1:
                state[int(fields[0])] = fields[1:]
    return state


def run_all(shop, assembly, project, wanted, given, results):
    """Starts processes until every wanted mutant has a result."""
    where = folder_of(shop / "tests", f"Paging.{project}.Tests") / "bin/Release/net10.0"
    name = f"Paging.{project}.Tests"
    tool = HERE / "tools/Mutants/bin/Release/net10.0"
    for file in ("Mutants.dll",):
        shutil.copy2(tool / file, where / file)
    coverage = shop / f"{assembly}.{project}.coverage"
    if coverage.exists() and not given.keep and not given.known:
        coverage.unlink()
    crashed = collections.Counter()
    todo = [number for number in wanted if number not in read_results(results)]
    if given.every > 1:
        random.Random(given.offset).shuffle(todo)    # a run that is stopped early has tried a sample of the sample
    started = False
    while todo or not started:
        started = True
        (shop / f"{assembly}.{project}.todo").write_text("".join(f"{one}\n" for one in todo))
        before = results.read_text() if results.exists() else ""
        errors = open(shop / f"{assembly}.{project}.errors", "a")
        run = subprocess.run(["dotnet", "exec", "--depsfile", f"{name}.deps.json", "--runtimeconfig", f"{name}.runtimeconfig.json", "Mutants.dll",
                              "run", f"{name}.dll", file_of(shop, assembly).removesuffix(".dll"), str(coverage), str(shop / f"{assembly}.{project}.todo"), str(results),
                              str(given.seconds)], cwd=where, stderr=errors,
                             env={**os.environ, "PAGING_MUTANT_TESTS": given.tests, "PAGING_SOAK": "1"})
        new = results.read_text()[len(before):].split("\n") if results.exists() else []
        if "done" in new:
            break
        begun = [line.split()[1] for line in new if line.startswith("begin ")]
        if not begun:
            sys.exit(f"the process ended with {run.returncode} before a mutant: {shop}/{assembly}.{project}.errors")
        last = int(begun[-1])
        finished = read_results(results)
        if last not in finished:
            crashed[last] += 1
            if crashed[last] >= 2 or len(begun) == 1:    # once more in a fresh process, to be sure that it is this mutant
                with open(results, "a") as file:
                    file.write(f"{last}\tcrashes\n")
        finished = read_results(results)
        at = todo.index(last)
        todo = [one for one in todo[at:] if one not in finished]


def table(mutants, state, equal):
    rows = collections.defaultdict(collections.Counter)
    for number, fields in mutants.items():
        if number not in state:
            continue
        folder = str(pathlib.Path(fields[1]).parent)
        what = state[number][0]
        reason = equal.get(key(fields))
        kind = "noticed" if what in ("noticed", "hangs", "crashes") else "open" if reason is None \
            else "costs" if reason.startswith(COSTS) else "equivalent"
        for row in (folder, "all"):
            rows[row][kind] += 1
    print("| Folder | Mutants | Noticed | Equivalent | Costs only | Open | Of those that differ | With those that cost |")
    print("|---|---|---|---|---|---|---|---|")
    for name in sorted(rows, key=lambda one: (one == "all", one)):
        row = rows[name]
        total = sum(row.values())
        both = total - row["equivalent"]
        shares = [f"{100 * row['noticed'] / count:.1f} %" if count else "–" for count in (both - row["costs"], both)]
        print(f"| `{name}` | {total} | {row['noticed']} | {row['equivalent']} | {row['costs']} | {row['open']} | {' | '.join(shares)} |")


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("assembly")
    options.add_argument("projects", nargs="*")
    options.add_argument("--only", default="", help="files whose path begins with one of these, with commas between")
    options.add_argument("--every", type=int, default=1)
    options.add_argument("--offset", type=int, default=0, help="the first one of --every: another sample of the same size")
    options.add_argument("--seconds", type=int, default=20, help="of processor time of tests for each mutant")
    options.add_argument("--shop", type=pathlib.Path, default=pathlib.Path("/tmp/paging-mutants"))
    options.add_argument("--keep", action="store_true", help="the workshop and what the tests reach are as they were")
    options.add_argument("--known", action="store_true",
                         help="the assembly is as it was: only what new tests reach is found out")
    options.add_argument("--again", action="store_true", help="only what was not noticed last time")
    options.add_argument("--tried", action="store_true", help="only mutants that were tried before: the same sample")
    options.add_argument("--tests", default="", help="only tests whose CLASS.METHOD begins with one of these, with commas between")
    options.add_argument("--table", action="store_true")
    options.add_argument("--list", action="store_true", help="print what is open")
    given = options.parse_args()
    shop = given.shop
    listing, results = shop / f"{given.assembly}.mutants", shop / f"{given.assembly}.results"
    if given.projects and not given.keep:
        shop.mkdir(parents=True, exist_ok=True)
        workshop = Workshop(shop)
        workshop.prepare(given.projects)
        response = workshop.arguments(given.assembly)
        old = {}
        if listing.exists():
            before = {line.split("\t")[0]: line.split("\t") for line in listing.read_text().strip().split("\n")}
            state = read_results(results)
            old = {key(fields) + (fields[2], fields[3]): state[int(number)] for number, fields in before.items() if int(number) in state}
        made = shop / f"{given.assembly}.dll"
        workshop.make(given.assembly, response, made, listing)
        with open(results, "w") as file:    # what was found stays, under the new numbers
            for line in listing.read_text().strip().split("\n"):
                fields = line.split("\t")
                if found := old.get(key(fields) + (fields[2], fields[3])):
                    file.write("\t".join([fields[0], *found]) + "\n")
        for project in given.projects:
            folder = folder_of(shop / "tests", f"Paging.{project}.Tests") / "bin/Release/net10.0"
            shutil.copyfile(made, folder / file_of(shop, given.assembly))
    mutants = {int(line.split("\t")[0]): line.split("\t") for line in listing.read_text().strip().split("\n")}
    equal = equivalents(given.assembly)
    tried = read_results(results)
    starts = tuple(given.only.split(","))
    chosen = [number for number, fields in mutants.items() if fields[1].startswith(starts)
              and (not given.tried or number in tried)][given.offset::given.every]
    for at, project in enumerate(given.projects):
        if at > 0 or given.again:
            kept = [line for line in results.read_text().split("\n")
                    if "\t" in line and (line.split("\t")[1] in ("noticed", "hangs", "crashes") or int(line.split("\t")[0]) not in set(chosen)
                                         or key(mutants[int(line.split("\t")[0])]) in equal)]
            results.write_text("".join(line + "\n" for line in kept))
        run_all(shop, given.assembly, project, chosen, given, results)
    state = read_results(results)
    if given.list:
        for number in chosen:
            what = state.get(number, ["not tried"])
            if what[0] not in ("noticed", "hangs", "crashes") and key(mutants[number]) not in equal:
                print(f"{number} {mutants[number][1]}:{mutants[number][2]}:{mutants[number][3]} {mutants[number][4]}: {mutants[number][5]}  "
                      f"[{' '.join(what)}]")
    table({number: fields for number, fields in mutants.items() if number in set(chosen)}, state, equal)


if __name__ == "__main__":
    main()
