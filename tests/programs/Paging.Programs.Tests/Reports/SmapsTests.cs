using Paging.Core;
using Paging.HostKernel;
using Paging.HostKernel.Puppets;
using Paging.Native;
using Paging.Native.Tables;
using Paging.Reports;
using Paging.Scripting.Calls;
using Paging.Scripting.Engine;
using Paging.Scripting.Parsing;

namespace Paging.Programs.Tests;

/// <summary>smaps, line for line: against the host's kernel after the same calls, and by hand.</summary>
public sealed class SmapsTests
{
    /// <summary>A bit of everything; the last but one forks.</summary>
    internal static readonly string[] Calls =
    [
        "mmap(0x20000000, 0x10000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)",
        "fill(0x20000000, 0x4000, 0x77)",
        "load(0x20008000)",                                                                     // the zero page
        "mmap(0x21000000, 0x8000, PROT_READ|PROT_WRITE, MAP_SHARED|MAP_ANONYMOUS|MAP_FIXED, -1, 0)",
        "fill(0x21000000, 0x3000, 0x11)",
        "mmap(0x22000000, 0x4000, PROT_NONE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED|MAP_NORESERVE, -1, 0)",
        "mmap(0x23000000, 0x4000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)",
        "mlock(0x23000000, 0x4000)",
        "mmap(0x24000000, 0x4000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED|MAP_GROWSDOWN, -1, 0)",
        "store(0x24003000, 1)",
        "mmap(0x25000000, 0x6000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)",
        "fill(0x25000000, 0x6000, 0x22)",
        "madvise(0x25000000, 0x1000, MADV_DONTFORK)",
        "madvise(0x25001000, 0x1000, MADV_DONTDUMP)",
        "madvise(0x25002000, 0x1000, MADV_SEQUENTIAL)",
        "madvise(0x25003000, 0x1000, MADV_RANDOM)",
        "madvise(0x25004000, 0x1000, MADV_WIPEONFORK)",
        "mprotect(0x25005000, 0x1000, PROT_READ|PROT_EXEC)",
        "open(\"A\", 24576, 27)",
        "mmap(0x26000000, 0x6000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_FIXED, 3, 0x0)",
        "store(0x26000000, 1)",
        "mmap(0x27000000, 0x6000, PROT_READ|PROT_WRITE, MAP_SHARED|MAP_FIXED, 3, 0x0)",
        "store(0x27001000, 1)",
        // one page: the kernel maps neighbours along
        "mmap(0x29000000, 0x1000, PROT_READ, MAP_PRIVATE|MAP_FIXED, 3, 0x3000)",
        "load(0x29000000)",
        "mmap(0x28000000, 0x2000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED|MAP_STACK, -1, 0)",
        "brk(0x08060000)",
        "store(0x08050000, 7)",
        "fork()",
        "store(0x20000000, 9)",                                                                 // breaks one page's sharing
    ];

    /// <summary>Every figure of every area, Pss with its fractions included, in both processes; and the sums of smaps_rollup.</summary>
    [Fact]
    public void EveryLineIsTheOneThatTheHostsKernelPrints()
    {
        Assert.SkipUnless(HostKernelProbe.TryProbe(out string reason), $"the host's kernel cannot: {reason}");
        Assert.SkipUnless(HostKernelProbe.KernelRelease.StartsWith("6.18.", StringComparison.Ordinal), "the format is that of Linux 6.18");
        // A busy host's kswapd and kdamond change the marks of pages (Referenced) between two calls, in one run of many.
        for (int attempt = 1; !IsAsOnTheHost(mustBe: attempt == 5); attempt++) { }
    }

