using System.Runtime.InteropServices;
using Paging.Core;
using Paging.Native;
using Paging.Native.Collections;

namespace Paging.Windows.Vads;

/// <summary>The size of a VAD's record, by its contents.</summary>
public enum VadSize
{
    /// <summary>Private memory.</summary>
    Short,
    /// <summary>A view: the section, and the first prototype PTE.</summary>
    Normal,
    /// <summary>Private memory with more than a short one has room for: write-watched.</summary>
    Long,
}

/// <summary>The index of a VAD in its slab; 0 means none.</summary>
internal readonly record struct VadIndex(uint Value)
{
    public static VadIndex None => default;
    public bool IsNone => Value == 0;
    public bool IsSome => Value != 0;
}

/// <summary>An allocation: a run of pages that one call has taken, private or a view. 32 bytes, half a cache line.</summary>
/// <remarks>
/// Windows: MMVAD. Linux' areas merge when they agree; allocations never do (rule 1). Pages are numbered inclusively, as Windows does.
/// </remarks>
[StructLayout(LayoutKind.Sequential, Size = 32)]
internal struct Vad
{
    /// <summary>The first page: StartingVpn.</summary>
    public PageNumber First;    // I1  VADs are in the order of their pages and never overlap

    /// <summary>The last page: EndingVpn.</summary>
    public PageNumber Last;

    /// <summary>The VAD's place in the tree. Written by <see cref="VadTree"/> only.</summary>
    public TreeLinks Links;

    /// <summary>The terms of the allocation.</summary>
    public VadFlags Flags;    // I2  the charge equals a recount of the entries

    /// <summary>The record of a view; 0 in private memory.</summary>
    public uint View;    // I3  none if and only if private

    public readonly PageNumber End => Last + PageCount.One;
    public readonly PageCount Count => End - First;
    public readonly PageRange Range => new(First, Count);

    public readonly VadSize Size => View != 0 ? VadSize.Normal : Flags.Type == VadType.WriteWatch ? VadSize.Long : VadSize.Short;
}

/// <summary>The additional fields of a VAD that is a view. 16 bytes.</summary>
internal struct View
{
    /// <summary>The section.</summary>
    public uint Section;

    /// <summary>The page of the section that the view begins with: its first prototype PTE.</summary>
    public FilePage PageOffset;

    /// <summary>The area record through which the reverse map finds the view from a page of the section.</summary>
    public uint Area;    // I4  in the list of the section's object, and in no tree of areas

    /// <summary>The VAD.</summary>
    public uint Vad;
}
