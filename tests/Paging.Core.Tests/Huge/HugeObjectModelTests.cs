using Paging.Core.Cache;
using Paging.Core.Files;
using Paging.Core.Frames;
using Paging.Native;
using Paging.Tests;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>
/// The pages of one file of huge pages beside a plain dictionary: the reservations, the pages with their bytes, and the rest of the
/// pool; also where there is no memory for a record.
/// </summary>
/// <remarks>Linux: mm/hugetlb.c hugetlb_reserve_pages, alloc_hugetlb_folio; fs/hugetlbfs/inode.c remove_inode_hugepages.</remarks>
public sealed class HugeObjectModelTests
{
    private const int Order = 3, PoolPages = 12, IndexMax = 150, PageBytes = 4096 << Order;

    [Trait("Category", "Medium")]
    [Fact]
    public void PagesAreReservedMadeReadAndDropped() => Property.ForSeeds(8, static seed =>
    {
        using World world = new();
        Story story = new(world, new Random((int)seed));
        for (int step = 0; step < 200; step++) story.Step();
        story.Finish();
    });

    /// <summary>The pool of 1 GiB pages is always empty: nothing is made of it, and reserving nothing succeeds.</summary>
    [Fact]
    public void AFileOfAnotherSizeHasNoPages()
    {
        using World world = new();
        HugePool pool = new(world.Machine.Frames, world.Machine.Allocator, world.Machine.Blocks, Order,
            new(world.Machine.Ram, world.Machine.Injection, new(1u << Order)));
        HugeObjects objects = new(world.Machine.Ram, world.Machine.Frames, world.Engine.Parts.Files.Cache.Forest, pool);
        pool.Resize(2);
        FileObject giant = Story.NewFile(Order + 1);
        Assert.False(objects.HasPages(giant));
        Assert.Equal(Errno.ENOSPC, objects.Make(giant, 0, out _));
        Assert.False(objects.TryReserve(giant, 0, 1));
        Assert.True(objects.TryReserve(giant, 0, 0));
        Assert.Equal(new(2, 2, 0, 0), pool.Figures());
        pool.Resize(0);
    }

    /// <summary>A reservation whose second half finds no memory for its records leaves none.</summary>
    [Fact]
    public void AReservationThatIsRefusedHalfwayLeavesNothing()
    {
        using World world = new();
        HugePool pool = new(world.Machine.Frames, world.Machine.Allocator, world.Machine.Blocks, Order,
            new(world.Machine.Ram, world.Machine.Injection, new(1u << Order)));
        HugeObjects objects = new(world.Machine.Ram, world.Machine.Frames, world.Engine.Parts.Files.Cache.Forest, pool);
        pool.Resize(PoolPages);
        FileObject file = Story.NewFile(Order);
        int refusals = 0;
        for (int failing = 1; ; failing++)
        {
            world.Machine.Injection.FailAtAllocation = failing;
            bool isReserved = objects.TryReserve(file, 62, 4);    // on both sides of a border between two nodes of the tree
            world.Machine.Injection.FailAtAllocation = 0;
            if (isReserved) break;
            refusals++;
            Assert.Equal(new(PoolPages, PoolPages, 0, 0), pool.Figures());
            Assert.True(objects.TryReserve(file, 62, 4));
            Assert.Equal(new(PoolPages, PoolPages, 4, 0), pool.Figures());
            objects.DropFrom(file, 0);
        }

        Assert.True(refusals >= 2);
        objects.DropFrom(file, 0);
        pool.Resize(0);
        world.AssertNothingIsLeft();
    }

    private sealed class Story
    {
        private readonly World _world;
        private readonly Random _random;
        private readonly HugePool _pool;
        private readonly HugeObjects _objects;
        private readonly FileObject _file = NewFile(Order);
        private readonly SortedDictionary<uint, byte[]?> _pages = [];    // null: reserved
        private readonly HashSet<FrameNumber> _mapped = [];
        private long _free, _reserved;

        public Story(World world, Random random)
        {
            (_world, _random) = (world, random);
            _pool = new(world.Machine.Frames, world.Machine.Allocator, world.Machine.Blocks, Order,
                new(world.Machine.Ram, world.Machine.Injection, new(1u << Order)));
            _objects = new(world.Machine.Ram, world.Machine.Frames, world.Engine.Parts.Files.Cache.Forest, _pool);
            _pool.Resize(PoolPages);
            _free = PoolPages;
        }

        public static FileObject NewFile(int order)
        {
            FileObject file = new(77);
            file.Begin("huge", FileKind.HugePages, (long)IndexMax * PageBytes, FileRights.ReadWrite, null);
            file.HugeOrder = order;
            return file;
        }

        public void Step()
        {
            uint index = _random.Next(3) == 0 ? (uint)_random.Next(IndexMax) : (uint)_random.Next(8);
            switch (_random.Next(8))
            {
                case 0 or 1: Reserve(index, (uint)_random.Next(5)); break;
                case 2 or 3: Make(index); break;
                case 4: Clear(Offset(index), Offset(index + (uint)_random.Next(2))); break;
                case 5: DropPages(index, index + (uint)_random.Next(4)); break;
                case 6 when _random.Next(3) == 0: DropFrom(index); break;
                default: Copy(index); break;
            }

            Compare();
        }

        public void Finish()
        {
            DropFrom(0);
            Compare();
            foreach (FrameNumber block in _mapped)
            {
                (_world.Machine.Frames[block].MapCount, _world.Machine.Frames[block].ReferenceCount) = (0, 1);
                _pool.GiveBack(block);
            }

            _pool.Resize(0);
            Assert.Equal(new(0, 0, 0, 0), _pool.Figures());
            _world.AssertNothingIsLeft();
        }

