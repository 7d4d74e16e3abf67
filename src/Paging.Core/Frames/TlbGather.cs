using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Paging.Core.Threads;
using Paging.Native;
using Paging.Native.Allocation;
using Paging.Native.Diagnostics;
using Paging.Native.Frames;

namespace Paging.Core.Frames;

//   Add ──► frame ──► frame ──► frame      linked through Next of their descriptors, so the chain needs no memory
//           last      no translation and no reference leads to them, but they are not free yet
//   Finish ──► BuddyAllocator.Free for each frame
//
//   reclaim list   … ◄─► [9] ◄─► [8] ◄─► [7] ◄─► …      memory that was touched in order is unmapped in order: such a run is
//                         └────── run ─────┘            taken off the list in one step and freed in one step
/// <summary>Collects the frames that an operation unmaps and frees them in batches, after their translations are gone.</summary>
/// <remarks><code>
/// Preconditions   the entry that led to a frame has been cleared and its translations are gone, unless the reference was no entry's;
///                 the gather takes a frame that loses its last reference off its reclaim list, because it needs the frame's links
/// Cost            one subtraction per frame; two more stores and the allocator's free for a frame that loses its last user.
///                 A batch is freed while its descriptors are still in the processor's cache
/// Linux           mm/mmu_gather.c: tlb_remove_page, tlb_flush_mmu, tlb_finish_mmu (6.x)
/// Threading       each operation has a gather of its own and passes it by ref
/// </code></remarks>
internal ref struct TlbGather(FrameLists lists, BuddyAllocator allocator)
{
    private const ulong OneReference = 1;
    private const uint BatchMax = 256;    // 8 KiB of descriptors, which are still in the cache when the batch is freed
    private const uint BlockMin = 32;    // shorter runs go through the hot stack, so that the frames used last are taken next

    private readonly FrameTable _frames = lists.Frames;
    private readonly FrameLists _lists = lists;
    private readonly BuddyAllocator _allocator = allocator;
    private FrameNumber _last = default;    // frame 0 is always reserved, so it means none
    private uint _runOldest = 0, _runNewest = 0;    // neighbours on a list that will be freed and are still linked to one another
    private uint _runCount = 0;
    private FrameHeader _runHeader = default;

    private uint _chained = 0;

    /// <summary>A private page of a process, on a reclaim list.</summary>
    private const uint Plain = (uint)FrameState.Anonymous | ((uint)FrameFlags.OnList << FrameHeader.FlagsShift);

    /// <summary>The part of the header that all such pages have in common. They may be active, and of any group and kind.</summary>
    private const uint PlainMask = FrameHeader.StateMask | ((uint)(byte)~PageFlags.Active << FrameHeader.FlagsShift);

    /// <summary>The number of frames that wait to be freed.</summary>
    public readonly FrameCount Count => new(_chained + _runCount);

    /// <summary>Drops a reference. A frame that loses its last one will be freed. A reserved frame is not counted and stays.</summary>
    public void Add(FrameNumber frame) => Drop(frame, OneReference);

    /// <summary>Drops the reference and the mapping that an entry stood for, in one subtraction.</summary>
    public void AddMapped(FrameNumber frame) => Drop(frame, FrameTable.OneReferenceAndMapping);

    /// <summary>Same as <see cref="AddMapped"/>, for a caller that goes through memory in order. Neighbours are dropped together.</summary>
    /// <remarks>The frames' counts may be too high until <see cref="Finish"/>.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void AddMappedInOrder(FrameNumber frame)
    {
        ref FrameDescriptor descriptor = ref _frames.Named(frame);
        bool isPlain = descriptor.Counts == FrameTable.OneReferenceAndMapping && (descriptor.Header.Word & PlainMask) == Plain
            && !_lists.HasPolicy;    // a policy must see each frame leave
        if (isPlain) JoinRun(frame, ref descriptor);
        else Drop(frame, FrameTable.OneReferenceAndMapping);
    }

    /// <summary>
    /// As <see cref="AddMappedInOrder"/> for eight neighbours, if all of them continue the run. Otherwise changes nothing.
    /// </summary>
    public bool TryAddEightInOrder(FrameNumber first)
    {
        uint count = _runCount;
        // Without a run there is nothing to continue, and JoinRun ends a run at exactly BatchMax.
        if (count is 0 or > BatchMax - 8 || first.Value != _runNewest + 1 || _lists.HasPolicy) return false;
        for (uint frame = first.Value; frame < first.Value + 8; frame++)
        {
            ref FrameDescriptor descriptor = ref _frames.Named(new(frame));
            bool continues = descriptor.Counts == FrameTable.OneReferenceAndMapping && descriptor.Header == _runHeader
                && descriptor.Next == frame - 1;
            if (!continues) return false;
        }

        (_runNewest, _runCount) = (first.Value + 7, count + 8);
        return true;
    }

    /// <summary>Frees the collected frames. The gather is then empty and may be used again.</summary>
    public void Finish()
    {
        EndRun();
        FreeChained();
    }

    private void FreeChained()
    {
        if (_lists.Shootdown is { MustKeep: true } shootdown) KeepChained(shootdown.Limbo);    // T12; leaves nothing to free below
        for (; _chained != 0; _chained--)
        {
            FrameNumber frame = _last;
            _last = new(_frames[frame].Next);    // before the free, which clears the link
            _allocator.Free(frame);
        }
    }

    /// <summary>Puts the frames into limbo, because another thread may still access them.</summary>
    private void KeepChained(FrameLimbo limbo)
    {
        for (; _chained != 0; _chained--)
        {
            FrameNumber frame = _last;
            _last = new(_frames[frame].Next);
            limbo.Add(frame);
        }
    }

    /// <summary>
    /// Adds a frame to the run if it is next to the run's end both on the list and in RAM. Otherwise ends the run and begins another.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void JoinRun(FrameNumber frame, ref FrameDescriptor descriptor)
    {
        FrameHeader header = descriptor.Header;
        uint count = _runCount;
        if (descriptor.Next != _runNewest || frame.Value != _runNewest + 1 || header != _runHeader || count == BatchMax)
        {
            EndRun();
            if (descriptor.Counts != FrameTable.OneReferenceAndMapping) return;    // a host's entry maps it, too; EndRun has freed it
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
        if (count >= BlockMin && _lists.Shootdown is not { MustKeep: true })    // else frame by frame, for the stack or for limbo
        {
            _allocator.FreeAnonymous(new(_runOldest), count);
            return;
        }

        for (uint frame = _runOldest; frame <= _runNewest; frame++)
        {
            ref FrameDescriptor descriptor = ref _frames[new FrameNumber(frame)];
            descriptor.Header = FrameHeader.Of(FrameState.Anonymous);    // without list and group: RemoveRun has only unlinked it
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
        if (Check.Cheap && !_frames.IsReserved(frame) && !HasToGive(in descriptor, what)) ThrowNothingToDrop(frame, in descriptor);
        // A reserved frame is mapped without being counted (F3). Another frame without a mapping: the host wrote the entry, which may lead
        // to a page table or beyond RAM. It takes no reference from the frame's owner.
        bool isCounted = what == OneReference ? descriptor.State > FrameState.Reserved : descriptor.MapCount != 0;
        if (!isCounted) return;
        descriptor.Counts -= what;
        if (descriptor.ReferenceCount != 0) return;
        if ((descriptor.Flags & FrameFlags.OnList) != FrameFlags.None) _lists.Remove(frame);    // Linux: __page_cache_release
        if (Check.Cheap && !MayGo(in descriptor)) ThrowStillNeeded(frame, in descriptor);
        Chain(frame, ref descriptor);
    }

    private static bool HasToGive(ref readonly FrameDescriptor descriptor, ulong what) =>
        descriptor.State != FrameState.Free && descriptor.ReferenceCount != 0 && (what == OneReference || descriptor.MapCount != 0);

    private static bool MayGo(ref readonly FrameDescriptor descriptor) => descriptor.MapCount == 0;

    [DoesNotReturn]
    private static void ThrowNothingToDrop(FrameNumber frame, ref readonly FrameDescriptor descriptor) =>
        throw new InvariantException($"F5: frame {frame.Value:x5} is {descriptor.State} with {descriptor.ReferenceCount} references and " +
            $"{descriptor.MapCount} mappings, so no reference can be dropped. Each entry must give back its reference exactly once.");

    [DoesNotReturn]
    private static void ThrowStillNeeded(FrameNumber frame, ref readonly FrameDescriptor descriptor) =>
        throw new InvariantException($"F5: frame {frame.Value:x5} is {descriptor.State} and loses its last reference with " +
            $"{descriptor.MapCount} mappings and flags {descriptor.Flags}. A frame must lose its mappings before its last reference.");
}
