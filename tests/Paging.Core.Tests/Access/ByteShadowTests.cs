using Paging.Native;
using Paging.Tests;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Marked bytes are refused to exactly the accesses that touch them, and the marks follow the memory wherever it goes.</summary>
public sealed class ByteShadowTests : IDisposable
{
    private readonly World _world = new();
    private readonly ByteShadow _shadow;

    public ByteShadowTests()
    {
        _world.Map(0, 4);
        _shadow = _world.Memory.OpenByteShadow();
    }

    private Mmu Mmu => _world.Mmu;

    public void Dispose()
    {
        _world.Verify();
        _world.Dispose();
    }

    [Fact]
    public void OnlyAccessesThatTouchAnUnaddressableByteAreRefused()
    {
        Mmu.Write(World.At(0), 1u);    // cached before it is marked
        Mark(0, 100, 4, ByteState.Unaddressable);
        Mmu.Write(World.At(0, 96), 0x1111_1111u);
        Mmu.Write(World.At(0, 104), 0x2222_2222u);
        Assert.Equal(Refused(0, 100), WriteAt(0, 97));
        Assert.Equal(Refused(0, 103), WriteAt(0, 103));
        Assert.Equal(Refused(0, 100), ReadAt(0, 98));
        Assert.Equal(0x1111_1111u, Mmu.Read<uint>(World.At(0, 96)));
        Assert.Equal(Refused(0, 101), Assert.Throws<PageFaultException>(() => Mmu.Read<byte>(World.At(0, 101))).Fault);
        Assert.Equal(Refused(0, 101), Assert.Throws<PageFaultException>(() => Mmu.Write(World.At(0, 101), (byte)1)).Fault);
    }

    [Fact]
    public void AStoreMakesUninitializedBytesGood()
    {
        Mark(1, 8, 8, ByteState.Uninitialized);
        Assert.Equal(new(MemoryFaultKind.Uninitialized, World.At(1, 8)), ReadAt(1, 8));
        Mmu.Write(World.At(1, 8), 7u);
        Assert.Equal(7u, Mmu.Read<uint>(World.At(1, 8)));
        Assert.Equal(new(MemoryFaultKind.Uninitialized, World.At(1, 12)), ReadAt(1, 10));
        Assert.Equal((ByteState.Good, ByteState.Uninitialized), (_shadow[World.At(1, 11)], _shadow[World.At(1, 12)]));
        _shadow.RefusesUninitialized = false;
        Assert.Equal(MemoryFault.None, ReadAt(1, 10));
        Assert.Equal(ByteState.Uninitialized, _shadow[World.At(1, 12)]);
    }

    /// <summary>A page whose bytes are all good again is as cheap like any other.</summary>
    [Fact]
    public void APageIsCachedAgainOnceAllOfItIsGood()
    {
        Mark(2, 0, 4096, ByteState.Uninitialized);
        Assert.Equal(4096u, Mmu.Fill(World.At(2), 4096, 9, out MemoryFault fault));
        Assert.Equal(MemoryFault.None, fault);
        Assert.Equal(9, Mmu.Read<byte>(World.At(2, 4095)));
        Assert.True(Mmu.TryReadHit(World.At(2), out byte _));
        Mark(2, 17, 1, ByteState.Unaddressable);
        Assert.False(Mmu.TryReadHit(World.At(2), out byte _));
    }

    [Fact]
    public void AValueInTwoPagesIsWrittenWholeOrNotAtAll()
    {
        Mmu.Write(World.At(0, 4094), 0x0403_0201u);
        Mark(1, 0, 1, ByteState.Unaddressable);
        Assert.Equal(Refused(1, 0), WriteAt(0, 4094));
        Assert.Equal(0x0201, Mmu.Read<ushort>(World.At(0, 4094)));
    }

    [Fact]
    public void CopiesStopAtTheByte()
    {
        Mark(0, 4000, 1, ByteState.Unaddressable);
        byte[] bytes = new byte[200];
        Array.Fill(bytes, (byte)5);
        Assert.Equal(100, Mmu.CopyIn(World.At(0, 3900), bytes, out MemoryFault fault));
        Assert.Equal(Refused(0, 4000), fault);
        Assert.Equal(5, Mmu.Read<byte>(World.At(0, 3999)));
        Assert.Equal(100, Mmu.CopyOut(World.At(0, 3900), bytes, out fault));
        Assert.Equal(Refused(0, 4000), fault);
        Assert.Equal(100u, Mmu.Fill(World.At(0, 3900), 200, 6, out fault));
        Assert.Equal((Refused(0, 4000), 6), (fault, Mmu.Read<byte>(World.At(0, 3999))));
    }

