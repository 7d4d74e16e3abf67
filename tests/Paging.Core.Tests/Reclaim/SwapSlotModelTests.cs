using Paging.Core.Swap;
using Paging.Native;
using Paging.Tests;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>
/// Pages come and go on a device of a few clusters, the last one of them short. Each slot is handed out, counted, read and discarded
/// as in a plain list of slots.
/// </summary>
/// <remarks>Linux: mm/swapfile.c, cluster_alloc_swap_entry, swap_entry_free, swap_range_free; mm/page_io.c, the zeromap.</remarks>
public sealed class SwapSlotModelTests
{
    private const int ClusterSize = 256;

    [Trait("Category", "Medium")]
    [Theory]
    [InlineData(1u)]
    [InlineData(255u)]
    [InlineData(256u)]
    [InlineData(257u)]
    [InlineData(700u)]
    public void EverySlotAgreesWithAPlainList(uint slotCount) => Property.ForSeeds(4, seed =>
    {
        using World world = new();
        new Story(world, new Random((int)seed), new DiscardingStore(slotCount)).Run();
    });

    /// <summary>A cluster is used to its end; the next one is the next that is empty, or else the next with a free slot.</summary>
    [Fact]
    public void ANewClusterIsAnEmptyOneWhileThereIsOne()
    {
        SwapDevice device = new(new DiscardingStore(5 * ClusterSize - 100), number: 0, priority: 0);
        for (uint slot = 0; slot < 2 * ClusterSize; slot++) Assert.Equal(slot, Take(device));
        for (uint slot = 10; slot < 20; slot++) device.Uncache(slot);         // room in cluster 0, but 2 is empty
        Assert.Equal(2u * ClusterSize, Take(device));
        for (uint slot = ClusterSize; slot < 2 * ClusterSize; slot++) device.Uncache(slot);    // now 1 is empty, but 2 is not used up
        for (uint slot = 1; slot < ClusterSize; slot++) Assert.Equal((2u * ClusterSize) + slot, Take(device));
        Assert.True(device.IsAtEndOfCluster);
        for (uint slot = 0; slot < ClusterSize; slot++) Assert.Equal((3u * ClusterSize) + slot, Take(device));
        for (uint slot = 0; slot < ClusterSize - 100; slot++) Assert.Equal((4u * ClusterSize) + slot, Take(device));    // the short one
        Assert.True(device.IsAtEndOfCluster);
        for (uint slot = 0; slot < ClusterSize; slot++) Assert.Equal(ClusterSize + slot, Take(device));
        for (uint slot = 10; slot < 20; slot++) Assert.Equal(slot, Take(device));              // none is empty any more
        Assert.Equal((device.SlotCount, false), (device.UsedSlotCount, device.TryTake(new(1), out _)));
        device.Close();
    }

    [Theory]
    [InlineData(10u, 5, false)]
    [InlineData(10u, 6, true)]
    [InlineData(11u, 5, false)]
    [InlineData(11u, 6, true)]
    public void ADeviceIsHalfFullAboveTheHalf(uint slotCount, int taken, bool isHalfFull)
    {
        SwapDevice device = new(new DiscardingStore(slotCount), number: 0, priority: 0);
        for (int slot = 0; slot < taken; slot++) Take(device);
        Assert.Equal(isHalfFull, device.IsHalfFull);
        device.Close();
    }

    private static uint Take(SwapDevice device)
    {
        Assert.True(device.TryTake(new(1), out uint slot));
        return slot;
    }

    private sealed class Story(World world, Random random, DiscardingStore store)
    {
        private readonly Slot[] _slots = new Slot[store.SlotCount];

        public void Run()
        {
            world.Map(0, 2);
            world.Touch(0);
            world.Touch(1);
            FrameNumber frame = world.Memory.Space.Tables.Read(World.At(0).Page).Frame;
            FrameNumber other = world.Memory.Space.Tables.Read(World.At(1).Page).Frame;
            SwapDevice device = new(store, number: 0, priority: 0);
            for (int step = 0; step < 3000; step++)
            {
                uint slot = (uint)random.Next(_slots.Length);
                if (random.Next(3) == 0) Take(device);
                else if (_slots[slot].IsTaken) Change(device, slot, frame, other);
                store.AssertDiscarded(_slots);
                Assert.Equal(_slots[slot].Users, (int)device.UsersOf(slot));
                Assert.Equal(_slots[slot].IsTaken, device.IsTaken(slot));
                int taken = _slots.Count(static one => one.IsTaken);
                Assert.Equal((taken, taken < _slots.Length), ((int)device.UsedSlotCount, device.HasRoom));
            }

            device.Close();
        }

