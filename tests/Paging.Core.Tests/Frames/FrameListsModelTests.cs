using Paging.Core.Frames;
using Paging.Native;
using Paging.Native.Frames;
using Paging.Tests;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>
/// The reclaim lists of several groups beside plain lists: frames and blocks join, move, change places, break up and leave, one by one and
/// in runs. After each step the order, the counts, each frame's header, the watchers' reports and the set of free frames are compared.
/// </summary>
public sealed class FrameListsModelTests
{
    private const int Order = 3, BlockFrames = 1 << Order;

    [Trait("Category", "Medium")]
    [Fact]
    public void EveryListIsThePlainList() => Property.ForSeeds(40, static seed =>
    {
        using GatherWorld world = new(BlockFrames);
        Story story = new(world, new((int)seed));
        for (int step = 0; step < 150; step++)
        {
            story.Step();
            story.Compare();
        }

        story.End();
        world.AssertClean();
    });

    /// <summary>The room left in a group: its pages count, blocks whole, and its tables if they are to count.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void TheLimitCountsPagesAndTables(bool countsTables)
    {
        using GatherWorld world = new(BlockFrames);
        FrameGroup group = world.Lists.Group(2);
        Assert.Equal((true, false, FrameGroup.Unlimited), (group.HasRoomFor(uint.MaxValue), group.IsFull, group.Limit));
        if (countsTables) group.CountsTables = true;
        group.Limit = BlockFrames + 3;
        if (!countsTables) (group.CountsTables, group.CountsTables) = (true, false);
        for (int table = 0; table < 2; table++) group.NoteMade();
        long expected = BlockFrames + 3 - (countsTables ? 2 : 0);
        foreach (uint pages in new uint[] { 0, 1, BlockFrames })
        {
            if (pages == 1) world.Lists.AddAnonymous(group, world.NewFrame(), 1, 5, new(6));
            if (pages == BlockFrames) world.Lists.AddBlock(group, NewBlock(world), PageFlags.Active);
            expected -= pages;
            Assert.Equal((expected, expected <= 0), (group.Left, group.IsFull));
            for (uint count = 0; count < BlockFrames + 5; count++) Assert.Equal(count <= expected, group.HasRoomFor(count));
            Assert.Equal(!countsTables || expected > 0, group.MayHaveTable);
        }

        Assert.Equal(BlockFrames + 1u, group.PageCount);
        group.Limit = FrameGroup.Unlimited;
        Assert.Equal((true, false, true), (group.HasRoomFor(uint.MaxValue), group.IsFull, group.MayHaveTable));
        group.Limit = 0;
        Assert.Equal((false, true, !countsTables), (group.HasRoomFor(0), group.IsFull, group.MayHaveTable));
    }

    private static FrameNumber NewBlock(GatherWorld world)
    {
        Assert.True(world.Allocator.TryAllocateBlock(Order, FrameState.Anonymous, out FrameNumber first));
        for (uint i = 0; i < BlockFrames; i++) world.Frames[first + new FrameCount(i)].Flags = PageFlags.HugePart;
        world.Frames[first].Private = 1;
        world.Frames[first].Counts = FrameTable.OneReferenceAndMapping;
        return first;
    }

    /// <summary>A frame on a list, newest first in its list; a block stands for all of its frames.</summary>
    private sealed class Listed
    {
        public FrameNumber Frame { get; set; }
        public byte Group { get; init; }
        public FrameFlags List { get; set; }
        public bool IsBlock { get; set; }
        public uint Users { get; set; } = 1;
        public uint Pins { get; init; }
    }

    private sealed class Story
    {
        private static readonly FrameFlags[] Kinds =
            [FrameFlags.None, PageFlags.Active, PageFlags.FileBacked, PageFlags.Active | PageFlags.FileBacked];

        private readonly GatherWorld _world;
        private readonly Random _random;
        private readonly List<Listed> _all = [];    // newest first
        private readonly List<string> _told = [], _expected = [];
        private readonly bool _isWatched;
        private readonly uint _free;
        private FrameGroup _charged;

        public Story(GatherWorld world, Random random)
        {
            (_world, _random) = (world, random);
            _isWatched = random.Next(3) == 0;
            _free = world.Allocator.FreeFrames.Value;
            _charged = world.Lists.Root;
            if (_isWatched) world.Lists.SetPolicy(1, new Watcher(_told));
            Assert.Equal(_isWatched, world.Lists.HasPolicy);
        }

        private FrameLists Lists => _world.Lists;

