using System.Buffers.Binary;
using System.Globalization;
using Paging.Core;
using Paging.Native;

namespace Paging.Programs.Cores;

/// <summary>A core file of an i386 program, or a minidump of an x86 process of Windows: areas, their bytes, threads, registers.</summary>
/// <remarks>
/// Reads what the kernel, gdb's gcore, qemu-i386 and <see cref="CoreWriter"/> write, and minidumps with either kind of memory list. A file
/// that was cut at a limit is read as far as it goes. A minidump's areas are the pages of which it has a byte, with the rights that it
/// tells (all, if it tells none) and the path of the module as the name of the file; other memory is not mapped. Threading: one thread at
/// a time.
/// </remarks>
public sealed class CoreFile : IDisposable
{
    private const ushort CoreKind = 4, Machine386 = 3, ManySegments = 0xFFFF;    // ET_CORE, EM_386, PN_XNUM
    private const int SegmentCountMax = 1 << 20;    // more than any process has areas: each has a page at least
    private const int NotesByteLengthMax = 256 << 20;

    private readonly Stream _stream;
    private readonly List<CoreArea> _areas = [];

    private CoreFile(Stream stream) => _stream = stream;

    private CoreFile(MinidumpReader dump)
    {
        (_stream, _areas, Process, IsCut) = (dump.Memory, dump.Areas, dump.Process, dump.IsCut);
    }

    /// <summary>The areas in the order of their addresses.</summary>
    public IReadOnlyList<CoreArea> Areas => _areas;

    /// <summary>The process and its threads; the first thread is the one that the signal has ended.</summary>
    public CoreProcess Process { get; private set; } = new();

    /// <summary>True if the file ends before the bytes of its areas do: it was cut at a limit, or is not copied whole.</summary>
    public bool IsCut { get; private set; }

    /// <summary>Opens a core file.</summary>
    /// <param name="stream">A stream that can seek, read while the core file is in use and closed with it.</param>
    /// <remarks>Cost: O(areas + notes); the bytes of areas are not read.</remarks>
    /// <exception cref="CoreFormatException">This is no core file of an i386 program, or a damaged one.</exception>
    /// <exception cref="IOException">The stream has failed.</exception>
    public static CoreFile Open(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        if (!stream.CanSeek) throw new ArgumentException("A core file is read at any place: the stream must seek.", nameof(stream));
        CoreFile core = new(stream);
        try
        {
            if (IsMinidump(stream)) return OpenMinidump(stream);
            core.ReadHeaders();
        }
        catch (EndOfStreamException end)
        {
            throw new CoreFormatException("the file ends within its headers or notes", end);
        }

        return core;
    }

