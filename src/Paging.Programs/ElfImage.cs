using System.Text;
using Paging.Core;
using Paging.Native;

namespace Paging.Programs;

/// <summary>An image that has been read and judged: whatever is still wrong with it can no longer surprise the loader.</summary>
/// <remarks>Everything is checked here, before an old program is given up. Linux: fs/binfmt_elf.c load_elf_phdrs, load_elf_binary, total_mapping_size, maximum_alignment.</remarks>
internal sealed class ElfImage
{
    private const int InterpreterByteLengthMax = 4096;    // PATH_MAX
    private const int HeadersByteLengthMax = 4096;        // ELF_MIN_ALIGN: 128 headers
    private readonly ElfSegment[] _segments;

    private ElfImage(ProgramImage file, in ElfHeader header, ElfSegment[] segments)
    {
        File = file;
        Header = header;
        _segments = segments;
        Loads = [.. segments.Where(static segment => segment.IsLoad && segment.MemoryByteLength != 0)];
    }

    public ProgramImage File { get; }
    public ElfHeader Header { get; }

    /// <summary>What is to be mapped, in the order of the headers.</summary>
    public ElfSegment[] Loads { get; }

    /// <summary>The path in PT_INTERP; null: it starts itself.</summary>
    public string? Interpreter { get; private set; }

    /// <summary>No PT_GNU_STACK: an old program, in which whatever can be read can be executed. Linux: elf_read_implies_exec, "has NX, ia32".</summary>
    public bool LacksStackHeader => !TryFind(ElfSegmentKind.GnuStack, out _);

    /// <summary>PT_GNU_STACK asks for a stack that can be executed; so does an image that has none. Linux: EXSTACK_ENABLE_X, and EXSTACK_DEFAULT on i386.</summary>
    public bool WantsExecutableStack => !TryFind(ElfSegmentKind.GnuStack, out ElfSegment stack) || stack.IsExecutable;

    public bool IsPositionIndependent => Header.Kind == ElfKind.PositionIndependent;

    /// <summary>The lowest address of a segment's first page.</summary>
    public uint LowestAddress => Loads.Min(static segment => segment.PageAddress);

    /// <summary>The byte behind the highest segment.</summary>
    public ulong HighestEnd => Loads.Max(static segment => segment.End);

    /// <summary>From the lowest page to the highest byte, in whole pages. Linux: total_mapping_size.</summary>
    public PageCount Span => PageCount.Covering(HighestEnd - LowestAddress);

    /// <summary>Its pages where a bias moves it, holes included.</summary>
    public PageRange RangeAt(uint bias) => new(new VirtualAddress(LowestAddress + bias).Page, Span);

    /// <summary>The largest alignment that a segment asks for, if it is a power of two; at least a page. Linux: maximum_alignment.</summary>
    public uint Alignment => Loads.Select(static segment => segment.Alignment).Where(static alignment => uint.IsPow2(alignment)).Append(4096u).Max();

    /// <summary>Where the program headers lie in memory, before any bias; 0 where no segment brings them along.</summary>
    public uint HeadersAddress
    {
        get
        {
            foreach (ElfSegment segment in Loads)
            {
                if (segment.Offset <= Header.SegmentsOffset && Header.SegmentsOffset - segment.Offset < segment.FileByteLength)
                    return Header.SegmentsOffset - segment.Offset + segment.Address;
            }

            return 0;
        }
    }

    /// <summary>Reads and judges. ENOEXEC: no image for this machine, or headers that cannot be read; EINVAL: segments that cannot be mapped.</summary>
    public static Errno Read(ProgramImage file, out ElfImage? image)
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
        ElfImage candidate = new(file, header, segments);
        Errno error = candidate.ReadInterpreter();
        if (error == Errno.None) error = candidate.Judge();
        if (error == Errno.None) image = candidate;
        return error;
    }

    /// <summary>The first header of a kind.</summary>
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

    private Errno Judge()
    {
        if (Loads.Length == 0) return Errno.EINVAL;    // total_mapping_size is 0, or nothing would be there to enter
        foreach (ElfSegment segment in Loads)
        {
            if (!segment.IsSane(File.ByteLength)) return Errno.EINVAL;
        }

        ElfSegment[] inOrder = [.. Loads.OrderBy(static segment => segment.Address)];
        for (int i = 1; i < inOrder.Length; i++)
        {
            if (inOrder[i - 1].End > inOrder[i].Address) return Errno.EINVAL;
        }

        if (!IsPositionIndependent && LowestAddress == 0) return Errno.EPERM;    // page 0 is nobody's
        return Header.Entry < PageCount.UserHalf.Bytes ? Errno.None : Errno.EINVAL;
    }
}
