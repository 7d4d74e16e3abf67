using System.Globalization;
using Paging.Core;
using Paging.Core.Swap;
using Paging.Guest.Abi;
using Paging.Guest.Host;
using Paging.Guest.Records;
using Paging.Guest.Vfs;
using Paging.Guest.Vfs.Tree;

namespace Paging.Guest.Checkpoints;

/// <summary>
/// Files in a checkpoint without a path on the host: files and shared memory in the engine's RAM, and unlinked files of the host. Other
/// records refer to them by number.
/// </summary>
/// <remarks>Each is saved once and is shared again after loading. Their pages come before those of the processes.</remarks>
internal sealed class SavedContents(PagingEngine engine, FileTree tree, HostInodes inodes) : IDisposable
{
    private readonly List<SavedContent> _all = [];
    private readonly Dictionary<int, int> _numbers = [];

    /// <summary>Adds a file that exists in the engine's memory only. Returns its number.</summary>
    public int Add(GuestFile file) => Add(file.Id, () => new(file, isOwned: false));

    /// <summary>Adds the file that an area maps, if it has no path on the host.</summary>
    public void Add(AreaSnapshot area)
    {
        if (area.ObjectId == 0 || _numbers.ContainsKey(area.ObjectId)) return;
        if (inodes.Find(area.ObjectId) is { } inode) AddUnlinked(inode, area.Name);
        else if (engine.Files.Find(area.ObjectId) is { } file) Add(area.ObjectId, () => new(file, isOwned: true));
    }

    /// <summary>Adds a file of the host if it is unlinked.</summary>
    public void AddUnlinked(RegularInode inode, string path)
    {
        if (inode.Status(out FileStatus status) != Errno.None || status.Links != 0) return;
        Add(inode.File.Id, () => new(inode.File, isOwned: false)
        {
            Lost = new(path, status.Mode, status.User, status.Group, status.AccessedAt, status.ModifiedAt),
        });
    }

    /// <summary>Returns the number of a file; −1 if it has none.</summary>
    public int NumberOf(GuestFile file) => _numbers.GetValueOrDefault(file.Id, -1);

    /// <summary>
    /// Returns the name by which a saved space refers to a mapped object, which no path begins with; null for its own name.
    /// </summary>
    public string? NameOf(int objectId) =>
        _numbers.TryGetValue(objectId, out int number) ? string.Create(CultureInfo.InvariantCulture, $"#{number}") : null;

    /// <summary>Returns the file of a name from <see cref="NameOf"/>.</summary>
    public GuestFile? Find(string name) =>
        name.StartsWith('#') && int.TryParse(name.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            && number < _all.Count ? _all[number].File : null;

    public void Save(RecordWriter writer)
    {
        writer.Begin(RecordKind.Contents, 2);
        writer.Write(_all.Count);
        foreach (SavedContent content in _all) content.Save(writer);
        writer.End();
    }

    /// <summary>Writes their pages.</summary>
    /// <exception cref="IOException">A page cannot be read.</exception>
    public void SavePages(Stream stream, Action<ReadOnlySpan<byte>>? pages)
    {
        foreach (SavedContent content in _all) content.SavePages(stream, pages);
    }

    /// <summary>Creates all of them again, with their lengths, empty.</summary>
    public void Load(RecordReader reader)
    {
        reader.Open(RecordKind.Contents, 2);
        int count = reader.ReadCount();
        for (int i = 0; i < count; i++) _all.Add(SavedContent.Load(reader, engine, tree));
        reader.Close();
    }

    /// <summary>Reads their pages, or arranges that they are read when they are touched.</summary>
    /// <param name="stream">The output of <see cref="SavePages"/>.</param>
    /// <param name="device">The device with the pages; null if they are in the stream.</param>
    /// <param name="pages">The store of the device.</param>
    /// <param name="slot">The slot of the first page; afterwards the one after the last.</param>
    public void LoadPages(Stream stream, SwapDevice? device, ISwapStore? pages, ref uint slot)
    {
        foreach (SavedContent content in _all)
        {
            if (device is null) content.LoadPages(stream);
            else content.LoadPages(engine, device, pages!, ref slot);
        }
    }

    /// <summary>Reads the number of a file in memory, and transfers its ownership to the caller.</summary>
    public GuestFile Take(RecordReader reader) => ReadNumber(reader).Take();

    /// <summary>Reads the number of a file of the host that has no name, and opens it once more.</summary>
    public OpenDescription OpenLost(RecordReader reader, FileFlags flags) => ReadNumber(reader).OpenLost(flags);

    /// <summary>Releases the files, which their users hold now.</summary>
    public void Dispose()
    {
        foreach (SavedContent content in _all) content.Release();
    }

    private int Add(int id, Func<SavedContent> make)
    {
        if (_numbers.TryGetValue(id, out int number)) return number;
        _numbers.Add(id, _all.Count);
        _all.Add(make());
        return _all.Count - 1;
    }

    private SavedContent ReadNumber(RecordReader reader) => _all[reader.ReadIndex(_all.Count, "the number of bytes without a path")];
}
