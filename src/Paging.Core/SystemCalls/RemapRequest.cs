using Paging.Native;

namespace Paging.Core.SystemCalls;

/// <summary>The arguments of mremap(2), with lengths rounded up to pages.</summary>
internal readonly record struct RemapRequest(
    VirtualAddress OldAddress, PageCount OldCount, PageCount NewCount, RemapFlags Flags, VirtualAddress NewAddress)
{
    public PageNumber Old => OldAddress.Page;

    /// <summary>True if the new address has a meaning. Linux: vrm_implies_new_addr.</summary>
    public bool NamesPlace => (Flags & (RemapFlags.Fixed | RemapFlags.DontUnmap)) != 0;

    /// <summary>True for a move to a fixed place that keeps the size, with DONTUNMAP or without. Linux: vrm_move_only.</summary>
    public bool IsPureMove => Has(RemapFlags.Fixed) && OldCount == NewCount && !OldCount.IsZero;

    public bool Has(RemapFlags flags) => (Flags & flags) == flags;
}
