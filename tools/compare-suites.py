#!/usr/bin/env python3
"""Runs i386 programs natively and as guests of `paging run`, and says where the two differ.

    tools/compare-suites.py --root DIR LIST            a list of programs: a name and a command line on each line, '#' begins a comment
    tools/compare-suites.py --root DIR --cases gtest LIST
    tools/compare-suites.py --root DIR --only mmap --keep OUTPUT LIST

Both runs see DIR as /, start in a fresh folder below its /tmp, and have the same environment. What is compared is the status, or with
--cases the verdict of every single test that the program prints. Native runs are in a chroot with process, IPC and mount namespaces of
their own and without the privileges that change the machine (mounts, clock, modules, reboot); /proc/sys and /sys are read-only. Needs root.

With --saved a guest gets UNTIL in its environment, the name of a file that appears once it has been saved and resumed: a program that is
to be saved in the middle waits for it.

A program passes with status 0. Exit code 1 if one disagrees.
"""
import argparse, collections, concurrent.futures, os, pathlib, re, shlex, shutil, signal, subprocess, sys

HERE = pathlib.Path(__file__).resolve().parent.parent
TIMEOUT = "timeout"

# How a program's output names its tests: groups 'name' and 'verdict'.
CASES = {
    "gtest": re.compile(rb"^\[ +(?P<verdict>OK|FAILED|SKIPPED) +\] (?P<name>[^ ,\n]+)(?:, where .*?)?(?: \(\d+ ms\))?$", re.M),
    "kselftest": re.compile(rb"^(?:# )?(?P<verdict>not ok|ok) \d+ (?P<name>[^#\n]+?) *(?P<skip># SKIP.*)?$"
        rb"|^Testing (?P<tested>.+)\.\.\. (?P<result>done|skipped|failed)", re.M),
    "unittest": re.compile(rb"^(?P<name>\w+ \([\w.]+\))(?:\n.*?)? \.\.\. (?:.*?)(?P<verdict>ok|FAIL|ERROR|skip|expected failure)", re.M),
}

# The shell is the first process of its namespaces: what a test leaves behind dies with it, and the test is not the first process itself,
# for which no signal has a default action.
NATIVE = """
mount --make-rprivate /
mount -t proc proc "$ROOT/proc" && mount --bind "$ROOT/proc/sys" "$ROOT/proc/sys" && mount -o remount,ro,bind "$ROOT/proc/sys"
mount -t tmpfs shm "$ROOT/dev/shm"
setpriv --bounding-set -sys_admin,-sys_time,-sys_boot,-sys_module,-sys_rawio,-syslog,-wake_alarm \\
  chroot "$ROOT" /bin/sh -c 'cd "$0" && exec "$@"' "$@"
exit $?
"""


class Runner:
    def __init__(self, options):
        self.root, self.limit, self.ram = pathlib.Path(options.root).resolve(), options.limit, options.ram
        self.processor, self.saved = options.processor, options.saved
        self.environment = {"PATH": options.path, "HOME": "/root", "LANG": "C.UTF-8", **dict(pair.split("=", 1) for pair in options.env)}
        self.paging = os.environ.get("PAGING", str(HERE / "src/tools/Paging.Cli/bin/Release/net10.0/paging"))

    def words(self, command):
        """The command's words, or a shell that runs it. A program without a folder is looked for in PATH below the root."""
        if re.search(r"[|&;<>$`(]", command):
            return ["/bin/sh", "-c", command]
        words = shlex.split(command)
        if "/" not in words[0]:
            for folder in self.environment["PATH"].split(":"):
                if (self.root / folder.lstrip("/") / words[0]).exists():
                    words[0] = f"{folder}/{words[0]}"
                    break
        return words

    def native(self, folder, words):
        command = ["unshare", "--mount", "--pid", "--ipc", "--fork", "--kill-child", "sh", "-c", NATIVE, "native", folder, *words]
        return self.run(folder, command, {**self.environment, "ROOT": str(self.root)}, self.limit)

    def guest(self, folder, words):
        environment = [f"--env={name}={value}" for name, value in self.environment.items()]
        command = [self.paging, "run", "--root", str(self.root), "--cwd", folder, "--ram", self.ram, "--processor", self.processor, *environment]
        if self.saved is None:
            return self.run(folder, [*command, *words], os.environ, self.limit * 4)
        state = str(self.root) + folder + ".saved"
        save = [*command, "--env=UNTIL=resumed", "--to-file", state, "--checkpoint-after", str(self.saved), *words]
        resume = [self.paging, "run", "--root", str(self.root), "--from-file", state]
        both = 'save=$1; shift; "${@:1:save}"; status=$?; [ $status = 0 ] && [ -e "$STATE" ] || exit $status; shift "$save"; : > "$MARK"; exec "$@"'
        try:
            return self.run(folder, ["bash", "-c", both, "saved", str(len(save)), *save, *resume],
                {**os.environ, "STATE": state, "MARK": f"{self.root}{folder}/resumed"}, self.limit * 4)
        finally:
            pathlib.Path(state).unlink(missing_ok=True)

    def run(self, folder, command, environment, limit):
        """Status (or 'timeout') and output. The output goes through a file: a process left behind must not hold us up."""
        here = self.root / folder.lstrip("/")
        shutil.rmtree(here, ignore_errors=True)
        here.mkdir(parents=True)
        here.chmod(0o1777)
        with open(str(here) + ".output", "w+b") as output:
            process = subprocess.Popen(
                command, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True)
            try:
                status = str(process.wait(limit))
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                status = TIMEOUT
            output.seek(0)
            text = output.read()
        shutil.rmtree(here, ignore_errors=True)
        os.unlink(str(here) + ".output")
        return status, text