    [Fact]
    public void MarksNeedMappedMemory()
    {
        Assert.Equal(Errno.ENOMEM, _shadow.Mark(World.At(3), 4097, ByteState.Unaddressable));
        Assert.Equal(Errno.EINVAL, _shadow.Mark(new(0xBFFF_FFFF), 2, ByteState.Unaddressable));
        Assert.Equal(Errno.None, _shadow.Mark(World.At(3), 0, ByteState.Unaddressable));
        Assert.False(_shadow.TryFind(default, uint.MaxValue, alsoUninitialized: true, out _));
        Assert.Throws<ArgumentOutOfRangeException>(() => _shadow.Mark(World.At(0), 1, (ByteState)3));
    }

    /// <summary>No byte has no mark, wherever it lies.</summary>
    [Fact]
    public void MarkingNoByteIsNoError() => Assert.Equal(Errno.None, _shadow.Mark(VirtualAddress.Zero, 0, ByteState.Unaddressable));

    [Fact]
    public void MarksAreOnlyKeptWhileTheyAreNotEnforced()
    {
        Mark(0, 4, 4, ByteState.Unaddressable);
        _shadow.IsEnforced = false;
        Assert.False(_shadow.IsEnforced);
        Assert.Equal(MemoryFault.None, ReadAt(0, 4));
        _shadow.IsEnforced = true;
        Assert.Equal(Refused(0, 4), ReadAt(0, 4));
    }

    /// <summary>Every range of some pages, beside a search byte by byte.</summary>
    [Fact]
    public void TheFirstMarkedByteOfARangeIsFound() => Property.ForSeeds(100, seed =>
    {
        Random random = new((int)seed);
        using World world = new();
        world.Map(0, 4);
        ByteShadow shadow = world.Memory.OpenByteShadow();
        ByteState[] states = new ByteState[4 * 4096];
        for (int i = random.Next(1, 5); i > 0; i--)
        {
            int start = Border(random), length = random.Next(3) == 0 ? random.Next(1, 9000) : random.Next(1, 3);
            int count = Math.Min(length, states.Length - start);
            ByteState state = (ByteState)random.Next(3);
            if (count == 0) continue;
            Assert.Equal(Errno.None, shadow.Mark(World.At(0, start), (uint)count, state));
            states.AsSpan(start, count).Fill(state);
        }

        for (int i = 0; i < 200; i++)
        {
            int start = Border(random), end = Border(random);
            if (end < start) (start, end) = (end, start);
            bool alsoUninitialized = random.Next(2) == 0;
            int expected = Array.FindIndex(states, start, end - start,
                state => state == ByteState.Unaddressable || (alsoUninitialized && state == ByteState.Uninitialized));
            bool isFound = shadow.TryFind(World.At(0, start), (uint)(end - start), alsoUninitialized, out VirtualAddress found);
            Assert.Equal(expected < 0 ? default : World.At(0, expected), found);
            Assert.Equal(expected >= 0, isFound);
        }

        static int Border(Random random) => random.Next(3) == 0 ? random.Next((4 * 4096) + 1)
            : Math.Clamp((4096 * random.Next(5)) + random.Next(-2, 3), 0, 4 * 4096);
    });

    /// <summary>After the last page of 4 GiB is none, and not page 0.</summary>
    [Fact]
    public void ASearchEndsWithTheLastPageOf4GiB()
    {
        using World world = new(4, new() { LowestAddress = VirtualAddress.Zero, HighestAddress = new(0xFFFF_FFFF) });
        foreach (uint at in (uint[])[0, 0xFFFF_D000, 0xFFFF_E000, 0xFFFF_F000]) world.Memory.MapAnonymous(new(at), 4096);
        ByteShadow shadow = world.Memory.OpenByteShadow();
        Assert.Equal(Errno.None, shadow.Mark(VirtualAddress.Zero, 1, ByteState.Unaddressable));
        foreach (uint at in (uint[])[0xFFFF_D000, 0xFFFF_E000, 0xFFFF_F000])
            Assert.Equal(Errno.None, shadow.Mark(new(at), 4, ByteState.Uninitialized));
        Assert.False(shadow.TryFind(new(0xFFFF_D000), 0x3000, alsoUninitialized: false, out VirtualAddress found));
        Assert.Equal(default, found);
        Assert.Equal(Errno.None, shadow.Mark(new(0xFFFF_FFFF), 1, ByteState.Unaddressable));
        Assert.True(shadow.TryFind(new(0xFFFF_D000), 0x3000, alsoUninitialized: false, out found));
        Assert.Equal(new(0xFFFF_FFFF), found);
    }

