using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>A processor that walks the tables itself faults on a present page: the handler grants only the missing right.</summary>
/// <remarks>Another thread was faster, or a stale translation refused. Linux: mm/memory.c handle_pte_fault, spurious faults.</remarks>
public sealed class PresentPageTests
{
    [Theory]
    [InlineData("own", PageFaultErrorCode.User, false)]
    [InlineData("own", PageFaultErrorCode.User | PageFaultErrorCode.Write, false)]
    [InlineData("inherited", PageFaultErrorCode.User, false)]
    [InlineData("inherited", PageFaultErrorCode.User | PageFaultErrorCode.Write, true)]
    [InlineData("zeros", PageFaultErrorCode.User, false)]
    [InlineData("zeros", PageFaultErrorCode.User | PageFaultErrorCode.Write, true)]
    [InlineData("private file", PageFaultErrorCode.User, false)]
    [InlineData("private file", PageFaultErrorCode.User | PageFaultErrorCode.Write, true)]
    [InlineData("shared file", PageFaultErrorCode.User, false)]
    [InlineData("shared file", PageFaultErrorCode.User | PageFaultErrorCode.Write, false)]
    public void OnlyAWriteToAnUnownedPrivatePageCopies(string what, PageFaultErrorCode access, bool copies)
    {
        using World world = new();
        GuestFile file = world.CreateBacked(new(4096));
        if (what.EndsWith("file", StringComparison.Ordinal))
            world.MapFile(world.Open(file), 0, 1, type: what is "shared file" ? MapFlags.Shared : MapFlags.Private);
        else world.Map(0, 1);
        if (what is "own" or "inherited") world.Touch(0, 5);
        UserProcess? child = what is "inherited" ? world.First.Fork() : null;
        byte value = world.Peek(0);
        PageTableEntry before = EntryOf(world);
        FaultCounters faults = world.Memory.Faults;
        Assert.Equal(MemoryFault.None, world.Mmu.ResolveFault(World.At(0), access));
        PageTableEntry after = EntryOf(world);
        FaultCounters now = world.Memory.Faults;
        bool isWrite = (access & PageFaultErrorCode.Write) != 0;
        Assert.Equal(copies, after.Frame != before.Frame);
        Assert.Equal((faults.Minor + 1, faults.Copied + (copies ? 1 : 0)), (now.Minor, now.Copied));
        if (isWrite) Assert.True(after.IsWritable);
        else Assert.Equal(before.IsWritable, after.IsWritable);
        Assert.Equal(isWrite && what is "shared file" ? 1u : 0, file.DirtyPages.Value);
        Assert.Equal(value, world.Peek(0));
        child?.Dispose();
        world.Verify();
    }

    private static PageTableEntry EntryOf(World world) => world.Memory.Space.Tables.Read(World.At(0).Page);
}
