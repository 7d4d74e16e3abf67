using Paging.Native.Frames;
using Xunit;

namespace Paging.Native.Tests;

/// <summary>Each rule is broken by hand; the audit must name it, and nothing else.</summary>
public sealed class FrameAuditTests
{
    private static readonly FrameNumber Frame = new(9);

    [Fact]
    public void AStateWrittenBehindTheTablesBackBreaksF1() =>
        AssertFinds("F1", (ref FrameDescriptor frame) => frame = new() { State = FrameState.Kernel, ReferenceCount = 1 });

    [Fact]
    public void AStateThatDoesNotExistBreaksF1() =>
        AssertFinds("F1", (ref FrameDescriptor frame) => frame.State = (FrameState)77);

    [Fact]
    public void AFreeFrameWithAnOwnerBreaksF3() => AssertFinds("F3", (ref FrameDescriptor frame) => frame.Owner = 5);

    [Fact]
    public void AFreeFrameWithAReferenceBreaksF3() => AssertFinds("F3", (ref FrameDescriptor frame) => frame.ReferenceCount = 1);

    [Fact]
    public void AFrameWithMoreMappingsThanReferencesBreaksF5()
    {
        using FrameWorld world = new(FrameCount.MiB(1));
        world.Frames[world.Allocate(FrameState.Anonymous)].MapCount = 2;
        Audits.AssertFinds("F5", world.Frames.Audit);
    }

    [Fact]
    public void AFreeFrameWithAnotherFlagThanBuddyHeadBreaksF6() =>
        AssertFinds("F6", (ref FrameDescriptor frame) => frame.Flags = FrameFlags.Owner3);

    [Fact]
    public void AFrameInUseThatClaimsToHeadAFreeBlockBreaksF6()
    {
        using FrameWorld world = new(FrameCount.MiB(1));
        world.Frames[world.Allocate(FrameState.Anonymous)].Flags = FrameFlags.BuddyHead;
        Audits.AssertFinds("F6", world.Frames.Audit);
    }

    private delegate void Damage(ref FrameDescriptor frame);

    private static void AssertFinds(string rule, Damage damage)
    {
        using FrameTable frames = new(FrameCount.MiB(1));
        damage(ref frames[Frame]);
        Audits.AssertFinds(rule, frames.Audit);
    }
}
