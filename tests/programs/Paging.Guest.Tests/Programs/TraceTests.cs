using System.Diagnostics;
using System.Globalization;
using Paging.Core;
using Paging.Processors;

namespace Paging.Guest.Tests;

/// <summary>A program's accesses are those that valgrind's lackey sees.</summary>
[Trait("Category", "Slow")]
public sealed class TraceTests(BuiltPrograms programs)
{
    private const int PageShift = 12;

    [Theory]
    [InlineData("sort")]       // reads the zero page at many addresses, then writes
    [InlineData("matrix")]     // x87 and SSE, accesses to two pages
    [InlineData("words")]      // string instructions, recursion, locked and bit instructions
    public void TheSamePagesInTheSameOrderAsLackey(string name)
    {
        string program = programs.Find(name);
        Pages ours = new();
        using (GuestRun run = new() { Accesses = ours }) run.AsGuest(run.Install(program, name));
        Pages lackey = AskLackey(program);
        Assert.InRange(ours.AccessCount, lackey.AccessCount - 1, lackey.AccessCount);    // a locked instruction is two lines of lackey's
        Assert.Equal(lackey.Runs, ours.Runs);
    }

    [Fact]
    public void TheProcessesOfAForkAreDistinguished()
    {
        Pages all = new();
        using GuestRun run = new() { Accesses = all };
        Outcome outcome = run.AsGuest(run.Install(programs.Find("processes"), "processes"));
        Assert.True(all.ProcessCount > 2, $"{all.ProcessCount} processes, {outcome.Errors}");
    }

    private static Pages AskLackey(string program)
    {
        if (!File.Exists("/usr/bin/valgrind")) Assert.Skip("There is no valgrind here: apt-get install valgrind");
        string log = Path.GetTempFileName();
        try
        {
            ProcessStartInfo start = new("/usr/bin/valgrind", ["--tool=lackey", "--trace-mem=yes", $"--log-file={log}", program])
            {
                RedirectStandardOutput = true,
                UseShellExecute = false,
            };
            using (System.Diagnostics.Process process = System.Diagnostics.Process.Start(start)!)
            {
                process.StandardOutput.ReadToEnd();
                process.WaitForExit();
                if (process.ExitCode != 0) Assert.Skip("valgrind runs no i386 program here: apt-get install valgrind:i386");
            }

            Pages pages = new();
            foreach (string line in File.ReadLines(log))
            {
                if (line.Length < 4 || line[2] != ' ') continue;    // valgrind's own
                int comma = line.IndexOf(',', StringComparison.Ordinal);
                pages.Add(uint.Parse(line.AsSpan(3, comma - 3), NumberStyles.HexNumber, CultureInfo.InvariantCulture),
                    int.Parse(line.AsSpan(comma + 1), CultureInfo.InvariantCulture));
            }

            return pages;
        }
        finally
        {
            File.Delete(log);
        }
    }

    /// <summary>The pages of accesses, each run of the same page once.</summary>
    private sealed class Pages : IGuestAccessSink
    {
        private readonly HashSet<UserProcess> _processes = [];

        public List<uint> Runs { get; } = [];

        public long AccessCount { get; private set; }

        public int ProcessCount => _processes.Count;

        public void Take(in GuestAccess access)
        {
            _processes.Add(access.Process);
            Add(access.Address.Value, access.ByteLength);
        }

        public void Add(uint address, int byteLength)
        {
            AccessCount++;
            for (uint page = address >> PageShift; page <= (address + (uint)byteLength - 1) >> PageShift; page++)
                if (Runs.Count == 0 || Runs[^1] != page) Runs.Add(page);
        }
    }
}
