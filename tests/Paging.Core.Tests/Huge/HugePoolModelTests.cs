using Paging.Core.Frames;
using Paging.Native;
using Paging.Tests;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>
/// Pages of a pool are reserved, taken, given back, and the pool changes its size, in any order; its four numbers are those that the rules
/// of Documentation/admin-guide/mm/hugetlbpage.rst give, and ordinary memory misses exactly the frames of its pages.
/// </summary>
/// <remarks>
/// Linux: mm/hugetlb.c, alloc_hugetlb_folio, free_huge_folio, hugetlb_acct_memory, set_max_huge_pages, return_unused_surplus_pages.
/// </remarks>
public sealed class HugePoolModelTests
{
    private const int Order = 4;

    [Fact]
    public void TheFourNumbersFollowTheRules() => Property.ForSeeds(30, seed =>
    {
        using World world = new();
        new Story(world, new Random((int)seed)).Run();
    });

    private sealed class Story(World world, Random random)
    {
        private readonly HugePool _pool = new(world.Machine.Frames, world.Machine.Allocator, world.Machine.Blocks, Order,
            new(world.Machine.Ram, world.Machine.Injection, new(1u << Order)));
        private readonly List<FrameNumber> _taken = [];
        private readonly uint _freeFrames = world.Engine.Memory.Free.Value;
        private long _free, _reserved, _surplus, _total;

        public void Run()
        {
            _pool.SurplusMax = random.Next(6);
            for (int step = 0; step < 300; step++)
            {
                Step();
                Assert.Equal(new HugePoolCounters(_total, _free, _reserved, _surplus), _pool.Figures());
                Assert.Equal(_free, _pool.CountLinked());
                Assert.Equal(_total, _free + _taken.Count);
                Assert.Equal(_freeFrames - ((uint)_total << Order), world.Engine.Memory.Free.Value);
            }

            while (_taken.Count != 0) GiveBack(isMarked: false);
            _pool.Unreserve(_pool.Reserved);
            _pool.Resize(0);
            Assert.Equal(new HugePoolCounters(0, 0, 0, 0), _pool.Figures());
            Assert.Equal(_freeFrames, world.Engine.Memory.Free.Value);
        }

        private void Step()
        {
            switch (random.Next(6))
            {
                case 0: Resize(random.Next(12)); break;
                case 1: Reserve(random.Next(5)); break;
                case 2: Unreserve(random.Next((int)_reserved + 1)); break;
                case 3: Take(isReserved: _reserved != 0 && random.Next(2) == 0); break;
                default: GiveBack(isMarked: random.Next(4) == 0); break;
            }
        }

        /// <summary>
        /// A reserved page comes from the free ones; another one too unless as many are reserved as are free (the difference is unsigned:
        /// available_huge_pages), else from the surplus.
        /// </summary>
        private void Take(bool isReserved)
        {
            bool isFree = _free > 0 && (isReserved || _free != _reserved);
            bool isSurplus = !isFree && _surplus < _pool.SurplusMax;
            FrameNumber block = default;
            Assert.Equal(isFree || isSurplus, isReserved ? _pool.TryTakeReserved(out block) : _pool.TryTake(out block));
            if (!isFree && !isSurplus) return;
            Assert.DoesNotContain(block, _taken);
            _taken.Add(block);
            if (isFree) _free--;
            else (_surplus, _total) = (_surplus + 1, _total + 1);
            if (isReserved) _reserved--;
        }

        /// <summary>A page goes back to the pool; while the pool is larger than its size, one leaves it.</summary>
        private void GiveBack(bool isMarked)
        {
            if (_taken.Count == 0) return;
            int which = random.Next(_taken.Count);
            world.Machine.Frames[_taken[which]].Private = HugePool.InObject | (isMarked ? HugePool.Marked : 0);
            _pool.GiveBack(_taken[which]);
            _taken.RemoveAt(which);
            _free++;
            if (isMarked) _reserved++;
            Leave(1);
        }

        private void Reserve(int count)
        {
            long missing = count == 0 ? 0 : Math.Max(0, _reserved + count - _free);
            bool hasSurplus = _surplus + missing <= _pool.SurplusMax, isEnough = missing == 0 || hasSurplus;
            Assert.Equal(isEnough && count <= _free + missing, _pool.TryReserve(count));
            if (!isEnough) return;
            _reserved += count;
            (_surplus, _free, _total) = (_surplus + missing, _free + missing, _total + missing);
            if (count > _free) TakeBack(count);    // Linux: allowed_mems_nr, after the surplus pages were taken
        }

        private void Unreserve(int count)
        {
            _pool.Unreserve(count);
            TakeBack(count);
        }

        private void TakeBack(int count)
        {
            _reserved -= count;
            Leave(count);
        }

        /// <summary>Surplus pages become part of a larger pool; pages that a smaller pool cannot free yet become surplus.</summary>
        private void Resize(int count)
        {
            _pool.Resize(count);
            long persistent = _total - _surplus;
            long adopted = Math.Clamp(count - persistent, 0, _surplus);
            _surplus -= adopted;
            persistent += adopted;
            long added = Math.Max(0, count - persistent);
            (_free, _total, persistent) = (_free + added, _total + added, persistent + added);
            long bound = Math.Max(count, _reserved + _taken.Count);    // pages in use and reserved pages stay
            long gone = Math.Clamp(persistent - bound, 0, _free);
            (_free, _total, persistent) = (_free - gone, _total - gone, persistent - gone);
            _surplus += Math.Max(0, persistent - count);
        }

        private void Leave(long countMax)
        {
            long gone = Math.Min(countMax, Math.Min(_surplus, _free));
            (_surplus, _free, _total) = (_surplus - gone, _free - gone, _total - gone);
        }
    }
}
