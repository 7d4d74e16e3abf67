using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Tables;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>The lazy contract: mapping takes no frame, reading shows the zero page, writing brings a page of one's own.</summary>
public sealed class FirstTouchTests
{
    [Fact]
    public void MappingTakesNoFrame()
    {
        using World world = new();
        Balance before = Balance.Of(world.Engine);
        world.Map(0, 500);
        Assert.Equal(before.Free, Balance.Of(world.Engine).Free);
        Assert.Equal(new PageCount(500), world.Memory.Usage.Total);
        Assert.Equal(PageCount.Zero, world.Memory.Usage.Resident);
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void AReadShowsTheZeroPageAndTakesOnlyATable()
    {
        using World world = new();
        world.Map(0, 2);
        Balance before = Balance.Of(world.Engine);
        Assert.Equal("Minor 1, ZeroPage 1", FaultStory.Of(world.First, () => Assert.Equal(0, world.Peek(0, 4095))));
        Balance after = Balance.Of(world.Engine);
        Assert.Equal((before.PageTables + 1, before.Anonymous), (after.PageTables, after.Anonymous));
        PageTableEntry entry = world.Memory.Space.Tables.Read(World.At(0).Page);
        Assert.Equal((EntryWords.ZeroFrame, false, true, false), (entry.Frame, entry.IsWritable, entry.IsUser, entry.IsDirty));
        Assert.Equal(PageCount.Zero, world.Memory.Usage.Resident);
        Assert.False(world.Memory.HasOwnPage(World.At(0).Page));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void TheSecondReadOfAPageIsNoFault()
    {
        using World world = new();
        world.Map(0, 1);
        world.Peek(0);
        Assert.Equal("", FaultStory.Of(world.First, () => Assert.Equal(0, world.Peek(0, 100))));
    }

    [Fact]
    public void AWriteBringsAZeroedFrameMarkedAccessedDirtyAndExclusive()
    {
        using World world = new();
        world.Map(0, 2);
        Assert.Equal("Minor 1, Anonymous 1", FaultStory.Of(world.First, () => world.Touch(1, 0x5A)));
        PageTableEntry entry = world.Memory.Space.Tables.Read(World.At(1).Page);
        Assert.True(entry is { IsPresent: true, IsWritable: true, IsUser: true, IsAccessed: true, IsDirty: true });
        Assert.Equal(0ul, entry.Word & EntryBits.Global);
        Assert.True(EntryWords.IsExclusive(entry));
        ref FrameDescriptor descriptor = ref world.Machine.Frames[entry.Frame];
        Assert.Equal((FrameState.Anonymous, 1u, 1u, World.At(1).Page.Value),
            (descriptor.State, descriptor.MapCount, descriptor.ReferenceCount, descriptor.Index));
        Assert.Equal(0x5A, world.Engine.Ram.Bytes(entry.Frame)[0]);
        Assert.False(world.Engine.Ram.Bytes(entry.Frame)[1..].ContainsAnyExcept((byte)0));
        Assert.True(world.Memory.HasOwnPage(World.At(1).Page));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void ReadingAndThenWritingAreTwoFaults()
    {
        using World world = new();
        world.Map(0, 1);
        Assert.Equal("Minor 2, ZeroPage 1, Copied 1", FaultStory.Of(world.First, () =>
        {
            world.Peek(0);
            world.Touch(0, 3);
        }));
        Assert.Equal(3, world.Peek(0));
        Assert.Equal(0, world.Peek(0, 1));
        Assert.False(world.Engine.Ram.Bytes(EntryWords.ZeroFrame).ContainsAnyExcept((byte)0));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void AReusedFrameIsZero()
    {
        using World world = new(1);
        for (int round = 0; round < 3; round++)
        {
            world.Map(0, 100);
            for (int page = 0; page < 100; page++)
            {
                Assert.Equal(0u, world.Mmu.Add(World.At(page, 8), 0u));
                Assert.Equal(100u, world.Mmu.Fill(World.At(page, 2000), 100, 0xEE, out _));
            }

            World.Succeeds(world.Memory.Unmap(World.At(0), World.Bytes(100)));
        }

        world.AssertNothingIsLeft();
    }

    [Fact]
    public void OneFrameIsAllThatAllUnwrittenPagesOfAllProcessesShow()
    {
        using World world = new();
        world.Map(0, 64);
        UserProcess other = world.Engine.CreateProcess("other");
        World.MapAs(other, 0, 64, MemoryProtection.Read, World.PrivateFixed);
        uint free = Balance.Of(world.Engine).Free;
        for (int page = 0; page < 64; page++)
        {
            world.Peek(page);
            other.Memory.Mmu.Read<byte>(World.At(page));
        }

        Assert.Equal(free - 2, Balance.Of(world.Engine).Free);    // a table each
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void WithoutAFrameTheAccessFailsAndChangesNothing()
    {
        using World world = new(1);
        world.Map(0, 1000);
        int page = 0;
        while (world.Mmu.TryWrite(World.At(page), (byte)page)) page++;
        world.Verify();
        Assert.False(world.Mmu.TryWrite(World.At(page), 1u, out MemoryFault fault));
        Assert.Equal(new(MemoryFaultKind.OutOfMemory, World.At(page)), fault);
        Assert.Equal(0u, world.Machine.Allocator.FreeFrames.Value);
        for (int written = 0; written < page; written++) Assert.Equal((byte)written, world.Peek(written));
        World.Succeeds(world.Memory.Advise(World.At(0), 4096, MemoryAdvice.DontNeed));
        world.Touch(page, 9);
        Assert.Equal(9, world.Peek(page));
        world.AssertNothingIsLeft();
    }
}
