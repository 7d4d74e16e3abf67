using Paging.Native.Frames;
using Paging.Tests;
using Xunit;

namespace Paging.Native.Tests;

/// <summary>Eight neighbours are counted at once as one by one, or not at all if one of them differs.</summary>
public sealed class EightFramesTests : IDisposable
{
    private const uint First = 40;
    private readonly FrameTable _frames = new(new(256));

    public EightFramesTests()
    {
        for (uint frame = First - 1; frame <= First + 8; frame++)
        {
            _frames[new(frame)] = new()
            {
                State = FrameState.Anonymous,
                Flags = FrameFlags.OnList,
                Group = (byte)frame,
                Owner = 1000 + frame,
                ReferenceCount = 3,
                MapCount = 2,
                Index = frame,
                Next = 7,
                Previous = 8,
                Private = 9,
            };
        }
    }

    public void Dispose() => _frames.Dispose();

    [Fact]
    public void EachOfTheEightIsCountedAndNothingElseChanges()
    {
        FrameDescriptor[] before = All();
        Assert.True(_frames.TryShareEight(new(First)));
        Verify(before, change: 1);
        Assert.True(_frames.TryUnshareEight(new(First)));
        Verify(before, change: 0);
        Assert.True(_frames.TryUnshareEight(new(First)));
        Verify(before, change: -1);
        Assert.False(_frames.TryUnshareEight(new(First)));    // each is mapped once only
        Verify(before, change: -1);
    }

    [Fact]
    public void OneOfAnotherStateOrKindLeavesAllAsTheyWere()
    {
        for (uint at = 0; at < 8; at++)
        {
            ref FrameDescriptor odd = ref _frames[new(First + at)];
            odd.State = FrameState.PageCache;
            Refused();
            odd.State = FrameState.Anonymous;
            odd.Kind = 1;
            Refused();
            odd.Kind = 0x80;
            Refused();
            odd.Kind = 0;
        }
    }

    [Fact]
    public void OneThatIsMappedOnceMayBeSharedButNotUnshared()
    {
        for (uint at = 0; at < 8; at++)
        {
            ref FrameDescriptor odd = ref _frames[new(First + at)];
            odd.MapCount = 1;
            FrameDescriptor[] before = All();
            Assert.False(_frames.TryUnshareEight(new(First)));
            Assert.Equal(before, All());
            Assert.True(_frames.TryShareEight(new(First)));
            Verify(before, change: 1);
            Assert.True(_frames.TryUnshareEight(new(First)));
            odd.MapCount = 2;
        }
    }

    /// <summary>The other fields of a descriptor have no effect: zeros, odd numbers, all ones.</summary>
    [Fact]
    public void OnlyStateKindAndCountsDecide() => Property.ForSeeds(200, seed =>
    {
        Random random = new((int)seed);
        uint[] words = [0, 1, 2, uint.MaxValue, (uint)random.Next()];
        bool areOwn = true, areShared = true;
        for (uint at = 0; at < 8; at++)
        {
            FrameDescriptor one = new()
            {
                State = random.Next(30) == 0 ? FrameState.PageCache : FrameState.Anonymous,
                Kind = (byte)(random.Next(30) == 0 ? random.Next(256) : 0),
                Flags = (FrameFlags)random.Next(2),
                Group = (byte)words[random.Next(5)],
                Owner = words[random.Next(5)],
                MapCount = (uint)(random.Next(20) == 0 ? 1 : random.Next(2, 5)),
                Index = words[random.Next(5)],
                Next = words[random.Next(5)],
                Previous = words[random.Next(5)],
                Private = words[random.Next(5)],
            };
            one.ReferenceCount = one.MapCount + (uint)random.Next(3);
            areOwn &= one.State == FrameState.Anonymous && one.Kind == 0;
            areShared &= one.MapCount > 1;
            _frames[new(First + at)] = one;
        }

        FrameDescriptor[] before = All();
        Assert.Equal(areOwn && areShared, _frames.TryUnshareEight(new(First)));
        Verify(before, areOwn && areShared ? -1 : 0);
        before = All();
        Assert.Equal(areOwn, _frames.TryShareEight(new(First)));
        Verify(before, areOwn ? 1 : 0);
    });

