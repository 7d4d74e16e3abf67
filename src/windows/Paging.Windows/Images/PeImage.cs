using System.Buffers.Binary;
using System.Text;
using Paging.Windows.Entries;

namespace Paging.Windows.Images;

//   file      ┌ MZ … e_lfanew ─┬─ "PE" ─ file header ─ optional header ─ directories ─┬─ section headers ─┬ .text ┬ .data ┬ …
//             0                3C└► here
//   memory    base ├ headers ┤ … ├ .text ┤ … ├ .data ┤ …      each section at its own place, a page at least
/// <summary>A program in Microsoft's Portable Executable format for 32-bit processors, read from bytes that may be hostile.</summary>
/// <remarks>Source: Microsoft, PE Format; winnt.h. Places are offsets from the start of the image in memory (RVA).</remarks>
public sealed class PeImage
{
    private const ushort MachineI386 = 0x14C, Pe32 = 0x10B;    // IMAGE_FILE_MACHINE_I386, IMAGE_NT_OPTIONAL_HDR32_MAGIC
    private const ushort RelocationsStripped = 1, IsExecutable = 2, LargeAddressAware = 0x20, Library = 0x2000;    // IMAGE_FILE_*
    private const int FileHeaderLength = 20, OptionalHeaderLengthMin = 96, SectionHeaderLength = 40;    // 96: without directories
    private const int SectionCountMax = 96, DirectoryCountMax = 16;    // PE Format: the loader's limit; IMAGE_NUMBEROF_DIRECTORY_ENTRIES
    private const int RelocationDirectory = 5;    // IMAGE_DIRECTORY_ENTRY_BASERELOC
    private const uint ByteLengthMax = 0x4000_0000, PageMask = 0xFFF;    // half of the 2 GB of a process

    /// <summary>The longest file that is read: 1 GiB, as much as an image may have in memory.</summary>
    internal const long FileByteLengthMax = ByteLengthMax;

    private readonly ReadOnlyMemory<byte> _file;
    private readonly List<PeSection> _sections = [];
    private readonly (uint Place, uint ByteLength)[] _directories = new (uint, uint)[DirectoryCountMax];
    private (uint End, ProtectionCode Protection)[] _runs = [];

    private PeImage(ReadOnlyMemory<byte> file) => _file = file;

    /// <summary>The preferred base address.</summary>
    public uint PreferredBase { get; private set; }

    /// <summary>The length in memory, in whole pages.</summary>
    public uint ByteLength { get; private set; }

    /// <summary>The length of the file's headers in bytes.</summary>
    public uint HeaderByteLength { get; private set; }

    /// <summary>The first instruction, from the start of the image.</summary>
    public uint EntryPoint { get; private set; }

    /// <summary>The reserved part of its first thread's stack.</summary>
    public uint StackReserve { get; private set; }

    /// <summary>The committed part of its first thread's stack.</summary>
    public uint StackCommit { get; private set; }

    /// <summary>IMAGE_FILE_LARGE_ADDRESS_AWARE and its like.</summary>
    public ushort Characteristics { get; private set; }

    /// <summary>True for a library, false for a program.</summary>
    public bool IsLibrary => (Characteristics & Library) != 0;

    /// <summary>True if it can have addresses above 2 GB.</summary>
    public bool IsLargeAddressAware => (Characteristics & LargeAddressAware) != 0;

    /// <summary>True if it can lie elsewhere than at <see cref="PreferredBase"/>.</summary>
    public bool IsRelocatable => (Characteristics & RelocationsStripped) == 0 && _directories[RelocationDirectory].ByteLength != 0;

    /// <summary>The sections, in the order of their headers.</summary>
    internal IReadOnlyList<PeSection> Sections => _sections;

    /// <summary>The protections in memory, run by run from the start on: the end of each in bytes, and its protection.</summary>
    /// <remarks>Found once, so that mapping allocates nothing.</remarks>
    internal ReadOnlySpan<(uint End, ProtectionCode Protection)> Runs => _runs;

    /// <summary>The bytes of the file.</summary>
    public ReadOnlySpan<byte> File => _file.Span;

    /// <summary>The place and the length of the table of places that change with the base.</summary>
    public (uint Place, uint ByteLength) Relocations => _directories[RelocationDirectory];

    /// <summary>True if a file begins as a program of DOS or Windows does.</summary>
    public static bool HasMagic(ReadOnlySpan<byte> file) => file.StartsWith("MZ"u8);

    /// <summary>Reads the headers.</summary>
    /// <param name="file">The whole file.</param>
    /// <param name="image">The image.</param>
    /// <param name="refusal">The reason why it cannot be loaded, in words.</param>
    public static bool TryRead(ReadOnlyMemory<byte> file, out PeImage image, out string refusal)
    {
        image = new(file);
        refusal = image.ReadHeaders();
        if (refusal.Length != 0) return false;
        image._runs = [.. ImageLayout.Of(image)];
        return true;
    }

