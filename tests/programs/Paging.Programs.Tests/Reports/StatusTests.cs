using System.Globalization;
using Paging.Core;
using Paging.HostKernel;
using Paging.HostKernel.Puppets;
using Paging.Reports;
using Paging.Scripting.Calls;
using Paging.Scripting.Engine;
using Paging.Scripting.Parsing;

namespace Paging.Programs.Tests;

/// <summary>status and statm: each figure moves by as much as the host's kernel moves it, call by call.</summary>
public sealed class StatusTests
{
    // Not VmPTE (tables of a 64-bit kernel), nor VmExe and VmLib one by one: their border is the program's, and that is not ours.
    private static readonly string[] Figures =
        ["VmSize", "VmLck", "VmPin", "VmRSS", "RssAnon", "RssFile", "RssShmem", "VmData", "VmStk", "VmSwap"];

    private static readonly string[] MoreCalls =
    [
        "mprotect(0x20000000, 0x2000, PROT_READ|PROT_EXEC)",
        "munlock(0x23000000, 0x2000)",
        "madvise(0x20002000, 0x2000, MADV_DONTNEED)",
        "munmap(0x21000000, 0x2000)",
        "mremap(0x25000000, 0x1000, 0x3000, MREMAP_MAYMOVE|MREMAP_FIXED, 0x2a000000)",
        "brk(0x08050000)",
        // beyond all earlier peaks
        "mmap(0x30000000, 0x100000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED|MAP_POPULATE, -1, 0)",
        "munmap(0x30000000, 0x100000)",
    ];

    [Fact]
    public void EveryFigureMovesAsTheHostsKernelMovesIt()
    {
        Assert.SkipUnless(HostKernelProbe.TryProbe(out string reason), $"the host's kernel cannot: {reason}");
        using HostKernelMachine host = new();
        using EngineMachine engine = new(new EngineMachineOptions());
        host.Start(ScenarioHeader.Default);
        engine.Start(ScenarioHeader.Default);
        UserProcess process = engine.Engine.Processes.Single();
        int number = host.Session.Puppet.ProcessIds[0];
        Dictionary<string, long> hostStart = Read(number), engineStart = Read(process);
        foreach (string call in SmapsTests.Calls.Where(static call => call is not "fork()").Concat(MoreCalls))
        {
            Assert.Equal(host.Execute(ScenarioParser.ParseCall(call)).ToString(), engine.Execute(ScenarioParser.ParseCall(call))
                .ToString());
            Dictionary<string, long> hostNow = Read(number), engineNow = Read(process);
            foreach (string figure in Figures)
            {
                Assert.Equal((call, figure, hostNow[figure] - hostStart[figure]), (call, figure, engineNow[figure] - engineStart[figure]));
            }

            bool isPeakOfTheStart = hostNow["VmPeak"] == hostStart["VmPeak"];    // the puppet was larger before it became one
            if (!isPeakOfTheStart)
                Assert.Equal((call, "peak", hostNow["VmPeak"] - hostNow["VmSize"]),
                (call, "peak", engineNow["VmPeak"] - engineNow["VmSize"]));
            Assert.True(engineNow["VmHWM"] >= engineNow["VmRSS"]);    // the kernel's misses pages that a processor has not counted yet

            Assert.Equal((call, "code", hostNow["VmExe"] + hostNow["VmLib"] - hostStart["VmExe"] - hostStart["VmLib"]),
                (call, "code", engineNow["VmExe"] + engineNow["VmLib"]));
            AgreesWithStatus(File.ReadAllText($"/proc/{number}/statm"), hostNow);
            AgreesWithStatus(process.Memory.FormatStatm(), engineNow);
        }
    }

    [Fact]
    public void TheLinesAreTheKernelsInItsOrder()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux()
            && HostKernelProbe.KernelRelease.StartsWith("6.18.", StringComparison.Ordinal), "the format is that of Linux 6.18");
        using World world = new();
        using UserProcess child = world.Execute("gonzo").Fork();
        child.Name = "two\nlines \\";
        string[] lines = child.FormatStatus().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        string[] names = [.. lines.Select(static line => line.Split(':')[0])];
        string[] hosts = [.. File.ReadLines("/proc/self/status").Select(static line => line.Split(':')[0])];
        Assert.Equal(string.Join(' ', hosts.Where(name => names.Contains(name, StringComparer.Ordinal))), string.Join(' ', names));
        Assert.Equal("Name:\ttwo\\nlines \\\\", lines[0]);
        Assert.Contains("\nPid:\t2\nPPid:\t1\n", child.FormatStatus(), StringComparison.Ordinal);
        string[] sizes = [.. lines.Where(static line => line.StartsWith("Vm", StringComparison.Ordinal))];
        Assert.All(sizes, static line => Assert.Matches("^Vm[A-Za-z]+:\t *[0-9]+ kB$", line));
        Assert.Equal(hosts.Count(static name => name.StartsWith("Vm", StringComparison.Ordinal)), sizes.Length);

        child.Exit(3);
        Assert.Contains("State:\tZ (zombie)\n", child.FormatStatus(), StringComparison.Ordinal);
        Assert.DoesNotContain("Vm", child.FormatStatus(), StringComparison.Ordinal);
    }

    /// <summary>statm gives in pages the figures that status gives in kB: in the kernel and here.</summary>
    private static void AgreesWithStatus(string statm, Dictionary<string, long> status)
    {
        long[] pages = [.. statm.Split(' ', StringSplitOptions.TrimEntries)
            .Select(static word => long.Parse(word, CultureInfo.InvariantCulture))];
        Assert.Equal([status["VmSize"] / 4, status["VmRSS"] / 4, (status["RssFile"] + status["RssShmem"]) / 4], pages[..3]);
        Assert.Equal([0, (status["VmData"] + status["VmStk"]) / 4, 0], pages[4..]);
    }

    private static Dictionary<string, long> Read(int number) => Read(File.ReadAllText($"/proc/{number}/status"));

    private static Dictionary<string, long> Read(UserProcess process) => Read(process.FormatStatus());

    private static Dictionary<string, long> Read(string status) => status.Split('\n')
        .Where(static line => line.EndsWith(" kB", StringComparison.Ordinal))
        .ToDictionary(static line => line.Split(':')[0], static line =>
            long.Parse(line.Split(':')[1].Replace(" kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture),
            StringComparer.Ordinal);
}
