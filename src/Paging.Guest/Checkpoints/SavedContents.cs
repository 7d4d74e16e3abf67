using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using Paging.Core;
using Paging.Core.Files;
using Paging.Core.Swap;
using Paging.Guest.Abi;
using Paging.Guest.Host;
using Paging.Guest.Records;
using Paging.Guest.Vfs;
using Paging.Guest.Vfs.Tree;
using Paging.Native;

namespace Paging.Guest.Checkpoints;

/// <summary>
/// Bytes in a checkpoint that no path leads to, or none of the host's: files and shared memory in the engine's RAM, and files of the host
/// that have lost their names. Others know them by number.
/// </summary>
/// <remarks>Each is saved once, whoever shares it, and so it is shared again. Their pages come before those of the processes.</remarks>
internal sealed class SavedContents(PagingEngine engine, FileTree tree, HostInodes inodes) : IDisposable
{
    private readonly List<SavedContent> _all = [];
    private readonly Dictionary<int, int> _numbers = [];

    /// <summary>Notes a file that lives in the engine's memory only. Returns its number.</summary>
    public int Add(GuestFile file) => Add(file.Id, () => new(file, isOwned: false));

    /// <summary>Notes what an area maps, if no path of the host leads there.</summary>
    public void Add(AreaSnapshot area)
    {
        if (area.ObjectId == 0 || _numbers.ContainsKey(area.ObjectId)) return;
        if (inodes.Find(area.ObjectId) is { } inode) AddUnlinked(inode, area.Name);
        else if (engine.FindFile(area.ObjectId) is { } file) Add(area.ObjectId, () => new(file, isOwned: true));
    }

    /// <summary>Notes a file of the host if it has lost its name.</summary>
    public void AddUnlinked(HostInode inode, string path)
    {
        if (inode.Status(out FileStatus status) != Errno.None || status.Links != 0) return;
        Add(inode.File.Id, () => new(inode.File, isOwned: false) { Lost = new(path, status.Mode, status.AccessedAt, status.ModifiedAt) });
    }

    /// <summary>The number of a file; −1: it has none.</summary>
    public int NumberOf(GuestFile file) => _numbers.GetValueOrDefault(file.Id, -1);

    /// <summary>The name under which a saved space knows what it maps; null: its own. No path begins so.</summary>
    public string? NameOf(int objectId) =>
        _numbers.TryGetValue(objectId, out int number) ? string.Create(CultureInfo.InvariantCulture, $"#{number}") : null;

