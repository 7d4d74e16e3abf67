using Paging.Core.Cache;
using Paging.Core.Files;
using Paging.Core.Frames;
using Paging.Core.Reclaim;
using Paging.Native;
using Paging.Native.Frames;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>The charge of a group: each page on any of its lists, huge ones whole, and tables if they count.</summary>
public sealed class GroupUsageTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void EveryListAndTheTablesCount(bool countsTables)
    {
        using World world = new(World.Options(8) with { ReadAheadPages = 0, FaultAroundPages = 1 });
        MemoryGroupOptions options = new() { Limit = FrameCount.MiB(4), CountsTables = countsTables };
        World.Succeeds(world.Engine.Groups.Create(options, out MemoryGroup? group));
        UserProcess process = world.Engine.CreateProcess("member", ProcessOptions.Default with { Group = group });
        Assert.Equal(0u, group!.Usage.Value - (countsTables ? group.Tables.Value : 0));
        uint emptyTables = group.Tables.Value;
        World.MapAs(process, 0, 10, MemoryProtection.ReadWrite, World.PrivateFixed);
        for (int page = 0; page < 10; page++) process.Memory.Mmu.Write(World.At(page), 1);
        Assert.Equal(emptyTables + 1, group.Tables.Value);
        GuestFile file = world.CreateBacked(new(7 * 4096));
        World.Succeeds(file.Open(process, FileRights.ReadWrite, out int descriptor));
        World.Succeeds(process.FileDescriptors.Read(descriptor, 0, new byte[7 * 4096], out _));
        uint expected = 17 + (countsTables ? group.Tables.Value : 0);
        Assert.Equal(expected, group.Usage.Value);

        // wherever the pages are: two private ones and three of the file become active
        FrameLists lists = world.Machine.Lists;
        for (int page = 0; page < 2; page++)
            lists.Move(process.Memory.Space.Tables.Read(World.At(page).Page).Frame, PageFlags.Active);
        for (int page = 0; page < 3; page++)
        {
            World.Succeeds(process.FileDescriptors.Read(descriptor, page * 4096, new byte[4096], out _));
            World.Succeeds(process.FileDescriptors.Read(descriptor, page * 4096, new byte[4096], out _));
        }

        int number = process.Memory.Space.Group.Number;
        Assert.Equal((8u, 2u, 4u, 3u), (lists.CountOf(number, FrameFlags.None), lists.CountOf(number, PageFlags.Active),
            lists.CountOf(number, PageFlags.FileBacked), lists.CountOf(number, PageFlags.FileBacked | PageFlags.Active)));
        Assert.Equal(expected, group.Usage.Value);
        process.Dispose();
        Assert.Equal(7u, group.Usage.Value);    // the file's
        world.Verify();
    }

    [Fact]
    public void AHugePageCountsWhole()
    {
        using HugeWorld world = new(limited: new() { Limit = FrameCount.MiB(8), CountsTables = false });
        world.MapLines(0, 1);
        world.Write(3, 3);
        Assert.Equal(512u, world.Group!.Usage.Value);
        World.Succeeds(world.Memory.Advise(HugeWorld.At(5), 4096, MemoryAdvice.DontNeed));    // it breaks up, and one page is gone
        Assert.Equal(511u, world.Group.Usage.Value);
        world.Audit();
    }

    /// <summary>The shares of RAM at which write-back begins and at which writers wait, rounded down.</summary>
    [Theory]
    [InlineData(8, 10, 20, 204, 409)]
    [InlineData(4, 0, 100, 0, 1024)]
    public void TheLimitsOfDirtyPagesAreSharesOfRam(uint ramMiB, int background, int hard, uint backgroundPages, uint hardPages)
    {
        using World world = new(World.Options(ramMiB) with { DirtyBackgroundRatio = background, DirtyRatio = hard });
        Cache.DirtyFiles dirty = world.Engine.Parts.Files.Dirty;
        Assert.Equal((backgroundPages, hardPages, (backgroundPages + hardPages) / 2),
            (dirty.BackgroundLimit, dirty.HardLimit, dirty.EaseLimit));
    }

    /// <summary>Files are written in the order in which they became dirty, also if one of them was cleaned in between.</summary>
    [Theory]
    [InlineData(0, "1 2")]
    [InlineData(1, "0 2")]
    [InlineData(2, "0 1")]
    public void AFileThatIsCleanLeavesTheOrderOfTheOthers(int cleaned, string left)
    {
        using World world = new();
        GuestFile[] files = [.. Enumerable.Range(0, 3).Select(_ => world.CreateBacked(new(4096)))];
        int[] descriptors = [.. files.Select(file => world.Open(file))];
        foreach (int descriptor in descriptors) World.Succeeds(world.First.FileDescriptors.Write(descriptor, 0, new byte[100], out _));
        World.Succeeds(world.First.FileDescriptors.Synchronize(descriptors[cleaned]));
        List<int> order = [];
        for (Files.FileObject? file = world.Engine.Parts.Files.Dirty.Oldest; file is not null; file = file.DirtiedAfter)
            order.Add(Array.FindIndex(files, one => one.Id == (int)file.Number + 1));
        Assert.Equal(left, string.Join(' ', order));
        world.AssertNothingIsLeft();
    }
}
