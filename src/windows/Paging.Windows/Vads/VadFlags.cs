using System.Diagnostics.Contracts;

namespace Paging.Windows.Vads;

/// <summary>The uses of a VAD beyond private memory and views.</summary>
internal enum VadType
{
    /// <summary>Private memory, or a view of a section.</summary>
    None = 0,
    /// <summary>A view of an image section.</summary>
    Image = 2,
    /// <summary>Private memory whose written pages are noted.</summary>
    WriteWatch = 4,
}

//  31   30   29   28       24  23   22    20  19   18                                   0
// ┌────┬────┬────┬───────────┬────┬────────┬────┬──────────────────────────────────────┐
// │Priv│Plac│NoCa│ Protection│MCom│ VadType│NoCh│             CommitCharge             │
// └────┴────┴────┴───────────┴────┴────────┴────┴──────────────────────────────────────┘
/// <summary>The terms of an allocation in one word.</summary>
/// <param name="Word">The 32 bits.</param>
/// <remarks>
/// Windows: MMVAD_FLAGS, with two additions in its spare bits: the allocation is not cached (rule 11), and it is a placeholder.
/// MCom: made committed, so that a zero entry means a page of zeros with the VAD's protection. NoCh: no call may change or free it.
/// </remarks>
internal readonly record struct VadFlags(uint Word)
{
    private const uint ChargeMask = (1 << 19) - 1, NoChangeBit = 1 << 19, MemCommitBit = 1 << 23;    // 2 GB of pages, as MMVAD_FLAGS has
    private const uint NoCacheBit = 1 << 29, PlaceholderBit = 1 << 30, PrivateBit = 1u << 31;
    private const int TypeShift = 20, ProtectionShift = 24;
    private const uint TypeMask = 7u << TypeShift, ProtectionMask = 31u << ProtectionShift;    // as wide as in an entry

    /// <summary>The pages that the allocation has committed. A process cannot have more than 2^19 - 1.</summary>
    public uint CommitCharge => Word & ChargeMask;

    /// <summary>No call may change or free it.</summary>
    public bool IsNoChange => (Word & NoChangeBit) != 0;

    /// <summary>The use of the VAD.</summary>
    public VadType Type => (VadType)((Word & TypeMask) >> TypeShift);

    /// <summary>The allocation was made committed.</summary>
    public bool IsMemCommit => (Word & MemCommitBit) != 0;

    /// <summary>The protection that the allocation was made with.</summary>
    public Entries.ProtectionCode Protection => new((Word & ProtectionMask) >> ProtectionShift);

    /// <summary>PAGE_NOCACHE or SEC_NOCACHE.</summary>
    public bool IsNoCache => (Word & NoCacheBit) != 0;

    /// <summary>A placeholder.</summary>
    public bool IsPlaceholder => (Word & PlaceholderBit) != 0;

    /// <summary>Private memory, no view.</summary>
    public bool IsPrivate => (Word & PrivateBit) != 0;

    /// <summary>Private memory.</summary>
    [Pure] public static VadFlags Private(Entries.ProtectionCode protection) => new(PrivateBit | (protection.Value << ProtectionShift));

    /// <summary>A view.</summary>
    [Pure] public static VadFlags View(Entries.ProtectionCode protection) => new(protection.Value << ProtectionShift);

    /// <summary>Another charge.</summary>
    [Pure] public VadFlags WithCharge(uint pages) => new((Word & ~ChargeMask) | pages);

    /// <summary>Made committed.</summary>
    [Pure] public VadFlags WithMemCommit() => new(Word | MemCommitBit);

    /// <summary>Another purpose.</summary>
    [Pure] public VadFlags WithType(VadType type) => new((Word & ~TypeMask) | ((uint)type << TypeShift));

    /// <summary>Not cached.</summary>
    [Pure] public VadFlags WithNoCache() => new(Word | NoCacheBit);

    /// <summary>A placeholder.</summary>
    [Pure] public VadFlags WithPlaceholder() => new(Word | PlaceholderBit);

    /// <summary>Not to be changed.</summary>
    [Pure] public VadFlags WithNoChange() => new(Word | NoChangeBit);
}
