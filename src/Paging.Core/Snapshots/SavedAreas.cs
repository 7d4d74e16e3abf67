using Paging.Core.Files;
using Paging.Core.Spaces;

namespace Paging.Core.Snapshots;

/// <summary>Gives a new process the areas of a saved one, and opens the files that they map.</summary>
internal sealed class SavedAreas(SnapshotSupplies supplies) : IDisposable
{
    private Dictionary<uint, OpenFileIndex>? _opened;    // null: none maps a file
    private FileObject[] _memories = [];    // each held until the areas hold it

    /// <summary>The shared memory that was saved with the process.</summary>
    /// <param name="index">Its place in the saved form, from 0.</param>
    public FileObject MemoryAt(int index) => _memories[index];

    /// <summary>The number of these memories.</summary>
    public int MemoryCount => _memories.Length;

    /// <summary>Creates the shared memory that was saved with the process, without its pages.</summary>
    /// <exception cref="NoMemoryException">It cannot be committed.</exception>
    public void Create(ReadOnlySpan<SavedMemory> memories)
    {
        FileObject[] created = new FileObject[memories.Length];
        for (int i = 0; i < memories.Length; i++)
        {
            created[i] = memories[i].Create(supplies.Files) ?? throw NoMemory();
            created[i].HolderCount++;
            _memories = created[..(i + 1)];    // so that an exception at the next one gives up this one
        }
    }

    /// <summary>Opens the files and devices of areas and descriptors.</summary>
    /// <param name="machine">Names them; those with the same number share an open file. Its shared memory is created.</param>
    /// <param name="find">Finds the object of a file by its name; null: there is none. Called once for each name.</param>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    /// <exception cref="ArgumentException">It is a file instead of a device, the other way round, or too short a device.</exception>
    public void Open(SavedMachine machine, Func<string, FileObject?> find)
    {
        Dictionary<string, FileObject> found = new(StringComparer.Ordinal);
        foreach (SavedOpenFile open in machine.OpenFiles) Open(open, FileOf(open.Memory, open.Name, found, find));
        foreach (SavedProcess process in machine.Processes)
        {
            foreach (SavedArea area in process.Areas)
            {
                if (area.File == SnapshotFormat.NoFile) continue;
                FileObject file = FileOf(area.Memory, area.Name, found, find);
                RequireKind(area, file);
                if (_opened?.ContainsKey(area.File) != true) Open(area.File, file, file.Rights, OpenFlags.None);    // one for all its areas
            }
        }
    }

    /// <summary>Adds the areas of a process, with their histories if there are any.</summary>
    /// <exception cref="NoMemoryException">The engine has too little memory.</exception>
    public void AddAll(Space space, SavedProcess process, SavedHistories? histories)
    {
        for (int i = 0; i < process.Areas.Length; i++)
        {
            AreaIndex index = Add(space, process.Areas[i]);
            if (histories?.TryGive(space.Areas, index, process.Histories[i]) == false) throw NoMemory();
        }
    }

    /// <summary>Gives a process its descriptors.</summary>
    public void Give(DescriptorTable descriptors, SavedProcess process)
    {
        foreach (SavedDescriptor one in process.Descriptors) descriptors.Restore(one.Number, _opened![one.File]);
    }

    /// <summary>Adds an area. Its file has been opened, and no limit applies: it was checked when the area was mapped.</summary>
    /// <exception cref="NoMemoryException">The engine has too little memory.</exception>
    private AreaIndex Add(Space space, in SavedArea area)
    {
        OpenFileIndex file = area.File == SnapshotFormat.NoFile ? OpenFileIndex.None : _opened![area.File];
        long accounted = (area.Flags & AreaFlags.Accounted) != 0 ? area.Range.Count.Value : 0;
        if (!supplies.Commitment.TryCharge(accounted)) throw NotCommitted(area.Range);    // V1: before the area exists
        if (!space.Areas.TryAdd(area.Range, area.Flags, file, area.PageOffset, out AreaIndex index))
        {
            supplies.Commitment.Uncharge(accounted);
            throw NoMemory();
        }

        space.Statistics.Account(area.Flags, area.Range.Count.Value);    // M1
        return index;
    }

