using System.Buffers;
using Paging.Core.Swap;
using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Pinned memory is the process's memory for as long as the process maps it, and stays valid when it does not.</summary>
public sealed class PinTests : IDisposable
{
    private readonly World _world = new();

    public void Dispose()
    {
        _world.Verify();
        _world.AssertNothingIsLeft();
        _world.Dispose();
    }

    private PinnedMemory Pin(int page, int pageCount, AccessKind access = AccessKind.Write) =>
        _world.First.Pin(World.At(page), World.Bytes(pageCount), access);

    internal static byte[] BytesOf(PinnedMemory pin) => [.. pin.Parts.SelectMany(static part => part.ToArray())];

    private static void Fill(PinnedMemory pin, byte value)
    {
        foreach (Memory<byte> part in ((WritablePin)pin).WritableParts) part.Span.Fill(value);
    }

    /// <summary>A right to read gives memory that cannot be written: at compile time, and for a caller who casts.</summary>
    [Theory]
    [InlineData(AccessKind.Read)]
    [InlineData(AccessKind.Fetch)]
    public void APinForReadingHasNoPartsToWrite(AccessKind access)
    {
        _world.Map(0, 1, MemoryProtection.Read | MemoryProtection.Execute);
        using PinnedMemory pin = Pin(0, 1, access);
        IReadOnlyList<ReadOnlyMemory<byte>> parts = pin.Parts;
        Assert.Equal((false, false, 1), (pin.IsWritten, pin is WritablePin, parts.Count));
        using WritablePin other = _world.First.PinForWriting(_world.Memory.MapAnonymous(4096), 4);
        Assert.Equal((true, 4, 4), (other.IsWritten, other.Parts[0].Length, other.WritableParts[0].Length));
    }

    [Fact]
    public void ThePartsAreTheBytesOfTheRange()
    {
        _world.Map(0, 4);
        for (int page = 3; page >= 0; page--) _world.Touch(page, (byte)(page + 1));    // frames in the other order
        using PinnedMemory pin = _world.First.Pin(World.At(0, 100), World.Bytes(3), AccessKind.Read);
        byte[] expected = new byte[World.Bytes(3)];
        Assert.Equal(expected.Length, _world.Mmu.CopyOut(World.At(0, 100), expected, out _));
        Assert.Equal(expected, BytesOf(pin));
        Assert.Equal(expected.Length, pin.Parts.Sum(static part => part.Length));
        _world.Verify();
    }

    [Fact]
    public void TheHostAndTheProcessSeeEachOthersWrites()
    {
        _world.Map(0, 2);
        using PinnedMemory pin = Pin(0, 2);
        Fill(pin, 7);
        Assert.Equal((7, 7), (_world.Peek(0, 5), _world.Peek(1, 4095)));
        _world.Mmu.Write(World.At(0), (byte)9);
        Assert.Equal(9, pin.Parts[0].Span[0]);
        _world.Verify();
    }

    [Fact]
    public void ReclaimLeavesPinnedPagesAlone()
    {
        World.Succeeds(_world.Engine.Swap.SwitchOn(new MemorySwapStore(8 << 20), out _));
        _world.Map(0, 1500);
        using (PinnedMemory pin = Pin(0, 3))
        {
            Fill(pin, 42);
            for (int page = 3; page < 1500; page++) _world.Touch(page);    // more than RAM has
            for (int page = 3; page < 1500; page++) _world.Peek(page);
            _world.Verify();
            Assert.True(pin.Parts.All(static part => part.Span.IndexOfAnyExcept((byte)42) < 0));
            long before = _world.Engine.Faults.SwappedIn;
            Assert.Equal(42, _world.Peek(1));
            Assert.Equal(before, _world.Engine.Faults.SwappedIn);
            Fill(pin, 43);
            Assert.Equal(43, _world.Peek(2));
        }

        Assert.Equal(43, _world.Peek(0));
        World.Succeeds(_world.Memory.Unmap(World.At(3), World.Bytes(1497)));
        World.Succeeds(_world.Engine.Swap.SwitchOff(_world.Engine.Swap.Devices[0]));
    }

