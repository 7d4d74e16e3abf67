using Paging.Core.Composition;
using Paging.Core.Frames;
using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Tables;
using Paging.Windows.Entries;
using Paging.Windows.Pfn;
using Paging.Windows.Spaces;
using Paging.Windows.Vads;

namespace Paging.Windows.Allocations;

/// <summary>Changes the entries of ranges: takes them away, protects them, and prepares the tables that this needs.</summary>
internal sealed class PageWork(EngineParts core, PageStates states, TransitionPages transitions)
{
    /// <summary>Takes away every entry of a range, with its frame or slot.</summary>
    public void Zap(WindowsSpace space, PageRange range)
    {
        space.Locked?.Clear(range.First.Value, range.Count.Value);
        space.Space.Shadow?.Clear(range);
        Sink sink = new(core, transitions, space.Space);
        space.Space.Tables.TakeRange(range, ref sink);
        sink.Finish();
    }

    /// <summary>Takes away the entries of a range that map pages of files. A protection of its own stays with the page.</summary>
    public void DropCached(WindowsSpace space, PageRange range)
    {
        PageTables tables = space.Space.Tables;
        Sink sink = new(core, transitions, space.Space);
        foreach ((PageNumber page, PageTableEntry entry) in tables.TouchedIn(range))
        {
            if (!entry.IsPresent || core.Machine.Frames.Named(entry.Frame).State != FrameState.PageCache) continue;
            tables.Store(page, WindowsEntry.OfPrototype(WindowsEntry.From(entry).Protection).ToEntry());
            sink.Take(page, entry);
        }

        sink.Finish();
    }

    /// <summary>Makes sure that every page of a range has a table. Frees memory if frames are short.</summary>
    /// <returns>False: no frame for a table. Those made before stay; they are empty.</returns>
    public bool TryEnsureTables(WindowsSpace space, PageRange range)
    {
        PageNumber page = range.First;
        while (page < range.End)
        {
            while (!space.Space.Tables.TryEnsureTable(page))
            {
                if (!core.Reclaim.Pressure.IsShort(space.Space.Group) || !core.Reclaim.Pressure.TryFree(space.Space.Group))
                {
                    space.Space.Tables.FreeEmptyTables(range);
                    return false;
                }
            }

            page = space.Space.Tables.Huge.RangeOf(page).End;    // a table covers as much as a huge page: 4 MB, with PAE 2 MB
        }

        return true;
    }

    /// <summary>True if a zero entry of the VAD already means committed memory with this protection.</summary>
    public static bool IsWhatZeroMeans(in Vad vad, ProtectionCode protection) =>
        protection == vad.Flags.Protection && (vad.View != 0 || vad.Flags.IsMemCommit);

    /// <summary>Gives every page of a range a protection, and commits those of private memory that are not.</summary>
    /// <remarks>
    /// Precondition: the tables exist, unless <see cref="IsWhatZeroMeans"/>. Pages that were copied show read-write for write-copy.
    /// </remarks>
    public void Protect(WindowsSpace space, in Vad vad, PageRange range, ProtectionCode protection)
    {
        PageTables tables = space.Space.Tables;
        bool skipsZero = IsWhatZeroMeans(vad, protection);
        for (PageNumber page = range.First; page < range.End; page++)
        {
            if (skipsZero && !tables.TryNextTouched(page, range.End, out page, out _)) return;
            WindowsEntry entry = WindowsEntry.From(tables.Read(page));
            tables.Store(page, With(entry, vad, protection).ToEntry());
        }
    }

    /// <summary>
    /// Marks every page of a range of private memory as decommitted. Precondition: they are zapped, and the tables exist.
    /// </summary>
    public static void MarkDecommitted(WindowsSpace space, PageRange range)
    {
        for (PageNumber page = range.First; page < range.End; page++)
            space.Space.Tables.Store(page, WindowsEntry.DemandZero(ProtectionCode.Decommitted).ToEntry());
    }

    /// <summary>The word of a page with another protection.</summary>
    public WindowsEntry With(WindowsEntry entry, in Vad vad, ProtectionCode protection)
    {
        ProtectionCode shown = vad.View != 0 && states.IsOwn(entry) ? protection.AfterCopy() : protection;
        return entry.Kind switch
        {
            WindowsEntryKind.Valid => entry.WithProtection(shown),
            WindowsEntryKind.PageFile => WindowsEntry.InPageFile(shown, entry.Slot),
            WindowsEntryKind.Transition => WindowsEntry.InTransition(shown, entry.Frame),
            _ => vad.View != 0 ? WindowsEntry.OfPrototype(shown) : WindowsEntry.DemandZero(shown),
        };
    }

    private ref struct Sink(EngineParts core, TransitionPages transitions, Space space) : IEntrySink
    {
        private TlbGather _gather = new(core.Machine.Lists, core.Machine.Allocator);
        private long _anonymous, _file, _shared, _swapped;

        /// <summary>Windows has no large pages here; a leaf that is met gives its frame up like any entry.</summary>
        public void TakeHuge(PageRange pages, PageTableEntry entry) => _gather.AddMapped(entry.Frame);

        /// <summary>Each by itself.</summary>
        public bool TryTakeEight(PageTableEntry first) => false;    // eight neighbours may have eight kinds of words here

        public void Take(PageNumber page, PageTableEntry word)
        {
            WindowsEntry entry = WindowsEntry.From(word);
            if (core.Files.Swap.UsedOrNone(entry.Slot) is { IsSwap: true } slot)
            {
                _swapped++;
                core.Files.Swap.Release(slot, ref _gather);
            }

            if (entry.Kind == WindowsEntryKind.Transition) transitions.Free(entry.Frame, ref _gather);
            if (!entry.IsValid) return;
            ref FrameDescriptor descriptor = ref core.Machine.Frames.Named(entry.Frame);
            switch ((ResidentKind)descriptor.Kind)
            {
                case ResidentKind.Anonymous: _anonymous++; break;
                case ResidentKind.File: _file++; break;
                default: _shared++; break;
            }

            bool isInSwapCache = descriptor.State == FrameState.SwapCache;
            if (descriptor.State == FrameState.PageCache) core.Files.Cache.KeepBits(word, ref descriptor);
            _gather.AddMappedInOrder(entry.Frame);
            if (isInSwapCache) core.Files.Swap.DropIfUnused(entry.Frame, ref _gather);    // after the mapping went: until then it is a user
        }

        public void Finish()
        {
            space.Statistics.CountResident(ResidentKind.Anonymous, -_anonymous);
            space.Statistics.CountResident(ResidentKind.File, -_file);
            space.Statistics.CountResident(ResidentKind.Shared, -_shared);
            space.Statistics.Swapped -= _swapped;
            _gather.Finish();
        }
    }
}