    [Fact]
    public void WithoutAShadowItsPagesAreCachedAgain()
    {
        Mark(0, 8, 4, ByteState.Unaddressable);
        Assert.False(Mmu.TryReadHit(World.At(0), out byte _));
        _shadow.Close();
        Mmu.Write(World.At(0, 8), 5u);
        Assert.True(Mmu.TryReadHit(World.At(0, 8), out byte seen));
        Assert.Equal(5, seen);
    }

    [Fact]
    public void UnmappingDropsThemAndMovingTakesThemAlong()
    {
        Mark(0, 10, 2, ByteState.Unaddressable);
        Mark(1, 20, 2, ByteState.Uninitialized);
        World.Succeeds(_world.Memory.Remap(World.At(1), 4096, 4096, RemapFlags.MayMove | RemapFlags.Fixed, World.At(9), out _));
        Assert.Equal((ByteState.Uninitialized, ByteState.Good), (_shadow[World.At(9, 21)], _shadow[World.At(1, 21)]));
        World.Succeeds(_world.Memory.Unmap(World.At(0), 4096));
        Assert.True(_shadow.TryFind(default, uint.MaxValue, alsoUninitialized: true, out VirtualAddress found));
        Assert.Equal(World.At(9, 20), found);
        _world.Map(0, 2);
        Mmu.Write(World.At(0, 8), 1u);
    }

    [Fact]
    public void ASnapshotBringsThemBack()
    {
        Mark(0, 0, 16, ByteState.Uninitialized);
        using Snapshot snapshot = _world.First.TakeSnapshot();
        Mmu.Write(World.At(0), 1ul);
        Mark(1, 0, 8, ByteState.Unaddressable);
        Mmu.Write(World.At(2), 2u);    // cached, and not marked in between
        World.Succeeds(snapshot.Restore());
        Assert.Equal(new(MemoryFaultKind.Uninitialized, World.At(0)), ReadAt(0, 0));
        Assert.Equal(MemoryFault.None, ReadAt(1, 0));
        Mark(0, 0, 4096, ByteState.Good);
        Assert.Equal(MemoryFault.None, ReadAt(0, 0));
        World.Succeeds(snapshot.Restore());
        Assert.Equal(new(MemoryFaultKind.Uninitialized, World.At(0)), ReadAt(0, 0));
    }

    /// <summary>The page itself has not changed since, so going back to the snapshot does not visit it.</summary>
    [Fact]
    public void APageThatWasOnlyReadIsCheckedAgain()
    {
        Mmu.Write(World.At(0, 100), 1u);
        Mark(0, 0, 4, ByteState.Unaddressable);
        Mark(1, 0, 4, ByteState.Unaddressable);
        Mmu.Read<uint>(World.At(0, 100));
        using Snapshot snapshot = _world.First.TakeSnapshot();
        Mark(0, 0, 4, ByteState.Good);
        Mark(1, 0, 4, ByteState.Good);
        Mmu.Write(World.At(1), 3u);
        Mmu.Read<uint>(World.At(0));
        World.Succeeds(snapshot.Restore());
        Assert.Equal((Refused(0, 0), Refused(1, 0)), (ReadAt(0, 0), ReadAt(1, 0)));
    }

    [Fact]
    public void AFartherSnapshotBringsThemBackAsWell()
    {
        Mmu.Write(World.At(0, 100), 1u);
        Mark(0, 0, 4, ByteState.Unaddressable);
        using Snapshot far = _world.First.TakeSnapshot();
        Mark(0, 0, 4, ByteState.Good);
        using Snapshot near = _world.First.TakeSnapshot();
        Mmu.Read<uint>(World.At(0));
        World.Succeeds(far.Restore());
        Assert.Equal(Refused(0, 0), ReadAt(0, 0));
        World.Succeeds(near.Restore());
        Assert.Equal(MemoryFault.None, ReadAt(0, 0));
    }

    [Fact]
    public void ASnapshotOfTheEngineBringsThemBack()
    {
        Mark(0, 0, 16, ByteState.Uninitialized);
        using EngineSnapshot snapshot = _world.Engine.TakeSnapshot();
        Mmu.Write(World.At(0), 1ul);
        World.Succeeds(snapshot.Restore());
        Assert.Equal(ByteState.Uninitialized, _shadow[World.At(0, 7)]);
    }