    private static bool IsAsOnTheHost(bool mustBe)
    {
        using HostKernelMachine host = new();
        using EngineMachine engine = new(new EngineMachineOptions());
        host.Start(ScenarioHeader.Default);
        engine.Start(ScenarioHeader.Default);
        foreach (string call in Calls)
            Assert.Equal(host.Execute(ScenarioParser.ParseCall(call)).ToString(), engine.Execute(ScenarioParser.ParseCall(call))
            .ToString());

        uint border = ScenarioHeader.Default.Reserved.Value;
        UserProcess[] processes = [.. engine.Engine.Processes];
        IReadOnlyList<int> numbers = host.Session.Puppet.ProcessIds;
        Assert.Equal(numbers.Count, processes.Length);
        bool isEqual = true;
        for (int i = 0; i < processes.Length; i++)
        {
            string[] expected = [.. Comparable(File.ReadAllText($"/proc/{numbers[i]}/smaps"), border)],
                actual = [.. Comparable(processes[i].Memory.FormatSmaps(), border)];
            isEqual &= expected.SequenceEqual(actual, StringComparer.Ordinal);
            if (mustBe) Assert.Equal(expected, actual, StringComparer.Ordinal);
            Assert.Equal(FieldNames(File.ReadAllText($"/proc/{numbers[i]}/smaps_rollup")),
                FieldNames(processes[i].Memory.FormatSmapsRollup()));
        }

        engine.Engine.Audit().ThrowIfBroken();
        return isEqual;
    }

