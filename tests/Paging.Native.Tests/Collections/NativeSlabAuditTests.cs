using Paging.Native.Collections;
using Xunit;

namespace Paging.Native.Tests;

/// <summary>Each rule is broken by hand, through references that outlived their records; the audit must name it.</summary>
public sealed class NativeSlabAuditTests
{
    [Fact]
    public void AFreeListThatBitesItsTailBreaksS2() => AssertBreaks("S2", (ref Record record) => record.Name = 2);

    [Fact]
    public void AFreeListThatLeadsToALiveRecordBreaksS2() => AssertBreaks("S2", (ref Record record) => record.Name = 1);

    [Fact]
    public void AFreeListThatLeadsNowhereBreaksS2() => AssertBreaks("S2", (ref Record record) => record.Name = 1_000_000);

    [Fact]
    public void AFreeListThatEndsEarlyBreaksS2() => AssertBreaks("S2", (ref Record record) => record.Name = 0);

    [Fact]
    public void AWriteAfterFreeBreaksS3() => AssertBreaks("S3", (ref Record record) => record.Third = 7);

    [Fact]
    public unsafe void ALostLiveBitBreaksS1()
    {
        using NativeSlab<Record> slab = new();
        slab.TryAllocate(out uint index);
        fixed (Record* record = &slab[index])
        {
            ulong* liveWords = (ulong*)(record - index + NativeSlab<Record>.ChunkLength);    // after the records of the chunk
            Assert.Equal(2ul, liveWords[0]);
            liveWords[0] = 0;
        }
        Audits.AssertNames("S1", slab.Audit);
    }

    private delegate void Damage(ref Record record);

    // Records 1 to 3 live, 4 and 2 free, 2 in front.
    private static void AssertBreaks(string rule, Damage damage)
    {
        using NativeSlab<Record> slab = new();
        for (int i = 0; i < 4; i++) slab.TryAllocate(out _);
        ref Record stale = ref slab[2];
        slab.Free(4);
        slab.Free(2);
        Audits.AssertClean(slab.Audit);
        damage(ref stale);
        Audits.AssertFinds(rule, slab.Audit);
    }

    private record struct Record(uint Name, uint Other, uint Third);
}
