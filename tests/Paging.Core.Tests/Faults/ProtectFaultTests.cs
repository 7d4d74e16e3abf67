using Paging.Core.Spaces;
using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>The faults that a change of rights costs: none for pages that a process has alone. Linux: can_change_pte_writable.</summary>
public sealed class ProtectFaultTests
{
    private const MemoryProtection None = MemoryProtection.None, Read = MemoryProtection.Read, Write = MemoryProtection.ReadWrite;

    private static void Protect(UserProcess process, params ReadOnlySpan<MemoryProtection> rights)
    {
        foreach (MemoryProtection right in rights) World.Succeeds(process.Memory.Protect(World.At(0), World.Bytes(4), right));
    }

    [Theory]
    [InlineData(None)]
    [InlineData(Read)]
    [InlineData(MemoryProtection.Execute)]
    public void AwayAndBackCostsNoFaultOnPagesOfOnesOwn(MemoryProtection between)
    {
        using World world = new();
        world.Map(0, 4);
        world.Touch(1, 5);
        Assert.Equal("", FaultStory.Of(world.First, () =>
        {
            Protect(world.First, between, Write);
            Assert.Equal(5, world.Peek(1));
            world.Touch(1, 6);
        }));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void PagesWithoutRightsStayButCannotBeRead()
    {
        using World world = new();
        world.Map(0, 4);
        world.Touch(1, 5);
        Protect(world.First, None);
        Assert.False(world.Mmu.TryRead(World.At(1), out byte _, out MemoryFault fault));
        Assert.Equal(MemoryFaultKind.NotAllowed, fault.Kind);
        PageTableEntry entry = world.Memory.Space.Tables.Read(World.At(1).Page);
        Assert.True(entry is { IsPresent: true, IsUser: false });
        Assert.Equal(PageCount.One, world.Memory.Usage.Resident);
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void TakingTheRightToWriteEndsCachedTranslations()
    {
        using World world = new();
        world.Map(0, 4);
        world.Touch(1, 5);
        world.Peek(1);
        Protect(world.First, Read);
        Assert.Equal(5, world.Peek(1));
        Assert.False(world.Mmu.TryWrite(World.At(1), (byte)6));
        Protect(world.First, None);
        Assert.False(world.Mmu.TryRead(World.At(1), out byte _));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void APageThatIsStillSharedAfterForkFaultsOnce()
    {
        using World world = new();
        world.Map(0, 4);
        world.Touch(1, 5);
        UserProcess child = world.First.Fork();
        Protect(child, Read, Write);
        Assert.Equal("Minor 1, Copied 1", FaultStory.Of(child, () => child.Memory.Mmu.Write(World.At(1), (byte)6)));
        Protect(world.First, None, Write);
        Assert.Equal("Minor 1, Reused 1", FaultStory.Of(world.First, () => world.Touch(1, 7)));
        Assert.Equal(6, child.Memory.Mmu.Read<byte>(World.At(1)));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void TheZeroPageIsNeverMadeWritable()
    {
        using World world = new();
        world.Map(0, 4);
        world.Peek(1);
        Protect(world.First, Read, Write);
        Assert.Equal("Minor 1, Copied 1", FaultStory.Of(world.First, () => world.Touch(1, 1)));
        Assert.False(world.Engine.Ram.Bytes(EntryWords.ZeroFrame).ContainsAnyExcept((byte)0));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void SharedMemoryInRamIsWritableAgainAtOnce()
    {
        using World world = new();
        world.MapShared(0, 4);
        world.Touch(1, 5);
        Assert.Equal("", FaultStory.Of(world.First, () =>
        {
            Protect(world.First, Read, Write);
            world.Touch(1, 6);
        }));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void APrivatePageOfAFileStaysCopiedOnWrite()
    {
        using World world = new();
        int file = world.OpenFile("f", 4);
        world.MapFile(file, 0, 4);
        Assert.Equal(0x11, world.Peek(1));
        Protect(world.First, Read, Write);
        Assert.Equal("Minor 1, Copied 1", FaultStory.Of(world.First, () => world.Touch(1, 1)));
        byte[] bytes = new byte[1];
        World.Succeeds(world.First.FileDescriptors.Read(file, 4096, bytes, out _));
        Assert.Equal(0x11, bytes[0]);
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void MakingLockedPrivateMemoryWritableFillsIt()
    {
        using World world = new();
        world.Map(0, 4, Read);
        World.Succeeds(world.Memory.Lock(World.At(0), World.Bytes(4)));
        Assert.False(world.Memory.HasOwnPage(World.At(2).Page));
        Protect(world.First, Write);
        Assert.True(world.Memory.HasOwnPage(World.At(2).Page));
        Assert.Equal("", FaultStory.Of(world.First, () => world.Touch(2)));
        world.AssertNothingIsLeft();
    }
}
