using Paging.Core;
using Paging.Native;
using Paging.Programs.Linking;

namespace Paging.Programs.Tests;

/// <summary>Which definition a name gets: versions, both kinds of hash tables, copies, stubs, and bitmaps of addresses.</summary>
/// <remarks>Objects made word by word. glibc: elf/dl-lookup.c do_lookup_x, sysdeps/i386/dl-machine.h elf_machine_rel.</remarks>
public sealed class SymbolTests : IDisposable
{
    private readonly World _world = new();
    private readonly UserProcess _process;

    public SymbolTests() => _process = _world.Execute("gonzo");

    public void Dispose() => _world.Dispose();

    /// <summary>Found by the fuzzer: with the engine gone, the slabs were asked, whose records are nobody's then.</summary>
    [Fact]
    public void SymbolsOfAnImageWithoutItsEngineOrFileAreRefused()
    {
        using PagingEngine engine = new(new() { RamBytes = 1 << 20 });
        GuestFile file = engine.CreateMemoryFile("image", 4096);
        ProgramImage released = ProgramImage.Of(file), left = ProgramImage.Of(engine.CreateMemoryFile("other", 4096));
        Assert.Empty(ProgramSymbols.Read(released));
        file.Dispose();
        Assert.Throws<ObjectDisposedException>(() => ProgramSymbols.Read(released));
        engine.Dispose();
        Assert.Throws<ObjectDisposedException>(() => ProgramSymbols.Read(left));
    }

    /// <summary>A name without a version means the default one (name@@V), wherever the hidden ones (name@V) stand.</summary>
    [Theory]
    [InlineData(0), InlineData(1), InlineData(2)]
    public void HiddenVersionsAreNotFound(int defaultAt)
    {
        foreach (bool isOld in (ReadOnlySpan<bool>)[false, true])
        {
            ObjectBuilder library = new("lib.so") { HasOldHash = isOld };
            for (uint i = 0; i < 3; i++)
                library.Define("paint", 0x1100 + i, version: i == defaultAt ? ObjectBuilder.Default : ObjectBuilder.Hidden);
            library.Define("last", 0x1200, version: ObjectBuilder.Hidden);
            DynamicLinker linker = Load(library.Build(), out uint bias);
            Assert.Equal(bias + 0x1100 + (uint)defaultAt, Find(linker, "paint"));
            Assert.False(linker.TryFind("last", out _));
        }
    }

    /// <summary>Each name of a chain is found, the last as well, whatever its hash; names that only look alike are not.</summary>
    [Theory]
    [InlineData(false), InlineData(true)]
    public void EveryNameOfAChainIsFound(bool hasOldHash)
    {
        string[] names = ["a", "b", "draw", "drew", "drawn", "a_name_that_is_longer_than_seven_letters", "ünder"[1..], "Z"];
        for (int count = 1; count <= names.Length; count++)
        {
            ObjectBuilder library = new("lib.so") { HasOldHash = hasOldHash };
            for (int i = 0; i < count; i++) library.Define(names[i], 0x1000 + (uint)i);
            DynamicLinker linker = Load(library.Build(), out uint bias);
            for (int i = 0; i < count; i++) Assert.Equal(bias + 0x1000 + (uint)i, Find(linker, names[i]));
            Assert.False(linker.TryFind("dra", out _));
            Assert.False(linker.TryFind("nothing", out _));
        }
    }

    /// <summary>A variable is copied from the library, never from the program itself: as many bytes as both have.</summary>
    [Theory]
    [InlineData(12u, 8u, false)]
    [InlineData(8u, 12u, false)]
    [InlineData(12u, 8u, true)]
    public void ACopyTakesTheSmallerSizeFromTheLibrary(uint wanted, uint found, bool isSymbolic)
    {
        ObjectBuilder library = new("lib.so");
        library.Define("colour", library.Data(1, 2, 3), found);
        ObjectBuilder program = new ObjectBuilder("program") { IsSymbolic = isSymbolic }.Needs("lib.so");
        uint place = program.Data(11, 12, 13);
        program.Relocate(place, ObjectBuilder.Copy, program.Define("colour", place, wanted));
        Load(program.Build(), out uint bias, library.Build());
        Assert.Equal([1u, 2u, 13u], Words(bias + place, 3));
    }