    /// <summary>Copies a part of the image as it lies in memory, before anything is changed; zeros beyond the file.</summary>
    public void CopyTo(uint place, Span<byte> destination)
    {
        destination.Clear();
        CopyRun(0, HeaderByteLength, 0, place, destination);
        foreach (PeSection section in _sections) CopyRun(section.Place, section.FileByteLength, section.FileOffset, place, destination);
    }

    private void CopyRun(uint runPlace, uint runLength, uint fileOffset, uint place, Span<byte> destination)
    {
        ulong first = Math.Max(runPlace, place), end = Math.Min((ulong)runPlace + runLength, (ulong)place + (uint)destination.Length);
        if (first >= end) return;
        File.Slice((int)(fileOffset + (first - runPlace)), (int)(end - first)).CopyTo(destination[(int)(first - place)..]);
    }

    private string ReadHeaders()
    {
        ReadOnlySpan<byte> file = File;
        if (!HasMagic(file)) return "not a program of Windows";
        uint start = Word(0x3C);    // e_lfanew
        if (file.Length < 0x40 || start > (uint)file.Length - 4 - FileHeaderLength || !file[(int)start..].StartsWith("PE\0\0"u8))
            return "a program of DOS, not of Windows";
        uint header = start + 4, optional = header + FileHeaderLength;
        ushort machine = Half(header), optionalLength = Half(header + 16), magic = Half(optional);
        Characteristics = Half(header + 18);
        if (machine != MachineI386 || magic != Pe32) return "a program for another processor; this one is 32-bit x86";
        if ((Characteristics & IsExecutable) == 0) return "not linked";
        if (optionalLength < OptionalHeaderLengthMin || optional + optionalLength > file.Length) return "cut short";
        EntryPoint = Word(optional + 16);
        PreferredBase = Word(optional + 28);
        ByteLength = (Word(optional + 56) + PageMask) & ~PageMask;
        HeaderByteLength = Word(optional + 60);
        (StackReserve, StackCommit) = (Word(optional + 72), Word(optional + 76));
        // ImageBase is a multiple of 64 KB; SectionAlignment below a page would need the file's own pages
        bool isAligned = (PreferredBase & 0xFFFF) == 0 && (Word(optional + 32) & PageMask) == 0 && Word(optional + 32) != 0;
        if (!isAligned) return "sections that are not in whole pages";
        bool isDamaged = ByteLength is 0 or > ByteLengthMax || HeaderByteLength == 0 || HeaderByteLength > ByteLength;
        if (isDamaged || EntryPoint >= ByteLength) return "damaged headers";
        if (HeaderByteLength > file.Length) return "cut short";
        uint count = Math.Min(Word(optional + 92), Math.Min(DirectoryCountMax, ((uint)optionalLength - OptionalHeaderLengthMin) / 8));
        for (uint i = 0; i < count; i++) _directories[i] = (Word(optional + 96 + (i * 8)), Word(optional + 100 + (i * 8)));
        return ReadSections(optional + optionalLength, Half(header + 2));
    }

    private string ReadSections(uint at, int count)
    {
        if (count > SectionCountMax) return "too many sections";
        uint end = 0;
        for (; count > 0; count--, at += SectionHeaderLength)
        {
            if (at + SectionHeaderLength > File.Length) return "cut short";
            uint length = Word(at + 8), place = Word(at + 12), fileLength = Word(at + 16), offset = Word(at + 20);
            if (length == 0) length = fileLength;    // old linkers leave VirtualSize 0
            fileLength = Math.Min(fileLength, length);    // the file's part is padded to 512 bytes
            bool fits = (place & PageMask) == 0 && place >= end && (ulong)place + length <= ByteLength;
            if (!fits) return "sections that overlap or lie outside";
            if ((ulong)offset + fileLength > (ulong)File.Length) return "cut short";
            end = (place + length + PageMask) & ~PageMask;
            string name = Encoding.Latin1.GetString(File.Slice((int)at, 8)).TrimEnd('\0');
            _sections.Add(new(name, place, length, offset, fileLength, Word(at + 36)));
        }

        return "";
    }

    private uint Word(uint offset) =>
        (ulong)offset + 4 <= (ulong)File.Length ? BinaryPrimitives.ReadUInt32LittleEndian(File[(int)offset..]) : 0;

    private ushort Half(uint offset) =>
        (ulong)offset + 2 <= (ulong)File.Length ? BinaryPrimitives.ReadUInt16LittleEndian(File[(int)offset..]) : (ushort)0;
}
