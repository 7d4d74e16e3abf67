using System.Security.Cryptography;
using Paging.Core;
using Paging.Core.Swap;
using Paging.Guest.Abi;
using Paging.Guest.Records;
using Paging.Guest.Vfs;
using Paging.Guest.Vfs.Tree;

namespace Paging.Guest.Checkpoints;

/// <summary>The metadata of an unlinked file.</summary>
internal readonly record struct LostName(string Path, FileModes Mode, uint User, uint Group, long AccessedAt, long ModifiedAt);

/// <summary>The bytes of a file in a checkpoint.</summary>
internal sealed class SavedContent(GuestFile file, bool isOwned)
{
    private const int PageByteLength = PageWords.ByteLength;

    private bool _isOwned = isOwned;
    private FileSeals _seals;
    private List<(uint First, uint Count, bool IsZero)>? _runs;
    private RegularFile? _open;

    public GuestFile File => file;

    /// <summary>The name it had, if it is a file of the host; otherwise null.</summary>
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
            writer.Write(lost.User);
            writer.Write(lost.Group);
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
            : new(reader.ReadText(), (FileModes)reader.ReadWord(), reader.ReadWord(), reader.ReadWord(), reader.ReadWideNumber(),
                reader.ReadWideNumber());
        if (byteLength is < 0 or > GuestFile.ByteLengthMax || (isShared && (byteLength % PageByteLength) != 0))
            throw RecordReader.Damaged("bytes without a path have no such length");
        RegularFile? open = lost is { } found ? LostFiles.Make(tree, found) : null;
        GuestFile file = open?.File
            ?? (isShared ? engine.Files.CreateSharedMemory(byteLength, isCommitted) : engine.Files.CreateMemoryFile(name, byteLength));
        if (open is not null && open.SetLength(byteLength) is not Errno.None and var error)
            throw new IOException($"{lost!.Value.Path} cannot be made so long: {error}.");
        SavedContent content = new(file, isOwned: open is null) { Lost = lost, _seals = seals, _open = open, _runs = [] };
        content.LoadRuns(reader);
        return content;
    }

    public void SavePages(Stream stream, Action<ReadOnlySpan<byte>>? pages)
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
                if (!isZero || _open is null) WritePage(first + i, page);    // of the host's file zeros would fill holes
            }
        }

        byte[] expected = new byte[SHA256.HashSizeInBytes];
        ReadExactly(stream, expected);
        if (!hash.GetHashAndReset().AsSpan().SequenceEqual(expected))
            throw RecordReader.Damaged("the checksum of bytes without a path is wrong");
        Seal();
    }

    /// <summary>Reads the pages of a file of the host; pages of others are read when they are touched.</summary>
    public void LoadPages(PagingEngine engine, SwapDevice device, ISwapStore pages, ref uint slot)
    {
        byte[] page = new byte[PageByteLength];
        foreach ((uint first, uint count, bool isZero) in _runs!)
        {
            if (!isZero && _open is null)
            {
                engine.SavedProcesses.AdoptPages(file, new(first), new(count), device, ref slot);
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
        {
            Span<long> times = stackalloc long[4];
            TimeWords.ToPairs(lost.AccessedAt, lost.ModifiedAt, times);
            _open.SetTimes(times);
        }

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
        if (file.Kind is FileKind.Memory or FileKind.SharedAnonymous)
        {
            AddPresent(runs, page, 0, Math.Min(PageWords.Covering((ulong)file.ByteLength), 1UL << 32));    // page numbers are words
            return runs;
        }

        if (file.Open(FileRights.Read, OpenFlags.None, out OpenFileDescription? open) != Errno.None) throw Unreadable();
        using (open)
        {
            long end = 0;
            while (open!.SeekExtent(end, FileExtent.Data, out long start) == Errno.None)
            {
                if (open.SeekExtent(start, FileExtent.Hole, out end) != Errno.None) end = file.ByteLength;
                for (long at = start / PageByteLength; at * PageByteLength < end; at++) AddPage(runs, page, (uint)at);
            }
        }

        return runs;
    }

    /// <summary>Adds the existing pages of a range of a file in memory, in RAM or swap. The cost does not depend on its length.</summary>
    private void AddPresent(List<(uint First, uint Count, bool IsZero)> runs, byte[] page, ulong first, ulong end)
    {
        if (first == end) return;
        FileCacheCount count = file.CountCached(new((uint)first), end);
        if (count.Cached + count.Swapped == 0) return;
        if (count.Cached == end - first || end - first == 1)
        {
            for (ulong at = first; at < end; at++) AddPage(runs, page, (uint)at);
            return;
        }

        ulong middle = first + ((end - first) / 2);
        AddPresent(runs, page, first, middle);
        AddPresent(runs, page, middle, end);
    }

    private void AddPage(List<(uint First, uint Count, bool IsZero)> runs, byte[] page, uint number)
    {
        ReadPage(number, page);
        bool isZero = page.AsSpan().IndexOfAnyExcept((byte)0) < 0;
        if (runs.Count > 0 && runs[^1] is var last && last.First + last.Count == number && last.IsZero == isZero)
            runs[^1] = last with { Count = last.Count + 1 };
        else runs.Add((number, 1, isZero));
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
