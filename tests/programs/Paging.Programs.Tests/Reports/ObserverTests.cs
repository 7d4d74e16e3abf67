using System.Buffers.Binary;
using Paging.Core;
using Paging.HostKernel;
using Paging.HostKernel.Puppets;
using Paging.Native;
using Paging.Reports;
using Paging.Scripting.Calls;
using Paging.Scripting.Engine;
using Paging.Scripting.Parsing;

namespace Paging.Programs.Tests;

/// <summary>
/// pagemap and clear_refs beside the host's kernel: the same calls, the same bits, before and after each kind of forgetting.
/// </summary>
public sealed class ObserverTests
{
    // clear_refs leaves a real processor's translations alone, and a hit marks nothing: so large an unmapping empties all of them first.
    private static readonly string[] Touches =
    [
        "mmap(0x30000000, 0x100000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED|MAP_POPULATE, -1, 0)",
        "munmap(0x30000000, 0x100000)",
        "load(0x20000000)", "store(0x20001000, 1)", "load(0x21000000)", "store(0x26001000, 1)", "load(0x27002000)", "load(0x23000000)",
        "load(0x08050000)",
    ];

    /// <summary>Referenced of every area, after each number that can be written, and again after some use.</summary>
    [Theory]
    [InlineData(ReferenceKind.All)]
    [InlineData(ReferenceKind.Anonymous)]
    [InlineData(ReferenceKind.Mapped)]
    [InlineData(ReferenceKind.SoftDirty)]
    [InlineData(ReferenceKind.PeakResident)]
    public void ClearedReferencesAreThoseOfTheHostsKernel(ReferenceKind kind)
    {
        using Pair pair = new();
        pair.Execute(SmapsTests.Calls.Where(static call => call is not "fork()"));
        Assert.Equal(pair.HostFigures("Referenced"), pair.EngineFigures("Referenced"));
        File.WriteAllText($"/proc/{pair.ProcessId}/clear_refs", $"{(int)kind}");
        Assert.Equal(Errno.None, pair.Process.Memory.ClearReferences(kind));
        Assert.Equal(pair.HostFigures("Referenced"), pair.EngineFigures("Referenced"));
        pair.Execute(Touches);
        Assert.Equal(pair.HostFigures("Referenced"), pair.EngineFigures("Referenced"));
    }

    /// <summary>
    /// Present, swapped, file, exclusive: every page of every area, in parent and child. Soft-dirty where the host's kernel has it.
    /// </summary>
    [Fact]
    public void EveryBitOfPagemapIsThatOfTheHostsKernel()
    {
        using Pair pair = new();
        pair.Execute(SmapsTests.Calls);
        for (int i = 0; i < pair.Processes.Length; i++)
        {
            using FileStream pagemap = File.OpenRead($"/proc/{pair.ProcessIds[i]}/pagemap");
            foreach (AreaSnapshot area in pair.Processes[i].Memory.Areas.Snapshot())
            {
                for (PageNumber page = area.Range.First; page < area.Range.End; page++)
                    Assert.Equal((i, page, Bits(Read(pagemap, page))), (i, page, Bits(pair.Processes[i].Memory.ReadPagemap(page).Word)));
            }
        }
    }

    /// <summary>The sums of smaps_rollup, less the puppet's own memory: they move as the host's do.</summary>
    [Fact]
    public void TheSumsOfSmapsRollupMoveAsTheHostsKernelMovesThem()
    {
        using Pair pair = new();
        Dictionary<string, long> hostStart = Rollup(File.ReadAllText($"/proc/{pair.ProcessId}/smaps_rollup"));
        foreach (string call in SmapsTests.Calls.Where(static call => call is not "fork()"))
        {
            pair.Execute([call]);
            Dictionary<string, long> host = Rollup(File.ReadAllText($"/proc/{pair.ProcessId}/smaps_rollup")),
                engine = Rollup(pair.Process.Memory.FormatSmapsRollup());
            // those are rounded once, in the sum
            foreach (string figure in host.Keys.Where(static figure => !figure.StartsWith("Pss", StringComparison.Ordinal)))
                Assert.Equal((call, figure, host[figure] - hostStart[figure]), (call, figure, engine.GetValueOrDefault(figure)));
        }
    }

    private static ulong Read(FileStream pagemap, PageNumber page)
    {
        byte[] word = new byte[8];
        pagemap.Position = page.Value * 8L;
        pagemap.ReadExactly(word);
        return BinaryPrimitives.ReadUInt64LittleEndian(word);
    }

    private static string Bits(ulong word) => $"{word >> 61:b3} {(word >> 56) & 1}";

    private static Dictionary<string, long> Rollup(string text) => text.Split('\n')
        .Where(static line => line.EndsWith(" kB", StringComparison.Ordinal))
        .ToDictionary(static line => line.Split(':')[0], static line =>
            long.Parse(line.Split(':')[1].Replace("kB", "", StringComparison.Ordinal).Trim()), StringComparer.Ordinal);

    /// <summary>The host's kernel and the engine, given the same calls.</summary>
    private sealed class Pair : IDisposable
    {
        private readonly HostKernelMachine _host = new();
        private readonly EngineMachine _engine = new(new EngineMachineOptions());

        public Pair()
        {
            Assert.SkipUnless(HostKernelProbe.TryProbe(out string reason), $"the host's kernel cannot: {reason}");
            _host.Start(ScenarioHeader.Default);
            _engine.Start(ScenarioHeader.Default);
        }

        public UserProcess[] Processes => [.. _engine.Engine.Processes];

        public UserProcess Process => Processes[0];

        public IReadOnlyList<int> ProcessIds => _host.Session.Puppet.ProcessIds;

        public int ProcessId => ProcessIds[0];

        public void Execute(IEnumerable<string> calls)
        {
            foreach (string call in calls)
                Assert.Equal(_host.Execute(ScenarioParser.ParseCall(call)).ToString(), _engine.Execute(ScenarioParser.ParseCall(call))
                .ToString());
        }

        public string[] HostFigures(string name) => Figures(File.ReadAllText($"/proc/{ProcessId}/smaps"), name);

        public string[] EngineFigures(string name) => Figures(Process.Memory.FormatSmaps(), name);

        public void Dispose()
        {
            _engine.Engine.Audit().ThrowIfBroken();
            _host.Dispose();
            _engine.Dispose();
        }

        /// <summary>One figure of each area below the puppet's own, with the area's range.</summary>
        private static string[] Figures(string smaps, string name)
        {
            List<string> found = [];
            string range = "";
            foreach (string line in smaps.Split('\n'))
            {
                bool isHeader = line.Length > 20 && line[8] is '-' && line[17] is ' ';
                if (isHeader) range = line[..17];
                if (isHeader && Convert.ToUInt32(line[..8], 16) >= ScenarioHeader.Default.Reserved.Value) break;
                if (line.StartsWith(name + ':', StringComparison.Ordinal)) found.Add($"{range} {line}");
            }

            return [.. found];
        }
    }
}