    /// <summary>A call binds to the function, an address taken by data to the program's stub, which all objects then agree on.</summary>
    [Fact]
    public void ACallDoesNotBindToAStub()
    {
        ObjectBuilder library = new("lib.so");
        int paint = library.Define("paint", 0x1800);
        uint slots = library.Data(0, 0, 4);
        library.Relocate(slots, ObjectBuilder.JumpSlot, paint);
        library.Relocate(slots + 4, ObjectBuilder.GlobalData, paint);
        library.Relocate(slots + 8, ObjectBuilder.Absolute, paint);
        ObjectBuilder program = new ObjectBuilder("program").Needs("lib.so");
        program.Undefined("paint", stub: 0x1700);
        DynamicLinker linker = Load(program.Build(), out uint bias, library.Build());
        uint there = linker.Objects[1].Bias;
        Assert.Equal([there + 0x1800, bias + 0x1700, bias + 0x1704], Words(there + slots, 3));
    }

    /// <summary>With DT_SYMBOLIC an object's own definition wins over the program's; without, the first in order does.</summary>
    [Theory]
    [InlineData(false, 0u, false)]
    [InlineData(true, 0u, true)]
    [InlineData(false, 2u, true)]     // DF_SYMBOLIC
    [InlineData(false, 9u, false)]    // DF_ORIGIN, DF_BIND_NOW
    public void SymbolicBindsToTheObjectsOwn(bool isTagged, uint flags, bool isSymbolic)
    {
        ObjectBuilder library = new("lib.so") { IsSymbolic = isTagged, Flags = flags };
        uint place = library.Data(0);
        library.Relocate(place, ObjectBuilder.GlobalData, library.Define("paint", 0x1800));
        ObjectBuilder program = new ObjectBuilder("program").Needs("lib.so");
        program.Define("paint", 0x1700);
        DynamicLinker linker = Load(program.Build(), out uint bias, library.Build());
        uint there = linker.Objects[1].Bias;
        Assert.Equal(isSymbolic ? there + 0x1800 : bias + 0x1700, Words(there + place, 1)[0]);
    }

    /// <summary>What nobody defines is 0 if it is weak, and otherwise an error that names it.</summary>
    [Theory]
    [InlineData(true, Errno.None, null)]
    [InlineData(false, Errno.ENOENT, "nowhere")]
    public void AWeakNameMayBeMissing(bool isWeak, Errno expected, string? missing)
    {
        ObjectBuilder library = new("lib.so");
        uint place = library.Data(77, 5);
        int number = library.Undefined("nowhere", isWeak: isWeak);
        library.Relocate(place, ObjectBuilder.GlobalData, number);
        library.Relocate(place + 4, ObjectBuilder.Absolute, number);
        DynamicLinker linker = _world.Loader.Link(_process, files: null);
        Assert.Equal(expected, linker.Load(_world.Image("lib.so", library.Build()), out LoadedLibrary loaded));
        Assert.Equal(missing, linker.Missing);
        if (isWeak) Assert.Equal([0u, 5u], Words(loaded.Bias + place, 2));
    }

    /// <summary>An even word is a place; the bits of an odd one stand for the 31 words that follow, the next for 31 more.</summary>
    [Fact]
    public void BitmapsOfAddressesReachEveryWord()
    {
        ObjectBuilder library = new("lib.so")
        {
            Relative =
            [
                ObjectBuilder.DataAt + 4, (1u << 1) | (1u << 3) | (1u << 31) | 1, (1u << 1) | (1u << 2) | 1, ObjectBuilder.DataAt + 0x200,
            ],
        };
        uint data = library.Data([.. Enumerable.Range(0, 200).Select(static index => (uint)index)]);
        DynamicLinker linker = Load(library.Build(), out uint bias);
        uint[] moved = [1, 2, 4, 32, 33, 34, 128];
        Assert.Equal(Enumerable.Range(0, 200).Select(index => (uint)index + (moved.Contains((uint)index) ? bias : 0)),
            Words(bias + data, 200));
        Assert.Equal(new RelocationTally(moved.Length, 0), linker.Relocations);
    }