def verdicts(cases, run):
    """What is compared of a run: a verdict for each test, and the status of the program as the last of them."""
    status, text = run
    found = {}
    if cases:
        for match in CASES[cases].finditer(text):
            words = match.groupdict()
            name, verdict = words["name"] or words["tested"], words["verdict"] or words["result"]
            found[name.decode(errors="replace")] = "skip" if words.get("skip") else verdict.decode()
    if not found or status not in ("0", "1"):
        found["(status)"] = status
    return found


def passes(verdict):
    return verdict in ("0", "ok", "OK", "done", "expected failure")


class Totals:
    def __init__(self):
        self.count = collections.Counter()

    def add(self, native, guest):
        self.count["tried"] += 1
        self.count["native"] += passes(native)
        self.count["guest"] += passes(guest)
        self.count["both"] += passes(native) and passes(guest)
        self.count["agree"] += native == guest

    def row(self):
        return " | ".join(f"{self.count[name]:,}" for name in ("tried", "native", "guest", "agree"))

    def __str__(self):
        c = self.count
        share = 100 * c["both"] / c["native"] if c["native"] else 100
        return (f"{c['tried']} tried, natively {c['native']} pass, as guests {c['guest']}, {c['agree']} agree; "
                f"of what passes natively {share:.1f} % pass as guests")


def read_list(path, only):
    for line in pathlib.Path(path).read_text().splitlines():
        name, *command = line.split(None, 1)[:2] or [""]
        if name and not name.startswith("#") and (not only or re.search(only, name)):
            yield name, command[0].strip() if command else name


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("list", help="a name and a command line on each line")
    parser.add_argument("--root", required=True, help="a folder with i386 programs and their libraries, with dev and proc in it")
    parser.add_argument("--cases", choices=CASES, help="compare each test of a program, as this framework prints them")
    parser.add_argument("--only", help="programs whose name has this regular expression in it")
    parser.add_argument("--limit", type=float, default=60, help="seconds for a native run; a guest has four times as long [default: 60]")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--ram", default="1G")
    parser.add_argument("--processor", default="auto", choices=("auto", "host", "emulated"))
    parser.add_argument("--saved", type=float, metavar="SECONDS", help="save each guest to a file after this time, and resume it from there")
    parser.add_argument("--row", metavar="CELLS", help="end with a row of a table that begins with these cells")
    parser.add_argument("--env", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--path", default="/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", help="PATH of the programs")
    parser.add_argument("--keep", metavar="DIR", help="write the output of each run that disagrees there")
    options = parser.parse_args()
    runner, totals = Runner(options), Totals()

    def both(entry):
        name, command = entry
        words, folder = runner.words(command), f"/tmp/compare-{os.getpid()}-{re.sub(r'[^A-Za-z0-9]', '-', name)}"
        return name, runner.native(folder, words), runner.guest(folder, words)

    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for name, native, guest in pool.map(both, read_list(options.list, options.only)):
            told, heard = verdicts(options.cases, native), verdicts(options.cases, guest)
            if len(told) == len(heard) == 1:
                heard = dict(zip(told, heard.values()))    # one test, and perhaps a crash before it could say so
            for case in sorted(set(told) | set(heard)):
                totals.add(told.get(case, "-"), heard.get(case, "-"))
                if told.get(case, "-") != heard.get(case, "-"):
                    print(f"{name} {case}: natively {told.get(case, '-')}, as a guest {heard.get(case, '-')}", flush=True)
            if options.keep and told != heard:
                folder = pathlib.Path(options.keep)
                folder.mkdir(parents=True, exist_ok=True)
                (folder / f"{name.replace('/', '-')}.native").write_bytes(native[1])
                (folder / f"{name.replace('/', '-')}.guest").write_bytes(guest[1])
    print(totals)
    if options.row:
        print(f"| {options.row} | {totals.row()} |")
    sys.exit(totals.count["agree"] != totals.count["tried"])


if __name__ == "__main__":
    main()
