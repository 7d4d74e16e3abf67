using System.Diagnostics.CodeAnalysis;

namespace Paging.Native;

//   Add ──► frame ──► frame ──► frame      chained through Next of their descriptors: no list to allocate
//           last     (their translations are gone, nothing refers to them, they are not free yet)
//   Finish ──► BuddyAllocator.Free, each
/// <summary>Collects the frames that an operation unmaps and frees them at its end, after all their translations are gone.</summary>
/// <remarks><code>
/// Preconditions   the entry that led to a frame is out of the table (or the reference was never an entry's)
///                 a frame whose last reference goes leaves its reclaim list here: its links are needed
/// Cost            a decrement each; a frame that nobody needs any more, two stores, then the allocator's free
/// Linux           mm/mmu_gather.c: tlb_remove_page, tlb_finish_mmu (6.x)
/// Threading       one operation, one gather, passed by ref
/// </code></remarks>
public ref struct TlbGather(FrameTable frames, BuddyAllocator allocator)
{
    private const ulong OneReference = 1;

    private readonly FrameTable _frames = frames;
    private readonly BuddyAllocator _allocator = allocator;
    private FrameNumber _last = default;    // frame 0 is always reserved, so 0 is none

    /// <summary>How many frames wait for <see cref="Finish"/>.</summary>
    public FrameCount Count { get; private set; } = default;

    /// <summary>Drops a reference. The last one condemns the frame. A reserved frame has none to drop, and stays.</summary>
    public void Add(FrameNumber frame) => Drop(frame, OneReference);

    /// <summary>Drops the reference and the mapping that an entry stood for, with one subtraction.</summary>
    public void AddMapped(FrameNumber frame) => Drop(frame, FrameTable.OneReferenceAndMapping);

    /// <summary>Frees what was collected. The gather is empty then and may be used again.</summary>
    public void Finish()
    {
        while (Count.Value != 0)
        {
            FrameNumber frame = _last;
            ref FrameDescriptor descriptor = ref _frames[frame];
            _last = new(descriptor.Next);
            descriptor.Next = 0;
            Count -= new FrameCount(1);
            _allocator.Free(frame);
        }
    }

    private void Drop(FrameNumber frame, ulong what)
    {
        ref FrameDescriptor descriptor = ref _frames[frame];
        if (descriptor.State == FrameState.Reserved) return;    // mapped without being counted (F3)
        if (Check.Cheap && !HasToGive(in descriptor, what)) ThrowNothingToDrop(frame, in descriptor);
        descriptor.Counts -= what;
        if (descriptor.ReferenceCount != 0) return;
        if ((descriptor.Flags & FrameFlags.OnList) != FrameFlags.None) _frames.Lists.Remove(frame);    // Linux: __page_cache_release
        if (Check.Cheap && !MayGo(in descriptor)) ThrowStillNeeded(frame, in descriptor);
        descriptor.Next = _last.Value;
        _last = frame;
        Count += new FrameCount(1);
    }

    private static bool HasToGive(ref readonly FrameDescriptor descriptor, ulong what) =>
        descriptor.State != FrameState.Free && descriptor.ReferenceCount != 0 && (what == OneReference || descriptor.MapCount != 0);

    private static bool MayGo(ref readonly FrameDescriptor descriptor) => descriptor.MapCount == 0;

    [DoesNotReturn]
    private static void ThrowNothingToDrop(FrameNumber frame, ref readonly FrameDescriptor descriptor) =>
        throw new InvariantException($"F5: frame {frame.Value:x5} is {descriptor.State} with {descriptor.ReferenceCount} references and " +
            $"{descriptor.MapCount} mappings; there is none to drop. Each entry gives back what it took, once.");

    [DoesNotReturn]
    private static void ThrowStillNeeded(FrameNumber frame, ref readonly FrameDescriptor descriptor) =>
        throw new InvariantException($"F5: frame {frame.Value:x5} is {descriptor.State} and loses its last reference with " +
            $"{descriptor.MapCount} mappings and flags {descriptor.Flags}. It leaves its mappings first.");
}
