using System.Diagnostics;
using System.Globalization;
using Paging.Cli;
using Paging.Tests;

namespace Paging.Scripting.Tests;

/// <summary>The command is killed while Debian's sqlite for i386 writes: every row that it has acknowledged stays.</summary>
/// <remarks>
/// Natively the host's page cache survives kill -9 of the program, in every mode; so it must here. PAGING_KILLS: how many moments the slow
/// test takes, 50 otherwise. Skipped without the programs of tools/get-i386.sh.
/// </remarks>
public sealed class DurabilityTests
{
    private const int Kill = 9, Hangup = 1, Quit = 3, Terminate = 15, User2 = 12;

    private static readonly (string Journal, string Synchronous)[] Modes =
        [("delete", "off"), ("wal", "normal"), ("truncate", "normal"), ("persist", "off")];

    [Trait("Category", "Slow")]
    [Fact]
    public async Task AKillLosesNoRow() =>
        await LoseNothing([.. Enumerable.Range(0, Soak.Of(2, 1)).Select(static mode => new Moment(Modes[mode], Kill, new(mode), "auto"))]);

    [Fact]
    [Trait("Category", "Slow")]
    public async Task ASignalWritesBackDeferredWrites() =>
        await LoseNothing([.. Soak.Rows([Hangup, Quit, Terminate, User2], 4)
            .Select(static signal => new Moment(Modes[0], signal, new(signal), "auto", "--lazy-writes"))]);

    /// <summary>A moment takes one to three seconds: a start of the command. <c>PAGING_KILLS=50</c> for fifty.</summary>
    [Fact]
    [Trait("Category", "Slow")]
    public async Task KillsAtRandomMomentsLoseNoRow()
    {
        string? kills = Environment.GetEnvironmentVariable("PAGING_KILLS");
        int count = int.TryParse(kills, CultureInfo.InvariantCulture, out int asked) ? asked : Soak.Of(8, 1);
        Random random = new();
        await LoseNothing([.. Enumerable.Range(0, count).Select(i =>
            new Moment(Modes[i % Modes.Length], Kill, random, i / Modes.Length % 2 == 0 ? "auto" : "emulated"))]);
    }

