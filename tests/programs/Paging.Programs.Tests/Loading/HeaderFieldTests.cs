using System.Buffers.Binary;
using System.Text;
using Paging.Core;

namespace Paging.Programs.Tests;

/// <summary>
/// Each field of the tables of an image lies where the ABI puts it: all words differ, so that no other one can pass for it.
/// </summary>
/// <remarks>System V ABI, chapters 4 and 5: Elf32_Ehdr, Elf32_Phdr, Elf32_Shdr, Elf32_Sym.</remarks>
public sealed class HeaderFieldTests
{
    [Theory]
    [InlineData(2, 3, true)]
    [InlineData(3, 3, true)]
    [InlineData(3, 6, true)]
    [InlineData(1, 3, false)]    // ET_REL
    [InlineData(4, 3, false)]    // ET_CORE
    [InlineData(2, 2, false)]
    [InlineData(2, 4, false)]
    [InlineData(2, 5, false)]
    [InlineData(2, 7, false)]
    [InlineData(2, 62, false)]    // EM_X86_64
    public void AHeaderIsReadFieldByField(int kind, int machine, bool isProgram)
    {
        byte[] bytes = Header((ushort)kind, (ushort)machine);
        Assert.Equal(isProgram, ElfHeader.TryParse(bytes, out ElfHeader header) && header.IsProgram);
        Assert.False(ElfHeader.TryParse(bytes.AsSpan(..^1), out _));
        if (!isProgram) return;
        Assert.Equal((ElfKind)kind, header.Kind);
        Assert.Equal((0x1111_1111u, 0x2222_2222u, 0x3333_3333u), (header.Entry, header.SegmentsOffset, header.SectionsOffset));
        Assert.Equal((0x5555, 0x6666, 0x7777, 0x8888),
            (header.SegmentByteLength, header.SegmentCount, header.SectionByteLength, header.SectionCount));
        foreach (int at in (int[])[0, 1, 2, 3, 4, 5, 6, 7])    // the magic; Linux does not look at the class and what follows it
        {
            bytes[at]++;
            Assert.Equal(at >= 4, ElfHeader.TryParse(bytes, out _));
            bytes[at]--;
        }
    }

    [Fact]
    public void ASegmentIsReadFieldByField()
    {
        uint[] words = [1, 0x2222_2345, 0x3333_3345, 0x4444_4444, 0x5555_5555, 0x6666_6666, 5, 0x1000];
        ElfSegment segment = ElfSegment.Parse(Bytes(words));
        Assert.Equal(new ElfSegment(ElfSegmentKind.Load, 0x2222_2345, 0x3333_3345, 0x5555_5555, 0x6666_6666, 5, 0x1000), segment);
        Assert.Equal((0x3333_3000u, 0x345u, 0x3333_3345uL + 0x6666_6666), (segment.PageAddress, segment.OffsetInPage, segment.End));
    }

    [Theory]
    [InlineData(0, MemoryProtection.None)]
    [InlineData(1, MemoryProtection.Execute)]
    [InlineData(2, MemoryProtection.Write)]
    [InlineData(4, MemoryProtection.Read)]
    [InlineData(5, MemoryProtection.Read | MemoryProtection.Execute)]
    [InlineData(7, MemoryProtection.Read | MemoryProtection.Write | MemoryProtection.Execute)]
    public void RightsOfASegmentAreItsPages(uint flags, MemoryProtection expected)
    {
        ElfSegment segment = ElfSegment.Parse(Bytes([1, 0, 0, 0, 0, 0, flags, 0]));
        Assert.Equal((expected, (flags & 1) != 0), (segment.Protection, segment.IsExecutable));
    }