        public void Step()
        {
            byte[] groups = [0, 1, 2, 255];
            _charged = Lists.Group(groups[_random.Next(4)]);
            FrameFlags list = Kinds[_random.Next(4)];
            Listed? one = _all.Count == 0 ? null : _all[_random.Next(_all.Count)];
            switch (_random.Next(12))
            {
                case < 2: Add(list); break;
                case < 5: AddAnonymous(_random.Next(1, 30)); break;
                case 5: AddBlock(_random.Next(2) == 0 ? FrameFlags.None : PageFlags.Active); break;
                case 6 when one is { IsBlock: true }: BreakUp(one); break;
                case < 8 when one is not null: Move(one, one.IsBlock ? list & PageFlags.Active : list); break;
                case 8 when one is { IsBlock: false } && !_isWatched: Replace(one); break;
                case 9 when one is { IsBlock: false }: Remove(one); break;
                case 10 when one is not null:
                    if (one.IsBlock) break;
                    _world.Frames.AddReferenceAndMapping(one.Frame);
                    one.Users++;
                    break;
                default: DropMany(); break;
            }
        }

        /// <summary>The lists as they lie in the descriptors, from the newest frame to the oldest.</summary>
        public void Compare()
        {
            ILookup<(byte, FrameFlags), Listed> lists = _all.ToLookup(static one => (one.Group, one.List));
            foreach (byte group in (byte[])[0, 1, 2, 3, 255])
            {
                uint pages = 0;
                foreach (FrameFlags list in Kinds)
                {
                    Listed[] model = [.. lists[(group, list)]];
                    uint inBlocks = (uint)model.Count(static one => one.IsBlock) * (BlockFrames - 1);
                    List<FrameNumber> found = [];
                    int number = Array.IndexOf(Kinds, list);
                    for (uint at = Lists.Group(group).Lists[number].First; at != 0; at = _world.Frames[new FrameNumber(at)].Next)
                        found.Add(new(at));
                    if (!model.Select(static one => one.Frame).SequenceEqual(found))
                        Assert.Equal(model.Select(static one => one.Frame), found);    // alone it takes most of the time
                    Assert.Equal((uint)model.Length + inBlocks, Lists.CountOf(group, list));
                    Assert.Equal(found.Count == 0 ? default : found[^1], Lists.OldestOf(group, list));
                    pages += (uint)model.Length + inBlocks;
                }

                Assert.Equal(pages, Lists.Group(group).PageCount);
            }

            foreach (Listed one in _all)
            {
                ref FrameDescriptor descriptor = ref _world.Frames[one.Frame];
                const FrameFlags listed = FrameFlags.OnList | PageFlags.Active | PageFlags.FileBacked;
                var expected = (FrameFlags.OnList | one.List, one.Group, one.IsBlock, one.Users, _isWatched && one.Group == 1);
                var found = (descriptor.Flags & listed, descriptor.Group, FrameLists.IsBlock(in descriptor), descriptor.MapCount,
                    Lists.HasPolicyIn(in descriptor));
                if (expected != found) Assert.Equal(expected, found);
            }

            Assert.Equal(_expected, _told);
            int taken = _all.Sum(static one => one.IsBlock ? BlockFrames : 1);
            Assert.Equal(_free - (uint)taken, _world.Allocator.FreeFrames.Value);
        }

        public void End()
        {
            foreach (Listed block in _all.Where(static one => one.IsBlock).ToArray()) BreakUp(block);
            TlbGather gather = new(Lists, _world.Allocator);
            foreach (Listed one in _all.ToArray())
            {
                for (; one.Users != 0; one.Users--) gather.AddMapped(one.Frame);
                if (one.Pins != 0) gather.Add(one.Frame);
            }

            gather.Finish();
            Assert.Equal(_free, _world.Allocator.FreeFrames.Value);
        }

        private void Join(Listed one)
        {
            _all.Insert(0, one);
            if (_isWatched && one.Group == 1) _expected.Add($"joined {one.Frame.Value}");
        }

        private void Join(FrameNumber frame, FrameFlags list, bool isBlock = false) =>
            Join(new() { Frame = frame, Group = _charged.Number, List = list, IsBlock = isBlock });

        private void Drop(Listed one)
        {
            _all.Remove(one);
            if (_isWatched && one.Group == 1) _expected.Add($"left {one.Frame.Value}");
        }

        private void Add(FrameFlags list)
        {
            FrameNumber frame = _world.NewFrame();
            _world.Frames[frame].MapCount = 1;
            Lists.Add(_charged, frame, list);
            Join(frame, list);
        }

