using System.Buffers.Binary;
using Paging.Core;
using Paging.Native;
using Paging.Programs.Linking;
using Paging.Reports;

namespace Paging.Programs.Tests;

/// <summary>Libraries that need each other: every place that readelf lists holds what the ABI says.</summary>
public sealed class LinkerTests : IDisposable
{
    private readonly World _world = new();

    public void Dispose() => _world.Dispose();

    [Fact]
    public void APaintersVariablesAndFunctionsAreWhereLdSoPutsThem()
    {
        (UserProcess process, DynamicLinker linker) = Painter();
        Mmu mmu = process.Memory.Mmu;
        uint At(string image, string symbol) => Images.AddressOf(image, symbol).Value + BiasOf(linker, image);
        uint Word(string symbol, uint index = 0) => mmu.Read<uint>(new(At("libpalette.so", symbol) + (4 * index)));

        Assert.Equal("painter libpalette.so librender.so", string.Join(' ', linker.Objects.Select(static item => item.Name)));
        uint frameCount = At("painter", "frameCount");    // copied: everybody uses the program's
        Assert.Equal(24, mmu.Read<int>(new(frameCount)));
        Assert.Equal(frameCount, Word("countPlace"));
        Assert.Equal(frameCount + 4, Word("middle"));
        Assert.Equal(At("librender.so", "renderFrame"), Word("renderer"));
        Assert.Equal(At("libpalette.so", "shade"), Word("ownPlace"));
        Assert.Equal(0u, Word("nothing"));
        Assert.Equal("green", World.ReadString(process, new(Word("colours", 1))));
        Assert.True(linker.TryFind("paint", out VirtualAddress paint));
        Assert.Equal(At("libpalette.so", "paint"), paint.Value);
        Assert.False(linker.TryFind("shade", out _));    // static
        Assert.False(mmu.TryWrite(new(At("libpalette.so", "colours")), 0u));    // PT_GNU_RELRO
        Assert.True(mmu.TryWrite(new(At("libpalette.so", "ownPlace")), 0u));
    }

    [Theory]
    [InlineData("libpalette.so")]
    [InlineData("libpalette-relr.so")]
    [InlineData("libold.so")]
    [InlineData("librender.so")]
    public void EveryPlaceThatReadelfListsHoldsWhatTheAbiSays(string image)
    {
        UserProcess process = _world.Execute("gonzo");
        DynamicLinker linker = _world.Loader.Link(process, _world);
        Assert.Equal(Errno.None, linker.Load(_world.Image(image), out LoadedLibrary library));
        CheckPlaces(process, linker, image, library.Bias);
        Assert.Equal(new RelocationTally(Images.RelocationsOf(image)
            .Count() + (image is "librender.so" ? 0 : Images.RelocationsOf("librender.so").Count()), 0), linker.Relocations);
        Assert.Equal(image is "librender.so" ? 1 : 2, linker.Objects.Count);
        Assert.Equal(Errno.None, linker.Load(_world.Image("librender.so"), out _));    // it is there already
        Assert.Equal(image is "librender.so" ? 1 : 2, linker.Objects.Count);
    }

    [Fact]
    public void TextIsSharedUntilARelocationWritesIt()
    {
        (UserProcess first, DynamicLinker one) = Painter();
        (UserProcess second, DynamicLinker two) = Painter();
        PagemapWord WordOf(UserProcess process, DynamicLinker linker, string image, string symbol)
        {
            VirtualAddress at = Images.AddressOf(image, symbol) + BiasOf(linker, image);
            _ = process.Memory.Mmu.Read<uint>(at);
            return process.Memory.ReadPagemap(at.Page);
        }

        foreach ((string image, string symbol) in (ReadOnlySpan<(string, string)>)[("librender.so", "renderFrame"),
            ("libpalette.so", "paint"), ("painter", "_start")])
        {
            Assert.Equal(WordOf(first, one, image, symbol).Frame, WordOf(second, two, image, symbol).Frame);
            Assert.True(WordOf(first, one, image, symbol) is { IsFile: true, IsExclusivelyMapped: false });
        }

        Assert.NotEqual(WordOf(first, one, "libpalette.so", "renderer").Frame, WordOf(second, two, "libpalette.so", "renderer").Frame);
        Assert.Equal(Errno.None, one.Load(_world.Image("libold.so"), out LoadedLibrary old));
        Assert.True(WordOf(first, one, "libold.so", "oldPaint") is { IsFile: false });
        Assert.Equal("r-xp", first.Memory.Snapshot()
            .Single(area => area.Range.Contains((Images.AddressOf("libold.so", "oldPaint") + old.Bias).Page)).Rights);
    }

    [Fact]
    public void WhatIsMissingIsNamedAndLeavesNothingBehind()
    {
        UserProcess process = _world.Execute("gonzo");
        string before = process.Memory.FormatMaps();
        DynamicLinker alone = _world.Loader.Link(process, files: null);
        Assert.Equal(Errno.ENOENT, alone.Load(_world.Image("libpalette.so"), out _));
        Assert.Equal("librender.so", alone.Missing);
        Assert.Equal(before, process.Memory.FormatMaps());

        byte[] bytes = Images.BytesOf("libpalette.so");
        int at = bytes.AsSpan().IndexOf("renderFrame"u8);
        "rendezvous!"u8.CopyTo(bytes.AsSpan(at));
        DynamicLinker linker = _world.Loader.Link(process, _world);
        Assert.Equal(Errno.ENOENT, linker.Load(_world.Image("changed", bytes), out _));
        Assert.Equal("rendezvous!", linker.Missing);
        Assert.Empty(linker.Objects);
        Assert.Equal(before, process.Memory.FormatMaps());
        Assert.Equal(Errno.ENOEXEC, linker.Load(_world.Image("gonzo"), out _));
    }

