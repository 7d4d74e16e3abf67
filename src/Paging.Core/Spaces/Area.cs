using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Paging.Core.Files;
using Paging.Native;
using Paging.Native.Collections;

namespace Paging.Core.Spaces;

/// <summary>The index of an area in the engine's area slab; 0 means none.</summary>
internal readonly record struct AreaIndex(uint Value)
{
    public static AreaIndex None => default;
    public bool IsNone => Value == 0;
    public bool IsSome => Value != 0;
}

/// <summary>The terms of a run of pages. 64 bytes, one cache line, all of them in use, in the area slab; index 0 is "none".</summary>
/// <remarks>Linux: struct vm_area_struct. The invariants are those of docs/INVARIANTS.md.</remarks>
[StructLayout(LayoutKind.Sequential, Size = 64)]
internal struct Area
{
    // The agreement. Written by operations on the address space only.
    public PageNumber First;            // A1  areas are disjoint, in the user half, and in the order of the list
    public PageCount Count;             // A2  > 0 in every linked area
    public AreaFlags Flags;             // A3  GrowsDown ⇒ private anonymous; LockedOnFault ⇒ Locked
    public FilePage PageOffset;         //     in pages: into the object; without one, the value of First when the area was mapped
    public OpenFileIndex File;          //     none ⇔ private anonymous
    public AnonymousRootIndex Root;     // A4  none until the area owns its first private page; then one of the roots in Chain

    // Its place in the tree and the list. Written by AreaTree only.
    public TreeLinks Links;             // T   red-black
    public AreaIndex Previous, Next;    // A5  the list is the in-order walk of the tree
    private uint _gapAndReporter;       //     WidestGap in 21 bits, Reporter in the upper 11

    // The reverse map, from a frame to the area. Written by AnonymousRoots and ObjectAreas only.
    public AnonymousLinkIndex Chain;    // A7  its links to roots, each in that root's list too
    public AreaIndex FilePrevious, FileNext;    // A8  in the list of its object, if and only if File is some
    public SpaceIndex Space;            //     the address space that the area belongs to

    private const int ReporterShift = 21;    // 4 GiB are 2^20 pages
    private const uint GapMask = (1u << ReporterShift) - 1;

    /// <summary>The highest number that <see cref="Reporter"/> can hold.</summary>
    public const int ReporterMax = (int)(uint.MaxValue >> ReporterShift);

    /// <summary>A6: the largest of the gap before <see cref="First"/> and those of both children.</summary>
    public PageCount WidestGap
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        readonly get => new(_gapAndReporter & GapMask);
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        set => _gapAndReporter = (_gapAndReporter & ~GapMask) | value.Value;
    }

    /// <summary>The number of the userfaultfd that receives the area's reports; 0 if there are none. Linux: vm_userfaultfd_ctx.</summary>
    public int Reporter
    {
        readonly get => (int)(_gapAndReporter >> ReporterShift);
        set => _gapAndReporter = (_gapAndReporter & GapMask) | ((uint)value << ReporterShift);
    }

    /// <summary>The address range below a growing area that stays free: 256 pages. Linux: stack_guard_gap.</summary>
    public static PageCount GuardGap => new(256);

    /// <summary>The page after the last one.</summary>
    public readonly PageNumber End => First + Count;

    public readonly PageRange Range => new(First, Count);

    public readonly bool Has(AreaFlags flags) => (Flags & flags) == flags;
    public readonly bool HasAny(AreaFlags flags) => (Flags & flags) != 0;

    /// <summary>True if the area maps no object. Linux: vma_is_anonymous; shared anonymous memory has an object.</summary>
    public readonly bool IsAnonymous => File.IsNone;

    /// <summary>True if a write makes a private copy. Linux: is_cow_mapping.</summary>
    public readonly bool CopiesOnWrite => (Flags & (AreaFlags.Shared | AreaFlags.MayWrite)) == AreaFlags.MayWrite;

    /// <summary>True if the area has any right. Linux: vma_is_accessible.</summary>
    public readonly bool IsAccessible => HasAny(AreaFlags.Rights);

    /// <summary>True if the area is registered with a userfaultfd. Linux: userfaultfd_armed.</summary>
    public readonly bool IsReported => HasAny(AreaFlags.Reports);

    /// <summary>The index of a page within the object, or the position of an anonymous page. Linux: linear_page_index.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly FilePage OffsetOf(PageNumber page) => PageOffset + (page - First);

    /// <summary>The position of a page in anonymous memory that was mapped where it lies. Linux: vm_pgoff in __mmap_new_vma.</summary>
    public static FilePage PositionOf(PageNumber page) => new(page.Value);

    /// <summary>
    /// The first page of the area including the guard gap of 1 MiB that stays free below a growing area. Linux: vm_start_gap.
    /// </summary>
    public readonly PageNumber FirstWithGuard
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => !Has(AreaFlags.GrowsDown) ? First : new(First.Value > GuardGap.Value ? First.Value - GuardGap.Value : 0);
    }

    /// <summary>True for private writable areas that do not grow: they count against RLIMIT_DATA. Linux: is_data_mapping.</summary>
    public static bool IsData(AreaFlags flags) =>
        (flags & (AreaFlags.Write | AreaFlags.Shared | AreaFlags.GrowsDown | AreaFlags.Foreign)) == AreaFlags.Write;

    /// <summary>True for growing areas. Linux: is_stack_mapping.</summary>
    public static bool IsStack(AreaFlags flags) => (flags & (AreaFlags.GrowsDown | AreaFlags.Foreign)) == AreaFlags.GrowsDown;

    /// <summary>True for executable areas that are neither writable nor growing. Linux: is_exec_mapping.</summary>
    public static bool IsCode(AreaFlags flags) =>
        (flags & (AreaFlags.Execute | AreaFlags.Write | AreaFlags.GrowsDown | AreaFlags.Foreign)) == AreaFlags.Execute;
}
