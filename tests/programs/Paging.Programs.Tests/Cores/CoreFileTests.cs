using Paging.Core;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Programs.Cores;

namespace Paging.Programs.Tests;

/// <summary>Core files of an engine's processes, read again and cloned.</summary>
public sealed class CoreFileTests : IDisposable
{
    private static readonly VirtualAddress Base = new(0x2000_0000);
    private readonly PagingEngine _engine = new(new EngineOptions { RamBytes = 2 << 20 });
    private readonly UserProcess _process;

    public CoreFileTests() => _process = _engine.CreateProcess("dumped");

    public void Dispose()
    {
        _engine.Audit().ThrowIfBroken();
        _engine.Dispose();
    }

    /// <summary>The kinds of memory that each bit of coredump_filter selects, as fs/coredump.c vma_dump_size has them.</summary>
    [Theory]
    [InlineData(CoreContents.None, "")]
    [InlineData(CoreContents.PrivateAnonymous, "written anonymous; written file")]
    [InlineData(CoreContents.SharedAnonymous, "shared anonymous")]
    [InlineData(CoreContents.PrivateFile, "written file; private file; image")]
    [InlineData(CoreContents.SharedFile, "shared file")]
    [InlineData(CoreContents.ElfHeaders, "image 1")]
    [InlineData(CoreContents.Default, "written anonymous; shared anonymous; written file; image 1")]
    public void TheFilterSelectsAreas(CoreContents contents, string expected)
    {
        const MapFlags shared = MapFlags.Shared, own = MapFlags.Private;
        Dictionary<VirtualAddress, string> names = [];
        uint at = Base.Value;
        Map("written anonymous", own | MapFlags.Anonymous, null, writes: true);
        Map("untouched anonymous", own | MapFlags.Anonymous, null, writes: false);
        Map("shared anonymous", shared | MapFlags.Anonymous, null, writes: true);
        Map("written file", own, "data", writes: true);
        Map("private file", own, "data", writes: false);
        Map("image", own, "\u007fELF", writes: false);
        Map("shared file", shared, "data", writes: true);
        Map("not to be dumped", own | MapFlags.Anonymous, null, writes: true);
        Assert.Equal(Errno.None, _process.Memory.Advise(new(at - 0x3000), 0x2000, MemoryAdvice.DontDump));
        using CoreFile core = Dump(contents);
        Assert.Equal(8, core.Areas.Count);
        Assert.Equal(expected, string.Join("; ", core.Areas.Where(static area => area.Dumped.Value > 0)
            .Select(area => names[area.Range.First.Address] + (area.Dumped == area.Range.Count ? "" : $" {area.Dumped.Value}"))));

        void Map(string name, MapFlags flags, string? content, bool writes)
        {
            int descriptor = -1;
            if (content is not null)
            {
                GuestFile file = _engine.Files.CreateMemoryFile(name, 0x2000);
                file.Write(0, System.Text.Encoding.Latin1.GetBytes(content), out _);
                Assert.Equal(Errno.None, file.Open(_process, FileRights.ReadWrite, out descriptor));
            }

            Assert.Equal(Errno.None, _process.Memory.Map(new(at), 0x2000, MemoryProtection.ReadWrite, flags | MapFlags.Fixed, descriptor, 0,
                out VirtualAddress address));
            names.Add(address, name);
            if (writes) Assert.True(_process.Memory.Mmu.TryWrite(address, 0x0102_0304u, out _));
            at += 0x3000;
        }
    }

