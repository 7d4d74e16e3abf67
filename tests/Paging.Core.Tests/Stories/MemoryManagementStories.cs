using Paging.Native;
using Paging.Native.Tables;
using Paging.Reports;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>"How the Kernel Manages Your Memory", run on the engine: areas are what has been agreed, entries what has been done.</summary>
public sealed class MemoryManagementStories
{
    private static World WithHeap() => new(process: new ProcessOptions { StartBreak = World.At(0) });

    [Fact]
    public void BrkUpdatesTheHeapsAreaAndCallsItGood()
    {
        using World world = WithHeap();
        Balance before = Balance.Of(world.Engine);
        Assert.Equal("", FaultStory.Of(world.First, () => world.Memory.SetBreak(World.At(4))));
        Balance after = Balance.Of(world.Engine);
        Assert.Equal("0-4 rw-p", World.AreasOf(world.First));
        // no frame, no table
        Assert.Equal((before.Free, before.PageTables, before.Areas + 1), (after.Free, after.PageTables, after.Areas));
        for (int page = 0; page < 4; page++) Assert.True(world.Memory.Space.Tables.Read(World.At(page).Page).IsNeverTouched);
        Assert.Contains("[heap]", world.Memory.FormatMaps(), StringComparison.Ordinal);
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void OnceTheProgramTouchesAPageOfTheHeapAFrameAppearsBehindIt()
    {
        using World world = WithHeap();
        world.Memory.SetBreak(World.At(4));
        Assert.Equal("Minor 1, Anonymous 1", FaultStory.Of(world.First, () => world.Touch(2, 7)));
        PageTableEntry entry = world.Memory.Space.Tables.Read(World.At(2).Page);
        Assert.True(entry.IsPresent);
        Assert.Equal(FrameState.Anonymous, world.Engine.Frames.Describe(entry.Frame).State);
        Assert.Equal(7, world.Engine.Ram.Bytes(entry.Frame)[0]);
        Assert.True(world.Memory.Space.Tables.Read(World.At(1).Page).IsNeverTouched);    // the neighbours are as blank as before
        Assert.Equal((new PageCount(4), PageCount.One), (world.Memory.Usage.Total, world.Memory.Usage.Resident));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void NoContractNoMercy()
    {
        using World world = WithHeap();
        world.Memory.SetBreak(World.At(4));
        Assert.Equal("Refused 1", FaultStory.Of(world.First, () =>
            Assert.Throws<PageFaultException>(() => world.Mmu.Read<byte>(World.At(4)))));
        Assert.Equal("0-4 rw-p", World.AreasOf(world.First));
    }

    [Fact]
    public void EveryFlagOfAnEntryHasAMeaning()
    {
        using World world = new();
        world.Map(0, 3);
        world.Map(1, 1, MemoryProtection.Read);
        PageTableEntry Entry(int page) => world.Memory.Space.Tables.Read(World.At(page).Page);

        Assert.Equal(0u, Entry(0).Word);                                                                          // blank: never mapped
        world.Touch(0);
        Assert.True(Entry(0) is { IsPresent: true, IsWritable: true, IsUser: true, IsAccessed: true, IsDirty: true });
        world.Peek(1);
        Assert.True(Entry(1) is { IsPresent: true, IsWritable: false, IsUser: true, IsAccessed: true, IsDirty: false });
        world.Peek(2);
        // the area permits it, the zero page does not
        Assert.True(Entry(2) is { IsPresent: true, IsWritable: false, IsDirty: false });
        // where the page begins in RAM, aligned to 4 KiB
        Assert.Equal(Entry(0).Frame.Address.Value, Entry(0).FrameByteOffset);
        Assert.True(Entry(0).Frame.Value < world.Engine.Ram.FrameCount.Value);
    }

    [Fact]
    public void AnAreaWithoutTheRightToExecuteStillLetsCodeBeFetched()
    {
        using World world = new();
        world.Map(0, 1);
        Assert.Equal(MemoryProtection.ReadWrite, Assert.Single(world.Memory.Areas.Snapshot()).Protection);    // the area forbids it
        Assert.True(world.Mmu.TryGetSpan(World.At(0), 16, AccessKind.Fetch, out _, out _));                       // the entry cannot
    }

    [Fact]
    public void FrameDescriptorsHoldTheStateOfAllOfMemory()
    {
        using World world = new();
        int file = world.OpenFile("f", 3);
        world.Map(0, 5);
        for (int page = 0; page < 5; page++) world.Touch(page);
        world.MapFile(file, 8, 3);
        world.Peek(9);
        uint sum = 0;
        foreach (FrameState state in Enum.GetValues<FrameState>()) sum += world.Engine.Frames.CountOf(state).Value;
        Assert.Equal(world.Engine.Ram.FrameCount.Value, sum);
        Assert.Equal((5u, 3u), (world.Engine.Frames.CountOf(FrameState.Anonymous).Value,
            world.Engine.Frames.CountOf(FrameState.PageCache).Value));
        // the directory and one table
        Assert.Equal(2u, world.Engine.Frames.CountOf(FrameState.PageTable).Value);
    }
}
