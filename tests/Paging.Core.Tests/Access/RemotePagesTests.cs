using Paging.Core.Swap;
using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Pages that are pinned for another process: how far, which frames, and what fork's sharers see.</summary>
/// <remarks>Linux: pin_user_pages_remote, gup_must_unshare; process_vm_rw_single_vec.</remarks>
public sealed class RemotePagesTests : IDisposable
{
    private readonly World _world = new();

    public void Dispose()
    {
        _world.Verify();
        _world.Dispose();
    }

    [Fact]
    public void TheFirstPageThatCannotBeAccessedEndsIt()
    {
        _world.Map(0, 4);
        World.Succeeds(_world.Memory.Protect(World.At(2), World.Bytes(1), MemoryProtection.Read));
        using (RemotePages pages = _world.First.PinRemotely(World.At(0) + 100, 3 * 4096, isWritten: true, out MemoryFault fault))
        {
            Assert.Equal((2u * 4096) - 100, pages.ByteLength);
            Assert.Equal((MemoryFaultKind.NotAllowed, World.At(2)), (fault.Kind, fault.Address));
            byte[] bytes = [.. Enumerable.Range(1, 8000).Select(static i => (byte)i)], back = new byte[9000];
            Assert.Equal(8000, pages.Write(50, bytes));
            Assert.Equal((int)pages.ByteLength, pages.Read(0, back));
            Assert.Equal(bytes, back.AsSpan(50, 8000).ToArray());
            Assert.Equal(0, pages.Write(pages.ByteLength, [1]));
            Assert.Equal(1, pages.Write(pages.ByteLength - 1, [1, 2]));
        }

        Assert.Equal(1, _world.Mmu.Read<byte>(World.At(0) + 150));
        using RemotePages none = _world.First.PinRemotely(World.At(9), 1, isWritten: false, out MemoryFault hole);
        Assert.Equal((0u, MemoryFaultKind.NotMapped), (none.ByteLength, hole.Kind));
        using RemotePages read = _world.First.PinRemotely(World.At(0), 4, isWritten: false, out MemoryFault noFault);
        Assert.False(noFault.IsFault);
        Assert.Throws<InvalidOperationException>(() => read.Write(0, [1]));
        read.Dispose();
        Assert.Throws<ObjectDisposedException>(() => read.Read(0, new byte[1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => _world.First.PinRemotely(World.At(0), 0, isWritten: false, out _));
        using RemotePages kernels = _world.First.PinRemotely(new(0xC000_0000), 4, isWritten: false, out MemoryFault beyond);
        Assert.Equal((0u, MemoryFaultKind.NotMapped), (kernels.ByteLength, beyond.Kind));
    }

    [Fact]
    public void APageThatAForkSharesIsCopiedForReading()
    {
        _world.Map(0, 2);
        _world.Mmu.Write(World.At(0), (byte)5);
        UserProcess child = _world.First.Fork();
        FrameNumber before = _world.Memory.Space.Tables.Read(World.At(0).Page).Frame;
        using (RemotePages pages = child.PinRemotely(World.At(0), 2 * 4096, isWritten: false, out MemoryFault fault))
        {
            Assert.False(fault.IsFault);
            FrameNumber frame = child.Memory.Space.Tables.Read(World.At(0).Page).Frame;
            Assert.NotEqual(before, frame);
            child.Memory.Mmu.Write(World.At(0), (byte)6);    // keeps the frame, which is the pin's
            Assert.Equal(frame, child.Memory.Space.Tables.Read(World.At(0).Page).Frame);
            byte[] one = new byte[1];
            Assert.Equal(1, pages.Read(0, one));
            Assert.Equal(6, one[0]);
        }

        Assert.Equal(5, _world.Mmu.Read<byte>(World.At(0)));
        Assert.True(_world.Memory.Space.Tables.Read(World.At(0).Page).Frame == before);
    }

    /// <summary>A frame stays while it is pinned, although its page is unmapped. A watched page is accessed as the program does.</summary>
    [Fact]
    public void PinsOutliveThePages()
    {
        _world.Map(0, 2);
        _world.Mmu.Write(World.At(0), (byte)5);
        int seen = 0;
        using Watchpoint watch = _world.Mmu.Watch(World.At(1), 4, WatchedAccesses.Read, _ => seen++);
        using RemotePages pages = _world.First.PinRemotely(World.At(0), 2 * 4096, isWritten: false, out _);
        byte[] bytes = new byte[8];
        Assert.Equal(8, pages.Read(4096, bytes));
        Assert.NotEqual(0, seen);
        World.Succeeds(_world.Memory.Unmap(World.At(0), 4096));
        Assert.Equal(8, pages.Read(0, bytes));
        Assert.Equal(5, bytes[0]);
    }

    /// <summary>A locked file's pages stay under MADV_PAGEOUT and reclaim. Linux: mapping_unevictable.</summary>
    [Fact]
    public void PagesOfALockedFileStay()
    {
        World.Succeeds(_world.Engine.Swap.SwitchOn(new MemorySwapStore(1 << 20), out _));
        GuestFile file = _world.Engine.Files.CreateMemoryFile("segment", 4096);
        VirtualAddress at = _world.Memory.MapFile(file, 4096);
        _world.Mmu.Write(at, (byte)5);
        file.IsLocked = true;
        World.Succeeds(_world.Memory.Advise(at, 4096, MemoryAdvice.PageOut));
        Assert.True(_world.Memory.Space.Tables.Read(at.Page).IsPresent);
        file.IsLocked = false;
        World.Succeeds(_world.Memory.Advise(at, 4096, MemoryAdvice.PageOut));
        Assert.False(_world.Memory.Space.Tables.Read(at.Page).IsPresent);
        Assert.Equal(5, _world.Mmu.Read<byte>(at));
    }
}
