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
/// <summary>Copies page tables for fork, or lends them: eight entries at a time, then a count on each of their frames.</summary>
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
    public static bool TryCopy(PageTables parent, PageTables child, PageRange range, PageTableEntry taken, bool mayLend,
        ref ForkTally tally, out PageNumber stoppedAt)
    {
        if (Check.Cheap && (taken.Word & ~(WriteBits | SoftwareBits)) != 0) ThrowTakesTooMuch(taken);
        uint lentMin = mayLend ? parent.Loans.EntriesMin : uint.MaxValue;
        foreach (TablePart part in new TableParts(parent, range, omitsLent: true))    // lent to this child for another area: none of ours
        {
            int start = part.Words.NextTouched(part.Start, part.End);
            if (start == part.End) continue;
            stoppedAt = part.PageAt(start);
            FrameNumber table = child.UpperAt(part.Index).Table;
            if (table == default)
            {
                if (!child.TryTakeUncleared(out table)) return false;    // before the parent's entries change
                uint resident = parent.Frames[part.Table].Private;
                if (resident >= lentMin && (IsAsReturned(parent, part) || TryTake(parent, part, taken, out resident)))
                {
                    ForkLoan.Lend(parent, child, part, table, resident);
                    continue;
                }

                child.InstallCleared(part.Index, table);
            }

            parent.Loans.Returned?.TryBringBack(part.Index);
            if ((taken.Word & WriteBits) != 0) parent.Cache.InvalidateWriteRange(part.Pages);
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

    /// <summary>Copies a lent table, from whose entries the fork has already taken what it takes.</summary>
    public static void CopyWhole(PageTables parent, FrameNumber table, EntryTable target, ref ForkTally tally)
    {
        EntryTable words = parent.WordsOf(table);
        int end = parent.EntryMask + 1;
        for (int start = 0; start < end; start++)    // a stop is an entry that a host has written: the child gets none
        {
            start = words.IsWide
                ? CopyWide(parent.Frames, words, target, start, end, ~0UL, ref tally)
                : CopyPart(parent.Frames, words, target, start, end, ~0u, ref tally);
        }
    }

    /// <summary>Returns true if a child returned the table, no fork has passed it since, and the area still has all of its pages.</summary>
    private static bool IsAsReturned(PageTables parent, in TablePart part) =>
        !parent.UpperAt(part.Index).IsPresent && part.Pages.Count == parent.Huge.CountEach;

    /// <summary>Takes the bits from a table's entries, so that it can be lent. Returns false if it must be copied.</summary>
    /// <param name="parent">The parent's tables.</param>
    /// <param name="part">The part of the table that is forked.</param>
    /// <param name="taken">The bits.</param>
    /// <param name="resident">The number of entries whose frames are counted.</param>
    /// <remarks>Not lent: a table with an entry outside the part, or with one that is not present. Some bits may be taken then.</remarks>
    // SAFETY: the part lies within the words of its table.
    private static unsafe bool TryTake(PageTables parent, in TablePart part, PageTableEntry taken, out uint resident)
    {
        TakenBits found = new() { FirstChanged = part.End };
        EntryTable words = part.Words;
        bool areAll = words.IsWide
            ? TryTake(words.Wide, part.Start, part.End, taken.Word, ref found)
            : TryTake(words.Narrow, part.Start, part.End, (uint)taken.Word, ref found);
        if (found.FirstChanged < found.EndChanged)    // nothing to invalidate where an earlier fork has taken all
            parent.Cache.InvalidateWriteRange(PageRange.Between(part.PageAt(found.FirstChanged), part.PageAt(found.EndChanged)));
        resident = found.Resident;
        return areAll && found.Touched == parent.Frames[part.Table].Private;
    }

    private struct TakenBits
    {
        public int FirstChanged, EndChanged;
        public uint Touched, Resident;

        public void NoteChange(int first, int end) => (FirstChanged, EndChanged) = (Math.Min(FirstChanged, first), end);
    }

    /// <summary>Takes the bits from words that are all zero or present, and counts them. Stops at one that is neither.</summary>
    // SAFETY: as above; a vector is loaded only where as many words are left.
    private static unsafe bool TryTake<T>(T* words, int start, int end, T taken, ref TakenBits found)
        where T : unmanaged, IBinaryInteger<T>
    {
        T present = T.CreateTruncating(EntryBits.Present), special = T.CreateTruncating(EntryBits.Software3);
        Vector256<T> presents = Vector256.Create(present), specials = Vector256.Create(special), kept = Vector256.Create(~taken);
        Vector256<T> touched = Vector256<T>.Zero, resident = Vector256<T>.Zero;
        int index = start, groupEnd = start;
        uint plain = 0;
        for (; index + Vector256<T>.Count <= end; index += Vector256<T>.Count)
        {
            if (index >= groupEnd && index + GroupOf<T>() <= end)
            {
                groupEnd = index + GroupOf<T>();
                if (IsPlain(words + index, presents, specials | ~kept))
                {
                    plain += (uint)GroupOf<T>();
                    index = groupEnd - Vector256<T>.Count;
                    continue;
                }
            }

            Vector256<T> entries = Vector256.Load(words + index);
            if ((entries & (presents | specials)) == presents)
            {
                touched += Vector256<T>.One;
                resident += Vector256<T>.One;
            }
            else
            {
                Vector256<T> arePresent = Vector256.Equals(entries & presents, presents);
                if ((arePresent | Vector256.Equals(entries, Vector256<T>.Zero)) != Vector256<T>.AllBitsSet) return false;
                touched -= arePresent;    // a lane of ones is -1
                resident -= arePresent & Vector256.Equals(entries & specials, Vector256<T>.Zero);
            }

            Vector256<T> left = entries & kept;
            if (left == entries) continue;    // an earlier fork has taken all
            left.Store(words + index);
            found.NoteChange(index, index + Vector256<T>.Count);
        }

        found.Touched = plain + uint.CreateTruncating(Vector256.Sum(touched));
        found.Resident = plain + uint.CreateTruncating(Vector256.Sum(resident));
        for (; index < end; index++)
        {
            if (words[index] == T.Zero) continue;
            if ((words[index] & present) == T.Zero) return false;
            found.Touched++;
            if ((words[index] & special) == T.Zero) found.Resident++;
            words[index] &= ~taken;
            found.NoteChange(index, index + 1);
        }

        return true;
    }

    private static int GroupOf<T>() => 4 * Vector256<T>.Count;

    /// <summary>True if all words of a group are present and have none of some bits: an earlier fork has taken all.</summary>
    // SAFETY: the caller has as many words left.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe bool IsPlain<T>(T* words, Vector256<T> presents, Vector256<T> unwanted)
        where T : unmanaged, IBinaryInteger<T>
    {
        Vector256<T> a = Vector256.Load(words), b = Vector256.Load(words + Vector256<T>.Count),
            c = Vector256.Load(words + (2 * Vector256<T>.Count)), d = Vector256.Load(words + (3 * Vector256<T>.Count));
        return (((a & b & c & d & presents) ^ presents) | ((a | b | c | d) & unwanted)) == Vector256<T>.Zero;
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
