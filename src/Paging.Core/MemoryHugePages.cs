using Paging.Core.Inspection;
using Paging.Core.Spaces;
using Paging.Core.Threads;
using Paging.Native;

namespace Paging.Core;

/// <summary>The huge pages of an address space: those of the pool and transparent ones.</summary>
/// <remarks>In an engine with many threads, each call takes the slow path. Linux: mm/hugetlb.c, mm/huge_memory.c.</remarks>
public readonly struct MemoryHugePages
{
    private readonly AddressSpace? _memory;

    internal MemoryHugePages(AddressSpace memory) => _memory = memory;

    /// <summary>True if the process can get transparent huge pages: the engine has them, and the process has not disabled them.</summary>
    public bool AreAllowed
    {
        get
        {
            using SlowPathHold hold = Memory.Callers.Hold();
            return Memory.CheckedSpace() is { IsTransparent: true } space && space.HugeLines.Policy != TransparentPolicy.Off;
        }
    }

    /// <summary>The policy for transparent huge pages. Linux: PR_GET_THP_DISABLE of prctl(2).</summary>
    public TransparentPolicy Policy
    {
        get
        {
            using SlowPathHold hold = Memory.Callers.Hold();
            return Memory.CheckedSpace().HugeLines.Policy;
        }
    }

    /// <summary>Sets the policy for transparent huge pages; children inherit it. Linux: PR_SET_THP_DISABLE of prctl(2).</summary>
    /// <param name="policy">Without <see cref="EngineOptions.TransparentHugePages"/> there are none, and the policy has no effect.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such policy.</exception>
    public void SetPolicy(TransparentPolicy policy)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)policy, (uint)TransparentPolicy.OnlyAdvised, nameof(policy));
        using SlowPathHold hold = Memory.Callers.Hold();
        Memory.CheckedSpace().HugeLines.Policy = policy;
    }

    /// <summary>Returns the figures of smaps for huge pages of the area that covers a page; all zeros if there is none.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The page lies outside the address space.</exception>
    public HugeFootprint FootprintAt(PageNumber page)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(page.Value, PageCount.AddressSpace.Value, nameof(page));
        using SlowPathHold hold = Memory.Callers.Hold();
        if (Memory.CheckedSpace().Foreign is not null)    // only Linux processes have huge pages
            return Memory.Areas.Find(page) is { } found
                && found.Range.First <= page ? new(VirtualAddress.PageSize, 0, 0, 0, 0, false) : default;
        AreaIndex index = Memory.Space.Areas.Tree.Covering(page);
        return index.IsNone ? default : Memory.Inspector.Huge.Of(Memory.Space, Memory.Space.Areas[index]);
    }

    /// <summary>Returns the kind of pages mapped in the line around a page, the range that one huge page would cover.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The page does not lie in the user half.</exception>
    /// <remarks>Cost: O(entries of the line). Changes nothing.</remarks>
    public HugeLine LineAt(PageNumber page)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(page.Value, Memory.CheckedSpace().Tables.End.Value, nameof(page));
        using SlowPathHold hold = Memory.Callers.Hold();
        return Memory.Inspector.Huge.LineOf(Memory.CheckedSpace(), page);
    }

    /// <summary>
    /// Returns the number of page table pages that a 64-bit kernel has for this process beyond those at its start, derived from the
    /// tables that the process has here. Cost: O(lines of the user half).
    /// </summary>
    /// <remarks>
    /// <see cref="MemoryUsage.PageTables"/> counts the tables of this engine. Linux: mm_pgtables_bytes of a 32-bit process on x86-64.
    /// </remarks>
    public long CountTablesOf64Bits()
    {
        using SlowPathHold hold = Memory.Callers.Hold();
        return HugeLook.CountTables(Memory.CheckedSpace());
    }

    private AddressSpace Memory => _memory ?? throw AddressSpace.OfNone();
}
