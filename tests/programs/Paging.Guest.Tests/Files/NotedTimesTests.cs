using Paging.Guest.Abi;
using Paging.Guest.Host;
using Paging.Guest.Machine;

namespace Paging.Guest.Tests;

/// <summary>Times of host files by the guest's clock: the times that a note covers, until when, and for how many files.</summary>
public sealed class NotedTimesTests
{
    private const long Start = 1_000_000_000_000_000_000, Hour = 3_600_000_000_000, Before = 77;
    private const ulong Device = 5;

    private readonly GuestClock _clock = new(Start);

    [Fact]
    public void AChangeHasTheGuestsTimeAndTheAccessKeepsTheHosts()
    {
        NotedTimes times = new(_clock);
        Assert.Equal((Before, Before), Shown(times, 1));
        _clock.Advance(Hour);
        times.Changed(Device, 1);
        Assert.Equal((Start + Hour, Before), Shown(times, 1));
        Assert.Equal((Start + Hour, 0L), (times.LastChange(Device, 1), times.LastChange(Device, 2)));
        Assert.Equal((Before, Before), Shown(times, 2));
        Assert.Equal((Before, Before), Shown(times, 1, Device + 1));
    }

    [Fact]
    public void AnAccessHasTheGuestsTimeAndTheChangeKeepsTheHosts()
    {
        NotedTimes times = new(_clock);
        _clock.Advance(Hour);
        times.Read(Status(1));
        Assert.Equal((Before, Start + Hour), Shown(times, 1));
        _clock.Advance(Hour);
        times.Changed(Device, 1);
        Assert.Equal((Start + (2 * Hour), Start + Hour), Shown(times, 1));
        times.AccessWasSet(Device, 1);
        Assert.Equal((Start + (2 * Hour), Before), Shown(times, 1));
        times.AccessWasSet(Device, 2);    // nothing is noted of it
        Assert.Equal((Before, Before), Shown(times, 2));
    }

    /// <summary>relatime: an access is noted if the last one is not newer than a change, or a day old.</summary>
    [Theory]
    [InlineData(0, 0, true)]
    [InlineData(1, 0, false)]
    [InlineData(0, 1, true)]
    [InlineData(1, -24 * Hour, false)]
    [InlineData(-24 * Hour, -25 * Hour, true)]
    [InlineData(1 - (24 * Hour), -25 * Hour, false)]
    public void AnAccessIsNotedAsLinuxDoes(long accessed, long changed, bool isNoted)
    {
        NotedTimes times = new(_clock);
        FileStatus before = Status(1);
        (before.AccessedAt, before.ChangedAt, before.ModifiedAt) = (Start + accessed, Start + changed, Start + changed);
        times.Read(before);
        Assert.Equal(isNoted ? Start : Before, Shown(times, 1).Access);
    }

    /// <summary>A number is used again: nothing that was noted of the file before it is the new one's.</summary>
    [Fact]
    public void ANewFileHasNothingOfTheOneBefore()
    {
        NotedTimes times = new(_clock);
        times.Read(Status(1));
        times.Changed(Device, 1);
        _clock.Advance(Hour);
        times.Made(Device, 1);
        Assert.Equal((Start + Hour, Before), Shown(times, 1));
    }

    /// <summary>The file was used from outside since: the host's times are later than the note.</summary>
    [Fact]
    public void ALaterTimeOfTheHostHolds()
    {
        NotedTimes times = new(_clock);
        times.Read(Status(1));
        times.Changed(Device, 1);
        FileStatus later = Status(1);
        later.ChangedAt = later.AccessedAt = HostCalls.RealTime() + Hour;
        FileStatus shown = later;
        times.Overlay(ref shown);
        Assert.Equal((later.ChangedAt, later.AccessedAt), (shown.ChangedAt, shown.AccessedAt));
        times.WrittenLater(Device, 2);    // nothing is noted of it
        Assert.Equal((Before, Before), Shown(times, 2));
    }

    /// <summary>Of more files than are noted the oldest go; a file that is noted again keeps its place, and counts once.</summary>
    [Fact]
    public void TheOldestNotesGo()
    {
        const ulong most = 16384;
        NotedTimes times = new(_clock);
        for (ulong inode = 1; inode <= most; inode++) times.Changed(Device, inode);
        for (int again = 0; again < 3; again++) times.Changed(Device, 1);
        Assert.Equal((Start, Start), (times.LastChange(Device, 1), times.LastChange(Device, most)));
        times.Changed(Device, most + 1);
        Assert.Equal((0L, Start, Start), (times.LastChange(Device, 1), times.LastChange(Device, 2), times.LastChange(Device, most + 1)));
        times.Made(Device, most + 2);
        Assert.Equal((0L, Start), (times.LastChange(Device, 2), times.LastChange(Device, 3)));
    }

    private static FileStatus Status(ulong inode, ulong device = Device) =>
        new() { Device = device, Inode = inode, ChangedAt = Before, ModifiedAt = Before, AccessedAt = Before };

    private static (long Change, long Access) Shown(NotedTimes times, ulong inode, ulong device = Device)
    {
        FileStatus status = Status(inode, device);
        times.Overlay(ref status);
        return (status.ChangedAt, status.AccessedAt);
    }
}
