using Paging.Core.Files;
using Paging.Core.Frames;
using Paging.Core.Inspection;
using Paging.Core.Spaces;
using Paging.Core.Threads;
using Paging.Native;

namespace Paging.Core;

/// <summary>The pool of huge pages of an engine, and the huge pages, transparent ones included, of its address spaces.</summary>
/// <remarks>In an engine with many threads, each call takes the slow path. Linux: mm/hugetlb.c, mm/huge_memory.c.</remarks>
public static class HugePages
{
    /// <summary>Returns the state of the pool, and the counters of transparent huge pages and of compaction.</summary>
    public static HugeCounters CountHugePages(this PagingEngine engine)
    {
        using SlowPathTurn turn = engine.TakeTurn();
        return Count(engine);
    }

    /// <summary>Returns the size of a huge page in bytes: the range that one entry of a page directory maps.</summary>
    public static ulong HugePageBytes(this PagingEngine engine)
    {
        using SlowPathTurn turn = engine.TakeTurn();
        return engine.Parts.Machine.HugePool.PagesEach.Bytes;
    }

    /// <summary>Sets the size of the pool, as a write to nr_hugepages does. Pages in use or reserved stay, as surplus.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="count">Huge pages. The pool gets fewer if RAM has no room for as many.</param>
    /// <returns>As <see cref="CountHugePages"/>, in the same turn.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The number is negative.</exception>
    public static HugeCounters ResizeHugePool(this PagingEngine engine, long count)
    {
        using SlowPathTurn turn = engine.TakeTurn();
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        engine.Parts.Machine.HugePool.Resize(count);
        engine.Parts.Machine.Guard.Leave();    // compaction for the blocks may have called the host
        return Count(engine);
    }

    /// <summary>Moves pages until the free frames of RAM lie together as far as they can. Linux: /proc/sys/vm/compact_memory.</summary>
    /// <returns>The number of pages that were moved.</returns>
    /// <remarks>
    /// Page tables, frames of the host, pinned pages, pages that snapshots hold, and huge pages stay where they are. An allocation of a
    /// huge page that finds no block compacts as far as it needs. Cost: O(frames of RAM), and a copy per moved page.
    /// </remarks>
    public static FrameCount CompactMemory(this PagingEngine engine)
    {
        using SlowPathTurn turn = engine.TakeTurn();
        return new(engine.Parts.Reclaim.Compactor.RunAll());
    }

    /// <summary>Creates a file of huge pages, as memfd_create(2) does with MFD_HUGETLB.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="name">Its name in reports.</param>
    /// <param name="flags">The size of its pages: 0 for the default. Other bits are ignored.</param>
    /// <param name="file">The file, empty.</param>
    /// <returns>ENODEV: there are no pages of that size.</returns>
    public static Errno CreateHugePageFile(this PagingEngine engine, string name, MemoryFileFlags flags, out GuestFile? file)
    {
        using SlowPathTurn turn = engine.TakeTurn();
        ArgumentNullException.ThrowIfNull(name);
        file = null;
        if (!engine.Parts.Calls.Map.Pool.TryOrder((uint)flags, out int order)) return Errno.ENODEV;    // Linux: hugetlb_file_setup
        FileObject made = engine.Parts.Files.OpenFiles.CreateObject(name, FileKind.HugePages, 0);
        made.HugeOrder = order;
        file = engine.NewFile(made);
        return Errno.None;
    }

    /// <summary>Returns the figures of smaps for huge pages of the area that covers a page; all zeros if there is none.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The page lies outside the address space.</exception>
    public static HugeFootprint HugeFootprintAt(this AddressSpace memory, PageNumber page)
    {
        ArgumentNullException.ThrowIfNull(memory);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(page.Value, PageCount.AddressSpace.Value, nameof(page));
        using SlowPathTurn turn = memory.Guard.TakeTurn();
        AreaIndex index = memory.CheckedSpace().Areas.Tree.Covering(page);
        return index.IsNone ? default : memory.Inspector.Huge.Of(memory.Space, memory.Space.Areas[index]);
    }

    /// <summary>
    /// Returns true if the process can get transparent huge pages: the engine has them, and the process has not disabled them.
    /// </summary>
    public static bool CanHaveHugePages(this AddressSpace memory)
    {
        ArgumentNullException.ThrowIfNull(memory);
        using SlowPathTurn turn = memory.Guard.TakeTurn();
        return memory.CheckedSpace() is { IsTransparent: true } space && space.HugeLines.Policy != TransparentPolicy.Off;
    }

    /// <summary>Returns the policy for the process's transparent huge pages. Linux: PR_GET_THP_DISABLE of prctl(2).</summary>
    public static TransparentPolicy GetTransparentPolicy(this AddressSpace memory)
    {
        ArgumentNullException.ThrowIfNull(memory);
        using SlowPathTurn turn = memory.Guard.TakeTurn();
        return memory.CheckedSpace().HugeLines.Policy;
    }

    /// <summary>Sets the policy for transparent huge pages; children inherit it. Linux: PR_SET_THP_DISABLE of prctl(2).</summary>
    /// <param name="memory">The address space.</param>
    /// <param name="policy">Without <see cref="EngineOptions.TransparentHugePages"/> there are none, and the policy has no effect.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such policy.</exception>
    public static void SetTransparentPolicy(this AddressSpace memory, TransparentPolicy policy)
    {
        ArgumentNullException.ThrowIfNull(memory);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)policy, (uint)TransparentPolicy.OnlyAdvised, nameof(policy));
        using SlowPathTurn turn = memory.Guard.TakeTurn();
        memory.CheckedSpace().HugeLines.Policy = policy;
    }

    /// <summary>Returns the kind of pages mapped in the line around a page, the range that one huge page would cover.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The page does not lie in the user half.</exception>
    /// <remarks>Cost: O(entries of the line). Changes nothing.</remarks>
    public static HugeLine HugeLineAt(this AddressSpace memory, PageNumber page)
    {
        ArgumentNullException.ThrowIfNull(memory);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(page.Value, PageCount.UserHalf.Value, nameof(page));
        using SlowPathTurn turn = memory.Guard.TakeTurn();
        return memory.Inspector.Huge.LineOf(memory.CheckedSpace(), page);
    }

    /// <summary>
    /// Returns the number of page table pages that a 64-bit kernel has for this process beyond those at its start, derived from the
    /// tables that the process has here. Cost: O(lines of the user half).
    /// </summary>
    /// <remarks>
    /// <see cref="MemoryUsage.PageTables"/> counts the tables of this engine. Linux: mm_pgtables_bytes of a 32-bit process on x86-64.
    /// </remarks>
    public static long CountTablesOf64Bits(this AddressSpace memory)
    {
        ArgumentNullException.ThrowIfNull(memory);
        using SlowPathTurn turn = memory.Guard.TakeTurn();
        return HugeLook.CountTables(memory.CheckedSpace());
    }

    private static HugeCounters Count(PagingEngine engine)
    {
        HugePool pool = engine.Parts.Machine.HugePool;
        return engine.Parts.Machine.HugeBlocks.Counters with
        {
            PoolTotal = pool.Total,
            PoolFree = pool.Free,
            PoolReserved = pool.Reserved,
            PoolSurplus = pool.Surplus,
        };
    }
}