    [Fact]
    public void AForkLeavesThePinnedFramesToTheParent()
    {
        _world.Map(0, 3);
        using PinnedMemory pin = Pin(0, 2);
        Fill(pin, 1);
        _world.Touch(2, 5);
        UserProcess child = _world.First.Fork();
        _world.Verify();
        Fill(pin, 2);
        Assert.Equal((1, 2), (child.Memory.Mmu.Read<byte>(World.At(0)), _world.Peek(0)));
        _world.Mmu.Write(World.At(1), (byte)3);    // no copy: the pin goes on showing the page
        Assert.Equal(3, pin.Parts[^1].Span[^4096]);
        child.Memory.Mmu.Write(World.At(1), (byte)4);
        Assert.Equal((3, 4), (_world.Peek(1), child.Memory.Mmu.Read<byte>(World.At(1))));
        _world.Verify();
        child.Dispose();
        _world.Verify();
    }

    /// <summary>Found by the fuzzer: the child could write to its copy. Linux: copy_present_page, maybe_mkwrite.</summary>
    [Fact]
    public void TheCopyThatAForkMakesIsAsReadOnlyAsItsArea()
    {
        _world.Map(0, 1);
        _world.Touch(0, 5);
        using PinnedMemory pin = Pin(0, 1, AccessKind.Read);
        World.Succeeds(_world.Memory.Protect(World.At(0), World.Bytes(1), MemoryProtection.Read));
        using UserProcess child = _world.First.Fork();
        _world.Verify();
        Assert.Equal(5, child.Memory.Mmu.Read<byte>(World.At(0)));
        Assert.False(child.Memory.Mmu.TryWrite(World.At(0), (byte)6, out _));
        World.Succeeds(child.Memory.Protect(World.At(0), World.Bytes(1), MemoryProtection.ReadWrite));
        child.Memory.Mmu.Write(World.At(0), (byte)6);
        Assert.Equal((5, 6), (_world.Peek(0), child.Memory.Mmu.Read<byte>(World.At(0))));
    }

    /// <summary>Found by the fuzzer: the child's copy was writable, and no log had it.</summary>
    [Fact]
    public void ALogOfFramesHasTheCopyThatAForkMakes()
    {
        _world.Map(0, 1);
        using FrameDirtyLog log = _world.Engine.OpenDirtyLog(WriteSources.Processor);
        using PinnedMemory pin = Pin(0, 1, AccessKind.Read);
        log.CollectDirty();
        using UserProcess child = _world.First.Fork();
        _world.Verify();
        Assert.Equal(1, log.CollectDirty().Length);
    }

    [Fact]
    public void UnmappedMemoryStaysWithThePin()
    {
        _world.Map(0, 2);
        PinnedMemory pin = Pin(0, 2);
        Fill(pin, 8);
        World.Succeeds(_world.Memory.Unmap(World.At(0), World.Bytes(2)));
        _world.Verify();
        _world.Map(0, 2);
        Assert.Equal(0, _world.Peek(0));
        Fill(pin, 9);
        Assert.Equal(0, _world.Peek(1));
        Assert.Equal(9, pin.Parts[0].Span[1]);
        pin.Dispose();
        _world.Verify();
        Assert.Throws<ObjectDisposedException>(() => pin.Parts);
    }

    [Fact]
    public void ThePinOutlivesTheProcess()
    {
        UserProcess process = _world.Engine.CreateProcess("short");
        World.MapAs(process, 0, 1, MemoryProtection.ReadWrite, World.PrivateFixed);
        WritablePin pin = process.PinForWriting(World.At(0), 4096);
        Memory<byte> part = pin.WritableParts[0];
        part.Span[0] = 1;
        process.Dispose();
        _world.Verify();
        Assert.Equal(1, part.Span[0]);
        pin.Dispose();
        Assert.Throws<ObjectDisposedException>(() => part.Span[0]);
    }