    [Fact]
    public void MeminfoHasTheKernelsLinesInTheirOrder()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux()
            && HostKernelProbe.KernelRelease.StartsWith("6.18.", StringComparison.Ordinal), "the format is that of Linux 6.18");
        string[] large = ["DirectMap2M:", "DirectMap1G:", "DirectMap4M:"];    // an i386 without PAE has pages of 4 MB
        using PagingEngine engine = new();
        string[] expected = [.. FieldNames(File.ReadAllText("/proc/meminfo")).Except(large, StringComparer.Ordinal)];
        string[] ours = [.. FieldNames(engine.FormatMeminfo()).Except(large, StringComparer.Ordinal)];
        string[] zones = ["HighTotal:", "HighFree:", "LowTotal:", "LowFree:"];    // a 64-bit kernel has no high memory
        int first = Array.IndexOf(ours, "HighTotal:");    // after Mlocked: fs/proc/meminfo.c
        Assert.Equal(["Mlocked:", .. zones], ours[(first - 1)..(first + zones.Length)]);
        Assert.Equal(expected, ours.Except(zones, StringComparer.Ordinal), StringComparer.Ordinal);
        Assert.All(engine.FormatMeminfo().Split('\n', StringSplitOptions.RemoveEmptyEntries), static line =>
            Assert.Matches("^[A-Za-z0-9_()]+: +[0-9]+( kB)?$", line));
    }

    [Fact]
    public void VmstatHasTheKernelsNamesInTheirOrder()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux()
            && HostKernelProbe.KernelRelease.StartsWith("6.18.", StringComparison.Ordinal), "the format is that of Linux 6.18");
        using PagingEngine engine = new();
        string[] ours = FieldNames(engine.FormatVmstat());
        string[] expected = [.. FieldNames(File.ReadAllText("/proc/vmstat")).Where(name => ours.Contains(name, StringComparer.Ordinal))];
        Assert.Equal(expected, ours);
    }

    [Fact]
    public void MeminfoAddsUp()
    {
        using World world = new();
        UserProcess process = world.Execute("gonzo");
        process.Memory.Mmu.Write(process.Memory.Program.StartStack - 4096, 1);
        Assert.Equal(Errno.None, process.Memory.Map(default, 8 << 12, MemoryProtection.ReadWrite,
            MapFlags.Private | MapFlags.Anonymous | MapFlags.Locked, out _));
        Dictionary<string, long> info = world.Engine.FormatMeminfo().Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .ToDictionary(static line => line.Split(':')[0], static line =>
                long.Parse(line.Split(':')[1].Replace("kB", "", StringComparison.Ordinal)), StringComparer.Ordinal);
        Assert.Equal(32, info["Mlocked"]);
        Assert.Equal(info["Active"] + info["Inactive"] + info["Unevictable"], info["AnonPages"] + info["Cached"]);
        Assert.Equal(info["Active(anon)"] + info["Active(file)"], info["Active"]);
        Assert.Equal((long)process.Memory.Usage.ResidentAnonymous.Bytes >> 10, info["AnonPages"]);
        Assert.Equal(info["MemTotal"], info["MemFree"] + info["AnonPages"] + info["Cached"] + info["PageTables"]
            + ((long)world.Engine.Parts.Machine.Frames.CountOf(FrameState.Kernel).Value * 4));
        Assert.Equal(32 << 10, info["DirectMap4k"] + info["DirectMap4M"]);
    }

    [Fact]
    public void AForkHalvesPssAndAWriteMakesItWholeAgain()
    {
        using World world = new();
        UserProcess process = world.Engine.CreateProcess("test");
        Assert.Equal(Errno.None, process.Memory.Map(default, 4 << 12, MemoryProtection.ReadWrite, MapFlags.Private | MapFlags.Anonymous,
            out VirtualAddress at));
        for (uint page = 0; page < 4; page++) process.Memory.Mmu.Write(at + (page << 12), 1);
        Assert.Equal((16384ul, 16384ul, 16384ul),
            (process.Memory.Footprint.Resident, process.Memory.Footprint.Proportional, process.Memory.Footprint.Unique));
        using (UserProcess child = process.Fork())
        {
            Assert.Equal((16384ul, 8192ul, 0ul),
                (process.Memory.Footprint.Resident, process.Memory.Footprint.Proportional, process.Memory.Footprint.Unique));
            child.Memory.Mmu.Write(at, 2);
            Assert.Equal((16384ul, 10240ul, 4096ul),
                (process.Memory.Footprint.Resident, process.Memory.Footprint.Proportional, process.Memory.Footprint.Unique));
            using UserProcess third = child.Fork();
            world.Audit();
            // 4 + 3 · 4/3, each share cut off
            Assert.Contains("Pss:                   7 kB\n", process.Memory.FormatSmapsRollup(), StringComparison.Ordinal);
        }

        Assert.Equal(16384ul, process.Memory.Footprint.Unique);
    }

    [Fact]
    public void AFreedPageIsLazyUntilItIsWritten()
    {
        using World world = new();
        UserProcess process = world.Engine.CreateProcess("test");
        Assert.Equal(Errno.None, process.Memory.Map(default, 2 << 12, MemoryProtection.ReadWrite,
            MapFlags.Private | MapFlags.Anonymous | MapFlags.Populate, out VirtualAddress at));
        Assert.Equal(Errno.None, process.Memory.Advise(at, 2 << 12, MemoryAdvice.Free));
        Assert.Equal(8192ul, process.Memory.Areas.FootprintAt(at.Page).LazyFree);
        process.Memory.Mmu.Write(at, 1);
        Assert.Equal(4096ul, process.Memory.Areas.FootprintAt(at.Page).LazyFree);
    }

    [Theory]
    [InlineData("Q1")]
    [InlineData("Q3")]
    public void TheAuditSeesAFootprintThatIsWrong(string rule)
    {
        using PagingEngine engine = new();
        UserProcess process = engine.CreateProcess("test");
        process.Memory.Map(default, 4096, MemoryProtection.ReadWrite, MapFlags.Private | MapFlags.Anonymous | MapFlags.Populate,
            out VirtualAddress at);
        if (rule is "Q1") process.Memory.Space.Statistics.ResidentAnonymous++;
        else engine.Parts.Machine.Frames[process.Memory.Space.Tables.Read(at.Page).Frame].MapCount = 2;
        Assert.True(engine.Audit().Names(rule));
    }

    /// <summary>
    /// Paragraphs below a border, each header cut to range, rights and offset; soft-dirty left out, which this host's kernel was built
    /// without.
    /// </summary>
    private static string[] Comparable(string smaps, uint border)
    {
        List<string> lines = [];
        foreach (string line in smaps.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            bool isHeader = line.Length > 20 && line[8] is '-' && line[17] is ' ';
            if (isHeader && Convert.ToUInt32(line[..8], 16) >= border) break;
            // only where the host's processor has keys; an i386 has none
            if (line.StartsWith("ProtectionKey:", StringComparison.Ordinal)) continue;
            lines.Add(isHeader ? line[..31] : line.Replace("sd ", "", StringComparison.Ordinal));
        }

        return [.. lines];
    }

    private static string[] FieldNames(string text) =>
        [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => line.Split(' ')[0])
            .Select(static name => name.Contains('-', StringComparison.Ordinal) ? "range" : name)];
}
