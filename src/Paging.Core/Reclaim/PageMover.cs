using Paging.Core.Cache;
using Paging.Core.Files;
using Paging.Core.Frames;
using Paging.Core.Spaces;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Native.Allocation;
using Paging.Native.Frames;
using Paging.Native.Tables;

namespace Paging.Core.Reclaim;

/// <summary>Moves a page to another frame: its bytes, its descriptor, its place in a cache, and every entry that maps it.</summary>
/// <remarks><code>
/// Moves       private pages, in the swap cache or not; pages of files and of shared memory; mapped or not; locked ones, too
/// Leaves      private huge pages, and all pages of folios of shared memory; pages with other holders: pins, snapshots, write-back;
///             pages of other systems and of groups with a policy
/// After it    every entry has the bits that it had; a part of a broken huge page is no longer a part
/// Cost        a copy, and a lookup per area that could map the page
/// Linux       mm/migrate.c migrate_folio_unmap, migrate_folio_move; folio_migrate_mapping, folio_migrate_flags
/// </code></remarks>
internal sealed class PageMover(FrameStore store, OpenFileTable files, PageCache cache, SwapSpace swap, ReverseMap reverseMap)
{
    /// <summary>True for a frame whose descriptor allows its page to be moved.</summary>
    public bool MayMove(ref readonly FrameDescriptor descriptor)
    {
        if ((descriptor.Flags & (FrameFlags.OnList | PageFlags.Pinned)) != FrameFlags.OnList) return false;    // only pages are on lists
        bool isForeign = descriptor.State != FrameState.PageCache && SpaceOwner.Is(descriptor.Owner);
        uint caches = descriptor.State == FrameState.Anonymous ? 0u : 1;
        return !isForeign && !IsOfFolio(in descriptor) && !FrameLists.IsBlock(in descriptor) && !store.Lists.HasPolicyIn(in descriptor)
            && descriptor.ReferenceCount == descriptor.MapCount + caches;
    }

    /// <summary>True for a page of shared memory that a fault maps together with others (<see cref="CollapsedPages.FolioOf"/>).</summary>
    /// <remarks>Linux moves the folio as a whole; here it stays where it is, because its pages must lie side by side.</remarks>
    private static bool IsOfFolio(ref readonly FrameDescriptor descriptor) =>
        descriptor is { State: FrameState.PageCache, Kind: (byte)ResidentKind.Shared } && (descriptor.Flags & PageFlags.HugePart) != 0;

    /// <summary>Moves a page, and frees the frame that it was in.</summary>
    /// <param name="from">A frame that <see cref="MayMove"/>.</param>
    /// <param name="to">A frame that was handed out in the same state, and has nothing else.</param>
    /// <returns>False if an entry forbids it, or another thread has not come to rest. Nothing has changed.</returns>
    public bool TryMove(FrameNumber from, FrameNumber to)
    {
        Examination entries = default;
        reverseMap.Walk(from, ref entries);
        ref FrameDescriptor old = ref store.Frames[from];
        if (entries.IsRefused || entries.Count != old.MapCount || !WriterStop.TryStop(from, reverseMap, store.Lists)) return false;
        store.Ram.Copy(from, to);    // after the last store of another thread
        store.Ram.Observers.Note(to);
        TakeOver(in old, to);    // before the lists and caches, which read the new descriptor
        store.Lists.Replace(from, to);
        if (old.State == FrameState.SwapCache) swap.Replace(from, to);
        else if (old.State == FrameState.PageCache) cache.Replace(files.Object(old.Owner), new(old.Index), to);
        Redirection redirection = new(to);
        reverseMap.Walk(from, ref redirection);
        old.Counts = 0;    // the new frame has taken them over
        if (store.Lists.Shootdown?.TryKeep(from) != true) store.Allocator.FreeBlock(from, 0);
        return true;
    }

    /// <summary>Linux: folio_migrate_flags.</summary>
    private void TakeOver(ref readonly FrameDescriptor old, FrameNumber to)
    {
        ref FrameDescriptor descriptor = ref store.Frames[to];
        (descriptor.Owner, descriptor.Index, descriptor.Kind) = (old.Owner, old.Index, old.Kind);
        (descriptor.Private, descriptor.Counts) = (old.Private, old.Counts);
        FrameFlags left = FrameFlags.OnList | PageFlags.Active | PageFlags.FileBacked;    // set with its place on a list
        if (EntryWords.IsOwnPage(old) && old.MapCount != 0) left |= PageFlags.HugePart;
        descriptor.Flags = old.Flags & ~left;
    }

    /// <summary>Counts the entries of a page, and refuses those of another system.</summary>
    private struct Examination : IMappingVisitor
    {
        public uint Count;
        public bool IsRefused;

        public void Visit(Space space, ref Area area, PageNumber page, PageTableEntry entry)
        {
            Count++;
            IsRefused |= space.Foreign is not null || area.Has(AreaFlags.Device);
        }
    }

    /// <summary>Makes each entry lead to the new frame. No content has changed, so snapshots do not record it.</summary>
    private readonly struct Redirection(FrameNumber to) : IMappingVisitor
    {
        public void Visit(Space space, ref Area area, PageNumber page, PageTableEntry entry) =>
            space.Tables.StoreUnnoted(page, entry.WithFrame(to));
    }
}
