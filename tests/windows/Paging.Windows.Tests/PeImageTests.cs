using Paging.Windows.Entries;
using Paging.Windows.Images;

namespace Paging.Windows.Tests;

/// <summary>Headers of programs at the limits of each field, and their bytes and protections in memory.</summary>
public sealed class PeImageTests
{
    private const string Dos = "a program of DOS, not of Windows", Other = "a program for another processor; this one is 32-bit x86",
        Cut = "cut short", Damaged = "damaged headers", Unaligned = "sections that are not in whole pages",
        Outside = "sections that overlap or lie outside", Fine = "";

    private const uint Optional = PeBytes.Optional;

    private static readonly Dictionary<string, (Func<PeBytes, PeBytes> Change, string Refusal)> Cases = new(StringComparer.Ordinal)
    {
        ["as it is"] = (static file => file, Fine),
        ["no MZ"] = (static file => file.Half(0, 0x4D5A), "not a program of Windows"),
        ["nothing"] = (static file => file.Cut(0), "not a program of Windows"),
        ["MZ alone"] = (static file => file.Cut(0x3F), Dos),
        ["no PE"] = (static file => file.Word(PeBytes.Start, 0x454E), Dos),
        ["PE at the very end"] = (static file => file.Word(0x3C, 0x600 - 24).Word(0x600 - 24, 0x4550), Other),
        ["PE a byte after"] = (static file => file.Word(0x3C, 0x600 - 23), Dos),
        ["PE beyond the end"] = (static file => file.Word(0x3C, 0x610), Dos),
        ["PE at the end of numbers"] = (static file => file.Word(0x3C, uint.MaxValue), Dos),
        ["64 bits"] = (static file => file.Half(PeBytes.Header, 0x8664), Other),
        ["PE32+"] = (static file => file.Half(Optional, 0x20B), Other),
        ["not linked"] = (static file => file.Half(PeBytes.Header + 18, 0x100), "not linked"),
        ["95 bytes of optional header"] = (static file => file.Half(PeBytes.Header + 16, 95), Cut),
        ["96 bytes of optional header"] = (static file => file.Half(PeBytes.Header + 16, 96), Fine),
        ["ends with its headers"] = (static file => file.Word(Optional + 60, PeBytes.Sections).Cut((int)PeBytes.Sections), Fine),
        ["ends before"] = (static file => file.Word(Optional + 60, PeBytes.Sections - 1).Cut((int)PeBytes.Sections - 1), Cut),
        ["base of half an allocation"] = (static file => file.Word(Optional + 28, 0x40_8000), Unaligned),
        ["sections of half a page"] = (static file => file.Word(Optional + 32, 0x800), Unaligned),
        ["sections of nothing"] = (static file => file.Word(Optional + 32, 0), Unaligned),
        ["sections of two pages"] = (static file => file.Word(Optional + 32, 0x2000), Fine),
        ["no length"] = (static file => file.Word(Optional + 56, 0), Damaged),
        ["1 GiB"] = (static file => file.Word(Optional + 56, 0x4000_0000), Fine),
        ["more than 1 GiB"] = (static file => file.Word(Optional + 56, 0x4000_0001), Damaged),
        ["4 GiB"] = (static file => file.Word(Optional + 56, uint.MaxValue), Damaged),
        ["no headers"] = (static file => file.Word(Optional + 60, 0), Damaged),
        ["headers only"] = (static file => file.Word(Optional + 56, 0x600).Word(Optional + 60, 0x600).Word(Optional + 16, 0xFFF), Fine),
        ["headers longer than the file"] = (static file => file.Word(Optional + 60, 0x601), Cut),
        ["headers longer than the image"] = (static file => file.Word(Optional + 60, 0x4001), Damaged),
        ["starts in the last byte"] = (static file => file.Word(Optional + 16, 0x3FFF), Fine),
        ["starts after"] = (static file => file.Word(Optional + 16, 0x4000), Damaged),
        ["section at half a page"] = (static file => file.Section("a", 0x1800, 1, 0, 1), Outside),
        ["section to the end"] = (static file => file.Section("a", 0x1000, 0x3000, 0, 1), Fine),
        ["section over the end"] = (static file => file.Section("a", 0x1000, 0x3001, 0, 1), Outside),
        ["section that wraps"] = (static file => file.Section("a", 0xFFFF_F000, 0x2000, 0, 1), Outside),
        ["sections side by side"] = (static file => file.Section("a", 0x1000, 0x1000, 0, 1).Section("b", 0x2000, 1, 0, 1), Fine),
        ["sections one over the other"] = (static file => file.Section("a", 0x1000, 0x1001, 0, 1).Section("b", 0x2000, 1, 0, 1), Outside),
        ["sections in the wrong order"] = (static file => file.Section("a", 0x2000, 1, 0, 1).Section("b", 0x1000, 1, 0, 1), Outside),
        ["bytes to the end of the file"] = (static file => file.Section("a", 0x1000, 0x1000, 0x400, 0x200), Fine),
        ["bytes over the end of the file"] = (static file => file.Section("a", 0x1000, 0x1000, 0x400, 0x201), Cut),
        ["bytes beyond the section"] = (static file => file.Section("a", 0x1000, 0x200, 0x400, 0x1000), Fine),
        ["bytes that wrap"] = (static file => file.Section("a", 0x1000, 0x1000, 0xFFFF_FF00, 0x200), Cut),
        ["a section header that is cut"] = (static file => file.Section("a", 0x1000, 1, 0, 1).Word(Optional + 60, 0x100)
            .Cut((int)PeBytes.Sections + 39), Cut),
        ["a section header at the end"] = (static file => file.Section("a", 0x1000, 1, 0, 1).Word(Optional + 60, 0x100)
            .Cut((int)PeBytes.Sections + 40), Fine),
    };

