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