    /// <summary>
    /// A word of the tables is another: an error or a strange program, never an exception, and nothing that the audit would find.
    /// </summary>
    [Trait("Category", "Slow")]
    [Fact]
    public void HostileTablesAreAnErrorAtMost()
    {
        Random random = new(11);
        UserProcess process = _world.Execute("gonzo");
        string before = process.Memory.FormatMaps();
        int refused = 0;
        for (int run = 0; run < 300; run++)
        {
            byte[] bytes = Images.BytesOf(run % 2 == 0 ? "libpalette.so" : "libpalette-relr.so");
            for (int change = 0; change < 2; change++)
            {
                bool isSection = random.Next(2) == 0;
                int word = isSection ? 0x2F00 + (random.Next(0x40) * 4) : 0x100 + (random.Next(0x80) * 4);
                BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(word), random.Next(3) == 0
                    ? (uint)random.Next(0x5000) : (uint)random.NextInt64(uint.MaxValue));
            }

            using UserProcess child = process.Fork();
            if (_world.Loader.Link(child, _world).Load(_world.Image($"hostile {run}", bytes), out _) == Errno.None) continue;
            refused++;
            _world.Audit();
        }

        Assert.InRange(refused, 30, 299);
        Assert.Equal(before, process.Memory.FormatMaps());
    }

    [Fact]
    public void ARealLibcIsLinkedWhereTheHostHasOne()
    {
        const string libc = "/lib32/libc.so.6";
        Assert.SkipUnless(File.Exists(libc), "no i386 libc on this host (Debian: apt-get install libc6-i386)");
        UserProcess process = _world.Execute("gonzo");
        DynamicLinker linker = _world.Loader.Link(process, new HostLibraries(_world.Engine, "/lib32"));
        Assert.Equal((Errno.None, null), (linker.Load(ProgramImage.Of(_world.Engine.OpenHostFile(libc, FileRights.Read)), out _),
            linker.Missing));
        Assert.True(linker.TryFind("stdout", out VirtualAddress stdout));
        Assert.True(linker.TryFind("_IO_2_1_stdout_", out VirtualAddress stream));
        Assert.Equal(stream.Value, process.Memory.Mmu.Read<uint>(stdout));
        Assert.True(linker.Relocations is { Applied: > 500, Deferred: > 10 });
        Assert.Equal(2, linker.Objects.Count);    // ld-linux.so.2
    }

    private (UserProcess Process, DynamicLinker Linker) Painter()
    {
        UserProcess process = _world.Execute("painter", _world.Fixed, out ExecutedProgram program);
        DynamicLinker linker = _world.Loader.Link(process, _world);
        Assert.Equal((Errno.None, null), (linker.LinkProgram(_world.Image("painter"), program), linker.Missing));
        return (process, linker);
    }

    private static void CheckPlaces(UserProcess process, DynamicLinker linker, string image, uint bias)
    {
        foreach ((uint place, string kind, string symbol) in Images.RelocationsOf(image))
        {
            string? definer = linker.Objects.Select(static item => item.Name)
                .FirstOrDefault(name => Images.SymbolsOf(name).Any(pair => string.Equals(pair.Name, symbol, StringComparison.Ordinal)));
            uint address = definer is null ? 0 : Images.AddressOf(definer, symbol).Value + BiasOf(linker, definer);
            uint addend = InFile(image, place);
            uint expected = kind switch
            {
                "R_386_32" => address + addend,
                "R_386_PC32" => address + addend - (place + bias),
                "R_386_RELATIVE" => bias + addend,
                "R_386_GLOB_DAT" or "R_386_JUMP_SLOT" => address,
                _ => throw new InvalidOperationException(kind),
            };
            Assert.Equal((place, kind, expected), (place, kind, process.Memory.Mmu.Read<uint>(new(place + bias))));
        }
    }

    /// <summary>A word of the file, by its address in memory: found through objdump's segments.</summary>
    private static uint InFile(string image, uint address)
    {
        (uint offset, uint start) = Images.FileSegmentsOf(image).Last(segment => segment.Address <= address);
        return BinaryPrimitives.ReadUInt32LittleEndian(Images.BytesOf(image).AsSpan((int)(address - start + offset)));
    }

    private static uint BiasOf(DynamicLinker linker, string image) =>
        linker.Objects.Single(item => string.Equals(item.Name, image, StringComparison.Ordinal)).Bias;

    private sealed class HostLibraries(PagingEngine engine, string folder) : IProgramFiles
    {
        public Errno Find(string path, out ProgramImage? image)
        {
            string file = Path.Combine(folder, Path.GetFileName(path));
            image = File.Exists(file) ? ProgramImage.Of(engine.OpenHostFile(file, FileRights.Read)) : null;
            return image is null ? Errno.ENOENT : Errno.None;
        }
    }
}