    public static TheoryData<string> Names => [.. Cases.Keys];

    [Theory, MemberData(nameof(Names))]
    public void EachFieldIsReadToItsEdge(string name)
    {
        (Func<PeBytes, PeBytes> change, string refusal) = Cases[name];
        Assert.Equal(refusal, change(new PeBytes()).Read(out _));
    }

    [Theory]
    [InlineData(96, "")]
    [InlineData(97, "too many sections")]
    public void AnImageHasAtMost96Sections(int count, string refusal)
    {
        PeBytes file = new(0x2000);
        for (int i = 0; i < count; i++) file.Section("s", 0x1000, 0, 0, 0);
        Assert.Equal(refusal, file.Read(out PeImage image));
        if (refusal.Length == 0) Assert.Equal(count, image.Sections.Count);
    }

    [Fact]
    public void TheHeadersFieldsAreRead()
    {
        PeBytes file = new PeBytes().Half(PeBytes.Header + 18, 0x2122).Word(Optional + 56, 0x3001)
            .Word(Optional + 96 + 40, 0x2000).Word(Optional + 96 + 44, 12);
        file.Section("12345678", 0x1000, 0, 0x200, 0x150).Section("short", 0x2000, 0x100, 0x400, 0x180);
        Assert.Equal("", file.Read(out PeImage image));
        Assert.Equal((0x40_0000u, 0x4000u, 0x200u, 0x1000u),
            (image.PreferredBase, image.ByteLength, image.HeaderByteLength, image.EntryPoint));
        Assert.Equal((0x20_0000u, 0x3000u), (image.StackReserve, image.StackCommit));
        Assert.True(image is { IsLibrary: true, IsLargeAddressAware: true });
        Assert.Equal((true, (0x2000u, 12u)), (image.IsRelocatable, image.Relocations));
        Assert.Equal([("12345678", 0x150u, 0x150u), ("short", 0x100u, 0x100u)],
            image.Sections.Select(static one => (one.Name, one.ByteLength, one.FileByteLength)));
        file.Half(PeBytes.Header + 18, 0x103).Read(out image);    // relocations stripped
        Assert.Equal((false, false, false), (image.IsRelocatable, image.IsLibrary, image.IsLargeAddressAware));
    }

