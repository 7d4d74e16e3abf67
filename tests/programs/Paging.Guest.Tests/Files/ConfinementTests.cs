namespace Paging.Guest.Tests;

/// <summary>A guest cannot reach anything outside its root, even while directories change under it.</summary>
[Trait("Category", "Slow")]
public sealed class ConfinementTests(BuiltPrograms programs)
{
    private const uint Exchange = 2;
    private const string OpensVariable = "PAGING_ESCAPE_OPENS";
    private const int OpensDefault = 8_000;

    [Fact]
    public void DirectoriesThatBecomeLinksLeadNowhereElse()
    {
        using TemporaryDirectory outside = new();
        string root = Path.Combine(outside.Path, "root");
        foreach (string directory in (string[])["d", "deep/d", "m", "tmp"]) Directory.CreateDirectory(Path.Combine(root, directory));
        foreach (string directory in (string[])["d", "deep/d"]) File.WriteAllText(Path.Combine(root, directory, "secret"), "inside");
        foreach (string name in (string[])["secret", "deep/secret"]) WriteOutside(outside.Path, name);
        File.CreateSymbolicLink(Path.Combine(root, "l"), "..");
        File.CreateSymbolicLink(Path.Combine(root, "deep/l"), Path.Combine(outside.Path, "deep"));
        string[] before = Listing(outside.Path);

        int opens = int.Parse(Environment.GetEnvironmentVariable(OpensVariable) ?? $"{OpensDefault}");
        using GuestRun run = new(root);
        string inside = run.Install(programs.Find("escape"), "escape");
        Outcome guest;
        long swaps;
        using (Swapper flat = new(Path.Combine(root, "d"), Path.Combine(root, "l"), Exchange),
            deep = new(Path.Combine(root, "deep/d"), Path.Combine(root, "deep/l"), Exchange),
            moved = new(Path.Combine(root, "m"), Path.Combine(outside.Path, "m"), flags: 0))
        {
            guest = run.AsGuest(inside, $"{opens}");
            swaps = Math.Min(Math.Min(flat.Count, deep.Count), moved.Count);
        }

        Assert.Equal("opens: enough, outside: 0\n", guest.Output + guest.Errors);
        Assert.Equal(0, guest.Status);
        Assert.InRange(swaps, 100, long.MaxValue);
        string m = Path.Combine(outside.Path, "m");
        if (Directory.Exists(m)) Directory.Move(m, Path.Combine(root, "m"));
        Assert.Equal(before, Listing(outside.Path));
    }

    /// <summary>A program of the host is shown at its own path, whose directories the root lacks.</summary>
    [Fact]
    public void NothingMovesIntoADirectoryThatIsThereForAMountAlone()
    {
        List<string> reports = [];
        using GuestRun run = new() { UsesHostProgram = true, OnInternalError = reports.Add };
        string program = programs.Find("points");
        Outcome guest = run.AsGuest(program, Path.GetDirectoryName(program)!);
        Assert.Empty(reports);
        Assert.Contains("rename(\"/f\", inside) = -1 Invalid cross-device link\n", guest.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(": NO\n", guest.Output, StringComparison.Ordinal);
        Assert.Equal(0, guest.Status);
    }

    private static void WriteOutside(string outside, string name)
    {
        string path = Path.Combine(outside, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, "secret of the host");
    }

    /// <summary>Every file outside the root: its name, length, mode and time.</summary>
    private static string[] Listing(string outside) =>
    [
        .. new DirectoryInfo(outside).EnumerateFileSystemInfos("*", new EnumerationOptions { RecurseSubdirectories = false })
            .Concat(new DirectoryInfo(Path.Combine(outside, "deep")).EnumerateFileSystemInfos())
            .Where(static file => file is FileInfo)
            .Select(static file => $"{file.FullName} {((FileInfo)file).Length} {file.UnixFileMode} {file.LastWriteTimeUtc:O}")
            .Order(StringComparer.Ordinal),
    ];
}