    /// <summary>An even number of frames, each with one reference and nothing mapped; the frames beside them have none.</summary>
    [Fact]
    public void OneReferenceEachIsSeenForEachFrame()
    {
        uint[] words = [0, 1, 2, uint.MaxValue];
        for (uint frame = First - 2; frame < First + 10; frame++)
        {
            _frames[new(frame)] = new()
            {
                State = FrameState.Allocated,
                Owner = words[frame % 4],
                ReferenceCount = frame < First || frame >= First + 8 ? 5u : 1,
                Index = words[frame / 2 % 4],
                Next = words[(frame + 1) % 4],
                Previous = words[frame % 3],
                Private = words[frame % 4],
            };
        }

        for (uint count = 2; count <= 8; count += 2) Assert.True(_frames.HaveOneReferenceEach(new(First), count));
        Assert.False(_frames.HaveOneReferenceEach(new(First), 10));
        Assert.False(_frames.HaveOneReferenceEach(new(First - 2), 4));
        for (uint odd = First; odd < First + 8; odd++)
        {
            (uint, uint)[] wrong = [(0, 0), (2, 0), (3, 0), (1, 1), (0x8000_0001, 0), (1, 0x8000_0000)];
            foreach ((uint references, uint mappings) in wrong)
            {
                (_frames[new(odd)].ReferenceCount, _frames[new(odd)].MapCount) = (references, mappings);
                for (uint count = 2; count <= 8; count += 2)
                    Assert.Equal(odd >= First + count, _frames.HaveOneReferenceEach(new(First), count));
            }

            (_frames[new(odd)].ReferenceCount, _frames[new(odd)].MapCount) = (1, 0);
        }
    }

    [Fact]
    public void ADescriptorOfAnAnonymousPageIsStoredWhole()
    {
        FrameHeader header = FrameHeader.Of(FrameState.Anonymous, FrameFlags.OnList, 5, 2);
        _frames.HandOutAnonymous(new(50), header, 0x8000_0001, 0x9000_0002, 0xA000_0003);
        FrameDescriptor expected = new()
        {
            State = FrameState.Anonymous,
            Flags = FrameFlags.OnList,
            Group = 5,
            Kind = 2,
            Owner = 0x8000_0001,
            ReferenceCount = 1,
            MapCount = 1,
            Index = 0x9000_0002,
            Next = 0xA000_0003,
        };
        Assert.Equal(expected, _frames[new(50)]);
        Assert.Equal(default, _frames[new(51)]);
    }

    [Fact]
    public void AnEntryNamesTwentyBitsAndOneOfPaeTwentyFour()
    {
        Assert.Equal((1u << 20, 1u << 24), (FrameTable.ReachOf(TableFormat.Classic), FrameTable.ReachOf(TableFormat.Pae)));
        using FrameTable beyond = new(new((1 << 20) + 5));
        Assert.Equal(((1u << 20) + 5, 1u << 20), (beyond.Count.Value, beyond.OrdinaryCount.Value));
        Assert.Equal(FrameState.Free, beyond.Named(new((1 << 20) + 4)).State);
        Assert.Equal(FrameState.Free, _frames.Named(new((1 << 20) - 1)).State);    // beyond RAM, but an entry can name it
        Assert.Throws<ArgumentOutOfRangeException>(() => _frames.Named(new(1 << 20)));
    }

    /// <summary>Reserved frames in the middle: the allocator begins after the highest.</summary>
    [Fact]
    public void TheEndOfReservedFramesIsBehindTheHighest()
    {
        using FrameTable table = new(new(256));
        Assert.Equal(1u, table.ReservedEnd);
        table.Move(new(100), FrameState.Reserved);
        Assert.Equal(101u, table.ReservedEnd);
        table.Move(new(50), FrameState.Reserved);
        Assert.Equal(101u, table.ReservedEnd);
        Assert.Equal(3u, table.CountOf(FrameState.Reserved).Value);
    }

    [Fact]
    public void ATableThatIsGoneHasNoFrames()
    {
        _frames.Dispose();
        Assert.Equal(0u, _frames.Count.Value);
        Assert.Throws<ObjectDisposedException>(() => _frames.Describe(new(0)));
    }

    private void Refused()
    {
        FrameDescriptor[] before = All();
        Assert.False(_frames.TryShareEight(new(First)));
        Assert.False(_frames.TryUnshareEight(new(First)));
        Assert.Equal(before, All());
    }

    private FrameDescriptor[] All() => [.. Enumerable.Range((int)First - 1, 10).Select(frame => _frames[new((uint)frame)])];

    private void Verify(FrameDescriptor[] before, int change)
    {
        FrameDescriptor[] expected = [.. before];
        for (int at = 1; at <= 8; at++)
        {
            expected[at].ReferenceCount = (uint)(expected[at].ReferenceCount + change);
            expected[at].MapCount = (uint)(expected[at].MapCount + change);
        }

        Assert.Equal(expected, All());
    }
}