    /// <summary>The command is killed while it writes a core file of 20 MB: there is none under the name that was asked for.</summary>
    [Fact]
    [Trait("Category", "Slow")]
    public async Task AKilledWriteOfACoreLeavesNoCore()
    {
        CancellationToken stop = TestContext.Current.CancellationToken;
        string root = await MakeRoot();
        try
        {
            string core = Path.Combine(root, "tmp", "core");
            using FileSystemWatcher watcher = new(Path.Combine(root, "tmp"));
            TaskCompletionSource begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
            watcher.Created += (_, _) => begun.TrySetResult();
            watcher.EnableRaisingEvents = true;
            ProcessStartInfo start = new("dotnet", [typeof(CommandLine).Assembly.Location, "run", "--ram", "256M", "--core", core, "--root",
                root, "/bin/busybox", "sh", "-c", "x=$(printf '%20000000s' y); kill -SEGV $$"])
            {
                UseShellExecute = false,
            };
            using Process run = Process.Start(start)!;
            await begun.Task.WaitAsync(stop);
            run.Kill();
            await run.WaitForExitAsync(stop);
            Assert.Equal(128 + Kill, run.ExitCode);
            Assert.False(File.Exists(core));
            Assert.True(File.Exists(core + ".part"));
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    /// <summary>Ends the command at each of the moments, and then asks for the rows of all at once: a start takes a second.</summary>
    private static async Task LoseNothing(Moment[] moments)
    {
        string root = await MakeRoot();
        try
        {
            int[] acknowledged = new int[moments.Length];
            List<string> questions = [];
            for (int i = 0; i < moments.Length; i++)
            {
                acknowledged[i] = await Write(root, Rows(i), moments[i]);
                questions.Add(".open " + Rows(i));
                questions.Add("pragma integrity_check; select count(*), coalesce(max(id), 0) from t;");
            }

            using Process asked = Start(root, Rows(0), [], [.. questions]);
            string text = (await asked.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken)).Trim();
            string[][] answers = [.. text.Split('\n').Chunk(2).Select(static lines => string.Join('|', lines).Split('|'))];
            Assert.True(answers.Length == moments.Length, text);
            for (int i = 0; i < moments.Length; i++)
            {
                string what = $"{moments[i].Mode}, {acknowledged[i]} rows: {string.Join(' ', answers[i])}";
                Assert.True(answers[i] is ["ok", _, _], what);
                Assert.Equal(answers[i][1], answers[i][2]);
                Assert.True(int.Parse(answers[i][1], CultureInfo.InvariantCulture) >= acknowledged[i], what);
            }
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    private static string Rows(int moment) => $"/tmp/rows{moment}.db";

    /// <summary>Inserts rows until a random one is acknowledged, and ends the command a random while later.</summary>
    private static async Task<int> Write(string root, string rows, Moment moment)
    {
        Random random = moment.Random;
        using Process writer = Start(root, rows, ["--processor", moment.Processor, .. moment.Options]);
        Task feeding = Task.Run(() => Feed(writer, moment.Mode, random.Next()), TestContext.Current.CancellationToken);
        int last = random.Next(1, 500), acknowledged = 0;
        bool isSent = false;
        while (await writer.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
        {
            if (line.StartsWith("ok ", StringComparison.Ordinal)) acknowledged = int.Parse(line.AsSpan(3), CultureInfo.InvariantCulture);
            if (isSent || acknowledged < last) continue;
            await Task.Delay(random.Next(20), TestContext.Current.CancellationToken);
            Assert.Equal(0, Send(writer.Id, moment.Signal));
            isSent = true;
        }

        await writer.WaitForExitAsync(TestContext.Current.CancellationToken);
        await feeding;
        Assert.Equal(128 + moment.Signal, writer.ExitCode);    // as a shell shows the end by a signal
        Assert.True(isSent, $"sqlite ended by itself after {acknowledged} rows");
        return acknowledged;
    }

    private static void Feed(Process writer, (string Journal, string Synchronous) mode, int seed)
    {
        Random random = new(seed);
        try
        {
            writer.StandardInput.Write($"pragma journal_mode={mode.Journal}; pragma synchronous={mode.Synchronous}; "
                + "pragma wal_autocheckpoint=50; create table t(id integer primary key, x);\n");
            for (int row = 1; row < 20_000; row++)
                writer.StandardInput.Write($"insert into t values({row}, hex(randomblob({random.Next(1500)}))); select 'ok {row}';\n");
            writer.StandardInput.Close();
        }
        catch (IOException)
        {
            // the reader was killed, as it is to be
        }
    }

    private static Process Start(string root, string rows, string[] options, params string[] statements)
    {
        ProcessStartInfo start = DefaultSignals.For("dotnet",
            [typeof(CommandLine).Assembly.Location, "run", .. options, "--root", root, "/usr/bin/sqlite3", rows, .. statements]);
        (start.RedirectStandardInput, start.RedirectStandardOutput, start.RedirectStandardError) = (true, true, true);
        start.UseShellExecute = false;
        return Process.Start(start)!;
    }

    /// <summary>A root of its own with copies of the programs.</summary>
    private static async Task<string> MakeRoot()
    {
        string? directory = AppContext.BaseDirectory;
        while (directory is not null && !File.Exists(Path.Combine(directory, "Paging.sln"))) directory = Path.GetDirectoryName(directory);
        string programs = Environment.GetEnvironmentVariable("PAGING_I386") ?? Path.Combine(directory ?? "/", "artifacts", "i386");
        Assert.SkipUnless(File.Exists(Path.Combine(programs, "usr/bin/sqlite3")),
            "There is no sqlite3 for i386: tools/get-i386.sh fetches it");
        string root = Directory.CreateTempSubdirectory("paging-rows-").FullName;
        using Process copy = Process.Start("cp", ["-a", Path.Combine(programs, "."), root]);
        await copy.WaitForExitAsync(TestContext.Current.CancellationToken);
        Directory.CreateDirectory(Path.Combine(root, "tmp"));
        return root;
    }

    private static int Send(int process, int signal)
    {
        using Process kill = Process.Start("kill", [$"-{signal}", $"{process}"]);
        kill.WaitForExit();
        return kill.ExitCode;
    }

    /// <summary>When and how the command ends: a while after a random row, by a signal.</summary>
    private sealed record Moment(
        (string Journal, string Synchronous) Mode, int Signal, Random Random, string Processor, params string[] Options);
}
