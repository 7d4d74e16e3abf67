using Paging.Core.Files;
using Paging.Core.Swap;
using Paging.Core.Threads;
using Paging.Native;

namespace Paging.Core;

/// <summary>
/// The objects that processes share: the files and the shared memory behind their areas. For an embedder that saves them
/// beside the processes (<see cref="Snapshot.Save"/>).
/// </summary>
public static class SharedFiles
{
    /// <summary>Finds the file or shared memory behind areas, by <see cref="AreaSnapshot.ObjectId"/>. Null if there is none.</summary>
    /// <returns>A further reference to it, which the caller disposes.</returns>
    public static GuestFile? FindFile(this PagingEngine engine, int objectId)
    {
        using SlowPathTurn turn = engine.TakeTurn();
        List<FileObject> all = engine.Parts.Files.OpenFiles.All;    // by number, so with those that wait for reuse
        return objectId > 0 && objectId <= all.Count && all[objectId - 1].IsAlive ? engine.NewFile(all[objectId - 1]) : null;
    }

    /// <summary>Creates shared memory without a name, as mmap(2) makes it with MAP_SHARED|MAP_ANONYMOUS. Linux: shmem_zero_setup.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="byteLength">A multiple of 4096.</param>
    /// <param name="isCommitted">True if its pages are committed (no MAP_NORESERVE).</param>
    /// <exception cref="InvalidOperationException">So many bytes cannot be committed.</exception>
    public static GuestFile CreateSharedMemory(this PagingEngine engine, long byteLength, bool isCommitted)
    {
        GuestFile.CheckLength(byteLength, nameof(byteLength));
        using SlowPathTurn turn = engine.TakeTurn();
        FileObject? file = engine.Parts.Files.OpenFiles.CreateSharedAnonymous(byteLength, isCommitted);
        return engine.NewFile(file ?? throw new InvalidOperationException("Cannot create shared memory: it cannot be committed."));
    }

    /// <summary>Makes touches of a memory file's pages read them from a device, as if they were swapped out to it.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="file">The file, which has none of the pages.</param>
    /// <param name="first">The first page.</param>
    /// <param name="count">Pages, none beyond the end of the file.</param>
    /// <param name="device">The result of <see cref="SavedProcesses.OpenPages"/>.</param>
    /// <param name="slot">The slot of the first page; afterwards the one behind the last.</param>
    /// <exception cref="ArgumentException">The file or the device belongs to another engine, or it holds no saved pages.</exception>
    /// <exception cref="InvalidDataException">The file has such a page, or ends before it; or the device has too few slots.</exception>
    /// <exception cref="InvalidOperationException">The engine has too little memory.</exception>
    public static void AdoptPages(this PagingEngine engine, GuestFile file, FilePage first, PageCount count, SwapDevice device,
        ref uint slot)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(device);
        using SlowPathTurn turn = engine.TakeTurn();
        file.Check();
        SavedProcesses.ThrowUnlessHere(engine.Parts.Io.Calls, file, nameof(file));
        SavedProcesses.ThrowUnlessHere(engine, device, nameof(device));
        FileObject inside = file.Object;
        for (uint i = 0; i < count.Value; i++, slot++)
        {
            FilePage page = new(first.Value + i);
            bool isFree = inside.IsSharedMemory && inside.Contains(page) && !engine.Parts.Files.Cache.TryFind(inside, page, out _)
                && engine.Parts.Files.SharedSwap.EntryOf(inside, page).IsNone;
            if (!isFree || slot >= device.SlotCount || device.IsTaken(slot))    // taken: a stream that names a slot twice
                throw new InvalidDataException($"Page {page.Value} of '{file.Name}' cannot be taken from slot {slot}.");
            if (!engine.Parts.Files.SharedSwap.TryAdopt(inside, page, device, slot))
                throw new InvalidOperationException("Cannot load shared memory: the engine has too little memory for it.");
        }
    }
}
