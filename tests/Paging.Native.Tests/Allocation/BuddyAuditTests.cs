using Paging.Native.Frames;
using Xunit;

namespace Paging.Native.Tests;

/// <summary>Each rule is broken by hand; the audit must name it.</summary>
public sealed class BuddyAuditTests
{
    [Fact]
    public void AHeadWithTheWrongOrderBreaksB1()
    {
        using FrameWorld world = new(FrameCount.MiB(4));
        world.Frames[new(world.Buddy.Lists.Low.First(6))].Order = 5;
        Audits.AssertNames("B1", world.Buddy.Audit);
    }

    [Fact]
    public void AListThatLeadsOutOfRamBreaksB1()
    {
        using FrameWorld world = new(FrameCount.MiB(4));
        world.Frames[new(world.Buddy.Lists.Low.First(6))].Next = 0x4000;
        Audits.AssertNames("B1", world.Buddy.Audit);
    }

    [Fact]
    public void AFreeFrameInNoListBreaksB2()
    {
        using FrameWorld world = new(FrameCount.MiB(4));
        world.Frames[world.Allocate()] = default;
        Audits.AssertNames("B2", world.Buddy.Audit);
    }

    [Fact]
    public void AFrameInUseInAFreeBlockBreaksB2()
    {
        using FrameWorld world = new(FrameCount.MiB(4));
        world.Frames[new(world.Buddy.Lists.Low.First(6) + 3)].State = FrameState.Anonymous;
        Audits.AssertNames("B2", world.Buddy.Audit);
    }

    [Fact]
    public void AListThatBitesItsTailBreaksB2()
    {
        using FrameWorld world = new(FrameCount.MiB(4));
        FrameNumber head = new(world.Buddy.Lists.Low.First(6));
        world.Frames[head].Next = head.Value;
        Audits.AssertNames("B2", world.Buddy.Audit);
    }

    [Fact]
    public void TwoFreeBuddiesSideBySideBreakB3()
    {
        using FrameWorld world = new(FrameCount.MiB(4));
        FrameNumber one = world.AllocateBlock(0), other = new(one.Value ^ 1);
        Assert.Equal(FrameState.Reserved, world.Frames[other].State);    // frame 1 is alone beside frame 0
        FrameNumber left = world.AllocateBlock(1);
        world.Buddy.FreeBlock(left, 0);
        world.Frames[left + new FrameCount(1)] = new() { State = FrameState.Free, Flags = FrameFlags.BuddyHead };
        Audits.AssertNames("B3", world.Buddy.Audit);
    }

    /// <summary>At the low end of RAM, and at the high end, which need not be at a multiple of the largest block.</summary>
    [Theory]
    [InlineData(1000, 0)]
    [InlineData(1000, 1)]
    [InlineData(1000, 2)]
    [InlineData(1001, 0)]
    [InlineData(1008, 3)]
    [InlineData(1024, 4)]
    [InlineData(1024, 8)]
    public void TwoFreeBuddiesAtEitherEndOfRamBreakB3(int frameCount, int order)
    {
        uint size = 1u << order;
        uint last = ((uint)frameCount / (2 * size) * (2 * size)) - size;
        foreach (uint listed in (uint[])[2 * size, 3 * size, last - size, last])
        {
            using FrameWorld world = new(new FrameCount((uint)frameCount));
            world.AllocateAll();
            uint buddy = listed ^ size;
            foreach (uint first in (uint[])[listed, buddy])
                for (uint frame = first; frame < first + size; frame++) world.Frames[new(frame)] = new() { State = FrameState.Free };
            world.Buddy.Lists.Low.Return(listed, order);
            world.Frames[new(buddy)] = new() { State = FrameState.Free, Flags = FrameFlags.BuddyHead, Order = (byte)order };
            AuditReport report = new();
            world.Buddy.Audit(report);
            Assert.Contains(report.Findings, one => one.Rule is "B3" && one.What.Contains($"{listed:x5}", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void ABackLinkThatLeadsElsewhereBreaksB5()
    {
        using FrameWorld world = new(FrameCount.MiB(4));
        world.Frames[new(world.Buddy.Lists.Low.First(6))].Previous = 9;
        Audits.AssertFinds("B5", world.Buddy.Audit);
    }

    [Fact]
    public void AWriteAfterFreeBreaksB6()
    {
        using FrameWorld world = new(FrameCount.MiB(4));
        FrameNumber frame = world.Allocate();
        world.Buddy.Free(frame);
        world.Ram.Bytes(frame)[0] ^= 1;
        Audits.AssertFinds("B6", world.Buddy.Audit);
    }

    [Fact]
    public void AHeadOnTheHotStackBreaksB8()
    {
        using FrameWorld world = new(FrameCount.MiB(4));
        FrameNumber frame = world.Allocate();
        world.Buddy.Free(frame);
        world.Frames[frame].Flags = FrameFlags.BuddyHead;
        Audits.AssertFinds("B8", world.Buddy.Audit);
    }
}
