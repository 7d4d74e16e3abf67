using System.Diagnostics;
using System.Globalization;
using Paging.Scripting.Calls;
using Paging.Scripting.Parsing;

namespace Paging.Scripting.Tests;

/// <summary>
/// Recordings on other versions of Linux: <c>kernels.txt</c> has where each of them first differs, <c>kernels-huge.txt</c> the same of
/// those with huge pages.
/// </summary>
public sealed class OtherKernelTests
{
    private const string Kernel = "6.1-amd64";
    internal static readonly string Root = FindRoot();

    /// <summary>Each row names a recording, and each number a line of it that holds a call with a result.</summary>
    [Theory]
    [InlineData("kernels.txt")]
    [InlineData("kernels-huge.txt")]
    public void TheTableNamesCallsOfRecordings(string table)
    {
        bool isHuge = !string.Equals(table, "kernels.txt", StringComparison.Ordinal);
        string[][] rows = Read(table);
        string[] kernels = rows[0];
        Assert.Equal("scenario", kernels[0]);
        Assert.Contains(Kernel, kernels, StringComparer.Ordinal);
        foreach (string[] row in rows.Skip(1))
        {
            Assert.Equal(kernels.Length, row.Length);
            HashSet<int> lines = [.. Document(row[0], isHuge).Lines.Where(HasResult).Select(static line => line.Number)];
            Assert.All(row.Skip(1).Where(static cell => !string.Equals(cell, ".", StringComparison.Ordinal)),
                cell => Assert.Contains(int.Parse(cell, CultureInfo.InvariantCulture), lines));
        }
    }

    // Half a minute, several on a busy machine: QEMU imitates every instruction of a whole kernel's start.
    /// <summary>Checks the tables of an older kernel on that kernel: for each table, one script that agrees and two that differ.</summary>
    [Fact]
    [Trait("Category", "Slow")]
    public void AnOlderKernelDiffersWhereTheTableListsIt()
    {
        string script = Path.Combine(Root, "tools", "conform-kernel.sh");
        Assert.SkipUnless(OperatingSystem.IsLinux() && File.Exists("/usr/bin/qemu-system-x86_64"),
            "There is no qemu-system-x86_64 here: apt-get install qemu-system-x86");
        Assert.SkipUnless(File.Exists(Path.Combine(Root, "artifacts", "kernels", Kernel)),
            $"The kernel has not been fetched: tools/conform-kernel.sh -p {Kernel}");
        using (Process prepare = Process.Start(script, ["-p", Kernel]))
        {
            prepare.WaitForExit();
            Assert.SkipUnless(prepare.ExitCode == 0, "gcc -m32 -static does not work here: apt-get install gcc-multilib");
        }

        using TemporaryDirectory folder = new();
        foreach (string name in (string[])["gap-mremap-huge", "hand-mremap-grow-inplace", "hand-vma-charge"])
            File.Copy(Path.Combine(Recordings.Directory, name + ".scn"), folder.At(name + ".scn"));
        foreach (string name in (string[])["hand-hugetlb-memfd-grow", "hand-hugetlb-rights", "hand-thp-split-mprotect"])
            File.Copy(Path.Combine(AppContext.BaseDirectory, "huge", name + ".scn"), folder.At(name + ".scn"));
        CommandRun run = CommandRun.Of("conform", "--recordings", folder.Path, "--timeout", "600", "--shrink", "0", "--", script, Kernel);
        Assert.Equal((1, ""), (run.Code, run.Errors));
        Assert.StartsWith("Linux 6.1.", run.Output, StringComparison.Ordinal);
        Assert.Contains("(first in gap-mremap-huge", run.Output, StringComparison.Ordinal);
        Assert.Contains("(first in hand-vma-charge", run.Output, StringComparison.Ordinal);
        Assert.Contains("(first in hand-hugetlb-memfd-grow", run.Output, StringComparison.Ordinal);
        Assert.Contains("(first in hand-thp-split-mprotect", run.Output, StringComparison.Ordinal);
        Assert.StartsWith("6 scenarios, 2 agree; ", run.LastLine, StringComparison.Ordinal);
    }

    private static bool HasResult(ScenarioLine line) => line.Kind == ScenarioLineKind.Call && line.Recorded.Kind != CallResultKind.None;

    private static string[][] Read(string table) =>
    [
        .. File.ReadLines(Path.Combine(AppContext.BaseDirectory, table)).Where(static line => line.Length != 0 && line[0] != '#')
               .Select(static line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)),
    ];

    private static ScenarioDocument Document(string name, bool isHuge) =>
        isHuge ? Recordings.ParseHuge(name + ".scn")
        : File.Exists(Path.Combine(Recordings.Directory, name + ".scn"))
            ? Recordings.Parse(name + ".scn")
            : Recordings.ParseExact(name + ".scn");

    private static string FindRoot()
    {
        DirectoryInfo? directory = new(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "Paging.sln"))) directory = directory.Parent;
        return directory?.FullName ?? throw new InvalidOperationException("The repository's root is not above the tests.");
    }
}
