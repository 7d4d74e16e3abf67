#!/usr/bin/env python3
"""Compares the speed of the working tree with that of an earlier commit: both are built, and run in turn.

    tools/bench-in-turn.py                    with the last tag, or without one with the commit in bench/baselines/commit
    tools/bench-in-turn.py 3e8ab1b0           with another commit
    tools/bench-in-turn.py --rows FILE --rounds 9 --bound 1.02

Each round starts both builds once, in an order that changes, on the rows of bench/baselines/in-turn.csv. A row is the engine's time over
that of a rival in the same process, whose code is the same in both builds, so that the host's clock and a neighbour's load cancel out. The
table has the medians and the least of both builds. A row is slower if its median and its least are beyond the bound; such rows run again,
and count if they are beyond it once more. Exit 1 if a row is slower, 2 if nothing could be measured. On a quiet host the table is good to
2 %; beside a build on both processors it is not good to 10 %, so the repository's own check keeps its wide bounds.
"""
import argparse, pathlib, re, statistics, subprocess, sys, tempfile

HERE = pathlib.Path(__file__).resolve().parent.parent
LINE = re.compile(r"^\S+ +(\S+) +([0-9.]+) times (\S+),")


def fail(what):
    """Ends with one line and exit code 2."""
    print(f"bench-in-turn: {what}", file=sys.stderr)
    sys.exit(2)


def git(*words):
    return subprocess.run(["git", *words], cwd=HERE, capture_output=True, text=True)


def base_of(given):
    """The commit to compare with."""
    if given:
        return given
    tag = git("describe", "--tags", "--abbrev=0")
    return tag.stdout.strip() if tag.returncode == 0 else (HERE / "bench/baselines/commit").read_text().split()[0]


def build(folder):
    """Builds the bench of a folder and returns the command that starts it."""
    made = subprocess.run(["dotnet", "build", "bench/Paging.Bench", "-c", "Release", "-v", "quiet", "--nologo"], cwd=folder)
    if made.returncode != 0:
        fail(f"{folder} does not build")
    return ["dotnet", str(folder / "bench/Paging.Bench/bin/Release/net10.0/Paging.Bench.dll"), "--bounds"]


def measure(command, rows, folder):
    """Runs the rows once; returns the ratio of each that the build has."""
    file = pathlib.Path(folder) / "rows.csv"
    file.write_text("operation,size,rival,ratio,most\n" + "".join(f"{','.join(row)},1,1e9\n" for row in rows))
    out = subprocess.run([*command, str(file)], capture_output=True, text=True)
    return {match[1]: float(match[2]) for match in map(LINE.match, out.stdout.split("\n")) if match}


def run(builds, rows, rounds, folder):
    """Rounds of both builds in turn; returns the ratios by build and row."""
    found = [{}, {}]
    for number in range(rounds):
        for which in ((0, 1), (1, 0))[number % 2]:
            for name, ratio in measure(builds[which], rows, folder).items():
                found[which].setdefault(name, []).append(ratio)
        print(f"\r[{number + 1}/{rounds}]", end="", file=sys.stderr, flush=True)
    print("\r", end="", file=sys.stderr)
    return found


def factors(before, after, name):
    """The quotients of the medians and of the least values, or None where a build does not have the row."""
    if name not in before or name not in after:
        return None
    return statistics.median(after[name]) / statistics.median(before[name]), min(after[name]) / min(before[name])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("base", nargs="?")
    parser.add_argument("--rows", type=pathlib.Path, default=HERE / "bench/baselines/in-turn.csv")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--bound", type=float, default=1.05)
    given = parser.parse_args()
    lines = given.rows.read_text().split("\n")
    rows = [line.split(",") for line in lines if line and not line.startswith(("#", "operation,"))]
    base = git("rev-parse", "--verify", base_of(given.base) + "^{commit}").stdout.strip()
    if not base:
        fail("there is no such commit")
    with tempfile.TemporaryDirectory() as folder:
        tree = pathlib.Path(folder) / "base"
        tree.mkdir()
        archive = subprocess.Popen(["git", "archive", base], cwd=HERE, stdout=subprocess.PIPE)
        subprocess.run(["tar", "-x", "-C", str(tree)], stdin=archive.stdout, check=True)
        builds = [build(tree), build(HERE)]
        before, after = run(builds, rows, given.rounds, folder)
        slower = [row for row in rows if (pair := factors(before, after, "/".join(row[:2]))) and min(pair) > given.bound]
        if slower:
            again = run(builds, slower, given.rounds, folder)
            for name in again[0]:
                before[name], after[name] = again[0][name], again[1].get(name, [])
    print(f"{'':34} {base[:9]:>9} {'now':>9} {'median':>8} {'least':>7}")
    failed = measured = 0
    for row in rows:
        name = "/".join(row[:2])
        pair = factors(before, after, name) if after.get(name) else None
        if pair is None:
            print(f"{name:34} not in both builds")
            continue
        measured += 1
        failed += min(pair) > given.bound
        print(f"{name:34} {statistics.median(before[name]):9.3f} {statistics.median(after[name]):9.3f} {pair[0]:8.3f} {pair[1]:7.3f}"
              + ("  SLOWER" if min(pair) > given.bound else ""))
    sys.exit(2 if measured == 0 else 1 if failed else 0)


main()