    /// <summary>Frees frames for the process, as many as the operation that found too few takes at once.</summary>
    /// <exception cref="NoMemoryException">There is none to free.</exception>
    public void FreeFor(Space space, uint needed = 1)
    {
        if (!supplies.Pressure.TryFreeFor(space.Group, needed)) throw NoMemory();    // reclaim cannot help if the host refused a record
    }

    /// <summary>Gives up the files; areas hold those that they map.</summary>
    public void Dispose()
    {
        foreach (FileObject memory in _memories) supplies.Files.ReleaseObject(memory);
        _memories = [];
        if (_opened is null) return;
        foreach (OpenFileIndex open in _opened.Values) supplies.Files.Release(open);
        _opened = null;
    }

    public static NoMemoryException NoMemory() => new("Cannot load the process: the engine has too little memory for it.");

    private static NoMemoryException NotCommitted(Native.PageRange area) => new(
        $"Cannot load the process: the engine may not commit its area {area} of {area.Count.Value * 4L} KiB. "
        + $"More RAM or swap, or {nameof(OvercommitMode)}.{nameof(OvercommitMode.Always)}, admits it.");

    private FileObject FileOf(uint memory, string name, Dictionary<string, FileObject> found, Func<string, FileObject?> find)
    {
        if (memory != 0) return _memories[memory - 1];
        if (found.TryGetValue(name, out FileObject? known)) return known;
        FileObject file = find(name)
            ?? throw new FileNotFoundException($"The saved process uses the file '{name}', and the caller knows no such file.", name);
        found.Add(name, file);
        return file;
    }

    private static void RequireKind(in SavedArea area, FileObject file)
    {
        if (file.Kind == FileKind.Directory)
            throw new ArgumentException($"'{file.Name}' was given for a saved file, and is a directory.", nameof(file));
        bool isDevice = (area.Flags & AreaFlags.Device) != 0;
        if (isDevice != (file.Kind == FileKind.Device))
            throw new ArgumentException(isDevice
                ? $"'{file.Name}' was given for a saved device, and is a file."
                : $"'{file.Name}' was given for a saved file, and is a device.", nameof(file));
        if (isDevice && area.PageOffset.Value + (ulong)area.Range.Count.Value > file.PageLimit)
            throw new ArgumentException($"'{file.Name}' was given for a saved device, and is shorter.", nameof(file));
    }

    // The open file of a descriptor: with its rights and position, and perhaps with areas.
    private void Open(in SavedOpenFile saved, FileObject file)
    {
        bool isAlike = (saved.Kind == FileKind.Device) == (file.Kind == FileKind.Device)
            && (saved.Kind == FileKind.Directory) == (file.Kind == FileKind.Directory);
        if (!isAlike)
            throw new ArgumentException($"'{file.Name}' was given for a saved {KindName(saved.Kind)}, and is a {KindName(file.Kind)}.",
                nameof(file));
        if ((saved.Rights & ~file.Rights) != 0)
            throw new ArgumentException($"'{file.Name}' was given for a file that was open for writing, and cannot be written.",
                nameof(file));
        Open(saved.Number, file, saved.Rights, saved.Flags);
        supplies.Files[_opened![saved.Number]].Position = saved.Position;
    }

    private static string KindName(FileKind kind) => kind switch
    {
        FileKind.Device => "device",
        FileKind.Directory => "directory",
        _ => "file",
    };

    private void Open(uint number, FileObject file, FileRights rights, OpenFlags flags)
    {
        if (!supplies.Files.TryOpen(file, rights, flags, out OpenFileIndex open)) throw NoMemory();
        (_opened ??= []).Add(number, open);
    }
}
