namespace Paging.Guest.Tests;

/// <summary>Programs that are stopped at random, saved, and continued in another machine write the same output.</summary>
public sealed class CheckpointTests(BuiltPrograms programs)
{
    private const int Seed = 20;

    [Trait("Category", "Slow")]
    [Theory]
    [InlineData("memory", 120)]
    [InlineData("files", 300)]
    [InlineData("signals", 200)]
    [InlineData("processes", 200)]
    [InlineData("threads", 300)]
    [InlineData("clocks", 100)]
    [InlineData("events", 300)]
    [InlineData("sockets", 300)]
    [InlineData("handing", 200)]
    [InlineData("ipc", 300)]
    [InlineData("locks", 300)]
    [InlineData("pipes", 300)]
    [InlineData("named", 200)]
    [InlineData("clones", 200)]
    [InlineData("travels", 900)]
    public void AProgramGoesOnInAnotherMachine(string name, int stepsMax) =>
        Compare(runCount: 3, stopCount: 2, stepsMax, programs.Find(name), name);

    /// <summary>Stopped between any two of hundreds of random calls, with all that they have open, queued, locked and sealed.</summary>
    [Trait("Category", "Medium")]
    [Theory]
    [InlineData("6")]
    [InlineData("16")]
    public void RandomCallsGoOn(string seed) =>
        Compare(runCount: 6, stopCount: 2, 2000, programs.Find("anything"), "anything", seed, "800");

    [Trait("Category", "Medium")]
    [Theory]
    [InlineData("memory", 120)]
    [InlineData("travels", 900)]
    public void PagesThatAreSharedComeWhenTheyAreTouched(string name, int stepsMax) =>
        Compare(runCount: 3, stopCount: 2, stepsMax, isApart: true, programs.Find(name), name);

    /// <summary>Selectors, thread-local storage and floating point are those of another kernel and processor then.</summary>
    [Theory]
    [InlineData("threads", 300)]
    [InlineData("signals", 200)]
    [InlineData("travels", 900)]
    public void AProgramGoesOnOnTheHostsProcessor(string name, int stepsMax)
    {
        RequiredProcessor.Check(isDirect: true);
        using GuestRun whole = new(), home = new();
        Outcome expected = whole.AsGuest(whole.Install(programs.Find(name), name));
        StoppedRun run = new(home.Root) { Executions = [GuestExecution.Emulated, GuestExecution.Direct] };
        Random random = new(Seed);
        run.Run([random.Next(1, stepsMax / 2), random.Next(1, stepsMax / 2)], out Outcome outcome, home.Install(programs.Find(name), name));
        Assert.Equal(expected, outcome);
    }

    /// <summary>The program has chosen its code by the features of that processor.</summary>
    [Fact]
    public void AProgramOfTheHostsProcessorGoesOnNowhereElse()
    {
        RequiredProcessor.Check(isDirect: true);
        using GuestRun home = new();
        string inside = home.Install(programs.Find("signals"), "signals");
        StoppedRun run = new(home.Root) { Executions = [GuestExecution.Direct, GuestExecution.Emulated] };
        Assert.Contains("host's processor", Assert.Throws<InvalidOperationException>(() => run.Run([5], out _, inside)).Message,
            StringComparison.Ordinal);
    }

    /// <summary>All kinds of objects that programs share, stopped 200 times.</summary>
    [Fact]
    [Trait("Category", "Slow")]
    public void StoppedProgramsWriteTheSame() => Compare(runCount: 25, stopCount: 8, 250, programs.Find("travels"), "travels");

    [Theory]
    [Trait("Category", "Slow")]
    [InlineData(15, "seq 1 3000 | sort -r | head -3; seq 1 3000 | awk '{ s += $1 * $1 } END { print s, NR }' | cat")]
    [InlineData(15, "x=$(echo a; echo b); echo $x; (exit 3); echo $?; for i in 1 2 3; do echo $i; done | while read n; do echo \"<$n>\"; "
        + "done; trap 'echo bye' EXIT; kill -TERM $$ & wait $!; echo end")]
    [InlineData(10, "sleep 100 & p=$!; kill -9 $p; wait $p; echo $?; ( sleep 1; echo late ) & wait; dd if=/dev/zero bs=1k count=300 "
        + "2>/dev/null | wc -c; exec sh -c 'exit 9'")]
    [Trait("Category", "Slow")]
    [InlineData(2, "sha256sum bin/busybox; gzip -c bin/busybox | gunzip | sha256sum; gzip -c bin/busybox | wc -c")]
    public void AShellGoesOnInTheMiddleOfAPipe(int runCount, string script) =>
        Compare(runCount, stopCount: 10, 300, BusyboxTests.Find("bin/busybox"), "bin/busybox", "sh", "-c", script);

    [Fact]
    [Trait("Category", "Slow")]
    public void BashKeepsItsVariablesAndItsBackgroundJobs() =>
        Compare(runCount: 5, stopCount: 8, 250, BusyboxTests.Find("bin/bash-static"), "bin/bash", "-c",
            "declare -A m; for i in {1..40}; do m[k$i]=$((i * i)); done; (for i in {1..200}; do :; done; echo job one) & "
                + "x=$( (echo deep; read -t 0.1 y < /dev/zero) | cat ); wait; echo $x ${m[k7]} ${#m[@]}; "
                + "f() { local v=$1; ((v > 0)) && f $((v - 1)) || echo bottom; }; f 30; printf '%s\\n' {a..e} | while read l; do "
                + "echo \"[$l]\"; done; exit 5");

    [Fact]
    [Trait("Category", "Slow")]
    public void ALargeSortGoesOn() =>
        Compare(runCount: 1, stopCount: 10, 200, BusyboxTests.Find("bin/busybox"), "bin/busybox", "sh", "-c",
            "seq 1 20000 | awk '{ print ($1 * 7919) % 60013, $1 }' > tmp/big; sort -n tmp/big | sha256sum; sort -r tmp/big | tail -2");

    private static void Compare(int runCount, int stopCount, int stepsMax, string source, string name, params string[] arguments) =>
        Compare(runCount, stopCount, stepsMax, isApart: false, source, name, arguments);

    private static void Compare(
        int runCount, int stopCount, int stepsMax, bool isApart, string source, string name, params string[] arguments)
    {
        using GuestRun whole = new();
        Outcome expected = whole.AsGuest(whole.Install(source, name), arguments);
        Random random = new(Seed);
        for (int i = 0; i < runCount; i++)
        {
            using GuestRun home = new();
            StoppedRun run = new(home.Root) { IsApart = isApart };
            long[] stops = [.. Enumerable.Range(0, stopCount).Select(_ => (long)random.Next(1, stepsMax))];
            int count = run.Run(stops, out Outcome outcome, home.Install(source, name), arguments);
            Assert.Empty(run.Obstacles);
            Assert.True(outcome == expected,
                $"{name}, stopped {count} times at {string.Join(", ", stops)}: {outcome} instead of {expected}");
        }
    }
}
