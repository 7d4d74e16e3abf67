using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;
using Paging.Native;

namespace Paging.Programs.Images;

/// <summary>A part of a machine's memory in a file.</summary>
/// <param name="Start">Its first byte.</param>
/// <param name="ByteLength">Its length in bytes.</param>
/// <param name="FileOffset">Its place in the file.</param>
public readonly record struct MemoryImageRange(PhysicalAddress Start, ulong ByteLength, long FileOffset);

//   raw        byte n of the file is byte n of memory (QEMU's pmemsave)
//   ELF core   PT_LOAD: p_paddr, in the file from p_offset on (QEMU's dump-guest-memory, kdump's vmcore)
/// <summary>The physical memory of a machine in a file, read where it is asked for.</summary>
/// <remarks>Threading: any number of threads may read. Memory does not depend on the size of the image.</remarks>
public sealed class MemoryImage : IDisposable
{
    private const uint ElfMagic = 0x464C_457F, LoadSegment = 1, NoteSegment = 4;
    private const ushort CoreKind = 4, WideMachine = 62;    // ET_CORE, EM_X86_64
    private const int SegmentCountMax = 1 << 16, NotesByteLengthMax = 1 << 20;

    private readonly SafeFileHandle _file;
    private readonly List<MemoryImageRange> _ranges = [];

    private MemoryImage(SafeFileHandle file, bool isElf) => (_file, IsElf) = (file, isElf);

    /// <summary>True for an ELF core file, false for raw bytes.</summary>
    public bool IsElf { get; }

    /// <summary>True for a core file of a machine of 64 bits (EM_X86_64), whose tables have four levels.</summary>
    public bool IsOfLongMode { get; private set; }

    /// <summary>The control registers of the first processor that pages, in QEMU's notes; null if there are none.</summary>
    public ControlRegisters? Registers { get; private set; }

    /// <summary>The number of bytes in the file that are memory.</summary>
    public ulong ByteLength => _ranges.Aggregate(0ul, static (sum, range) => sum + range.ByteLength);

    /// <summary>The parts of memory in the file, in their order there.</summary>
    public IReadOnlyList<MemoryImageRange> Ranges => _ranges;

    /// <summary>Opens an image: an ELF file if it begins as one, else raw bytes.</summary>
    /// <exception cref="ImageFormatException">
    /// It is an ELF file, but no core file, or a damaged one; or it begins as another known form of memory, or as a compressed file.
    /// </exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static MemoryImage Open(string path)
    {
        SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, FileOptions.RandomAccess);
        try
        {
            long byteLength = RandomAccess.GetLength(file);
            if (byteLength == 0) throw new ImageFormatException("the file is empty");
            byte[] start = new byte[64];
            int count = RandomAccess.Read(file, start, 0);
            bool isElf = count >= 20 && BinaryPrimitives.ReadUInt32LittleEndian(start) == ElfMagic;
            if (ImageKinds.Explain(start.AsSpan(0, count)) is { } other) throw new ImageFormatException(other);
            MemoryImage image = new(file, isElf);
            if (isElf) image.ReadSegments(start, byteLength);
            else image._ranges.Add(new(default, (ulong)byteLength, 0));
            if (image._ranges.Count == 0) throw new ImageFormatException("the core file has no memory");
            return image;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Returns true if the image has the byte at a physical address.</summary>
    public bool Has(PhysicalAddress address) => _ranges.Exists(range => address.Value - range.Start.Value < range.ByteLength);

    /// <summary>Reads physical memory. Bytes that the image does not have are zeros. Returns true if it has all of them.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public bool Read(PhysicalAddress address, Span<byte> destination)
    {
        ulong physical = address.Value;
        destination.Clear();
        bool isWhole = true;
        while (!destination.IsEmpty)
        {
            int count = ReadPart(physical, destination);
            isWhole &= count > 0;
            count = Math.Max(count, 1);    // a byte that is not there
            destination = destination[count..];
            physical += (ulong)count;
        }

        return isWhole;
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private int ReadPart(ulong physical, Span<byte> destination)
    {
        foreach ((PhysicalAddress start, ulong byteLength, long offset) in _ranges)
        {
            ulong into = physical - start.Value;
            if (into >= byteLength) continue;
            Span<byte> part = destination[..(int)Math.Min((ulong)destination.Length, byteLength - into)];
            return RandomAccess.Read(_file, part, offset + (long)into);    // 0 if the file has become shorter
        }

        return 0;
    }

    private void ReadSegments(byte[] header, long fileByteLength)
    {
        bool isWide = header[4] == 2;
        if (header[5] != 1 || Half(header, 16) != CoreKind) throw new ImageFormatException("this ELF file is no core file of memory");
        long at = isWide ? (long)BinaryPrimitives.ReadUInt64LittleEndian(header.AsSpan(32)) : Word(header, 28);
        IsOfLongMode = Half(header, 18) == WideMachine;    // QEMU: of a processor in long mode (cpu_get_dump_info)
        int entryLength = Half(header, isWide ? 54 : 42), expected = isWide ? 56 : 32;
        long count = Half(header, isWide ? 56 : 44);
        if (entryLength != expected) throw new ImageFormatException($"its program headers have {entryLength} bytes, not {expected}");
        if (count == 0xFFFF) count = CountInSection(header, isWide);    // PN_XNUM
        if (count > SegmentCountMax) throw new ImageFormatException($"it claims {count} program headers");
        byte[] segments = new byte[count * entryLength];
        if (at < 0 || RandomAccess.Read(_file, segments, at) != segments.Length)
            throw new ImageFormatException("the file ends within its program headers");
        for (int i = 0; i < count; i++) AddSegment(segments.AsSpan(i * entryLength, entryLength), isWide, fileByteLength);
    }

    private long CountInSection(byte[] header, bool isWide)
    {
        byte[] section = new byte[64];
        long at = isWide ? (long)BinaryPrimitives.ReadUInt64LittleEndian(header.AsSpan(40)) : Word(header, 32);
        if (at < 0 || RandomAccess.Read(_file, section, at) < (isWide ? 48 : 32))
            throw new ImageFormatException("the file ends before the section that counts its program headers");
        return Word(section, isWide ? 44 : 28);    // sh_info
    }

    private void AddSegment(ReadOnlySpan<byte> bytes, bool isWide, long fileByteLength)
    {
        uint kind = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        ulong offset = Field(bytes, isWide, 8, 4), physical = Field(bytes, isWide, 24, 12), byteLength = Field(bytes, isWide, 32, 16);
        if (offset >= (ulong)fileByteLength) return;    // cut before it
        byteLength = Math.Min(byteLength, (ulong)fileByteLength - offset);
        if (kind == LoadSegment && byteLength != 0) _ranges.Add(new(new(physical), byteLength, (long)offset));
        if (kind != NoteSegment || byteLength > NotesByteLengthMax) return;
        byte[] notes = new byte[byteLength];
        if (RandomAccess.Read(_file, notes, (long)offset) == notes.Length) Registers ??= ControlRegisters.Find(notes);
    }

    private static ulong Field(ReadOnlySpan<byte> bytes, bool isWide, int wideAt, int at) => isWide
        ? BinaryPrimitives.ReadUInt64LittleEndian(bytes[wideAt..]) : BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    private static ushort Half(byte[] bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(at));

    private static uint Word(byte[] bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at));
}
