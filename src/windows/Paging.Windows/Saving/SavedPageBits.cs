using Paging.Core.Snapshots;
using Paging.Native;
using Paging.Windows.Entries;

namespace Paging.Windows.Saving;

/// <summary>The ways in which a page that was touched is saved.</summary>
internal enum SavedPageKind : uint
{
    /// <summary>Its entry has a protection alone: the contents are zeros, those of the section, or none.</summary>
    Agreed,
    /// <summary>A page of the section, in the working set.</summary>
    Mapped,
    /// <summary>A page of its own, in the working set.</summary>
    Own,
    /// <summary>A page of its own, outside the working set: in transition, or in a page file.</summary>
    Trimmed,
}

//  31   30   29                     10   9   8   7   6       5   4               0
// ┌────┬───┬────┬──────────────────────┬───┬───┬───┬───────────┬───────────────────┐
// │zero│   │far │                      │ RW│ D │ A │   kind    │    protection     │
// └────┴───┴────┴──────────────────────┴───┴───┴───┴───────────┴───────────────────┘
/// <summary>The bits of a run of pages of a Windows process.</summary>
/// <param name="Word">The 32 bits. The two highest are those of <see cref="SnapshotFormat"/>.</param>
internal readonly record struct SavedPageBits(uint Word)
{
    private const int KindShift = 5;
    private const uint AccessedBit = 1 << 7, DirtyBit = 1 << 8, WritableBit = 1 << 9;
    private const uint Known = (1 << 10) - 1 | SnapshotFormat.ZeroRun | SnapshotFormat.FarRun;
    private const uint EntryAccessed = 1 << 5, EntryDirty = 1 << 6;

    /// <summary>The kind.</summary>
    public SavedPageKind Kind => (SavedPageKind)((Word >> KindShift) & 3);

    /// <summary>The protection of the pages.</summary>
    public ProtectionCode Protection => new(Word & ((1 << KindShift) - 1));

    /// <summary>True if the processor could write without a fault.</summary>
    public bool IsWritable => (Word & WritableBit) != 0;

    /// <summary>True if the pages hold zeros.</summary>
    public bool IsZero => (Word & SnapshotFormat.ZeroRun) != 0;

    /// <summary>True if the bytes lie elsewhere.</summary>
    public bool IsFar => (Word & SnapshotFormat.FarRun) != 0;

    /// <summary>True if the pages have bytes.</summary>
    public bool HasContent => Kind is SavedPageKind.Own or SavedPageKind.Trimmed;

    /// <summary>A and D of the entries.</summary>
    public uint EntryBits => ((Word & AccessedBit) != 0 ? EntryAccessed : 0) | ((Word & DirtyBit) != 0 ? EntryDirty : 0);

    /// <summary>True if such a run can be: in a view, or in private memory.</summary>
    public bool IsSound(bool isView)
    {
        bool isDecommitted = Protection == ProtectionCode.Decommitted;
        if ((Word & ~Known) != 0 || (!Protection.IsAgreed && !(isDecommitted && Kind == SavedPageKind.Agreed && !isView))) return false;
        if (!HasContent) return !IsZero && !IsFar && (isView || Kind == SavedPageKind.Agreed);
        return !(IsZero && IsFar) && !Protection.IsWriteCopy;    // I7: a copy is not copied again; nothing private is
    }

    /// <summary>The bits of an entry.</summary>
    /// <param name="entry">The entry; not the empty one.</param>
    /// <param name="isOwn">True if it leads to a page of the process's own.</param>
    /// <param name="word">The word of the page table.</param>
    public static SavedPageBits Of(WindowsEntry entry, bool isOwn, PageTableEntry word)
    {
        SavedPageKind kind = entry.IsValid ? isOwn ? SavedPageKind.Own : SavedPageKind.Mapped
            : isOwn ? SavedPageKind.Trimmed : SavedPageKind.Agreed;
        uint bits = entry.Protection.Value | ((uint)kind << KindShift);
        if (!entry.IsValid) return new(bits);
        return new(bits | (word.IsAccessed ? AccessedBit : 0) | (word.IsDirty ? DirtyBit : 0) | (word.IsWritable ? WritableBit : 0));
    }
}
