using Paging.Core.Files;
using Paging.Core.Spaces;

namespace Paging.Core.Snapshots;

/// <summary>The files of processes that are saved together: which are saved with them, and the names of the others.</summary>
/// <remarks>
/// Shared memory without a name of the caller's is saved. For everything else the loader is asked, by a name that no other has.
/// Cost: O(areas + descriptors).
/// </remarks>
internal sealed class FilesToSave(OpenFileTable files, Func<int, string?>? nameOf)
{
    private readonly List<FileObject> _memories = [];
    private readonly Dictionary<uint, SavedFile> _known = [];    // by the number of the object
    private readonly Dictionary<string, FileObject> _named = new(StringComparer.Ordinal);
    private readonly List<SavedOpenFile> _open = [];
    private readonly HashSet<OpenFileIndex> _opened = [];

    /// <summary>The shared memory that is saved, in its order.</summary>
    public IReadOnlyList<FileObject> Memories => _memories;

    /// <summary>The open files of descriptors. The other open files are those of areas alone.</summary>
    public IReadOnlyList<SavedOpenFile> OpenFiles => _open;

    /// <summary>Adds the files that a space maps.</summary>
    /// <exception cref="NotSupportedException">
    /// Two files or devices have one name, so the loader could not tell them apart.
    /// </exception>
    public void Add(Space space)
    {
        for (AreaIndex index = space.Areas.Tree.First; index.IsSome; index = space.Areas[index].Next)
        {
            OpenFileIndex open = space.Areas[index].File;
            if (open.IsSome) Add(files.ObjectOf(open));
        }
    }

    /// <summary>Adds the open files of descriptors.</summary>
    /// <exception cref="NotSupportedException">As the other one.</exception>
    public void Add(DescriptorTable descriptors)
    {
        foreach (OpenFileIndex index in descriptors.Held)
        {
            if (!_opened.Add(index)) continue;    // two descriptors, or two processes, have it
            ref OpenFile open = ref files[index];
            FileObject file = files.ObjectOf(index);
            SavedFile saved = Add(file);
            _open.Add(new(index.Value, file.Kind, open.Rights, open.Flags, open.Position, saved.Memory, saved.Name));
        }
    }

    /// <summary>How the file of an open file is saved.</summary>
    public SavedFile Of(OpenFileIndex open) => open.IsNone ? default : _known[files.ObjectOf(open).Number];

    /// <summary>Adds a file, and says how it is saved.</summary>
    /// <param name="file">The file.</param>
    /// <param name="mayBeNamed">False: the caller gives no name to it, because a program alone has made it.</param>
    /// <exception cref="NotSupportedException">As the other ones.</exception>
    public SavedFile Add(FileObject file, bool mayBeNamed = true)
    {
        if (_known.TryGetValue(file.Number, out SavedFile known)) return known;
        string? given = mayBeNamed ? nameOf?.Invoke((int)file.Number + 1) : null;
        if (given is null && (file.IsSharedMemory || file.IsHuge))
        {
            _memories.Add(file);
            return _known[file.Number] = new((uint)_memories.Count, "");
        }

        string name = given ?? file.Name;
        if (!_named.TryAdd(name, file))
            throw new NotSupportedException($"Cannot save the process: it has two {WordFor(file)} named '{name}', which a loader could "
                + "not tell apart. Rename one, or give names with nameOf.");
        return _known[file.Number] = new(0, name);
    }

    private static string WordFor(FileObject file) => file.Kind switch
    {
        FileKind.Device => "devices",
        FileKind.Directory => "directories",
        _ => "files",
    };
}

/// <summary>How a file is saved: with its pages, or by a name.</summary>
/// <param name="Memory">The place of the shared memory in the saved form, from 1; 0: by name.</param>
/// <param name="Name">The name that the loader is asked for; empty for shared memory that is saved.</param>
internal readonly record struct SavedFile(uint Memory, string Name);
