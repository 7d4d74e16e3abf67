using Paging.Core.Spaces;
using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>A page that was write-protected before it was there, and cannot be made: it stays so, and the next try reports.</summary>
/// <remarks>Linux: mm/memory.c pte_marker_handle_uffd_wp.</remarks>
public sealed class MarkedPageTests
{
    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public void APageThatCannotBeMadeStaysProtected(bool isShared, bool isWrite)
    {
        using World world = new(2);
        if (isShared) world.MapShared(0, 8);
        else world.Map(0, 8);
        using Userfaultfd faults = world.Memory.Userfaultfds.Open(UserfaultFeatures.ProtectUnpopulated | UserfaultFeatures.WriteProtection
            | UserfaultFeatures.ProtectShared);
        World.Succeeds(faults.Register(World.At(0), World.Bytes(8), UserfaultModes.WriteProtect));
        world.Touch(0);
        World.Succeeds(faults.WriteProtect(World.At(1), World.Bytes(7), protect: true));
        Assert.Equal(EntryWords.ProtectionMarker, EntryOf(world));
        List<FrameNumber> taken = world.Engine.TakeAllFrames();
        bool needsFrame = isWrite || isShared;
        if (needsFrame)
        {
            long refused = world.Memory.Space.Faults.Refused;
            MemoryFault fault;
            Assert.False(isWrite
                ? world.Mmu.TryWrite(World.At(1), (byte)5, out fault)
                : world.Mmu.TryRead(World.At(1), out byte _, out fault));
            Assert.Equal(MemoryFaultKind.OutOfMemory, fault.Kind);
            Assert.Equal((refused + 1, false), (world.Memory.Space.Faults.Refused, faults.HasMessage));
            Assert.Equal(EntryWords.ProtectionMarker, EntryOf(world));
            world.Verify();
        }

        foreach (FrameNumber frame in taken) world.Engine.Frames.Return(frame, 0);
        Assert.Equal(0, world.Peek(1));
        Assert.True(EntryOf(world).IsPresent && EntryWords.IsProtected(EntryOf(world)) && !EntryOf(world).IsWritable);
        Assert.False(faults.HasMessage);
        Assert.False(world.Mmu.TryWrite(World.At(1), (byte)5, out MemoryFault protectedFault));
        Assert.Equal(MemoryFaultKind.Pending, protectedFault.Kind);
        Assert.True(faults.TryRead(out UserfaultMessage message));
        Assert.Equal((World.At(1), true, true, false), (message.Address, message.IsWrite, message.IsProtected, message.IsMinor));
        World.Succeeds(faults.WriteProtect(World.At(1), 4096, protect: false));
        world.Touch(1, 5);
        Assert.Equal(5, world.Peek(1));
        world.Verify();
    }

    private static PageTableEntry EntryOf(World world) => world.Memory.Space.Tables.Read(World.At(1).Page);
}