    [Fact]
    public void ATruncatedPageStaysWithThePin()
    {
        int file = _world.OpenFile("data", pageCount: 3);
        _world.MapFile(file, 0, 3, type: MapFlags.Shared);
        PinnedMemory pin = Pin(1, 2);
        Fill(pin, 6);
        World.Succeeds(_world.First.FileDescriptors.SetLength(file, 4096));
        _world.Verify();
        Assert.Equal(6, pin.Parts[0].Span[0]);
        pin.Dispose();
        _world.Verify();
        World.Succeeds(_world.First.FileDescriptors.Close(file));
        World.Succeeds(_world.Memory.Unmap(World.At(0), World.Bytes(3)));
    }

    [Fact]
    public void HostWritesAfterAWriteBackAreWrittenBackToo()
    {
        using ByteBacking backing = new(8192);
        int file = _world.OpenBacked(backing);
        _world.MapFile(file, 0, 2, type: MapFlags.Shared);
        using (PinnedMemory pin = Pin(0, 1))
        {
            Fill(pin, 1);
            World.Succeeds(_world.First.FileDescriptors.Synchronize(file));
            Fill(pin, 2);
        }

        World.Succeeds(_world.First.FileDescriptors.Synchronize(file));
        Assert.Equal(2, backing[100]);
        World.Succeeds(_world.First.FileDescriptors.Close(file));
        World.Succeeds(_world.Memory.Unmap(World.At(0), World.Bytes(2)));
    }

    [Fact]
    public void ARestoreWritesThePinnedFrame()
    {
        _world.Map(0, 1);
        _world.Touch(0, 1);
        Snapshot snapshot = _world.First.TakeSnapshot();
        using PinnedMemory pin = Pin(0, 1);
        Fill(pin, 2);
        Assert.True(_world.First.TryTakeSnapshot(out Snapshot? second, out _));
        Fill(pin, 3);
        snapshot.Restore();
        _world.Verify();
        Assert.Equal((1, 1), (_world.Peek(0), pin.Parts[0].Span[0]));
        second!.Restore();
        _world.Verify();
        Assert.Equal((2, 2), (_world.Peek(0), pin.Parts[0].Span[0]));
        second.Dispose();
        snapshot.Dispose();
    }

    [Fact]
    public void AnUnpinnablePageIsAFaultAndNothingIsPinned()
    {
        _world.Map(0, 1);
        _world.Map(1, 1, MemoryProtection.Read);
        Assert.False(_world.First.TryPin(World.At(0, 9), World.Bytes(2), AccessKind.Write, out PinnedMemory? pin, out MemoryFault fault));
        Assert.Equal((null, new MemoryFault(MemoryFaultKind.NotAllowed, World.At(1))), (pin, fault));
        Assert.Throws<PageFaultException>(() => Pin(3, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => _world.First.Pin(World.At(0), 0, AccessKind.Read));
        Assert.Throws<ArgumentOutOfRangeException>(() => _world.First.Pin(new(0xBFFF_F000), 8192, AccessKind.Read));
        _world.Verify();
    }

    [Fact]
    public void AnEngineThatIsDisposedTakesItsBytesAway()
    {
        World other = new();
        other.Map(0, 1);
        WritablePin pin = other.First.PinForWriting(World.At(0), 4096);
        ReadOnlyMemory<byte> part = pin.Parts[0];
        Memory<byte> written = pin.WritableParts[0];
        other.Dispose();
        Assert.Throws<ObjectDisposedException>(() => part.Span[0]);
        Assert.Throws<ObjectDisposedException>(() => written.Span[0]);
        Assert.Throws<ObjectDisposedException>(() => pin.WritableParts);
        pin.Dispose();
    }
}