    /// <summary>
    /// Two areas of each kind that are written as a whole, with others between them: each has its own bytes, of the whole area, and name.
    /// </summary>
    [Theory]
    [InlineData(CoreContents.PrivateFile | CoreContents.SharedFile | CoreContents.SharedAnonymous | CoreContents.PrivateAnonymous)]
    [InlineData(CoreContents.PrivateFile)]
    [InlineData(CoreContents.SharedFile)]
    [InlineData(CoreContents.SharedAnonymous)]
    [InlineData(CoreContents.PrivateAnonymous)]
    [InlineData(CoreContents.ElfHeaders)]
    public void TwoAreasOfAKindHaveTheirOwnBytes(CoreContents contents)
    {
        CoreContents[] kinds = [CoreContents.PrivateFile, CoreContents.SharedFile, CoreContents.SharedAnonymous,
            CoreContents.PrivateAnonymous, CoreContents.ElfHeaders];
        List<(VirtualAddress At, CoreContents Kind, byte[] Bytes, string Name)> areas = [];
        for (int i = 0; i < 3 * kinds.Length; i++)
        {
            CoreContents kind = kinds[i % kinds.Length];
            bool isFile = kind is CoreContents.PrivateFile or CoreContents.SharedFile or CoreContents.ElfHeaders;
            bool isShared = kind is CoreContents.SharedFile or CoreContents.SharedAnonymous;
            byte[] bytes = new byte[(1 + (i % 4)) << 12];
            new Random(i).NextBytes(bytes);
            if (kind == CoreContents.ElfHeaders) "\u007fELF"u8.CopyTo(bytes);
            VirtualAddress at = Base + ((uint)i << 16);
            int descriptor = -1;
            if (isFile)
            {
                GuestFile file = _engine.Files.CreateMemoryFile($"file {i}", bytes.Length);
                Assert.Equal(Errno.None, file.Write(0, bytes, out _));
                Assert.Equal(Errno.None, file.Open(_process, FileRights.ReadWrite, out descriptor));
            }

            MapFlags flags = MapFlags.Fixed | (isShared ? MapFlags.Shared : MapFlags.Private) | (isFile ? 0 : MapFlags.Anonymous);
            Assert.Equal(Errno.None, _process.Memory.Map(at, (uint)bytes.Length, MemoryProtection.ReadWrite, flags, descriptor, 0, out _));
            if (!isFile) Assert.Equal(bytes.Length, _process.Memory.Mmu.CopyIn(at, bytes, out _));
            areas.Add((at, kind, bytes, isFile ? $"file {i}" : ""));
        }

        using CoreFile core = Dump(contents);
        foreach ((VirtualAddress at, CoreContents kind, byte[] bytes, string name) in areas)
        {
            CoreArea area = core.FindArea(at)!;
            bool isImage = kind == CoreContents.ElfHeaders, hasFiles = contents.HasFlag(CoreContents.PrivateFile);
            int dumped = isImage && hasFiles ? bytes.Length : !contents.HasFlag(kind) ? 0 : isImage ? 0x1000 : bytes.Length;
            Assert.Equal((dumped, bytes.Length), ((int)area.Dumped.Bytes, (int)area.Range.Count.Bytes));
            if (name.Length > 0) Assert.Equal(name, area.FileName);
            byte[] read = new byte[bytes.Length];
            Assert.Equal(dumped, core.Read(at, read));
            Assert.Equal(bytes[..dumped], read[..dumped]);
        }
    }

    /// <summary>A debugger sees bytes that the program may not use: a byte shadow refuses the program's accesses only.</summary>
    [Theory]
    [InlineData(ByteState.Unaddressable)]
    [InlineData(ByteState.Uninitialized)]
    public void MarkedBytesAreWrittenAsTheyAre(ByteState state)
    {
        MapAnonymous(Base, 3);
        for (uint page = 0; page < 3; page++) Assert.True(_process.Memory.Mmu.TryWrite(Base + (page << 12), page + 1, out _));
        Assert.True(_process.Memory.Mmu.TryWrite(Base + 0x1064, 77, out _));
        ByteShadow shadow = _process.Memory.OpenByteShadow();
        Assert.Equal(Errno.None, shadow.Mark(Base + 0x1064, 1, state));
        using (CoreFile core = Dump(CoreContents.Default))
        {
            byte[] bytes = new byte[3 << 12];
            Assert.Equal(bytes.Length, core.Read(Base, bytes));
            Assert.Equal((1, 2, 77, 3), (BitConverter.ToInt32(bytes, 0), BitConverter.ToInt32(bytes, 0x1000),
                BitConverter.ToInt32(bytes, 0x1064), BitConverter.ToInt32(bytes, 0x2000)));
        }

        byte[] read = new byte[0x1000];
        Assert.Equal(0x64, _process.Memory.Remote.Read(Base + 0x1000, read));    // as the program's own access
        Assert.Equal(0x1000, _process.Memory.Remote.Read(Base + 0x1000, read, forced: true));
        Assert.Equal(77, read[0x64]);
        read[0x64] = 78;
        Assert.Equal(0x1000, _process.Memory.Remote.Write(Base + 0x1000, read, forced: true));
        Assert.Equal(0x1000, _process.Memory.Remote.Read(Base + 0x1000, read, forced: true));
        Assert.Equal(78, read[0x64]);
        Assert.True(shadow.IsEnforced);
        Assert.Equal(state == ByteState.Unaddressable ? state : ByteState.Good, shadow[Base + 0x1064]);    // a store makes bytes good
    }