    [Fact]
    public void AChildHasItsOwnCopy()
    {
        Mark(0, 0, 8, ByteState.Uninitialized);
        World.Succeeds(_world.Memory.Advise(World.At(3), 4096, MemoryAdvice.WipeOnFork));
        Mark(3, 0, 8, ByteState.Unaddressable);
        using UserProcess child = _world.First.Fork();
        ByteShadow childs = child.Memory.OpenByteShadow();
        child.Memory.Mmu.Write(World.At(0), 1u);
        Assert.Equal((ByteState.Good, ByteState.Uninitialized), (childs[World.At(0)], _shadow[World.At(0)]));
        Mmu.Write(World.At(0, 4), 1u);
        Assert.Equal((ByteState.Uninitialized, ByteState.Good), (childs[World.At(0, 4)], _shadow[World.At(0, 4)]));
        Assert.Equal((ByteState.Good, ByteState.Unaddressable), (childs[World.At(3)], _shadow[World.At(3)]));
    }

    [Fact]
    public void AClonesImageHasThem()
    {
        Mark(0, 3, 2, ByteState.Unaddressable);
        using Snapshot snapshot = _world.First.TakeSnapshot();
        ProcessImage image = ProcessImage.Of(snapshot);
        Mark(0, 3, 2, ByteState.Good);
        using World other = new();
        UserProcess clone = other.Engine.CloneProcess(image);
        Assert.False(clone.Memory.Mmu.TryRead(World.At(0), out uint _, out MemoryFault fault));
        Assert.Equal(Refused(0, 3), fault);
        other.Verify();
    }

    [Fact]
    public void SwappedPagesKeepThem()
    {
        Mmu.Write(World.At(0), 77u);
        Mark(0, 100, 1, ByteState.Unaddressable);
        using World small = new(1);
        World.Succeeds(small.Engine.Swap.SwitchOn(new SmallSwapStore(512), 0, out _));
        small.Map(0, 300);
        ByteShadow shadow = small.Memory.OpenByteShadow();
        for (int page = 0; page < 300; page++)
        {
            small.Mmu.Write(World.At(page), page);
            World.Succeeds(shadow.Mark(World.At(page, 8), 1, ByteState.Unaddressable));
        }

        for (int page = 0; page < 300; page++)
        {
            Assert.Equal(page, small.Mmu.Read<int>(World.At(page)));
            Assert.False(small.Mmu.TryRead(World.At(page, 8), out byte _));
        }

        small.Verify();
    }

    [Fact]
    public void AClosedShadowIsNoneAtAll()
    {
        Mark(0, 0, 4096, ByteState.Unaddressable);
        _shadow.Close();
        Mmu.Write(World.At(0), 1u);
        Assert.True(Mmu.TryReadHit(World.At(0), out uint _));
        Assert.Throws<InvalidOperationException>(() => _shadow[World.At(0)]);
        Assert.Equal(ByteState.Good, _world.Memory.OpenByteShadow()[World.At(0)]);
    }

    /// <summary>The next process in the slot begins without one.</summary>
    [Fact]
    public void TheNextProcessHasNone()
    {
        UserProcess second = _world.Engine.CreateProcess("second");
        World.MapAs(second, 0, 1, MemoryProtection.ReadWrite, World.PrivateFixed);
        World.Succeeds(second.Memory.OpenByteShadow().Mark(World.At(0), 1, ByteState.Unaddressable));
        second.Dispose();
        UserProcess third = _world.Engine.CreateProcess("third");
        World.MapAs(third, 0, 1, MemoryProtection.ReadWrite, World.PrivateFixed);
        third.Memory.Mmu.Write(World.At(0), 1u);
        Assert.True(third.Memory.Mmu.TryReadHit(World.At(0), out uint _));
    }

    /// <summary>A fuzzer's iteration: stores to uninitialized bytes, and back.</summary>
    [Fact]
    public void AnIterationAllocatesNothing()
    {
        for (int page = 0; page < 4; page++) Mark(page, 64, 256, ByteState.Uninitialized);
        using Snapshot snapshot = _world.First.TakeSnapshot();
        for (int warm = 0; warm < 3; warm++) Iteration(snapshot);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int iteration = 0; iteration < 100; iteration++) Iteration(snapshot);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private void Iteration(Snapshot snapshot)
    {
        for (int page = 0; page < 4; page++) Mmu.Write(World.At(page, 64), 1ul);
        World.Succeeds(snapshot.Restore());
    }

    private void Mark(int page, int offset, int byteLength, ByteState state) =>
        World.Succeeds(_shadow.Mark(World.At(page, offset), (uint)byteLength, state));

    private static MemoryFault Refused(int page, int offset) => new(MemoryFaultKind.Unaddressable, World.At(page, offset));

    private MemoryFault ReadAt(int page, int offset)
    {
        Mmu.TryRead(World.At(page, offset), out uint _, out MemoryFault fault);
        return fault;
    }

    private MemoryFault WriteAt(int page, int offset)
    {
        Mmu.TryWrite(World.At(page, offset), 0xFFFF_FFFFu, out MemoryFault fault);
        return fault;
    }
}
