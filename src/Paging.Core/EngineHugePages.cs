using Paging.Core.Files;
using Paging.Core.Frames;
using Paging.Core.Threads;
using Paging.Native;

namespace Paging.Core;

/// <summary>The huge pages of an engine: the pool, and the counters of transparent ones.</summary>
/// <remarks>In an engine with many threads, each call takes the slow path. Linux: mm/hugetlb.c, mm/huge_memory.c.</remarks>
public sealed class EngineHugePages
{
    private readonly PagingEngine _engine;

    internal EngineHugePages(PagingEngine engine) => _engine = engine;

    /// <summary>The state of the pool, and the counters of transparent huge pages and of compaction.</summary>
    public HugeCounters Counters
    {
        get
        {
            using SlowPathHold hold = _engine.Hold();
            return Count();
        }
    }

    /// <summary>The size of a huge page in bytes: the range that one entry of a page directory maps.</summary>
    public ulong PageBytes
    {
        get
        {
            using SlowPathHold hold = _engine.Hold();
            return _engine.Parts.Machine.HugePool.PagesEach.Bytes;
        }
    }

    /// <summary>Sets the size of the pool, as a write to nr_hugepages does. Pages in use or reserved stay, as surplus.</summary>
    /// <param name="count">Huge pages. The pool gets fewer if RAM has no room for as many.</param>
    /// <returns>As <see cref="Counters"/>, under the same hold.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The number is negative.</exception>
    public HugeCounters Resize(long count)
    {
        using SlowPathHold hold = _engine.Hold();
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        _engine.Parts.Machine.HugePool.Resize(count);
        _engine.Callers.Leave();    // compaction for the blocks may have called the host
        return Count();
    }

    /// <summary>Creates a file of huge pages, as memfd_create(2) does with MFD_HUGETLB.</summary>
    /// <param name="name">Its name in reports.</param>
    /// <param name="flags">The size of its pages: 0 for the default. Other bits are ignored.</param>
    /// <param name="file">The file, empty.</param>
    /// <returns>ENODEV: there are no pages of that size.</returns>
    public Errno CreateFile(string name, MemoryFileFlags flags, out GuestFile? file)
    {
        using SlowPathHold hold = _engine.Hold();
        ArgumentNullException.ThrowIfNull(name);
        file = null;
        if (!_engine.Parts.Calls.Map.Pool.TryOrder((uint)flags, out int order)) return Errno.ENODEV;    // Linux: hugetlb_file_setup
        FileObject made = _engine.Parts.Files.OpenFiles.CreateObject(name, FileKind.HugePages, 0);
        made.HugeOrder = order;
        file = _engine.NewFile(made);
        return Errno.None;
    }

    private HugeCounters Count()
    {
        HugePool pool = _engine.Parts.Machine.HugePool;
        return _engine.Parts.Machine.HugeBlocks.Counters with
        {
            PoolTotal = pool.Total,
            PoolFree = pool.Free,
            PoolReserved = pool.Reserved,
            PoolSurplus = pool.Surplus,
        };
    }
}