        private void AddAnonymous(int count)
        {
            for (int i = 0; i < count; i++)
            {
                Assert.True(_world.Allocator.TryTake(out FrameNumber frame));
                Lists.AddAnonymous(_charged, frame, kind: 1, owner: 5, new(6));
                Join(frame, FrameFlags.None);
            }
        }

        private void AddBlock(FrameFlags list)
        {
            FrameNumber first = NewBlock(_world);
            Lists.AddBlock(_charged, first, list);
            Join(first, list, isBlock: true);
        }

        /// <summary>Parts that are mapped or pinned are listed; those that only the leaf has held go.</summary>
        private void BreakUp(Listed block)
        {
            List<Listed> parts = [];
            for (uint i = 1; i < BlockFrames; i++)
            {
                FrameNumber part = block.Frame + new FrameCount(i);
                uint users = (uint)_random.Next(3), pins = _random.Next(4) == 0 ? 1u : 0;
                _world.Frames[part].MapCount = users;
                _world.Frames[part].ReferenceCount = 1 + users + pins;
                parts.Add(new() { Frame = part, Group = block.Group, List = block.List, Users = users, Pins = pins });
            }

            _world.Frames[block.Frame].Private = 0;
            Lists.BreakUp(block.Frame);
            block.IsBlock = false;
            TlbGather gather = new(Lists, _world.Allocator);
            foreach (Listed part in parts)
            {
                if (part.Users + part.Pins != 0) Join(part);
                gather.Add(part.Frame);    // the leaf's reference
            }

            gather.Finish();
        }

        private void Move(Listed one, FrameFlags list)
        {
            Lists.Move(one.Frame, list);
            one.List = list;
            _all.Remove(one);
            _all.Insert(0, one);
        }

        private void Replace(Listed one)
        {
            FrameNumber frame = _world.NewFrame();
            _world.Frames[frame].Counts = _world.Frames[one.Frame].Counts;
            Lists.Replace(one.Frame, frame);
            _world.Frames[one.Frame].Counts = 0;
            Assert.Equal(FrameFlags.None, _world.Frames[one.Frame].Flags & ~PageFlags.HugePart);
            _world.Allocator.FreeBlock(one.Frame, 0);
            one.Frame = frame;
            _all.Remove(one);
            _all.Insert(0, one);
        }

        private void Remove(Listed one)
        {
            Lists.Remove(one.Frame);
            Drop(one);
            Assert.Equal(((byte)0, FrameFlags.None),
                (_world.Frames[one.Frame].Group, _world.Frames[one.Frame].Flags & ~PageFlags.HugePart));
            _world.Frames[one.Frame].Counts = 0;
            _world.Allocator.FreeBlock(one.Frame, 0);
        }

        /// <summary>Entries in the order of their frames go, eight at once where that is possible.</summary>
        private void DropMany()
        {
            Listed[] singles = [.. _all.Where(static one => one is { IsBlock: false, Users: > 0 }).OrderBy(static one => one.Frame.Value)];
            int skipped = singles.Length == 0 ? 0 : _random.Next(singles.Length);
            Listed[] dropped = [.. singles.Skip(skipped).Take(_random.Next(60)).Where(_ => _random.Next(20) != 0)];
            Dictionary<uint, Listed> byFrame = dropped.ToDictionary(static one => one.Frame.Value);
            TlbGather gather = new(Lists, _world.Allocator);
            for (int i = 0; i < dropped.Length; i++)
            {
                FrameNumber frame = dropped[i].Frame;
                bool areEight = Enumerable.Range(0, 8).All(next => byFrame.ContainsKey(frame.Value + (uint)next));
                int count = areEight && gather.TryAddEightInOrder(frame) ? 8 : 1;
                if (count == 1) gather.AddMappedInOrder(frame);
                for (int next = i; next < i + count; next++) dropped[next].Users--;
                i += count - 1;
            }

            gather.Finish();
            Assert.Equal(0u, gather.Count.Value);
            foreach (Listed one in dropped.Where(static one => one.Users + one.Pins == 0)) Drop(one);
            if (_isWatched) Sort(_expected, _told);
        }

        /// <summary>The order in which neighbours leave is unspecified.</summary>
        private static void Sort(List<string> expected, List<string> reported)
        {
            expected.Sort(StringComparer.Ordinal);
            reported.Sort(StringComparer.Ordinal);
        }
    }

    private sealed class Watcher(List<string> reported) : IGroupPolicy
    {
        public void Joined(FrameNumber frame) => reported.Add($"joined {frame.Value}");

        public void Hit(FrameNumber frame) { }

        public void Left(FrameNumber frame) => reported.Add($"left {frame.Value}");
    }
}
