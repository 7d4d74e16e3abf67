using System.Text;
using Paging.Core;
using Paging.Native;

namespace Paging.Programs;

/// <summary>The headers of an image, as they were read. Segments are checked when they are mapped, a library's before.</summary>
/// <remarks>Linux: fs/binfmt_elf.c load_elf_phdrs, load_elf_binary, total_mapping_size, maximum_alignment.</remarks>
internal sealed class ElfImage
{
    private const int InterpreterByteLengthMax = 4_096;    // PATH_MAX
    private const int HeadersByteLengthMax = 65_536;    // load_elf_phdrs: 2,048 headers
    private readonly ElfSegment[] _segments;

    private ElfImage(ProgramImage file, in ElfHeader header, ElfSegment[] segments)
    {
        File = file;
        Header = header;
        _segments = segments;
        Loads = [.. segments.Where(static segment => segment.IsLoad)];
    }

    public ProgramImage File { get; }
    public ElfHeader Header { get; }

    /// <summary>The segments to map, in the order of the headers.</summary>
    public ElfSegment[] Loads { get; }

    /// <summary>The path in PT_INTERP; null if the image needs no interpreter.</summary>
    public string? Interpreter { get; private set; }

    /// <summary>True without PT_GNU_STACK: in such an old program all readable memory is executable.</summary>
    /// <remarks>Linux: elf_read_implies_exec, "has NX, ia32".</remarks>
    public bool LacksStackHeader => !TryFind(ElfSegmentKind.GnuStack, out _);

    /// <summary>True if PT_GNU_STACK requests an executable stack or is missing.</summary>
    /// <remarks>Linux: EXSTACK_ENABLE_X, and EXSTACK_DEFAULT on i386.</remarks>
    public bool WantsExecutableStack => !TryFindLast(ElfSegmentKind.GnuStack, out ElfSegment stack) || stack.IsExecutable;

    public bool IsPositionIndependent => Header.Kind == ElfKind.PositionIndependent;

    /// <summary>The address of the lowest segment's first page.</summary>
    public uint LowestAddress => Loads.Min(static segment => segment.PageAddress);

    /// <summary>The first page of the segment that is mapped first, which places the others; 0 without any.</summary>
    public uint FirstAddress => Loads.Length == 0 ? 0 : Loads[0].PageAddress;

    /// <summary>The end of the highest segment, exclusive.</summary>
    public ulong HighestEnd => Loads.Max(static segment => segment.End);

    /// <summary>True if no segment has a byte, counted from the start of the lowest one's page. Linux: total_mapping_size is 0.</summary>
    public bool IsEmpty => Loads.Length == 0 || HighestEnd == LowestAddress;

    /// <summary>The pages from the lowest one to the highest byte. Linux: total_mapping_size.</summary>
    public PageCount Span => PageCount.Covering(HighestEnd - LowestAddress);

    /// <summary>Returns the pages of the image after it was moved by a bias, including holes.</summary>
    public PageRange RangeAt(uint bias) => new(new VirtualAddress(LowestAddress + bias).Page, Span);

    /// <summary>The largest alignment of a segment, if it is a power of two; at least a page. Linux: maximum_alignment.</summary>
    public uint Alignment =>
        Loads.Select(static segment => segment.Alignment).Where(static alignment => uint.IsPow2(alignment))
            .Append(VirtualAddress.PageSize).Max();

    /// <summary>The address of the program headers in memory, before any bias; 0 if no segment contains them.</summary>
    public uint HeadersAddress
    {
        get
        {
            uint address = 0;
            foreach (ElfSegment segment in Loads)
            {
                if (segment.Offset <= Header.SegmentsOffset && Header.SegmentsOffset - segment.Offset < segment.FileByteLength)
                    address = Header.SegmentsOffset - segment.Offset + segment.Address;    // the last one counts
            }

            return address;
        }
    }

    /// <summary>Reads an image's headers.</summary>
    /// <returns>ENOEXEC: no image for this machine, or unreadable headers. EIO: no path of an interpreter where it should be.</returns>
    public static Errno Read(ProgramImage file, out ElfImage? image)
    {
        Errno error = ReadHeaders(file, out image);
        if (error == Errno.None) error = image!.Header.IsProgram ? image.ReadInterpreter() : Errno.ENOEXEC;
        return error;
    }

    private static Errno ReadHeaders(ProgramImage file, out ElfImage? image)
    {
        image = null;
        Span<byte> start = stackalloc byte[ElfHeader.ByteLength];
        if (!file.TryRead(0, start) || !ElfHeader.TryParse(start, out ElfHeader header)) return Errno.ENOEXEC;
        if (header.SegmentByteLength != ElfSegment.ByteLength) return Errno.ENOEXEC;
        int byteLength = header.SegmentCount * ElfSegment.ByteLength;
        byte[] bytes = new byte[byteLength];
        if (byteLength is 0 or > HeadersByteLengthMax || !file.TryRead(header.SegmentsOffset, bytes)) return Errno.ENOEXEC;

        ElfSegment[] segments = new ElfSegment[header.SegmentCount];
        for (int i = 0; i < segments.Length; i++) segments[i] = ElfSegment.Parse(bytes.AsSpan(i * ElfSegment.ByteLength));
        image = new(file, header, segments);
        return Errno.None;
    }

    /// <summary>Reads a program's interpreter, whose type and own interpreter do not matter. ELIBBAD; EIO: shorter than a header.</summary>
    public static Errno ReadInterpreter(ProgramImage file, out ElfImage? image)
    {
        image = null;
        if (file.ByteLength < ElfHeader.ByteLength) return Errno.EIO;    // elf_read
        return ReadHeaders(file, out image) == Errno.None ? Errno.None : Errno.ELIBBAD;
    }

    /// <summary>Checks a library's segments, so that none of them is mapped if one cannot be: EINVAL.</summary>
    public Errno ValidateLibrary()
    {
        ElfSegment[] inOrder = [.. Loads.Where(static segment => segment.MemoryByteLength != 0).OrderBy(static segment => segment.Address)];
        if (inOrder.Length == 0 || !Array.TrueForAll(inOrder, segment => segment.IsSane(File.ByteLength))) return Errno.EINVAL;
        for (int i = 1; i < inOrder.Length; i++)
        {
            if (inOrder[i - 1].End > inOrder[i].Address) return Errno.EINVAL;
        }

        return Header.Entry < PageCount.UserHalf.Bytes ? Errno.None : Errno.EINVAL;
    }

    /// <summary>Finds the first header of a kind.</summary>
    public bool TryFind(ElfSegmentKind kind, out ElfSegment found)
    {
        foreach (ElfSegment segment in _segments)
        {
            if (segment.Kind != kind) continue;
            found = segment;
            return true;
        }

        found = default;
        return false;
    }

    private bool TryFindLast(ElfSegmentKind kind, out ElfSegment found)
    {
        int index = Array.FindLastIndex(_segments, segment => segment.Kind == kind);
        found = index < 0 ? default : _segments[index];
        return index >= 0;
    }

    private Errno ReadInterpreter()
    {
        if (!TryFind(ElfSegmentKind.Interpreter, out ElfSegment segment)) return Errno.None;
        if (segment.FileByteLength is < 2 or > InterpreterByteLengthMax) return Errno.ENOEXEC;
        byte[] path = new byte[segment.FileByteLength];
        if (!File.TryRead(segment.Offset, path)) return Errno.EIO;
        if (path[^1] != 0) return Errno.ENOEXEC;
        Interpreter = Encoding.Latin1.GetString(path, 0, Array.IndexOf(path, (byte)0));
        return Errno.None;
    }
}
