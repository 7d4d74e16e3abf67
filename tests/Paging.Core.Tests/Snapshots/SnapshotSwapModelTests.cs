using Paging.Core.Reclaim;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Tests;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>
/// A tree of snapshots of a process whose pages go to swap and come back, by reads that leave them in the swap cache and by writes, beside
/// a copy of the bytes for each snapshot. Some pages are those of a file on a disk, some are shared with a child.
/// </summary>
public sealed class SnapshotSwapModelTests
{
    private const int Pages = 12, FilePages = 4, FileAt = 40, SnapshotsMax = 4;

    [Fact]
    public void EverySnapshotHasItsBytesInMemoryOrOnSwap() => Property.ForSeeds(30, static seed =>
    {
        using World world = new(2);
        Story story = new(world, new((int)seed));
        for (int step = 1; step <= 90; step++) story.Step(step);
        story.End();
    });

    /// <summary>A snapshot's copy of a page of the swap cache goes with it, slot and all, if nothing else needs it.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void AKeptPageOfTheSwapCacheGoesWithItsSlot(bool isRestored)
    {
        using World world = new(2);
        World.Succeeds(world.Engine.Swap.SwitchOn(new MemorySwapStore(1 << 20), out SwapDevice? device));
        world.Map(0, 3);
        for (int page = 0; page < 3; page++) world.Touch(page, (byte)(page + 1));
        World.Succeeds(world.Memory.Advise(World.At(0), World.Bytes(3), MemoryAdvice.PageOut));
        for (int page = 0; page < 3; page++) Assert.Equal(page + 1, world.Peek(page));
        Assert.Equal(3u, world.Engine.Frames.CountOf(FrameState.SwapCache).Value);
        Snapshot snapshot = world.First.TakeSnapshot();
        for (int page = 0; page < 3; page++) world.Touch(page, (byte)(page + 11));
        Assert.Equal((3u, 3u), (world.Engine.Frames.CountOf(FrameState.SwapCache).Value, device!.UsedSlotCount));
        world.Verify();
        if (isRestored) World.Succeeds(snapshot.Restore());
        world.Verify();
        snapshot.Dispose();
        world.Verify();
        for (int page = 0; page < 3; page++) Assert.Equal(page + (isRestored ? 1 : 11), world.Peek(page));
        Assert.Equal(isRestored ? 3u : 0, world.Engine.Frames.CountOf(FrameState.SwapCache).Value);
        Assert.Equal(isRestored ? 3u : 0, device.UsedSlotCount);
        world.AssertNothingIsLeft();
        Assert.Equal(0u, device.UsedSlotCount);
    }

    private sealed class Story
    {
        private readonly World _world;
        private readonly Random _random;
        private readonly SwapDevice _device;
        private readonly List<(Snapshot Snapshot, byte[] Bytes)> _taken = [];
        private readonly int _descriptor;
        private byte[] _bytes = new byte[Pages];
        private UserProcess? _child;
        private byte[] _ofChild = [];

        public Story(World world, Random random)
        {
            (_world, _random) = (world, random);
            World.Succeeds(world.Engine.Swap.SwitchOn(new MemorySwapStore(1 << 20), out SwapDevice? device));
            _device = device!;
            world.Map(0, Pages);
            _descriptor = world.OpenBacked(new(FilePages * 4096));
            world.MapFile(_descriptor, FileAt, FilePages, type: MapFlags.Shared);
        }

