using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Paging.Native;

namespace Paging.Core.Frames;

//   Add ──► frame ──► frame ──► frame      chained through Next of their descriptors: no list to allocate
//           last     (their translations are gone, nothing refers to them, they are not free yet)
//   Finish ──► BuddyAllocator.Free, each
//
//   reclaim list   … ◄─► [9] ◄─► [8] ◄─► [7] ◄─► …      what was touched in order is unmapped in order: a run, which is
//                         └────── run ─────┘            taken off the list as one and freed as one
/// <summary>Collects the frames that an operation unmaps and frees them in batches, after their translations are gone.</summary>
/// <remarks><code>
/// Preconditions   the entry that led to a frame is out of the table, its translations are gone (or the reference was never an entry's)
///                 a frame whose last reference goes leaves its reclaim list here: its links are needed
/// Cost            a decrement per frame; two stores and the allocator's free for a frame that loses its last user. A batch is
///                 freed while its descriptors are still in the cache
/// Linux           mm/mmu_gather.c: tlb_remove_page, tlb_flush_mmu, tlb_finish_mmu (6.x)
/// Threading       one operation, one gather, passed by ref
/// </code></remarks>
internal ref struct TlbGather(FrameLists lists, BuddyAllocator allocator)
{
    private const ulong OneReference = 1;
    private const uint BatchMax = 256;
    private const uint BlockMin = 32;    // shorter runs go over the hot stack: what is taken next is then what was used last

    private readonly FrameTable _frames = lists.Frames;
    private readonly FrameLists _lists = lists;
    private readonly BuddyAllocator _allocator = allocator;
    private FrameNumber _last = default;    // frame 0 is always reserved, so 0 is none
    private uint _runOldest = 0, _runNewest = 0;    // neighbours that will be freed, still linked to one another on a list
    private uint _runCount = 0;
    private FrameHeader _runHeader = default;

    private uint _chained = 0;

    /// <summary>A private page of a process, on a reclaim list.</summary>
    private static FrameHeader Plain => FrameHeader.Of(FrameState.Anonymous).WithFlags(FrameFlags.OnList);

    /// <summary>What the header of such a page has in common with every other: it may be active, of any group and any kind.</summary>
    private static FrameHeader PlainMask => FrameHeader.Of((FrameState)0xFF).WithFlags(~PageFlags.Active);

    /// <summary>How many frames wait to be freed.</summary>
    public readonly FrameCount Count => new(_chained + _runCount);

    /// <summary>Drops a reference. A frame that loses its last one will be freed. A reserved frame has none to drop, and stays.</summary>
    public void Add(FrameNumber frame) => Drop(frame, OneReference);

    /// <summary>Drops the reference and the mapping that an entry stood for, with one subtraction.</summary>
    public void AddMapped(FrameNumber frame) => Drop(frame, FrameTable.OneReferenceAndMapping);

    /// <summary>Drops the same for a caller that goes through memory in order. Neighbours are dropped together.</summary>
    /// <remarks>The counts may be right only after <see cref="Finish"/>.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void AddMappedInOrder(FrameNumber frame)
    {
        ref FrameDescriptor descriptor = ref _frames.Named(frame);
        bool isPlain = descriptor.Counts == FrameTable.OneReferenceAndMapping && descriptor.Header.Masked(PlainMask) == Plain
            && !_lists.IsWatched;
        if (isPlain) JoinRun(frame, ref descriptor);
        else Drop(frame, FrameTable.OneReferenceAndMapping);
    }

    /// <summary>Frees what was collected. The gather is empty then and may be used again.</summary>
    public void Finish()
    {
        EndRun();
        FreeChained();
    }

    private void FreeChained()
    {
        for (; _chained != 0; _chained--)
        {
            FrameNumber frame = _last;
            _last = new(_frames[frame].Next);
            _allocator.Free(frame);
        }
    }

    /// <summary>
    /// Makes the run longer by a frame that is next to its end, on the list and in RAM; otherwise ends it and begins another.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void JoinRun(FrameNumber frame, ref FrameDescriptor descriptor)
    {
        FrameHeader header = descriptor.Header;
        uint count = _runCount;
        if (descriptor.Next != _runNewest || frame.Value != _runNewest + 1 || header != _runHeader || count == BatchMax)
        {
            EndRun();
            (_runOldest, _runHeader, count) = (frame.Value, header, 0);
        }

        _runNewest = frame.Value;
        _runCount = count + 1;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void EndRun()
    {
        uint count = _runCount;
        if (count == 0) return;
        _lists.RemoveRun(new(_runNewest), new(_runOldest), count, _runHeader);
        _runCount = 0;
        _runHeader = default;    // no plain page has this header, so the next one begins a run
        if (count >= BlockMin)
        {
            _allocator.FreeMapped(new(_runOldest), count);
            return;
        }

        for (uint frame = _runOldest; frame <= _runNewest; frame++)
        {
            ref FrameDescriptor descriptor = ref _frames[new FrameNumber(frame)];
            descriptor.Header = FrameHeader.Of(FrameState.Anonymous);
            descriptor.Counts = 0;
            Chain(new(frame), ref descriptor);
        }
    }

    private void Chain(FrameNumber frame, ref FrameDescriptor descriptor)
    {
        descriptor.Next = _last.Value;
        _last = frame;
        if (++_chained >= BatchMax) FreeChained();
    }

    private void Drop(FrameNumber frame, ulong what)
    {
        ref FrameDescriptor descriptor = ref _frames.Named(frame);
        if (Check.Cheap && !HasToGive(in descriptor, what)) ThrowNothingToDrop(frame, in descriptor);
        // A reserved frame is mapped without being counted (F3). A free one: an entry was written from outside, perhaps beyond RAM.
        if (descriptor.State <= FrameState.Reserved) return;
        descriptor.Counts -= what;
        if (descriptor.ReferenceCount != 0) return;
        if ((descriptor.Flags & FrameFlags.OnList) != FrameFlags.None) _lists.Remove(frame);    // Linux: __page_cache_release
        if (Check.Cheap && !MayGo(in descriptor)) ThrowStillNeeded(frame, in descriptor);
        Chain(frame, ref descriptor);
    }

    private static bool HasToGive(ref readonly FrameDescriptor descriptor, ulong what) =>
        descriptor.State == FrameState.Reserved
        || (descriptor.State != FrameState.Free && descriptor.ReferenceCount != 0 && (what == OneReference || descriptor.MapCount != 0));

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