    /// <summary>Sums of offsets and lengths do not wrap, and ends are exact.</summary>
    [Theory]
    [InlineData(0x0000u, 0x0804_8000u, 0x3000u, 0x3000u, true)]
    [InlineData(0x1000u, 0x0804_8000u, 0x2000u, 0x2000u, true)]
    [InlineData(0x1000u, 0x0804_8000u, 0x2001u, 0x2001u, false)]           // one byte beyond the file
    [InlineData(0xFFFF_F000u, 0x0804_8000u, 0x2000u, 0x2000u, false)]      // the end in the file wraps
    [InlineData(0xFFFF_F000u, 0x0804_8000u, 0x1000u, 0x1000u, false)]      // to 0 exactly
    [InlineData(0xFFFF_F000u, 0x0804_8000u, 0x0000u, 0x1000u, true)]       // no byte of the file is asked for
    [InlineData(0x0000u, 0xBFFF_F000u, 0x1000u, 0x1000u, true)]            // up to the kernel half
    [InlineData(0x0000u, 0xBFFF_F000u, 0x1000u, 0x1001u, false)]
    [InlineData(0x0000u, 0xFFFF_F000u, 0x1000u, 0x1000u, false)]           // the end wraps to 0
    [InlineData(0x0000u, 0xFFFF_F000u, 0x1000u, 0x2000u, false)]
    [InlineData(0x0000u, 0x0804_8000u, 0x1001u, 0x1000u, false)]           // more in the file than in memory
    [InlineData(0x0010u, 0x0804_8000u, 0x0100u, 0x0100u, false)]           // another offset in the page
    [InlineData(0x0010u, 0x0804_8010u, 0x0100u, 0x0100u, true)]
    public void ASegmentThatCannotBeMappedIsSeen(uint offset, uint address, uint ofFile, uint ofMemory, bool isSane) =>
        Assert.Equal(isSane, ElfSegment.Parse(Bytes([1, offset, address, 0, ofFile, ofMemory, 5, 0x1000])).IsSane(0x3000));

    /// <summary>The number of sections and that of the section with their names lie side by side.</summary>
    [Theory]
    [InlineData(2, 1)]
    [InlineData(2, 4)]
    [InlineData(11, 1)]
    [InlineData(11, 3)]
    public void SymbolsAreReadFromTheLastSectionAsWell(uint kind, ushort namesIndex)
    {
        const uint symbolsAt = 0x400, namesAt = 0x600, sectionsAt = 0x800;
        byte[] image = new byte[0x1000];
        Header(2, 3).CopyTo(image, 0);
        BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(32), sectionsAt);
        foreach ((int at, ushort value) in new (int, ushort)[] { (46, 40), (48, 5), (50, namesIndex) })
            BinaryPrimitives.WriteUInt16LittleEndian(image.AsSpan(at), value);
        Bytes([0, 0, 0, 0, 1, 0x0804_8010, 20, 0x0001_0002, 5, 0x0804_9020, 4, 0x0002_0001, 5, 0, 0, 0x0000_0012]).CopyTo(image, symbolsAt);
        Encoding.ASCII.GetBytes("\0run\0word\0").CopyTo(image, namesAt);
        Bytes([0, 3, 0, 0, namesAt, 10, 0, 0, 1, 0]).CopyTo(image, sectionsAt + (3 * 40));
        Bytes([0, kind, 0, 0, symbolsAt, 64, 3, 1, 4, 16]).CopyTo(image, sectionsAt + (4 * 40));
        using World world = new();
        Assert.Equal(
            [new ProgramSymbol("run", new(0x0804_8010), 20, true), new ProgramSymbol("word", new(0x0804_9020), 4, false)],
            ProgramSymbols.Read(world.Image("symbols", image)));
    }

    private static byte[] Header(ushort kind, ushort machine)
    {
        byte[] bytes = Bytes([0x464C_457F, 0x0001_0101, 0, 0, kind | ((uint)machine << 16), 1, 0x1111_1111, 0x2222_2222, 0x3333_3333,
            0x4444_4444, 0x5555_0034, 0x7777_6666, 0x9999_8888]);
        Assert.Equal(ElfHeader.ByteLength, bytes.Length);
        return bytes;
    }

    private static byte[] Bytes(uint[] words)
    {
        byte[] bytes = new byte[words.Length * 4];
        for (int i = 0; i < words.Length; i++) BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(i * 4), words[i]);
        return bytes;
    }
}