        public void Step(int step)
        {
            int page = _random.Next(Pages);
            switch (_random.Next(14))
            {
                case < 3:
                    _world.Touch(page, (byte)step);
                    _bytes[page] = (byte)step;
                    break;
                case 3:
                    Assert.Equal(_bytes[page], _world.Peek(page));
                    break;
                case < 7:
                    Evict(_random.Next(3) == 0 && _child is not null ? _child : _world.First, page);
                    break;
                case 7 when _taken.Count < SnapshotsMax:
                    _taken.Add((_world.First.TakeSnapshot(), [.. _bytes]));
                    break;
                case 8 when _taken.Count != 0:
                    (Snapshot target, byte[] bytes) = _taken[_random.Next(_taken.Count)];
                    World.Succeeds(target.Restore());
                    _bytes = [.. bytes];
                    Compare(_world.First, _bytes);
                    break;
                case 9 when _taken.Count != 0:
                    int dropped = _random.Next(_taken.Count);
                    _taken[dropped].Snapshot.Dispose();
                    _taken.RemoveAt(dropped);
                    break;
                case 10:
                    World.Succeeds(_world.Memory.Advise(World.At(page), 4096, MemoryAdvice.DontNeed));
                    _bytes[page] = 0;
                    break;
                case 11:
                    Fork(page, (byte)step);
                    break;
                case 12:
                    TouchFile();
                    break;
                default:
                    World.Succeeds(_world.Memory.Protect(World.At(page), 4096, MemoryProtection.Read));
                    World.Succeeds(_world.Memory.Protect(World.At(page), 4096, MemoryProtection.ReadWrite));
                    break;
            }

            if (step % 15 == 0) _world.Verify();
        }

        public void End()
        {
            Compare(_world.First, _bytes);
            if (_child is not null) Compare(_child, _ofChild);
            _world.Verify();
            foreach ((Snapshot snapshot, _) in _taken) snapshot.Dispose();
            Compare(_world.First, _bytes);
            _world.AssertNothingIsLeft();
            Assert.Equal(0u, _device.UsedSlotCount);
        }

        /// <summary>Evicts as reclaim does, for any owner. A frame that a snapshot holds stays, but the process may lose it.</summary>
        private void Evict(UserProcess process, int page)
        {
            PageTableEntry entry = process.Memory.Space.Tables.Read(World.At(page).Page);
            if (!entry.IsPresent || entry.Software3 || entry.Frame == default) return;
            ReclaimCounters counters = default;
            uint mappings = _world.Machine.Frames[entry.Frame].MapCount;
            EvictionResult result = _world.Engine.Parts.Reclaim.Eviction.Evict(entry.Frame, entry.IsDirty, ref counters);
            bool isPresent = process.Memory.Space.Tables.Read(World.At(page).Page).IsPresent;
            Assert.False(result == EvictionResult.Freed && isPresent);
            Assert.Equal(result == EvictionResult.Freed ? 1 : 0, counters.Reclaimed);
            Assert.NotEqual(0u, mappings);
        }

        private void Fork(int page, byte value)
        {
            if (_child is null)
            {
                _child = _world.First.Fork();
                _ofChild = [.. _bytes];
            }
            else if (_random.Next(3) == 0)
            {
                Compare(_child, _ofChild);
                _child.Dispose();
                _child = null;
            }
            else
            {
                _child.Memory.Mmu.Write(World.At(page), value);
                _ofChild[page] = value;
            }
        }

        /// <summary>Pages of the file are read, dropped from the process, or mapped again: a restore changes none of their bytes.</summary>
        private void TouchFile()
        {
            int page = _random.Next(FilePages);
            bool isMapped = _world.Memory.Areas.Snapshot().Any(static area => area.Range.First == World.At(FileAt).Page);
            if (isMapped && _random.Next(4) == 0) World.Succeeds(_world.Memory.Unmap(World.At(FileAt), World.Bytes(FilePages)));
            else if (isMapped) Assert.Equal(0x10 + page, _world.Peek(FileAt + page));
            else _world.MapFile(_descriptor, FileAt, FilePages, type: MapFlags.Shared);
        }

        private static void Compare(UserProcess process, byte[] bytes)
        {
            for (int page = 0; page < Pages; page++) Assert.Equal(bytes[page], process.Memory.Mmu.Read<byte>(World.At(page)));
        }
    }
}
