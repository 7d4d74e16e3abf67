namespace Paging.ReferenceModel.State;

/// <summary>The pages of a file of huge pages, by number, and its reservations. Linux: a hugetlbfs inode and its resv_map.</summary>
internal sealed class HugeObject(HugePool pool)
{
    private readonly SortedDictionary<long, HugeBlock> _blocks = [];
    private readonly HashSet<long> _claimed = [];    // reserved for the object, or there already

    public HugePool Pool { get; } = pool;

    public HugeBlock? Find(long index) => _blocks.GetValueOrDefault(index);

    /// <summary>Reserves those of the pages that are neither there nor reserved.</summary>
    public bool TryReserve(long first, long count)
    {
        List<long> missing = [];
        for (long index = first; index < first + count; index++) if (!_claimed.Contains(index)) missing.Add(index);
        if (!Pool.TryReserve(missing.Count)) return false;
        _claimed.UnionWith(missing);
        return true;
    }

    /// <summary>A new page of the object, zero-filled; none if the pool is empty.</summary>
    public HugeBlock? Make(long index)
    {
        if (!(_claimed.Contains(index) ? Pool.TryTakeReserved() : Pool.TryTake())) return null;
        _claimed.Add(index);
        HugeBlock block = new(Pool.PagesEach, Pool);
        block.EnterObject();
        _blocks.Add(index, block);
        return block;
    }

    /// <summary>Drops the pages from one on and the reservations there: a truncation, or the object's end.</summary>
    public void DropFrom(long first)
    {
        long claimed = _claimed.RemoveWhere(index => index >= first), freed = 0;
        foreach ((long index, HugeBlock block) in _blocks.Where(entry => entry.Key >= first).ToList())
        {
            _blocks.Remove(index);
            block.LeaveObject();
            freed++;
        }
        Pool.Unreserve(claimed - freed);
    }

    /// <summary>Drops pages that are there; they are not reserved again. Reservations of others stay.</summary>
    public void DropPages(long first, long end)
    {
        foreach ((long index, HugeBlock block) in _blocks.Where(entry => entry.Key >= first && entry.Key < end).ToList())
        {
            _blocks.Remove(index);
            _claimed.Remove(index);
            block.LeaveObject();
        }
    }

    /// <summary>Zeros bytes of pages that are there.</summary>
    public void Clear(long from, long to)
    {
        foreach ((long index, HugeBlock block) in _blocks)
        {
            long start = index * Pool.BytesEach, low = Math.Max(from, start), high = Math.Min(to, start + Pool.BytesEach);
            if (low < high) block.Clear((int)(low - start), (int)(high - start));
        }
    }

    public void Read(long offset, Span<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            int inPage = (int)(offset % Pool.BytesEach), step = (int)Math.Min(Pool.BytesEach - inPage, buffer.Length);
            if (Find(offset / Pool.BytesEach) is { } block) block.Read(inPage, buffer[..step]);
            else buffer[..step].Clear();
            offset += step;
            buffer = buffer[step..];
        }
    }
}

/// <summary>The reservation of a private mapping, shared by the areas it was split into. Linux: the resv_map of an owner.</summary>
internal sealed class PoolClaim
{
    /// <summary>Pages of the object whose reservation is used up.</summary>
    public HashSet<long> Used { get; } = [];
}