    /// <summary>A distance is counted from the place itself.</summary>
    [Fact]
    public void ADistanceIsCountedFromItsPlace()
    {
        ObjectBuilder library = new("lib.so");
        uint place = library.Data(unchecked((uint)-4), 0x30);
        library.Relocate(place, ObjectBuilder.Relative32, library.Define("paint", 0x1800));
        library.Relocate(place + 4, ObjectBuilder.Bias, 0);
        Load(library.Build(), out uint bias);
        Assert.Equal([0x1800 - place - 4, bias + 0x30], Words(bias + place, 2));
    }

    /// <summary>DF_TEXTREL makes a segment writable while it is relocated; afterwards it has its rights again.</summary>
    [Theory]
    [InlineData(4u, Errno.None)]
    [InlineData(8u, Errno.ELIBBAD)]    // DF_BIND_NOW: the relocation faults
    public void TextIsRelocatedWhereTheFlagSaysSo(uint flags, Errno expected)
    {
        ObjectBuilder library = new("lib.so") { Flags = flags, Rights = 5 };
        uint place = library.Data(0x30);
        library.Relocate(place, ObjectBuilder.Bias, 0);
        DynamicLinker linker = _world.Loader.Link(_process, files: null);
        Assert.Equal(expected, linker.Load(_world.Image("lib.so", library.Build()), out LoadedLibrary loaded));
        if (expected != Errno.None) return;
        Assert.Equal(loaded.Bias + 0x30, Words(loaded.Bias + place, 1)[0]);
        Assert.False(_process.Memory.Mmu.TryWrite(new(loaded.Bias + place), 0u));
    }

    /// <summary>Only whole pages become read-only: what shares its last page stays writable. glibc: _dl_protect_relro.</summary>
    [Theory]
    [InlineData(0x1000u, 0x1000u, true, false)]
    [InlineData(0x1000u, 0x0FFFu, false, false)]
    [InlineData(0x1000u, 0x1FFFu, true, false)]
    [InlineData(0x1000u, 0x2000u, true, true)]
    public void RelocatedDataIsReadOnlyInWholePages(uint start, uint byteLength, bool isFirst, bool isSecond)
    {
        ObjectBuilder library = new("lib.so") { RelocatedReadOnly = (start, byteLength) };
        library.Data(1);
        Load(library.Build(), out uint bias);
        Assert.Equal(!isFirst, _process.Memory.Mmu.TryWrite(new(bias + 0x1000), 0u));
        Assert.Equal(!isSecond, _process.Memory.Mmu.TryWrite(new(bias + 0x2F00), 0u));
    }

    /// <summary>A library that wants more than a page's alignment gets it, within the free range that was searched for.</summary>
    [Theory]
    [InlineData(0x1000u)]
    [InlineData(0x4000u)]
    [InlineData(0x20_0000u)]
    public void ALibraryLiesOnItsAlignment(uint alignment)
    {
        for (int run = 0; run < 3; run++)
        {
            ObjectBuilder library = new("lib.so") { Alignment = alignment };
            Load(library.Build(), out uint bias);
            Assert.Equal(0u, bias % alignment);
            Assert.True(bias < 0xB800_0000, "below the highest place for mappings, and over nobody else");
        }
    }

    private DynamicLinker Load(byte[] first, out uint bias, params byte[][] needed)
    {
        DynamicLinker linker = _world.Loader.Link(_process, new Files(_world, needed));
        Assert.Equal((Errno.None, null), (linker.Load(_world.Image("first", first), out LoadedLibrary loaded), linker.Missing));
        bias = loaded.Bias;
        return linker;
    }

    private static uint Find(DynamicLinker linker, string name)
    {
        Assert.True(linker.TryFind(name, out VirtualAddress at), name);
        return at.Value;
    }

    private uint[] Words(uint at, int count) =>
        [.. Enumerable.Range(0, count).Select(index => _process.Memory.Mmu.Read<uint>(new(at + (4 * (uint)index))))];

    private sealed class Files(World world, byte[][] needed) : IProgramFiles
    {
        public Errno Find(string path, out ProgramImage? image)
        {
            image = world.Image(path, needed[0]);
            return Errno.None;
        }
    }
}