        private void Take(SwapDevice device)
        {
            bool hasRoom = _slots.Any(static one => !one.IsTaken);
            Assert.Equal(hasRoom, device.TryTake(new(7), out uint slot));
            if (!hasRoom) return;
            Assert.False(_slots[slot].IsTaken);
            _slots[slot] = new Slot { IsCached = true, WasDiscarded = _slots[slot].WasDiscarded };
            Assert.Equal(new FrameNumber(7), device.FrameOf(slot));
        }

        private void Change(SwapDevice device, uint slot, FrameNumber frame, FrameNumber other)
        {
            ref Slot one = ref _slots[slot];
            switch (random.Next(6))
            {
                case 0:
                    device.AddUser(slot);
                    one.Users++;
                    break;
                case 1 when one.Users != 0:
                    device.DropUser(slot);
                    one.Users--;
                    break;
                case 2 when one.IsCached:
                    device.Uncache(slot);
                    one.IsCached = false;
                    break;
                case 3:
                    device.Cache(slot, new(7));
                    one.IsCached = true;
                    break;
                case 4:
                    Write(device, slot, frame);
                    break;
                default:
                    if (one.Content is not { } content) break;
                    world.Machine.Ram.Bytes(other).Fill(0xEE);
                    Assert.Equal(Errno.None, device.Read(slot, world.Machine.Ram, other));
                    Assert.Equal(content, world.Machine.Ram.Bytes(other)[4095]);
                    break;
            }

            if (!one.IsTaken) one = new Slot { WasDiscarded = one.Content != 0 };    // zeros were never written, or were discarded then
        }

        private void Write(SwapDevice device, uint slot, FrameNumber frame)
        {
            ref Slot one = ref _slots[slot];
            byte content = (byte)random.Next(3);
            world.Machine.Ram.Bytes(frame).Clear();
            world.Machine.Ram.Bytes(frame)[4095] = content;
            Assert.Equal(Errno.None, device.Write(slot, world.Machine.Ram, frame, out bool isZero));
            Assert.Equal(content == 0, isZero);
            one.WasDiscarded = content == 0 && one.Content != 0;
            one.Content = content;
        }
    }

    private struct Slot
    {
        public int Users;
        public bool IsCached;

        /// <summary>The last byte of the page; null: not written since the slot was taken.</summary>
        public byte? Content;

        /// <summary>The store is notified in the step in which this becomes true, and in no other.</summary>
        public bool WasDiscarded;

        public readonly bool IsTaken => Users != 0 || IsCached;
    }

    /// <summary>A store that records the slots discarded since it was last asked.</summary>
    private sealed class DiscardingStore(uint slotCount) : ISwapStore
    {
        private readonly byte[] _last = new byte[slotCount];
        private readonly List<uint> _discarded = [];

        public string Name => "discarding";

        public uint SlotCount => slotCount;

        public Errno Read(uint slot, Span<byte> page)
        {
            page.Clear();
            page[4095] = _last[slot];
            return Errno.None;
        }

        public Errno Write(uint slot, ReadOnlySpan<byte> page)
        {
            _last[slot] = page[4095];
            return Errno.None;
        }

        public void Discard(uint slot) => _discarded.Add(slot);

        public void AssertDiscarded(Slot[] slots)
        {
            List<uint> expected = [];
            for (uint slot = 0; slot < slots.Length; slot++)
            {
                if (slots[slot].WasDiscarded) expected.Add(slot);
                slots[slot].WasDiscarded = false;
            }

            _discarded.Sort();
            if (expected.Count + _discarded.Count != 0) Assert.Equal(expected, _discarded);
            _discarded.Clear();
        }

        public void Dispose() { }
    }
}
