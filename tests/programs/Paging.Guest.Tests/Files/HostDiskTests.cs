namespace Paging.Guest.Tests;

/// <summary>A guest's files can fill what it was given of the host's disk, and no more.</summary>
public sealed class HostDiskTests(BuiltPrograms programs)
{
    private const int Mebibytes = 4;
    private const long Slack = 128 << 10;    // maps of extents

    [Theory]
    [InlineData("write")]
    [InlineData("pwrite")]
    [InlineData("writev")]
    [InlineData("single")]
    public void WritesEndWithTheRoomAndDeletionGivesItBack(string kind)
    {
        string[] lines = Run(kind);
        Assert.Equal(6, lines.Length);
        AssertFull(lines[0], "KiB: ");
        Assert.Equal("overwritten: 100, fine", lines[1]);
        Assert.Equal("cut: 0, fine", lines[2]);
        AssertFull(lines[3], "again KiB: ");
        Assert.Equal("unlinked: 0, fine", lines[4]);
        AssertFull(lines[5], "once more KiB: ");
    }

    [Trait("Category", "Medium")]
    [Fact]
    public void AnAllocationTakesRoomOnceAndAHoleGivesItBack()
    {
        string[] lines = Run("allocate");
        Assert.Equal("100 GiB: -1, ENOSPC", lines[0]);
        Assert.Equal("half: 0, fine", lines[1]);
        AssertFull(lines[2], "rest KiB: ", Mebibytes / 2 * 1024);
        Assert.Equal("write into what was allocated: 65536, fine", lines[3]);
        Assert.Equal("allocate it again: 0, fine", lines[4]);
        Assert.Equal("hole: 0, fine", lines[5]);
        AssertFull(lines[6], "into the room KiB: ", Mebibytes / 2 * 1024);
        Assert.InRange(int.Parse(lines[7][6..^4]), 0, 64);
    }

    [Fact]
    public void AHoleTakesNoRoom() =>
        Assert.Equal(["a hole of 1 TiB: 0, fine", "its last byte: 1, fine"], Run("hole"));

    [Fact]
    public void AStoreIntoAHoleOfAFullDiskIsABusError()
    {
        string[] lines = Run("mapped");
        AssertFull(lines[0], "stored KiB: ", error: "SIGBUS");
        string[] rest =
        [
            "read into a hole: -1, Bad address", "written to a file: -1, ENOSPC", "over what was stored: 65536, fine", "msync: 0, fine",
            "stored again: 0, fine", "msync: 0, fine", "cut: 0, fine", "longer: 0, fine",
        ];
        Assert.Equal(rest, lines[1..9]);
        AssertFull(lines[9], "stored KiB: ", error: "SIGBUS");
        Assert.Equal("msync: 0, fine", Assert.Single(lines[10..]));
    }

    [Fact]
    public void AnUnlinkedFileThatWasStoredToGivesItsRoomBack()
    {
        string[] lines = Run("dropped");
        Assert.All(lines[..4], static line => Assert.Equal("stored: 0, fine", line));
        AssertFull(Assert.Single(lines[4..]), "KiB: ");
    }

    [Fact]
    public void NamesTakeRoomOfTheirOwn() => Assert.Equal(
        ["names: 1, ENOSPC", "link: -1, ENOSPC", "a name again: 0, fine"], Run("names"));

    [Fact]
    public void AnUnlinkedFileGivesItsRoomBackWhenNothingHoldsIt()
    {
        string[] lines = Run("unlinked");
        for (int i = 0; i < 3; i++) AssertFull(lines[i], "KiB: ");
        for (int i = 3; i < 6; i++) AssertFull(lines[i], "beside what is held KiB: ", Mebibytes / 2 * 1024);
        AssertFull(lines[6], "alone KiB: ");
    }

    [Fact]
    public void StandardOutputCountsAsWell() => AssertFull(Assert.Single(Run("stream")), "KiB: ");

    private static void AssertFull(string line, string start, int kibibytes = Mebibytes * 1024, string error = "ENOSPC")
    {
        Assert.StartsWith(start, line, StringComparison.Ordinal);
        Assert.EndsWith($", {error}", line, StringComparison.Ordinal);
        Assert.InRange(int.Parse(line[start.Length..line.LastIndexOf(',')]), kibibytes - (Slack / 1024), kibibytes);
    }

    private string[] Run(string kind)
    {
        using GuestRun run = new() { DiskBytes = Mebibytes << 20 };
        string program = run.Install(programs.Find("disk"), "disk");
        Outcome guest = run.AsGuest(program, kind, $"{Mebibytes}");
        Assert.Equal(0, guest.Status);
        Assert.Equal("", guest.Errors);
        return guest.Output.Trim('\0').TrimEnd('\n').Split('\n');
    }
}
