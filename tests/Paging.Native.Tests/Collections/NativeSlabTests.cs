using System.Runtime.InteropServices;
using Paging.Native.Collections;
using Paging.Native.Diagnostics;
using Paging.Tests;
using Xunit;

namespace Paging.Native.Tests;

public sealed class NativeSlabTests
{
    [Fact]
    public void IndexesBeginAtOneAndFollowInOrderAcrossChunks()
    {
        using NativeSlab<Record> slab = new();
        uint count = 3 * (uint)NativeSlab<Record>.ChunkLength;
        for (uint expected = 1; expected <= count; expected++)
        {
            Assert.True(slab.TryAllocate(out uint index));
            Assert.Equal(expected, index);
            slab[index].Name = index;
        }
        for (uint index = 1; index <= count; index++) Assert.Equal(index, slab[index].Name);
        Assert.Equal(count, slab.LiveCount);
        Audits.AssertClean(slab.Audit);
    }

    [Fact]
    public void ARecordNeverMoves()
    {
        using NativeSlab<Record> slab = new();
        slab.TryAllocate(out uint first);
        ref Record record = ref slab[first];
        // the table doubled thrice
        for (int more = 0; more < 25 * NativeSlab<Record>.ChunkLength; more++) Assert.True(slab.TryAllocate(out _));
        record.Name = 5;
        Assert.Equal(5u, slab[first].Name);
    }

    [Fact]
    public unsafe void RecordsTheSizeOfACacheLineAreEachInOne()
    {
        using NativeSlab<Line> slab = new();
        slab.TryAllocate(out uint index);
        fixed (Line* line = &slab[index]) Assert.Equal(0u, (nuint)line % 64);
    }

    [Fact]
    public void TheRecordFreedLastIsTakenFirstAndIsZeroAgain()
    {
        using NativeSlab<Record> slab = new();
        for (int i = 0; i < 3; i++) slab.TryAllocate(out _);
        slab[2] = new() { Name = 1, Other = 2, Third = 3 };
        slab.Free(1);
        slab.Free(2);
        Assert.True(slab.TryAllocate(out uint again));
        Assert.Equal(2u, again);
        Assert.Equal(default, slab[again]);
        Assert.True(slab.TryAllocate(out again));
        Assert.Equal(1u, again);
        Audits.AssertClean(slab.Audit);
    }

    [Fact]
    public void OnlyRecordsInUseAreLive()
    {
        using NativeSlab<Record> slab = new();
        Assert.False(slab.IsLive(0));
        Assert.False(slab.IsLive(1));
        slab.TryAllocate(out uint index);
        Assert.True(slab.IsLive(index));
        Assert.False(slab.IsLive(0));
        Assert.False(slab.IsLive(2));
        Assert.False(slab.IsLive(uint.MaxValue));
        slab.Free(index);
        Assert.False(slab.IsLive(index));
    }

    [Fact]
    public void ARecordThatIsNotInUseCannotBeReadOrFreed()
    {
        using NativeSlab<Record> slab = new();
        slab.TryAllocate(out uint index);
        slab.Free(index);
        foreach (uint dead in new[] { 0u, index, 2u, uint.MaxValue })
        {
            Assert.StartsWith("S4", Assert.Throws<InvariantException>(() => slab[dead].Name).Message, StringComparison.Ordinal);
            Assert.StartsWith("S4", Assert.Throws<InvariantException>(() => slab.Free(dead)).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void LiveRecordsAreWalkedInOrder()
    {
        using NativeSlab<Record> slab = new();
        uint next = (uint)NativeSlab<Record>.ChunkLength, last = next + 904;
        for (int i = 0; i < last; i++) slab.TryAllocate(out _);
        List<uint> kept = [1, 63, 64, 65, next - 1, next, next + 1, last];
        for (uint index = 1; index <= last; index++)
            if (!kept.Contains(index)) slab.Free(index);
        List<uint> walked = [];
        for (uint index = slab.NextLive(0); index != 0; index = slab.NextLive(index)) walked.Add(index);
        Assert.Equal(kept, walked);
    }

    [Fact]
    public void TheChosenAllocationIsRefusedAndChangesNothing()
    {
        FaultInjection injection = new() { FailAtAllocation = 2 };
        using NativeSlab<Record> slab = new(injection);
        Assert.True(slab.TryAllocate(out _));
        Assert.False(slab.TryAllocate(out uint none));
        Assert.Equal(0u, none);
        Assert.Equal(1u, slab.LiveCount);
        Assert.True(slab.TryAllocate(out uint next));
        Assert.Equal(2u, next);
        Audits.AssertClean(slab.Audit);
    }

    [Fact]
    public void ADisposedSlabGivesNothing()
    {
        NativeSlab<Record> slab = new();
        slab.TryAllocate(out uint index);
        slab.Dispose();
        slab.Dispose();
        Assert.False(slab.IsLive(index));
        Assert.Throws<ObjectDisposedException>(() => slab.TryAllocate(out _));
    }

    [Fact]
    public void ARecordTooSmallForALinkIsRefused() => Assert.Throws<NotSupportedException>(() => new NativeSlab<short>());

    [Fact]
    public void NoManagedMemoryIsTaken()
    {
        using NativeSlab<Record> slab = new();
        uint[] held = new uint[9_000];
        Assert.Equal(0, ManagedMemory.BytesAllocatedBy(() =>
        {
            for (int i = 0; i < held.Length; i++) Assert.True(slab.TryAllocate(out held[i]));
            foreach (uint index in held) slab[index].Name++;
            foreach (uint index in held) slab.Free(index);
        }));
    }

    [Fact]
    public void ItsAnswersAgreeWithASetOfIndexes() => Property.ForScripts(200, 400, script =>
    {
        using NativeSlab<Record> slab = new();
        HashSet<uint> live = [];
        List<uint> order = [];
        foreach (uint word in script)
        {
            if ((word & 3) != 0 || order.Count == 0)
            {
                Assert.True(slab.TryAllocate(out uint index));
                Assert.True(live.Add(index));
                slab[index].Name = ~index;
                order.Add(index);
            }
            else
            {
                int choice = (int)(word >> 2) % order.Count;
                Assert.Equal(~order[choice], slab[order[choice]].Name);
                slab.Free(order[choice]);
                Assert.True(live.Remove(order[choice]));
                order.RemoveAt(choice);
            }
            Assert.Equal((uint)live.Count, slab.LiveCount);
            Audits.AssertClean(slab.Audit);
        }
        for (uint index = 0; index <= script.Length; index++) Assert.Equal(live.Contains(index), slab.IsLive(index));
    });

    private record struct Record(uint Name, uint Other, uint Third);

    [StructLayout(LayoutKind.Sequential, Size = 64)]
    private struct Line;
}