        private long Offset(uint index) => ((long)index * PageBytes) + (_random.Next(3) == 0 ? 0 : _random.Next(PageBytes));

        /// <summary>One call in six finds no memory for the first record that it needs.</summary>
        private bool Refused(Func<bool> call)
        {
            if (_random.Next(6) == 0) _world.Machine.Injection.FailAtAllocation = _random.Next(1, 3);
            bool wasSet = _world.Machine.Injection.FailAtAllocation != 0;
            bool done = call();
            bool wasRefused = wasSet && _world.Machine.Injection.FailAtAllocation == 0;
            _world.Machine.Injection.FailAtAllocation = 0;
            Assert.False(done && wasRefused);
            return wasRefused;
        }

        private void Reserve(uint first, uint count)
        {
            IEnumerable<uint> wanted = Enumerable.Range((int)first, (int)count).Select(static one => (uint)one);
            uint[] missing = [.. wanted.Where(one => !_pages.ContainsKey(one))];
            bool isDone = false;
            if (Refused(() => isDone = _objects.TryReserve(_file, first, count))) return;
            Assert.Equal(missing.Length <= _free - _reserved, isDone);
            if (!isDone) return;
            foreach (uint index in missing) _pages.Add(index, null);
            _reserved += missing.Length;
        }

        private void Make(uint index)
        {
            bool isReserved = _pages.TryGetValue(index, out byte[]? there);
            if (there is not null) return;
            Errno error = default;
            FrameNumber block = default;
            if (Refused(() => (error = _objects.Make(_file, index, out block)) == Errno.None))
            {
                Assert.Equal(Errno.ENOMEM, error);
                return;
            }

            Assert.Equal(isReserved || _free > _reserved ? Errno.None : Errno.ENOSPC, error);
            if (error != Errno.None) return;
            _free--;
            if (isReserved) _reserved--;
            ref FrameDescriptor first = ref _world.Machine.Frames[block];
            Assert.Equal((77u, index, HugePool.InObject), (first.Owner, first.Index, first.Private));
            Assert.Equal(-1, Bytes(block).IndexOfAnyExcept((byte)0));
            _random.NextBytes(Bytes(block));
            _pages[index] = Bytes(block).ToArray();
        }

        private void Clear(long from, long to)
        {
            _objects.Clear(_file, from, to);
            foreach ((uint index, byte[]? bytes) in _pages)
            {
                long low = Math.Max(from - ((long)index * PageBytes), 0), high = Math.Min(to - ((long)index * PageBytes), PageBytes);
                if (low < high) bytes?.AsSpan((int)low, (int)(high - low)).Clear();
            }
        }

        /// <summary>A page that is still mapped leaves the file and stays with those who map it.</summary>
        private void DropPages(uint first, uint end)
        {
            foreach (uint index in Gone(first, end).ToArray())
            {
                if (_random.Next(4) == 0) Map(index);
                else _free++;
                _pages.Remove(index);
            }

            _objects.DropPages(_file, first, end);
            foreach (FrameNumber block in _mapped) Assert.Equal(0u, _world.Machine.Frames[block].Private & HugePool.InObject);
        }

        private void DropFrom(uint first)
        {
            _free += Gone(first, uint.MaxValue).Count();
            foreach (uint index in _pages.Keys.Where(index => index >= first).ToArray())
                if (_pages.Remove(index, out byte[]? bytes) && bytes is null) _reserved--;
            _objects.DropFrom(_file, first);
        }

        private IEnumerable<uint> Gone(uint first, uint end) =>
            _pages.Where(page => page.Key >= first && page.Key < end && page.Value is not null).Select(static page => page.Key);

        private void Map(uint index)
        {
            Assert.True(_objects.TryFind(_file, index, out FrameNumber block));
            _world.Machine.Frames.AddReferenceAndMapping(block);
            _mapped.Add(block);
        }

        /// <summary>A private copy: of every byte, and no page of the file.</summary>
        private void Copy(uint index)
        {
            if (_pages.GetValueOrDefault(index) is not { } bytes || !_pool.TryTake(out FrameNumber copy)) return;
            Assert.True(_objects.TryFind(_file, index, out FrameNumber block));
            _objects.BeginCopy(copy, block, _file, index);
            ref FrameDescriptor first = ref _world.Machine.Frames[copy];
            Assert.Equal((77u, index, 0u), (first.Owner, first.Index, first.Private));
            Assert.True(Bytes(copy).SequenceEqual(bytes));
            _pool.GiveBack(copy);
        }

        private Span<byte> Bytes(FrameNumber block) => _world.Machine.Ram.Bytes(block.Address, PageBytes);

        private void Compare()
        {
            Assert.Equal(new(PoolPages, _free, _reserved, 0), _pool.Figures());
            for (uint index = 0; index < IndexMax + 8; index++)
                Assert.Equal(_pages.GetValueOrDefault(index) is not null, _objects.TryFind(_file, index, out _));
            long offset = Offset((uint)_random.Next(8));
            byte[] read = new byte[_random.Next(2 * PageBytes)];
            _random.NextBytes(read);
            _objects.Read(_file, offset, read);
            byte[] expected = new byte[read.Length];
            for (int at = 0, length; at < read.Length; at += length)
            {
                (long page, long inPage) = Math.DivRem(offset + at, PageBytes);
                length = (int)Math.Min(PageBytes - inPage, read.Length - at);
                _pages.GetValueOrDefault((uint)page)?.AsSpan((int)inPage, length).CopyTo(expected.AsSpan(at));
            }

            Assert.True(expected.AsSpan().SequenceEqual(read), $"{read.Length} bytes from {offset} on");
        }
    }
}
