using Paging.Core.Frames;
using Paging.Core.Inspection;
using Paging.Native;
using Paging.Tests;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>The sums over frame descriptors beside ones that sort the frames first and count each heap.</summary>
public sealed class FrameTallyModelTests
{
    private const uint BlockFrames = 8;

    [Fact]
    public void EachFrameIsInTheSumsOfItsDescriptor() => Property.ForSeeds(60, static seed =>
    {
        Random random = new((int)seed);
        FrameDescriptor[] frames = new FrameDescriptor[96];
        bool[] isLocked = new bool[frames.Length], isActive = new bool[frames.Length];
        for (int at = 0; at < frames.Length;)
        {
            int count = random.Next(4) == 0 && at % BlockFrames == 0 ? (int)BlockFrames : 1;
            Draw(frames.AsSpan(at, count), random);
            bool isHead = count != 1;
            for (int i = 0; i < count; i++)
            {
                isLocked[at + i] = random.Next(4) == 0;
                isActive[at + i] = (frames[isHead ? at : at + i].Flags & PageFlags.Active) != 0;
            }

            at += count;
        }

        FrameTally tally = new() { FramesOfBlock = BlockFrames };
        for (int at = 0; at < frames.Length; at++) tally.Count(in frames[at], isLocked[at]);

        int[] pages = [.. Enumerable.Range(0, frames.Length).Where(at => IsOwn(frames[at]) || frames[at].State == FrameState.PageCache)];
        int[] listed = [.. pages.Where(at => !isLocked[at])];
        Assert.Equal(pages.Length, tally.Pages);
        Assert.Equal(pages.Length - listed.Length, tally.Unevictable);
        Assert.Equal(listed.Count(at => isActive[at]), tally.Active);
        int[] swappable = [.. listed.Where(at => IsOwn(frames[at]) || IsShared(frames[at]))];
        Assert.Equal(swappable.Count(at => isActive[at]), tally.ActiveOwn);
        Assert.Equal(swappable.Count(at => !isActive[at]), tally.InactiveOwn);
        int[] ofFiles = [.. listed.Except(swappable)];
        Assert.Equal(ofFiles.Count(at => isActive[at]), tally.ActiveFile);
        Assert.Equal(ofFiles.Count(at => !isActive[at]), tally.InactiveFile);
        Assert.Equal(pages.Count(at => IsShared(frames[at])), tally.Shared);
        Assert.Equal(pages.Count(at => IsMappedOwn(frames[at])), tally.OwnMapped);
        Assert.Equal(pages.Count(at => !IsOwn(frames[at]) && frames[at].MapCount != 0), tally.Mapped);
        Assert.Equal(frames.Count(static frame => frame.Private == Head), tally.HugeBlocks);
    });

    private const uint Head = 99;

    private static void Draw(Span<FrameDescriptor> frames, Random random)
    {
        bool isBlock = frames.Length != 1;
        foreach (ref FrameDescriptor frame in frames)
        {
            frame.State = isBlock ? FrameState.Anonymous : random.Next(8) switch
            {
                0 => FrameState.Free,
                1 => FrameState.Kernel,
                2 => FrameState.PageTable,
                3 or 4 => FrameState.PageCache,
                5 => FrameState.SwapCache,
                _ => FrameState.Anonymous,
            };
            frame.MapCount = (uint)random.Next(3);
            frame.ReferenceCount = frame.MapCount + (uint)random.Next(2);
            if (random.Next(2) == 0) frame.Flags |= PageFlags.Active;
            if (random.Next(2) == 0) frame.Flags |= PageFlags.Dirty;
            if (isBlock || random.Next(3) == 0) frame.Flags |= PageFlags.HugePart;    // of a block that was split, or of another state
            frame.Kind = (byte)(frame.State == FrameState.PageCache && random.Next(2) == 0 ? ResidentKind.Shared : ResidentKind.File);
        }

        if (isBlock) frames[0].Private = Head;
    }

    private static bool IsOwn(in FrameDescriptor frame) => frame.State is FrameState.Anonymous or FrameState.SwapCache;

    private static bool IsShared(in FrameDescriptor frame) =>
        frame.State == FrameState.PageCache && frame.Kind == (byte)ResidentKind.Shared;

    /// <summary>A part of a huge page that is mapped by one entry has no mapping of its own, but a user.</summary>
    private static bool IsMappedOwn(in FrameDescriptor frame) =>
        IsOwn(frame) && (frame.MapCount != 0 || ((frame.Flags & PageFlags.HugePart) != 0 && frame.ReferenceCount != 0));
}