    /// <summary>Opens a core file by its path.</summary>
    /// <exception cref="CoreFormatException">As <see cref="Open(Stream)"/>.</exception>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">As the one before.</exception>
    public static CoreFile Open(string path)
    {
        FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
        try
        {
            return Open(stream);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>Returns the area that covers an address; null if there is none.</summary>
    public CoreArea? FindArea(VirtualAddress address)
    {
        int low = 0, high = _areas.Count - 1;
        while (low <= high)
        {
            int middle = (low + high) / 2;
            PageRange range = _areas[middle].Range;
            if (address.Page < range.First) high = middle - 1;
            else if (address.Page >= range.End) low = middle + 1;
            else return _areas[middle];
        }

        return null;
    }

    /// <summary>Reads bytes upwards, and stops at the first that the core file does not have.</summary>
    /// <returns>The number of bytes read.</returns>
    /// <exception cref="IOException">The stream has failed.</exception>
    public int Read(VirtualAddress address, Span<byte> destination)
    {
        int done = 0;
        while (done < destination.Length)
        {
            ulong at = address.Value + (ulong)done;
            if (at > uint.MaxValue || FindArea(new((uint)at)) is not { } area) break;
            long inArea = (long)at - area.Range.First.Address.Value, left = (long)area.Dumped.Bytes - inArea;
            if (left <= 0) break;
            Span<byte> part = destination.Slice(done, (int)Math.Min(left, destination.Length - done));
            _stream.Position = area.Offset + inArea;
            int count = _stream.ReadAtLeast(part, part.Length, throwOnEndOfStream: false);
            done += count;
            if (count < part.Length) break;
        }

        return done;
    }

    /// <inheritdoc/>
    public void Dispose() => _stream.Dispose();

    private static bool IsMinidump(Stream stream)
    {
        Span<byte> magic = stackalloc byte[sizeof(uint)];
        stream.Position = 0;
        return stream.ReadAtLeast(magic, magic.Length, throwOnEndOfStream: false) == magic.Length
            && BinaryPrimitives.ReadUInt32LittleEndian(magic) == MinidumpReader.Magic;
    }

    private static CoreFile OpenMinidump(Stream stream)
    {
        MinidumpReader dump = new(stream);
        dump.Read();
        return new(dump);
    }

    private void ReadHeaders()
    {
        byte[] header = ReadBytes(0, ElfHeader.ByteLength);
        if (BinaryPrimitives.ReadUInt32LittleEndian(header) != ElfHeader.Magic)
            throw new CoreFormatException("this is no ELF file and no minidump");
        if (header[4] != 1 || header[5] != 1)
            throw new CoreFormatException("this is no little-endian ELF file of 32 bits: only cores of i386 programs are read");
        ushort kind = Half(header, 16), machine = Half(header, 18);
        if (kind != CoreKind) throw new CoreFormatException($"this ELF file is no core file: its type is {kind}, not {CoreKind}");
        if (machine != Machine386) throw new CoreFormatException($"this core file is of machine {machine}, not {Machine386} (i386)");
        if (Half(header, 42) != ElfSegment.ByteLength)
            throw new CoreFormatException($"program headers have {Half(header, 42)} bytes, not {ElfSegment.ByteLength}");
        uint count = CountSegments(header);
        if (count == 0) throw new CoreFormatException("the core file has no program header");
        byte[] segments = ReadBytes(Word(header, 28), checked((int)count * ElfSegment.ByteLength));
        CoreNoteReader notes = new();
        for (int i = 0; i < count; i++) ReadSegment(segments.AsSpan(i * ElfSegment.ByteLength), i, notes);
        Process = notes.Finish();
        for (int i = 0; i < _areas.Count; i++) _areas[i] = notes.Name(_areas[i]);
    }

    private uint CountSegments(byte[] header)
    {
        uint count = Half(header, 44);
        if (count == ManySegments) count = Word(ReadBytes(Word(header, 32), 40), 28);    // sh_info of section 0
        if (count > SegmentCountMax) throw new CoreFormatException($"the core file claims {count} program headers");
        return count;
    }

    private void ReadSegment(ReadOnlySpan<byte> bytes, int number, CoreNoteReader notes)
    {
        ElfSegment segment = ElfSegment.Parse(bytes);
        if (segment.Kind == ElfSegmentKind.Note)
        {
            if (segment.FileByteLength > NotesByteLengthMax)
                throw new CoreFormatException($"program header {number}: notes of {segment.FileByteLength} bytes");
            notes.Read(ReadBytes(segment.Offset, (int)segment.FileByteLength));
            return;
        }

        if (segment.IsLoad && segment.MemoryByteLength != 0) AddArea(segment, number);
    }

    private void AddArea(in ElfSegment segment, int number)
    {
        string at = string.Create(CultureInfo.InvariantCulture, $"program header {number}, {segment.Address:x8}");
        bool isWhole = ((segment.Address | segment.MemoryByteLength | segment.FileByteLength) & VirtualAddress.OffsetMask) == 0;
        if (!isWhole) throw new CoreFormatException($"{at}: an area is no whole number of pages");
        if (segment.FileByteLength > segment.MemoryByteLength)
            throw new CoreFormatException($"{at}: the area has more bytes in the file than in memory");
        if (segment.End > 1ul << 32) throw new CoreFormatException($"{at}: the area ends beyond 4 GiB");
        PageRange range = new(new(segment.Address >> VirtualAddress.PageShift), new(segment.MemoryByteLength >> VirtualAddress.PageShift));
        if (_areas.Count > 0 && range.First < _areas[^1].Range.End)
            throw new CoreFormatException($"{at}: the area overlaps the one before, or lies below it");
        long there = Math.Clamp(_stream.Length - segment.Offset, 0, segment.FileByteLength);
        IsCut |= there < segment.FileByteLength;
        _areas.Add(new(range, segment.Protection, "", default)
        {
            Dumped = new((uint)(there >> VirtualAddress.PageShift)),
            Promised = new(segment.FileByteLength >> VirtualAddress.PageShift),
            Offset = segment.Offset,
        });
    }

    private byte[] ReadBytes(long offset, int byteLength)
    {
        if (offset + byteLength > _stream.Length) throw new EndOfStreamException();    // before the array is made
        byte[] bytes = new byte[byteLength];
        _stream.Position = offset;
        _stream.ReadExactly(bytes);
        return bytes;
    }

    private static ushort Half(byte[] bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(at));

    private static uint Word(byte[] bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at));
}
