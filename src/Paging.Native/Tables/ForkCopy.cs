using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Paging.Native.Diagnostics;
using Paging.Native.Frames;

namespace Paging.Native.Tables;

//   parent  │ e e e e e e e e │ · · · · · · · · │ e e · e e e s e │     e present, · never touched, s swap entry
//                8 at once          skipped        one by one ▲
//                                                             └── the copy stops here: the caller duplicates s
/// <summary>Copies page tables for fork: eight entries at a time, then a count on each of their frames.</summary>
/// <remarks>
/// Nearly all of the time goes into the descriptors: both counts are one 64-bit add, and neighbours are added with vectors.
/// Reserved frames (the zero page is one) are mapped without being counted, as in Linux. The child has used nothing yet, so its
/// entries start without A. Linux: mm/memory.c __copy_present_ptes (pte_mkold).
/// </remarks>
internal static class ForkCopy
{
    private const uint AllEight = 0xFF;
    private const ulong EightOwn = 8;    // of kind 0
    private const ulong WriteBits = EntryBits.Writable | EntryBits.Dirty;
    private const ulong SoftwareBits = EntryBits.Software1 | EntryBits.Software2 | EntryBits.Software3;

    /// <inheritdoc cref="PageTables.TryCopyForFork"/>
    public static bool TryCopy(PageTables parent, PageTables child, PageRange range, PageTableEntry taken, ref ForkTally tally,
        out PageNumber stoppedAt)
    {
        if (Check.Cheap && (taken.Word & ~(WriteBits | SoftwareBits)) != 0) ThrowTakesTooMuch(taken);
        foreach (TablePart part in parent.PartsOf(range))
        {
            int start = part.Words.NextTouched(part.Start, part.End);
            if (start == part.End) continue;
            stoppedAt = part.PageAt(start);
            if (!child.TryEnsureTable(stoppedAt)) return false;
            if ((taken.Word & WriteBits) != 0) parent.Cache.InvalidateWriteRange(part.Pages);

            FrameNumber table = child.ReadUpper(part.Index).Table;
            uint before = tally.Copied;
            EntryTable target = child.WordsOf(table);
            int stop = part.Words.IsWide
                ? CopyWide(parent.Frames, part.Words, target, start, part.End, ~taken.Word, ref tally)
                : CopyPart(parent.Frames, part.Words, target, start, part.End, (uint)~taken.Word, ref tally);
            child.Frames[table].Private += tally.Copied - before;
            if (stop == part.End) continue;
            stoppedAt = part.PageAt(stop);
            return true;
        }

        stoppedAt = range.End;
        return true;
    }

    /// <summary>Copies until the end or the first entry that is neither zero nor present; the target is zero there.</summary>
    // SAFETY: start and end lie within the 1024 words of both tables; eight at a time only where eight are left.
    private static unsafe int CopyPart(
        FrameTable frames, EntryTable from, EntryTable to, int start, int end, uint kept, ref ForkTally tally)
    {
        uint* source = from.Narrow, target = to.Narrow;
        ulong kinds = 0;
        uint copied = 0;
        int index = start;
        for (; index + Vector256<uint>.Count <= end; index += Vector256<uint>.Count)
        {
            Vector256<uint> entries = Vector256.Load(source + index);
            if (entries == Vector256<uint>.Zero) continue;
            Vector256<uint> absent = Vector256.Equals(entries & Vector256.Create((uint)EntryBits.Present), Vector256<uint>.Zero);
            Vector256<uint> untouched = Vector256.Equals(entries, Vector256<uint>.Zero);
            if (absent != untouched) break;    // a swap entry is among them: one by one up to it

            Vector256<uint> shared = entries & Vector256.Create(kept);
            if (shared != entries) shared.Store(source + index);    // a second fork finds them read-only already
            (shared & ~Vector256.Create((uint)EntryBits.Accessed)).Store(target + index);
            uint present = ~absent.ExtractMostSignificantBits() & AllEight;
            copied += (uint)BitOperations.PopCount(present);
            if (present != AllEight) kinds += CountSome(frames, source + index, present);
            else if (EntryScan.AreNeighbours(shared) && frames.TryShareEight(new PageTableEntry(shared[0]).Frame)) kinds += EightOwn;
            else kinds += CountEight(frames, source + index);
        }

        for (; index < end; index++)
        {
            PageTableEntry entry = new(source[index]);
            if (entry.IsNeverTouched) continue;
            if (!entry.IsPresent) break;
            source[index] = (uint)entry.Word & kept;
            target[index] = (uint)(entry.Word & kept & ~EntryBits.Accessed);
            kinds += Count(frames, entry.Word);
            copied++;
        }

        tally.Add(copied, kinds);
        return index;
    }

    /// <summary>Copies entries of eight bytes one by one: their descriptors take most of the time.</summary>
    private static int CopyWide(
        FrameTable frames, EntryTable source, EntryTable target, int start, int end, ulong kept, ref ForkTally tally)
    {
        ulong kinds = 0;
        uint copied = 0;
        int index = start;
        for (; (index = source.NextTouched(index, end)) < end; index++)
        {
            ulong entry = source[index];
            if ((entry & EntryBits.Present) == 0) break;
            source[index] = entry & kept;
            target[index] = entry & kept & ~EntryBits.Accessed;
            kinds += Count(frames, entry);
            copied++;
        }

        tally.Add(copied, kinds);
        return index;
    }

    [DoesNotReturn]
    private static void ThrowTakesTooMuch(PageTableEntry taken) =>
        throw new InvariantException(
            $"X1: a fork cannot take {taken.Word:x8} from entries: translations to read would outlive it. RW, D and software bits may go.");

    // The usual case has its own loop: one that follows the bits is a quarter slower.
    // SAFETY: the caller has eight entries left; Named covers every frame that an entry can name.
    private static unsafe ulong CountEight(FrameTable frames, uint* entries)
    {
        ulong kinds = 0;
        for (int i = 0; i < Vector256<uint>.Count; i++) kinds += Count(frames, entries[i]);
        return kinds;
    }

    // SAFETY: as CountEight.
    private static unsafe ulong CountSome(FrameTable frames, uint* entries, uint present)
    {
        ulong kinds = 0;
        for (; present != 0; present &= present - 1) kinds += Count(frames, entries[BitOperations.TrailingZeroCount(present)]);
        return kinds;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Count(FrameTable frames, ulong entry)
    {
        ref FrameDescriptor descriptor = ref frames.Named(new PageTableEntry(entry).Frame);
        if (descriptor.State <= FrameState.Reserved) return 0;    // or free: an entry written from outside, perhaps beyond RAM
        descriptor.Counts += FrameTable.OneReferenceAndMapping;
        return ForkTally.OneOf(descriptor.Kind);
    }
}