    /// <summary>Directories are those that both the count and the length of the optional header have room for, and 16 at most.</summary>
    [Theory]
    [InlineData(16u, 0xE0, true)]
    [InlineData(1000u, 0xE0, true)]
    [InlineData(6u, 0xE0, true)]
    [InlineData(5u, 0xE0, false)]     // that of relocations is the sixth
    [InlineData(16u, 96 + 48, true)]
    [InlineData(16u, 96 + 47, false)]
    [InlineData(0u, 0xE0, false)]
    public void DirectoriesThatAreNotThereAreEmpty(uint count, int optionalLength, bool isThere)
    {
        PeBytes file = new PeBytes().Word(Optional + 92, count).Half(PeBytes.Header + 16, (ushort)optionalLength);
        Assert.Equal("", file.Word(Optional + 96 + 40, 0x2000).Word(Optional + 96 + 44, 12).Read(out PeImage image));
        Assert.Equal((isThere, isThere ? 12u : 0u), (image.IsRelocatable, image.Relocations.ByteLength));
    }

    /// <summary>Every window of the image beside the image put together as a whole.</summary>
    [Fact]
    public void EachPartEqualsThatOfTheWhole()
    {
        PeImage image = Composed(out byte[] file);
        byte[] whole = new byte[image.ByteLength];
        file.AsSpan(0, (int)image.HeaderByteLength).CopyTo(whole);
        foreach (PeSection one in image.Sections)
            file.AsSpan((int)one.FileOffset, (int)one.FileByteLength).CopyTo(whole.AsSpan((int)one.Place));
        foreach (int length in (int[])[1, 2, 0x7F, 0x1000, 0x1801])
        {
            byte[] part = new byte[length];
            for (int place = 0; place + length <= whole.Length; place += Math.Max(1, length / 3))
            {
                part.AsSpan().Fill(0xEE);
                image.CopyTo((uint)place, part);
                Assert.True(part.AsSpan().SequenceEqual(whole.AsSpan(place, length)), $"{place:x}, {length:x}");
            }
        }
    }

    [Fact]
    public void EachPageHasTheProtectionOfItsSection()
    {
        PeImage image = Composed(out _);
        PageProtection[] pages = new PageProtection[image.ByteLength >> 12];
        uint first = 0;
        foreach ((uint end, ProtectionCode protection) in image.Runs)
        {
            Assert.True(end > first && (end & 0xFFF) == 0);
            for (; first < end; first += 0x1000) pages[first >> 12] = protection.ToProtection();
        }

        Assert.Equal(image.ByteLength, first);
        Assert.Equal([PageProtection.ReadOnly, PageProtection.ExecuteRead, PageProtection.ExecuteRead, PageProtection.NoAccess,
            PageProtection.WriteCopy, PageProtection.ReadOnly, PageProtection.NoAccess, PageProtection.ExecuteWriteCopy,
            PageProtection.ExecuteWriteCopy, PageProtection.Execute, PageProtection.NoAccess, PageProtection.NoAccess], pages);
        Assert.Equal(3u, ImageLayout.CountWriteCopy(image));
    }

    private static PeImage Composed(out byte[] file)
    {
        PeBytes bytes = new PeBytes(0x3000).Word(Optional + 56, 0xC000);
        new Random(5).NextBytes(bytes.Bytes.AsSpan(0x400));
        bytes.Section(".text", 0x1000, 0x1200, 0x400, 0x1100, 0x6000_0020).Section(".data", 0x4000, 0x800, 0x1500, 0x800, 0xC000_0040)
            .Section(".rdata", 0x5000, 0x1000, 0x1D00, 0x10).Section(".none", 0x6000, 0x10, 0x1D00, 0x10, 0)
            .Section(".both", 0x7000, 0x2000, 0x1E00, 0x1100, 0xE000_0020).Section(".run", 0x9000, 1, 0x2FFF, 1, 0x2000_0020)
            .Section(".empty", 0xB000, 0, 0, 0);
        Assert.Equal("", bytes.Read(out PeImage image));
        file = bytes.Bytes;
        return image;
    }
}
