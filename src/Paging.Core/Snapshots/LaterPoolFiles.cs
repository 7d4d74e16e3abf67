using Paging.Core.Files;
using Paging.Core.Spaces;

namespace Paging.Core.Snapshots;

/// <summary>The files of the pool that were made after a snapshot of the engine. Its restore empties them.</summary>
/// <remarks>
/// Those that only processes use end with the mappings and descriptors that are taken back. Those that later snapshots of the engine hold
/// are emptied, because these have their pages. One that the host holds, or a snapshot of a process alone, keeps its pages.
/// </remarks>
internal sealed class LaterPoolFiles(OpenFileTable files, AreaStore areas)
{
    private readonly Dictionary<OpenFileIndex, uint> _links = [];    // of each open file, the areas and descriptors that will go back

    /// <summary>Finds them. Cost: O(files + areas of the pool + descriptors).</summary>
    /// <param name="kept">The files of the snapshot.</param>
    /// <param name="descriptors">Those of all processes.</param>
    /// <param name="hasOthers">True if there are snapshots of single processes.</param>
    public IEnumerable<FileObject> Find(KeptPoolFile[] kept, IEnumerable<DescriptorTable> descriptors, bool hasOthers)
    {
        HashSet<FileObject> had = [.. kept.Select(static one => one.File)];
        FileObject[] later = [.. files.Objects.Where(file => file.IsHuge && !had.Contains(file))];
        if (later.Length == 0) return [];
        foreach (OpenFileIndex open in descriptors.SelectMany(static table => table.Held)) Count(open);
        foreach (FileObject file in later)
            for (AreaIndex index = areas.OfObjects.FirstOf(file.Number); index.IsSome; index = areas.Slab[index.Value].FileNext)
                Count(areas.Slab[index.Value].File);
        return later.Where(file => Ends(file, hasOthers));
    }

    private bool Ends(FileObject file, bool hasOthers)
    {
        OpenFileIndex[] opened = [.. files.OpenedOf(file)];
        bool isOfHost = file.HolderCount != (uint)opened.Length + file.KeptCount || Array.Exists(opened, open => files[open].IsHeldByHost);
        if (isOfHost) return false;
        return (file.KeptCount != 0 && !hasOthers)
            || (file.KeptCount == 0 && Array.TrueForAll(opened, open => _links.GetValueOrDefault(open) == files[open].HolderCount));
    }

    private void Count(OpenFileIndex open) => _links[open] = _links.GetValueOrDefault(open) + 1;
}