    /// <summary>What has a name given by <see cref="NameOf"/>.</summary>
    public GuestFile? Find(string name) =>
        name.StartsWith('#') && int.TryParse(name.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            && number < _all.Count ? _all[number].File : null;

    public void Save(RecordWriter writer)
    {
        writer.Begin(RecordKind.Contents, 1);
        writer.Write(_all.Count);
        foreach (SavedContent content in _all) content.Save(writer);
        writer.End();
    }

    /// <summary>Writes their pages.</summary>
    /// <exception cref="IOException">A page cannot be read.</exception>
    public void SavePages(Stream stream, SnapshotPageSink? pages)
    {
        foreach (SavedContent content in _all) content.SavePages(stream, pages);
    }

    /// <summary>Makes all of them again, as long and as empty as they are said to be.</summary>
    public void Load(RecordReader reader)
    {
        reader.Open(RecordKind.Contents, 1);
        int count = reader.ReadCount();
        for (int i = 0; i < count; i++) _all.Add(SavedContent.Load(reader, engine, tree));
        reader.Close();
    }

    /// <summary>Fills them; or lets their pages come when they are touched.</summary>
    /// <param name="stream">What <see cref="SavePages"/> has written.</param>
    /// <param name="device">The device with the pages; null: they are in the stream.</param>
    /// <param name="pages">What the device reads from.</param>
    /// <param name="slot">The slot of the first page; afterwards the one behind the last.</param>
    public void LoadPages(Stream stream, SwapDevice? device, ISwapStore? pages, ref uint slot)
    {
        foreach (SavedContent content in _all)
        {
            if (device is null) content.LoadPages(stream);
            else content.LoadPages(engine, device, pages!, ref slot);
        }
    }

    /// <summary>Reads the number of a file in memory, which belongs to the caller from now on.</summary>
    public GuestFile Take(RecordReader reader) => ReadNumber(reader).Take();

    /// <summary>Reads the number of a file of the host that has no name, and opens it once more.</summary>
    public OpenDescription OpenLost(RecordReader reader, FileFlags flags) => ReadNumber(reader).OpenLost(flags);

    /// <summary>Whoever needed them has them.</summary>
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

/// <summary>What is known of a file that has lost its name, besides its bytes.</summary>
internal readonly record struct LostName(string Path, FileModes Mode, long AccessedAt, long ModifiedAt);

/// <summary>Bytes of a checkpoint.</summary>
internal sealed class SavedContent(GuestFile file, bool isOwned)
{
    private const int PageByteLength = PageWords.ByteLength;

    private bool _isOwned = isOwned;
    private FileSeals _seals;
    private List<(uint First, uint Count, bool IsZero)>? _runs;
    private RegularFile? _open;

    public GuestFile File => file;

    /// <summary>It is a file of the host.</summary>
    public LostName? Lost { get; init; }

    public void Save(RecordWriter writer)
    {
        writer.Write(file.Kind == FileKind.SharedAnonymous);
        writer.Write(file.Name);
        writer.Write(file.ByteLength);
        writer.Write((uint)file.Seals);
        writer.Write(file.IsCommitted);
        writer.Write(Lost is not null);
        if (Lost is { } lost)
        {
            writer.Write(lost.Path);
            writer.Write((uint)lost.Mode);
            writer.Write(lost.AccessedAt);
            writer.Write(lost.ModifiedAt);
        }

        _runs = FindRuns();
        writer.Write(_runs.Count);
        foreach ((uint first, uint count, bool isZero) in _runs)
        {
            writer.Write(first);
            writer.Write(count);
            writer.Write(isZero);
        }
    }

    public static SavedContent Load(RecordReader reader, PagingEngine engine, FileTree tree)
    {
        bool isShared = reader.ReadFlag();
        string name = reader.ReadText();
        long byteLength = reader.ReadWideNumber();
        FileSeals seals = (FileSeals)reader.ReadWord();
        bool isCommitted = reader.ReadFlag();
        LostName? lost = !reader.ReadFlag() ? null
            : new(reader.ReadText(), (FileModes)reader.ReadWord(), reader.ReadWideNumber(), reader.ReadWideNumber());
        if (byteLength is < 0 or > GuestFile.ByteLengthMax || (isShared && (byteLength % PageByteLength) != 0))
            throw RecordReader.Damaged("bytes without a path have no such length");
        RegularFile? open = lost is { } found ? LostFiles.Make(tree, found) : null;
        GuestFile file = open?.File
            ?? (isShared ? engine.CreateSharedMemory(byteLength, isCommitted) : engine.CreateMemoryFile(name, byteLength));
        if (open is not null && open.SetLength(byteLength) is not Errno.None and var error)
            throw new IOException($"{lost!.Value.Path} cannot be made so long: {error}.");
        SavedContent content = new(file, isOwned: open is null) { Lost = lost, _seals = seals, _open = open, _runs = [] };
        content.LoadRuns(reader);
        return content;
    }

    public void SavePages(Stream stream, SnapshotPageSink? pages)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] page = new byte[PageByteLength];
        foreach ((uint first, uint count, bool isZero) in _runs!)
        {
            for (uint i = 0; i < count && !isZero; i++)
            {
                ReadPage(first + i, page);
                if (pages is not null)
                {
                    pages(page);
                    continue;
                }

                stream.Write(page);
                hash.AppendData(page);
            }
        }

        if (pages is null) stream.Write(hash.GetHashAndReset());
    }

