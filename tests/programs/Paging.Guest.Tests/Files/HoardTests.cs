using System.Globalization;

namespace Paging.Guest.Tests;

/// <summary>A guest's objects in the kernel count as memory of its machine: it cannot have more of them than there is room.</summary>
public sealed class HoardTests(BuiltPrograms programs)
{
    private const int RamKibibytes = 16 << 10, EnoughKibibytes = 1 << 10;

    [Theory]
    [InlineData("pipes")]
    [InlineData("sockets")]
    [InlineData("files")]
    [InlineData("names")]
    public void NothingIsKeptBeyondTheRam(string kind)
    {
        using GuestRun run = new() { Engine = new() { RamBytes = (ulong)RamKibibytes << 10 } };
        Outcome guest = run.AsGuest(run.Install(programs.Find("hoard"), "hoard"), kind);
        Assert.Equal(0, guest.Status);
        int kept = int.Parse(guest.Output.Trim(), CultureInfo.InvariantCulture);
        Assert.InRange(kept, EnoughKibibytes, RamKibibytes);
    }

    [Fact]
    public void NothingOfItIsOnTheHost()
    {
        using GuestRun run = new();
        run.AsGuest(run.Install(programs.Find("hoard"), "hoard"), "files");
        IEnumerable<string> left =
            Directory.GetFiles(run.Root, "*", SearchOption.AllDirectories).Select(static path => Path.GetFileName(path));
        Assert.Equal("hoard", string.Join(' ', left.Where(static name => name[0] != '.')));    // the rest are the run's streams
        Assert.False(Directory.Exists(Path.Combine(run.Root, "dev")));
    }
}