    /// <summary>A machine of 4 GiB: the end of its last area does not fit into 32 bits.</summary>
    [Fact]
    public void AFileMappedUpToTheEndOfFourGigabytesIsReadBack()
    {
        VirtualAddress last = new(0xFFFF_F000);
        using UserProcess machine = _engine.CreateProcess("machine", new() { LowestAddress = new(0), HighestAddress = new(0xFFFF_FFFF) });
        using GuestFile rom = _engine.Files.CreateMemoryFile("rom", 4096);
        Assert.Equal(Errno.None, rom.Write(4, [5], out _));
        machine.Memory.MapFile(last, rom, 4096, isPrivate: true);
        using MemoryStream stream = new();
        CoreWriter.Write(machine, stream, new() { Contents = CoreContents.PrivateFile });
        stream.Position = 0;
        using CoreFile core = CoreFile.Open(stream);
        Assert.Equal("rom", core.FindArea(new(0xFFFF_FFFF))!.FileName);
        byte[] bytes = new byte[5];
        Assert.Equal(5, core.Read(last, bytes));
        Assert.Equal(5, bytes[4]);
    }

    /// <summary>More than Linux's 3 GiB of contents: offsets of 32 bits cannot name the end.</summary>
    [Fact]
    public void ContentsOfFourGigabytesAreRefused()
    {
        using UserProcess machine = _engine.CreateProcess("machine", new() { LowestAddress = new(0), HighestAddress = new(0xFFFF_FFFF) });
        using GuestFile ram = _engine.Files.CreateMemoryFile("ram", 2u << 30);
        foreach (uint start in (uint[])[0, 2u << 30])
            machine.Memory.MapFile(new VirtualAddress(start), ram, 2u << 30, protection: MemoryProtection.Read, isPrivate: true);
        NotSupportedException refused = Assert.Throws<NotSupportedException>(() =>
            CoreWriter.Write(machine, Stream.Null, new() { Contents = CoreContents.PrivateFile }));
        Assert.Contains("4096 MiB", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void PagesInSwapAreWrittenAndPagesOfZerosAreHoles()
    {
        Assert.Equal(Errno.None, _engine.Swap.SwitchOn(new MemorySwapStore(4 << 20), out _));
        const uint pages = 700;    // more than RAM has
        MapAnonymous(Base, pages);
        for (uint page = 0; page < pages; page++)
            Assert.True(_process.Memory.Mmu.TryWrite(Base + (page << 12), page % 7 == 0 ? 0 : page, out _));
        Assert.True(_process.Memory.Usage.Swapped.Value > 100);
        using CoreFile core = Dump(CoreContents.Default);
        byte[] word = new byte[4];
        for (uint page = 0; page < pages; page++)
        {
            Assert.Equal(4, core.Read(Base + (page << 12), word));
            Assert.Equal(page % 7 == 0 ? 0 : page, BitConverter.ToUInt32(word));
        }
    }

    /// <summary>A stream that cannot seek gets the same bytes.</summary>
    [Fact]
    public void HolesAreZerosInAStreamThatCannotSeek()
    {
        MapAnonymous(Base, 30);
        Assert.True(_process.Memory.Mmu.TryWrite(Base + 0x5008, 7u, out _));
        using MemoryStream seeking = new(), inner = new();
        CoreWriter.Write(_process, seeking, new() { Threads = [new()] });
        using (System.IO.Compression.GZipStream packed = new(inner, System.IO.Compression.CompressionLevel.Fastest, leaveOpen: true))
            CoreWriter.Write(_process, packed, new() { Threads = [new()] });
        inner.Position = 0;
        using System.IO.Compression.GZipStream unpacked = new(inner, System.IO.Compression.CompressionMode.Decompress);
        using MemoryStream plain = new();
        unpacked.CopyTo(plain);
        Assert.Equal(seeking.ToArray(), plain.ToArray());
    }

    [Fact]
    public void ThreadsAndProcessAreReadAsTheyWereWritten()
    {
        MapAnonymous(Base, 1);
        CoreThread first = new()
        {
            Id = 7,
            Registers = new() { Eip = 1, Esp = 2, Eax = 3, OriginalEax = -1, Gs = 0x33 },
            FloatingPoint = new byte[108],
            Vectors = Enumerable.Range(0, 512).Select(static i => (byte)i).ToArray(),
            Segments = new byte[48],
            BlockedSignals = 5,
            UserTime = TimeSpan.FromMilliseconds(1500),
        };
        CoreProcess written = new()
        {
            Id = 7,
            ParentId = 1,
            Name = "a-name-that-is-too-long",
            Arguments = "prog --option",
            Signal = 11,
            SignalInformation = new byte[128],
            AuxiliaryVector = new byte[16],
            Threads = [first, new() { Id = 8, Registers = new() { Eip = 9 } }],
        };
        using MemoryStream stream = new();
        CoreWriter.Write(_process, stream, written);
        using CoreFile core = CoreFile.Open(stream);
        Assert.Equal(("a-name-that-is-", "prog --option", 11, 7, 1),
            (core.Process.Name, core.Process.Arguments, core.Process.Signal, core.Process.Id, core.Process.ParentId));
        Assert.Equal(2, core.Process.Threads.Count);
        CoreThread read = core.Process.Threads[0];
        Assert.Equal((first.Id, first.Registers, first.BlockedSignals, first.UserTime), (read.Id, read.Registers, read.BlockedSignals,
            read.UserTime));
        Assert.Equal(first.Vectors.ToArray(), read.Vectors.ToArray());
        Assert.Equal(9u, core.Process.Threads[1].Registers.Eip);
    }

    /// <summary>Clones share the image's pages until they write, and one does not see what another has written.</summary>
    [Fact]
    public void AThousandClonesShareTheirPages()
    {
        MapAnonymous(Base, 64);
        for (uint page = 0; page < 64; page++) Assert.True(_process.Memory.Mmu.TryWrite(Base + (page << 12), page + 1, out _));
        using CoreFile core = Dump(CoreContents.Default);
        CoreImage image = CoreImage.Of(core);
        Assert.Equal(64u, image.Memory.Pages.Value);
        using PagingEngine engine = new(new EngineOptions { RamBytes = 32 << 20 });
        for (uint i = 0; i < 1000; i++)
        {
            UserProcess clone = image.Clone(engine);
            Assert.True(clone.Memory.Mmu.TryRead(Base + 0x3000, out uint word) && word == 4);
            Assert.True(clone.Memory.Mmu.TryWrite(Base + 0x3000, i, out _));
            Assert.Equal(1u, clone.Memory.Usage.ResidentAnonymous.Value);
        }

        uint number = 0;
        foreach (UserProcess clone in engine.Processes)
            Assert.True(clone.Memory.Mmu.TryRead(Base + 0x3000, out uint word) && word == number++);
        engine.Audit().ThrowIfBroken();
    }

    /// <summary>Pages that the core file left out come from a file with the same build identifier, and else are missing.</summary>
    [Theory]
    [InlineData(1, "")]
    [InlineData(2, "another build identifier")]
    [InlineData(0, "no such file")]
    public void PagesOfFilesComeFromFilesOfTheSameBuild(byte beside, string reason)
    {
        byte[] program = ImageOfBuild(1);
        GuestFile file = _engine.Files.CreateMemoryFile("/bin/gonzo", program.Length);
        file.Write(0, program, out _);
        Assert.Equal(Errno.None, file.Open(_process, FileRights.Read, out int descriptor));
        uint byteLength = ((uint)program.Length + 0xFFF) & ~0xFFFu;
        Assert.Equal(Errno.None, _process.Memory.Map(Base, byteLength, MemoryProtection.Read, MapFlags.Private | MapFlags.Fixed, descriptor,
            0, out _));
        using CoreFile core = Dump(CoreContents.Default);
        Assert.Equal(1u, core.Areas.Single().Dumped.Value);
        CoreImage image = CoreImage.Of(core, _ => beside == 0 ? null : new MemoryStream(ImageOfBuild(beside)));
        using PagingEngine engine = new();
        UserProcess clone = image.Clone(engine);
        byte[] found = new byte[program.Length];
        int count = clone.Memory.Mmu.CopyOut(Base, found, out MemoryFault fault);
        Assert.Equal("/bin/gonzo", clone.Memory.Areas.Snapshot().Single().Name);
        if (reason.Length == 0)
        {
            Assert.Empty(image.Missing);
            Assert.Equal(program, found);
            return;
        }

        Assert.Equal((VirtualAddress.PageSize, MemoryFaultKind.BusError), ((uint)count, fault.Kind));
        MissingPages missing = Assert.Single(image.Missing);
        Assert.Equal(("/bin/gonzo", (byteLength >> 12) - 1), (missing.FileName, missing.Range.Count.Value));
        Assert.Contains(reason, missing.Reason, StringComparison.Ordinal);
    }

    /// <summary>Runs of one file are joined where they follow each other; those of two files, or with a gap, are not.</summary>
    [Fact]
    public void MissingPagesAreListedByFileAndRun()
    {
        uint at = Base.Value;
        foreach ((string name, uint pages) in ((string, uint)[])[("/a", 2), ("/b", 3), ("/b", 1), ("", 1), ("/b", 2), ("/a", 1)])
        {
            GuestFile? file = name.Length == 0 ? null : _engine.Files.CreateMemoryFile(name, pages << 12);
            if (file?.Open(_process, FileRights.Read, out int descriptor) == Errno.None)
                Assert.Equal(Errno.None, _process.Memory.Map(new(at), pages << 12, MemoryProtection.Read, MapFlags.Private | MapFlags.Fixed,
                    descriptor, 0, out _));
            at += pages << 12;
        }

        using CoreFile core = Dump(CoreContents.Default);
        CoreImage image = CoreImage.Of(core);
        Assert.Equal(["/a 20000 2", "/b 20002 4", "/b 20007 2", "/a 20009 1"], image.Missing.Select(static one =>
            $"{one.FileName} {one.Range.First.Value:x} {one.Range.Count.Value}"), StringComparer.Ordinal);
        Assert.Single(image.Missing.Select(static one => one.Reason).Distinct(StringComparer.Ordinal));
    }

    /// <summary>The names are those that the program saw: of the host, or below another root.</summary>
    [Theory]
    [InlineData(null, "these names were looked for on the host; if the program had another root directory: --root DIR")]
    [InlineData("/usr", "these names were looked for below /usr")]
    public void TheCommandSaysWhereFilesWereLookedFor(string? root, string place)
    {
        byte[] program = ImageOfBuild(1);
        GuestFile file = _engine.Files.CreateMemoryFile("/nowhere/gonzo", program.Length);
        file.Write(0, program, out _);
        Assert.Equal(Errno.None, file.Open(_process, FileRights.Read, out int descriptor));
        Assert.Equal(Errno.None, _process.Memory.Map(Base, 0x2000, MemoryProtection.Read, MapFlags.Private | MapFlags.Fixed, descriptor, 0,
            out _));
        string folder = Directory.CreateTempSubdirectory("paging-core-").FullName, core = Path.Combine(folder, "core");
        using (FileStream stream = File.Create(core)) CoreWriter.Write(_process, stream, new() { Threads = [new()] });
        using StringWriter output = new();
        using ElsewhereWriter errors = new();
        string[] words = ["view", core, "--out", Path.Combine(folder, "page.html"), .. root is null ? (string[])[] : ["--root", root]];
        Assert.Equal(0, Cli.CommandLine.Run(words, output, errors, static _ => throw new NotSupportedException()));
        Assert.Equal($"paging view: {core}: missing: 1 page of /nowhere/gonzo: there is no such file\npaging view: {core}: {place}\n",
            errors.ToString());
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>As the console's: what is awaited goes on in another thread.</summary>
    private sealed class ElsewhereWriter : StringWriter
    {
        public override async Task WriteAsync(string? value)
        {
            await Task.Yield();
            Write(value);
        }
    }

    [Fact]
    public void ACoreThatWasCutIsReadAsFarAsItGoes()
    {
        MapAnonymous(Base, 8);
        for (uint page = 0; page < 8; page++) Assert.True(_process.Memory.Mmu.TryWrite(Base + (page << 12), page + 1, out _));
        using MemoryStream stream = new();
        CoreWriter.Write(_process, stream, new() { Threads = [new()] });
        stream.SetLength(stream.Length - 0x3800);
        using CoreFile core = CoreFile.Open(stream);
        Assert.True(core.IsCut);
        Assert.Equal(4u, core.Areas.Single().Dumped.Value);
        Assert.Equal(0x4000, core.Read(Base, new byte[0x8000]));
        MissingPages missing = Assert.Single(CoreImage.Of(core).Missing);
        Assert.Equal((new PageRange((Base + 0x4000).Page, new PageCount(4)), "the core file was cut before it"),
            (missing.Range, missing.Reason));
    }

    [Fact]
    public void WhatIsNoCoreIsRefusedWithItsReason()
    {
        Assert.Contains("no ELF file and no minidump", Refusal(new byte[100]), StringComparison.Ordinal);
        Assert.Contains("ends within", Refusal([0x7F, 0x45]), StringComparison.Ordinal);
        Assert.Contains("no core file", Refusal(File.ReadAllBytes(Images.PathOf("gonzo"))), StringComparison.Ordinal);
        MapAnonymous(Base, 1);
        using MemoryStream stream = new();
        CoreWriter.Write(_process, stream, new() { Threads = [new()] });
        byte[] bytes = stream.ToArray();
        Assert.Contains("machine 62", Refusal([.. bytes[..18], 62, .. bytes[19..]]), StringComparison.Ordinal);
        Assert.Contains("whole number of pages", Refusal([.. bytes[..0x5C], 1, .. bytes[0x5D..]]), StringComparison.Ordinal);    // p_vaddr
    }

    /// <summary>An ELF image of four pages with nothing but a build identifier, and bytes that depend on it.</summary>
    private static byte[] ImageOfBuild(byte number)
    {
        byte[] image = new byte[0x3800];
        for (int i = 0x1000; i < image.Length; i++) image[i] = (byte)(i * number);
        ReadOnlySpan<byte> header = [0x7F, 0x45, 0x4C, 0x46, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 3, 0, 1, 0, 0, 0];
        header.CopyTo(image);
        (image[28], image[42], image[44]) = (52, 32, 1);    // one program header, after the header
        ReadOnlySpan<uint> segment = [4, 0x100, 0x100, 0, 20, 20, 4, 4];    // PT_NOTE
        System.Runtime.InteropServices.MemoryMarshal.AsBytes(segment).CopyTo(image.AsSpan(52));
        ReadOnlySpan<byte> note = [4, 0, 0, 0, 4, 0, 0, 0, 3, 0, 0, 0, (byte)'G', (byte)'N', (byte)'U', 0, 1, 2, 3, number];
        note.CopyTo(image.AsSpan(0x100));
        return image;
    }

    private static string Refusal(byte[] bytes) => Assert.Throws<CoreFormatException>(() => CoreFile.Open(new MemoryStream(bytes))).Message;

    private void MapAnonymous(VirtualAddress at, uint pages) => Assert.Equal(Errno.None, _process.Memory.Map(at, pages << 12,
        MemoryProtection.ReadWrite, MapFlags.Private | MapFlags.Anonymous | MapFlags.Fixed, out _));

    private CoreFile Dump(CoreContents contents)
    {
        MemoryStream stream = new();
        CoreWriter.Write(_process, stream, new() { Threads = [new()], Contents = contents });
        return CoreFile.Open(stream);
    }
}