    /// <summary>Reads all pages.</summary>
    public void LoadPages(Stream stream)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] page = new byte[PageByteLength];
        foreach ((uint first, uint count, bool isZero) in _runs!)
        {
            for (uint i = 0; i < count; i++)
            {
                if (isZero) Array.Clear(page);
                else ReadExactly(stream, page);
                if (!isZero) hash.AppendData(page);
                if (!isZero || _open is null) WritePage(first + i, page);
            }
        }

        byte[] expected = new byte[SHA256.HashSizeInBytes];
        ReadExactly(stream, expected);
        if (!hash.GetHashAndReset().AsSpan().SequenceEqual(expected))
            throw RecordReader.Damaged("the checksum of bytes without a path is wrong");
        Seal();
    }

    /// <summary>Reads the pages of a file of the host; others come when they are touched.</summary>
    public void LoadPages(PagingEngine engine, SwapDevice device, ISwapStore pages, ref uint slot)
    {
        byte[] page = new byte[PageByteLength];
        foreach ((uint first, uint count, bool isZero) in _runs!)
        {
            if (!isZero && _open is null)
            {
                engine.AdoptPages(file, new(first), new(count), device, ref slot);
                continue;
            }

            for (uint i = 0; i < count; i++)
            {
                if (isZero && _open is not null) break;
                if (isZero) Array.Clear(page);
                else if (slot >= device.SlotCount || pages.Read(slot++, page) != Errno.None)
                    throw new IOException($"'{file.Name}' cannot be read.");
                WritePage(first + i, page);
            }
        }

        Seal();
    }

    public GuestFile Take()
    {
        if (!_isOwned || file.Kind != FileKind.Memory) throw RecordReader.Damaged("two have the same bytes");
        _isOwned = false;
        return file;
    }

    public OpenDescription OpenLost(FileFlags flags)
    {
        if (_open is null) throw RecordReader.Damaged("a file without a name is none of the host's");
        Errno error = _open.Node!.Open(flags, out OpenDescription? open);
        return error == Errno.None ? open! : throw new InvalidDataException($"{file.Name} cannot be opened again: {error}.");
    }

    public void Release()
    {
        if (_isOwned) file.Dispose();
        if (_open is not null && Lost is { } lost)
            _open.SetTimes([lost.AccessedAt / TimeWords.Second, lost.AccessedAt % TimeWords.Second,
                lost.ModifiedAt / TimeWords.Second, lost.ModifiedAt % TimeWords.Second]);
        _open?.Release();
        (_isOwned, _open) = (false, null);
    }

    private void Seal()
    {
        if (_seals != FileSeals.None && file.AddSeals(_seals) != Errno.None) throw RecordReader.Damaged("seals are none");
    }

    // Holes stay holes, and allocated zeros stay allocated.
    private List<(uint First, uint Count, bool IsZero)> FindRuns()
    {
        List<(uint First, uint Count, bool IsZero)> runs = [];
        byte[] page = new byte[PageByteLength];
        if (file.Open(FileRights.Read, OpenFlags.None, out OpenGuestFile? open) != Errno.None) throw Unreadable();
        using (open)
        {
            long end = 0;
            while (open!.SeekExtent(end, FileExtent.Data, out long start) == Errno.None)
            {
                if (open.SeekExtent(start, FileExtent.Hole, out end) != Errno.None) end = file.ByteLength;
                for (long at = start / PageByteLength; at * PageByteLength < end; at++)
                {
                    ReadPage((uint)at, page);
                    bool isZero = page.AsSpan().IndexOfAnyExcept((byte)0) < 0;
                    if (runs.Count > 0 && runs[^1] is var last && last.First + last.Count == at && last.IsZero == isZero)
                        runs[^1] = last with { Count = last.Count + 1 };
                    else runs.Add(((uint)at, 1, isZero));
                }
            }
        }

        return runs;
    }

    private void LoadRuns(RecordReader reader)
    {
        ulong end = 0, limit = PageWords.Covering((ulong)file.ByteLength);
        int count = reader.ReadCount();
        for (int i = 0; i < count; i++)
        {
            (uint First, uint Count, bool IsZero) run = (reader.ReadWord(), reader.ReadWord(), reader.ReadFlag());
            if (run.First < end || run.Count == 0 || run.First + (ulong)run.Count > limit)
                throw RecordReader.Damaged("pages without a path are out of order");
            end = run.First + (ulong)run.Count;
            _runs!.Add(run);
        }
    }

    private void ReadPage(uint number, byte[] page)
    {
        int wanted = (int)Math.Min(file.ByteLength - ((long)number * PageByteLength), PageByteLength);
        if (file.Read((long)number * PageByteLength, page.AsSpan(0, wanted), out int count) != Errno.None || count < wanted)
            throw Unreadable();
        page.AsSpan(wanted).Clear();
    }

    private void WritePage(uint number, byte[] page)
    {
        int wanted = (int)Math.Min(file.ByteLength - ((long)number * PageByteLength), PageByteLength);
        if (file.Write((long)number * PageByteLength, page.AsSpan(0, wanted), out int count) != Errno.None || count < wanted)
            throw new InvalidOperationException($"Cannot load '{file.Name}': the machine has too little memory, or the host no room.");
    }

    private static void ReadExactly(Stream stream, byte[] bytes)
    {
        if (stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) < bytes.Length)
            throw RecordReader.Damaged("it ends too early");
    }

    private IOException Unreadable() => new($"'{file.Name}' cannot be read.");
}
