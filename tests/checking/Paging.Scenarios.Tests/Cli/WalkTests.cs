using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Paging.Core;
using Paging.Native;

namespace Paging.Scripting.Tests;

/// <summary><c>paging walk</c> on the RAM of an engine, on damaged images, and on real kernels beside QEMU's own words.</summary>
public sealed class WalkTests : IDisposable
{
    private readonly TemporaryDirectory _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>The user half is as /proc/PID/pagemap has it, in raw and in ELF images.</summary>
    [Theory]
    [InlineData(TableFormat.Classic)]
    [InlineData(TableFormat.Pae)]
    public void TheTablesOfAnEngineAreReadFromItsRam(TableFormat format)
    {
        using PagingEngine engine = new(new EngineOptions { RamBytes = 4 << 20, Tables = format });
        UserProcess process = engine.CreateProcess("walked");
        VirtualAddress start = new(0x2000_0000);
        Assert.Equal(Errno.None, process.Memory.Map(start, 0x40_0000, MemoryProtection.ReadWrite,
            MapFlags.Private | MapFlags.Anonymous | MapFlags.Fixed, out _));
        List<string> expected = [];
        for (uint i = 0; i < 40; i++)
        {
            VirtualAddress at = start + (i * i % 1024 << 12);
            Assert.True(process.Memory.Mmu.TryWrite(at, 0x1234_0000 + i, out _));
        }

        for (uint page = 0; page < 1024; page++)
        {
            PagemapWord word = process.Memory.ReadPagemap((start + (page << 12)).Page);
            if (word.IsPresent)
            {
                uint at = start.Value + (page << 12);
                expected.Add(string.Create(CultureInfo.InvariantCulture, $"{at:x16}: {word.Frame.Value << 12:x12}"));
            }
        }

        string raw = _folder.Write("memory.raw", BytesOf(engine)), cr3 = $"{process.Memory.PrepareWalk().Value << 12:x}";
        string elf = _folder.Write("memory.elf", ElfOf(BytesOf(engine), process.Memory.PrepareWalk().Value << 12, format));
        string tables = format == TableFormat.Pae ? "pae" : "classic";
        CommandRun run = CommandRun.Of("walk", raw, "--cr3", cr3, "--tables", tables, "--tlb");
        Assert.Equal((0, ""), (run.Code, run.Errors));
        string[] user = [.. run.Output.Split('\n').Where(static line => line.StartsWith("000000002", StringComparison.Ordinal))];
        // 4 digits have bit 63 under PAE
        Assert.Equal(expected, user.Select(static line => line[..18] + line[22..34]), StringComparer.Ordinal);
        Assert.All(user, static line => Assert.EndsWith("UW", line, StringComparison.Ordinal));
        CommandRun noted = CommandRun.Of("walk", elf, "--tlb");    // CR3 and CR4 stand in the note
        Assert.Equal((0, run.Output), (noted.Code, noted.Output));
        CommandRun translated = CommandRun.Of("walk", elf, "--translate", "20001004", "--translate", "0x20002000");
        Assert.Contains($"20001004 is at {process.Memory.ReadPagemap((start + 0x1000).Page).Frame.Value:x5}004", translated.Output,
            StringComparison.Ordinal);
        Assert.Contains("20002000 is not mapped", translated.Output, StringComparison.Ordinal);
        CommandRun.Of("walk", elf, "--extract", "20001000-20003000", "--out", _folder.At("out"));
        byte[] extracted = File.ReadAllBytes(_folder.At("out"));
        Assert.Equal((0x2000, 0x1234_0001u), (extracted.Length, BitConverter.ToUInt32(extracted)));
        Assert.All(extracted[0x1000..], static one => Assert.Equal(0, one));
    }

    /// <summary>The ranges are the runs of the pages.</summary>
    [Fact]
    public void RangesJoinPagesOfEqualRights()
    {
        byte[] image = new byte[0x6000];
        Put(image, 0x1000, 0x2007);    // user, writable
        foreach ((int index, uint entry) in (ReadOnlySpan<(int, uint)>)[(0, 0x3007), (1, 0x4007), (2, 0x5005), (4, 0x5005), (1023, 0x3003)])
            Put(image, 0x2000 + (index * 4), entry);
        Put(image, 0x1000 + 4, 0x0040_0083);    // a page of 4 MiB, the kernel's
        string raw = _folder.Write("memory.raw", image);
        Assert.Equal("""
            0000000000000000-0000000000002000 0000000000002000 urw
            0000000000002000-0000000000003000 0000000000001000 ur-
            0000000000004000-0000000000005000 0000000000001000 ur-
            00000000003ff000-0000000000800000 0000000000401000 -rw

            """, CommandRun.Of("walk", raw, "--cr3", "1000", "--tables", "classic", "--mem").Output);
        Assert.Equal("00400000 is at 00400000", CommandRun.Of("walk", raw, "--cr3", "1000", "--translate", "400000").LastLine);
    }

    /// <summary>Each byte of a large page is its own: from within one into the next, into a hole, and beyond the end of the file.</summary>
    [Theory]
    [InlineData(TableFormat.Classic, 22)]
    [InlineData(TableFormat.Pae, 21)]
    public void BytesOfLargePagesAreExtracted(TableFormat format, int shift)
    {
        bool isPae = format == TableFormat.Pae;
        int size = 1 << shift, entry = isPae ? 8 : 4;
        byte[] image = new byte[3 * size];
        new Random(5).NextBytes(image.AsSpan(size));    // the last two large pages
        if (isPae) Put(image, 0x1000, 0x2001);
        int directory = isPae ? 0x2000 : 0x1000;
        Put(image, directory + (3 * entry), (uint)(2 * size) | 0x83);    // 3: the last, 4: the one before it, 5: none, 6: half in the file
        Put(image, directory + (4 * entry), (uint)size | 0x83);
        Put(image, directory + (6 * entry), (uint)(2 * size) | 0x83);
        image = image[..^0x1000];
        string raw = _folder.Write("memory.raw", image), tables = isPae ? "pae" : "classic";
        int start = (3 * size) + 0x3005, end = (5 * size) + 0x2001;
        byte[] expected = [.. image[((2 * size) + 0x3005)..], .. new byte[0x1000], .. image[size..(2 * size)], .. new byte[0x2001]];
        CommandRun run = CommandRun.Of("walk", raw, "--cr3", "1000", "--tables", tables, "--extract", $"{start:x}-{end:x}",
            "--out", _folder.At("out"));
        Assert.Equal((0, ""), (run.Code, run.Errors));
        Assert.Equal($"{expected.Length - 0x3001} of {expected.Length} bytes are in memory: {_folder.At("out")}\n", run.Output);
        byte[] extracted = File.ReadAllBytes(_folder.At("out"));
        Assert.True(expected.AsSpan().SequenceEqual(extracted), $"they differ from {expected.AsSpan().CommonPrefixLength(extracted):x} on");
    }

    /// <summary>Large pages have their own length and physical address in every listing.</summary>
    [Theory]
    [InlineData(TableFormat.Classic, 22)]
    [InlineData(TableFormat.Pae, 21)]
    public void LargePagesAreListedByTheirLength(TableFormat format, int shift)
    {
        bool isPae = format == TableFormat.Pae;
        int size = 1 << shift, entry = isPae ? 8 : 4, directory = isPae ? 0x2000 : 0x1000;
        byte[] image = new byte[3 * size];
        if (isPae) Put(image, 0x1000, 0x2001);
        Put(image, directory + (3 * entry), (uint)size | 0x83);    // the second large page: an odd frame
        Put(image, directory + (4 * entry), (uint)(2 * size) | 0x87);
        string[] walk = ["walk", _folder.Write("memory.raw", image), "--cr3", "1000", "--tables", isPae ? "pae" : "classic"];
        string kernel = $"{3 * size:x16}", user = $"{4 * size:x16}", end = $"{5 * size:x16}";
        Assert.Equal($"{kernel}-{user} {size:x16} -rw\n{user}-{end} {size:x16} urw\n", CommandRun.Of([.. walk, "--mem"]).Output);
        Assert.Equal($"{kernel}: {size:x16} --P-----W\n{user}: {2 * size:x16} --P----UW\n", CommandRun.Of([.. walk, "--tlb"]).Output);
    }

    /// <summary>A file of memory that was cut in its second segment has the bytes before the cut, and says how many are missing.</summary>
    [Theory]
    [InlineData(0x4000)]
    [InlineData(0x3FFF)]
    [InlineData(0x3001)]
    [InlineData(0x3000)]
    [InlineData(0x2001)]
    [InlineData(0x2000)]
    [InlineData(0x1800)]
    public void ACutElfImageHasTheBytesBeforeTheCut(int kept)
    {
        byte[] memory = new byte[0x4000];
        new Random(6).NextBytes(memory);
        memory.AsSpan(0, 0x1000).Clear();    // the directory at 0, its table at 1000: pages 2 and 3 at 40000000
        Put(memory, 0x400, 0x1007);
        memory.AsSpan(0x1000, 0x800).Clear();
        Put(memory, 0x1000, 0x2007);
        Put(memory, 0x1004, 0x3007);
        byte[] elf = ElfOf(memory, 0, TableFormat.Classic);
        string cut = _folder.Write("cut.elf", elf[..^(memory.Length - kept)]);
        CommandRun run = CommandRun.Of("walk", cut, "--extract", "40000000-40002000", "--out", _folder.At("out"));
        int there = Math.Max(kept - 0x2000, 0), whole = there / 0x1000 * 0x1000;    // a page is in the file, or its bytes do not count
        Assert.Equal((0, $"{whole} of 8192 bytes are in memory: {_folder.At("out")}\n"), (run.Code, run.Output));
        byte[] expected = new byte[0x2000];
        memory.AsSpan(0x2000, there).CopyTo(expected);
        Assert.Equal(expected, File.ReadAllBytes(_folder.At("out")));
        CommandRun beyond = CommandRun.Of("walk", cut, "--cr3", "3800");    // a directory after the cut is not there
        Assert.Equal(kept <= 0x3800, beyond.Errors.Contains($"{cut} has no memory at 00003800 (--cr3)", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("linux", 0x0000_0642u, "swap device 1, slot 3")]
    [InlineData("linux", 0x0000_5100u, "present without rights (PROT_NONE), frame 5")]
    [InlineData("windows", 0x0000_0084u, "demand zero, protection 4")]
    [InlineData("windows", 0x0012_3082u, "page file 1, page 123, protection 4")]
    [InlineData("windows", 0x0012_3880u, "in transition, frame 123, protection 4")]
    public void WordsWithoutPresentAreDecoded(string system, uint word, string expected)
    {
        byte[] image = new byte[0x3000];
        Put(image, 0x1000, 0x2007);
        Put(image, 0x2000, word);
        string raw = _folder.Write("memory.raw", image);
        Assert.Equal($"00000000: {word:x8} {expected}\n", CommandRun.Of("walk", raw, "--cr3", "1000", "--absent", system).Output);
    }

    /// <summary>Random bytes, cut files and wild headers are read or refused in one line.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void WildImagesAreReadOrRefused(int seed)
    {
        Random random = new(seed);
        byte[] wild = new byte[0x20_0000];
        random.NextBytes(wild);
        string raw = _folder.Write("wild", wild);
        foreach (string[] options in (string[][])[["--cr3", "1000", "--tlb"], ["--cr3", "20", "--tables", "pae", "--mem"],
            ["--cr3", "1000", "--frames"], ["--cr3", "1ff000", "--absent", "linux"], ["--find"]])
            Assert.InRange(CommandRun.Of(["walk", raw, .. options]).Code, 0, 1);
        byte[] sound = ElfOf(new byte[0x4000], 0x1000, TableFormat.Classic);
        for (int i = 0; i < 300; i++)
        {
            byte[] damaged = [.. sound.AsSpan(0, random.Next(sound.Length))];
            for (int times = random.Next(4); times > 0 && damaged.Length > 0; times--)
                damaged[random.Next(Math.Min(damaged.Length, 0x300))] = (byte)random.Next();
            CommandRun run = CommandRun.Of("walk", _folder.Write("damaged", damaged), "--cr3", "1000");
            if (run.Code != 0) run.Refusal();
        }
    }

    /// <summary>An entry beyond the end of the file is unknown; it is not an absent page.</summary>
    [Fact]
    public void ATableThatTheFileDoesNotHaveIsNamed()
    {
        byte[] image = new byte[0x2000];
        Put(image, 0x1000, 0x9007);
        Put(image, 0x1004, 0x0040_0083);    // a page of 4 MiB
        string raw = _folder.Write("memory.raw", image);
        CommandRun run = CommandRun.Of("walk", raw, "--cr3", "1000", "--translate", "5000", "--translate", "400123");
        Assert.Equal((2, $"paging walk: {raw} has no memory at 00009014, the PTE of 00005000\n"), (run.Code, run.Errors));
        Assert.Equal("""
            PDE      0 of the table at 00001000: 00009007
            PTE      5 of the table at 00009000: not in the file
            PDE      1 of the table at 00001000: 00400083
            00400123 is at 00400123

            """, run.Output);
        Assert.Contains("1 tables below, 1 of them not in the file\n", CommandRun.Of("walk", raw, "--cr3", "1000").Output,
            StringComparison.Ordinal);
    }

    /// <summary>A machine of a few pages: a kernel of one entry, one at low addresses, one of a program alone.</summary>
    [Theory]
    [InlineData(0xC000_0000u, 3u, TableFormat.Classic)]
    [InlineData(0xC000_0000u, 3u, TableFormat.Pae)]
    [InlineData(0u, 3u, TableFormat.Classic)]
    [InlineData(0u, 3u, TableFormat.Pae)]
    [InlineData(0x0804_8000u, 7u, TableFormat.Classic)]
    [InlineData(0x0804_8000u, 7u, TableFormat.Pae)]
    public void ADirectoryOfFewPagesIsFound(uint start, uint rights, TableFormat format)
    {
        byte[] image = new byte[0x1_0000];
        new Random(1).NextBytes(image.AsSpan(0x8000));
        bool isPae = format == TableFormat.Pae;
        if (isPae) Put(image, 0x2060 + ((int)(start >> 30) * 8), 0x3001);
        Put(image, isPae ? 0x3000 + ((int)(start >> 21 & 0x1FF) * 8) : 0x2000 + ((int)(start >> 22) * 4), 0x4000 | rights);
        for (uint i = 0; i < 4; i++)
            Put(image, 0x4000 + ((int)((start >> 12) + i & (isPae ? 0x1FFu : 0x3FF)) * (isPae ? 8 : 4)), 0x5000 + (i << 12) | rights);
        string expected = isPae ? "00002060  pae    " : "00002000  classic";
        CommandRun run = CommandRun.Of("walk", _folder.Write("memory.raw", image), "--find");
        Assert.Equal(0, run.Code);
        Assert.StartsWith(expected + "  maps 4 pages; ", Assert.Single(run.Output.TrimEnd('\n').Split('\n')), StringComparison.Ordinal);
    }

    /// <summary>A table of pointers by the rules of SDM 3A, table 4-8: what one of its four words, or two together, cannot be.</summary>
    [Theory]
    [InlineData(true, 0x3001ul)]
    [InlineData(true, 0x3021ul)]                    // A, as QEMU sets it
    [InlineData(true, 0x3001ul, 0xA001ul)]
    [InlineData(true, 0x3001ul, 0ul, 0ul, 0xA001ul)]
    [InlineData(false, 0x3001ul, 0x3001ul)]         // one directory twice
    [InlineData(false, 0x3001ul, 0xA001ul, 0ul, 0xA001ul)]
    [InlineData(false, 0x3001ul, 0xA000ul)]         // not zero, and not present
    [InlineData(false, 0x3003ul)]                   // reserved bits
    [InlineData(false, 0x3001ul, 0xA081ul)]
    [InlineData(false, 0x3001ul, 0x100_0000_A001ul)]
    [InlineData(false, 0x3001ul, 0x90_0001ul)]      // beyond the image
    [InlineData(false, 0x3001ul, 0x1ul)]            // frame 0
    public void APointerTableHasFourDirectoriesAtMost(bool isFound, params ulong[] pointers)
    {
        byte[] image = new byte[0x1_0000];
        for (int i = 0; i < pointers.Length; i++) BitConverter.TryWriteBytes(image.AsSpan(0x2060 + (i * 8)), pointers[i]);
        Put(image, 0x3000, 0x4003);
        for (uint i = 0; i < 4; i++) Put(image, 0x4000 + ((int)i * 8), 0x5000 + (i << 12) | 3);
        CommandRun run = CommandRun.Of("walk", _folder.Write("memory.raw", image), "--find", "--tables", "pae");
        Assert.Equal(isFound ? (0, true) : (1, false), (run.Code, run.Output.Contains("00002060  pae", StringComparison.Ordinal)));
    }

    /// <summary>The directories of an engine's processes, and no others.</summary>
    [Theory]
    [InlineData(TableFormat.Classic)]
    [InlineData(TableFormat.Pae)]
    public void TheDirectoriesOfAnEngineAreFound(TableFormat format)
    {
        using PagingEngine engine = new(new EngineOptions { RamBytes = 4 << 20, Tables = format });
        List<string> expected = [];
        for (uint number = 1; number <= 3; number++)
        {
            UserProcess process = engine.CreateProcess($"p{number}");
            VirtualAddress start = new(number * 0x1000_0000);
            Assert.Equal(Errno.None, process.Memory.Map(start, 0x40_0000, MemoryProtection.ReadWrite,
                MapFlags.Private | MapFlags.Anonymous | MapFlags.Fixed, out _));
            for (uint i = 0; i < number * 5; i++) Assert.True(process.Memory.Mmu.TryWrite(start + (i << 12), i, out _));
            expected.Add($"{process.Memory.PrepareWalk().Value << 12:x8}");
        }

        CommandRun run = CommandRun.Of("walk", _folder.Write("memory.raw", BytesOf(engine)), "--find");
        Assert.Equal(expected, run.Output.TrimEnd('\n').Split('\n').Select(static line => line[..8]).Order(StringComparer.Ordinal),
            StringComparer.Ordinal);
    }

    /// <summary>Memory without tables: text, counters, zeros, random bytes.</summary>
    [Fact]
    public void NoDirectoryIsFoundWhereThereIsNone()
    {
        byte[] image = new byte[0x20_0000];
        Random random = new(7);
        random.NextBytes(image.AsSpan(0x10_0000, 0x8_0000));
        for (int at = 0x1_0000; at < 0x8_0000; at += 4) Put(image, at, (uint)random.Next(64));
        for (int at = 0x9_0000; at < 0xA_0000; at += 4096) Put(image, at + (random.Next(1024) * 4), 1u | (uint)random.Next(0x200) << 12);
        for (int at = 0x8_0000; at < 0x9_0000; at++) image[at] = (byte)random.Next(32, 127);
        CommandRun run = CommandRun.Of("walk", _folder.Write("memory.raw", image), "--find");
        Assert.Equal((1, ""), (run.Code, run.Output));
        Assert.EndsWith(" has no page directory of a 32-bit machine whose tables and pages are in the file; --cr3 walks any\n", run.Errors,
            StringComparison.Ordinal);
    }

    [Fact]
    public void WhatIsMissingIsNamed()
    {
        string raw = _folder.Write("memory.raw", new byte[0x2000]);
        Assert.Equal($"paging walk: {raw} does not say where its page directory is: --cr3 ADDRESS, or --find",
            CommandRun.Of("walk", raw).Refusal());
        Assert.Equal($"paging walk: {raw} has no memory at 00005000 (--cr3)", CommandRun.Of("walk", raw, "--cr3", "5000").Refusal());
        Assert.Equal("/no/image: no such file or directory", CommandRun.Of("walk", "/no/image").Refusal());
        Assert.Equal($"{_folder.Path}: a directory", CommandRun.Of("walk", _folder.Path).Refusal());
    }

    /// <summary>Two real kernels in QEMU: its monitor's text and ours, line for line.</summary>
    [Theory]
    [InlineData("6.1-686")]
    [InlineData("6.1-686-pae")]
    [Trait("Category", "Slow")]
    public void QemuPrintsTheSameLines(string kernel)
    {
        string root = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(root, "Paging.sln"))) root = Path.GetDirectoryName(root)!;
        Assert.SkipUnless(OperatingSystem.IsLinux() && File.Exists("/usr/bin/qemu-system-i386"),
            "There is no qemu-system-i386 here: apt-get install qemu-system-x86");
        Assert.SkipUnless(File.Exists(Path.Combine(root, "artifacts", "kernels", kernel)),
            $"The kernel has not been fetched: tools/conform-kernel.sh -p {kernel}");
        using Process process = Process.Start(Path.Combine(root, "tools", "walk-kernel.sh"), [kernel, _folder.Path]);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        string registers = File.ReadAllText(_folder.At("registers.txt"));
        string cr3 = registers.Substring(registers.IndexOf("CR3=", StringComparison.Ordinal) + 4, 8);
        foreach (string image in (string[])["memory.raw", "memory.elf"])
        {
            Assert.Equal(File.ReadAllText(_folder.At("tlb.txt")), CommandRun.Of("walk", _folder.At(image), "--cr3", cr3, "--tlb").Output);
            Assert.Equal(File.ReadAllText(_folder.At("mem.txt")), CommandRun.Of("walk", _folder.At(image), "--cr3", cr3, "--mem").Output);
        }

        string[] found = CommandRun.Of("walk", _folder.At("memory.raw"), "--find").Output.Split('\n');
        Assert.Contains(found.Take(4), line => line.StartsWith(cr3, StringComparison.Ordinal));
    }

    private static byte[] BytesOf(PagingEngine engine)
    {
        byte[] bytes = new byte[engine.Ram.FrameCount.Value << 12];
        for (uint frame = 0; frame < engine.Ram.FrameCount.Value; frame++)
            engine.Ram.Bytes(new FrameNumber(frame)).CopyTo(bytes.AsSpan((int)frame << 12));
        return bytes;
    }

    /// <summary>A kernel at 2 GiB whose tables are each process's own, as xv6's, with windows of devices at fe000000.</summary>
    [Theory]
    [InlineData(512, 2, true, "kernel from 80000000 on as 1 other")]
    [InlineData(256, 3, true, "kernel from 40000000 on as 1 other")]
    [InlineData(768, 2, true, "kernel half as 1 other")]
    [InlineData(960, 8, false, "kernel half as 1 other")]
    public void DirectoriesOfOtherSplitsAreFound(int kernelAt, int kernelTables, bool hasDevices, string reason)
    {
        byte[] memory = new byte[8 << 20];
        foreach (uint at in (ReadOnlySpan<uint>)[0x3C_0000, 0x3E_0000])
        {
            uint next = at + 0x1000;
            Put(memory, (int)at, next | 7);
            Put(memory, (int)next, 0x70_0000 + at - 0x3C_0000 | 7);
            for (int i = 0; i < kernelTables; i++) AddTable(kernelAt + i, (uint)(i % 2) << 22);
            for (int i = 0; hasDevices && i < 8; i++) AddTable(1016 + i, 0xFE00_0000 + ((uint)i << 22));
            if (kernelAt == 960) Put(memory, (int)at + (957 * 4), at | 5);    // JOS: UVPT

            void AddTable(int entry, uint physical)
            {
                next += 0x1000;
                Put(memory, (int)at + (entry * 4), next | 7);
                for (uint i = 0; i < 1024; i++) Put(memory, (int)(next + (i * 4)), (physical + (i << 12)) | 0x63);
            }
        }

        CommandRun run = CommandRun.Of("walk", _folder.Write("memory.raw", memory), "--find", "--tables", "classic");
        string[] lines = run.Output.TrimEnd('\n').Split('\n');
        Assert.Equal(["003c0000", "003e0000"], lines.Select(static line => line[..8]), StringComparer.Ordinal);
        Assert.All(lines, line => Assert.Contains(reason, line, StringComparison.Ordinal));
    }

    /// <summary>
    /// Directories that map themselves and share the kernel's tables. Windows: PDE_BASE c0300000, entry 769 is each process's own
    /// hyperspace (ReactOS, ntoskrnl/include/internal/i386/mm.h). NetBSD: PTE_BASE before KERNBASE c0000000 (sys/arch/i386/include/pmap.h);
    /// FreeBSD before 12 has the same slots. OpenBSD: PDSLOT_PTE 831, PDSLOT_KERN 832 for KERNBASE d0000000 (the same path).
    /// </summary>
    [Theory]
    [InlineData(512, 768, 769, "c0300000")]
    [InlineData(768, 767, -1, "bfeff000")]
    [InlineData(832, 831, -1, "cff3f000")]
    public void DirectoriesThatMapThemselvesAreFound(int kernelAt, int selfAt, int ownAt, string mapsItselfAt)
    {
        byte[] memory = new byte[8 << 20];
        const uint shared = 0x20_0000, own = 0x10_0000;
        for (uint table = 0; table < 12; table++)
            for (uint i = 0; i < 1024; i++) Put(memory, (int)(shared + (table << 12) + (i * 4)), 0x40_0000 + (i << 12) | 0x63);
        foreach (uint at in (ReadOnlySpan<uint>)[0x3C_0000, 0x3D_0000, 0x3E_0000])
        {
            for (int table = 0; table < 12; table++)    // 4 at the kernel's start, 8 at the end, past the self-map and hyperspace
                Put(memory, (int)at + ((table < 4 ? kernelAt + table : 1008 + table) * 4), shared + ((uint)table << 12) | 0x63);
            Put(memory, (int)at + (selfAt * 4), at | 0x63);
            Put(memory, (int)at, (at + 0x1000) | 0x67);
            Put(memory, (int)at + 0x1000 + (8 * 4), (at + 0x3000) | 0x67);    // a page of a program
            if (ownAt < 0) continue;
            Put(memory, (int)at + (ownAt * 4), (at + 0x2000) | 0x63);
            Put(memory, (int)at + 0x2000, (own + (at & 0x3_0000)) | 0x63);
        }

        CommandRun run = CommandRun.Of("walk", _folder.Write("memory.raw", memory), "--find", "--tables", "classic");
        string[] lines = run.Output.TrimEnd('\n').Split('\n');
        Assert.Equal(["003c0000", "003d0000", "003e0000"], lines.Select(static line => line[..8]), StringComparer.Ordinal);
        Assert.All(lines, line => Assert.Contains($"as 2 others; maps itself at {mapsItselfAt}; ", line, StringComparison.Ordinal));
    }

    /// <summary>QEMU's note says what the processor does: no paging, no large pages, long mode.</summary>
    [Fact]
    public void AHeaderIsAskedBeforeTablesAreWalked()
    {
        byte[] memory = new byte[1 << 20];
        Put(memory, 0x1000, 0x20E7);    // bit 7 is PS only with CR4.PSE
        Put(memory, 0x2000, 0x5067);
        const int cr0At = 64 + (3 * 56) + 20 + 392, flagsAt = 64 + (3 * 56) + 20 + 160;
        byte[] elf = ElfOf(memory, 0x1000, TableFormat.Classic);
        Put(elf, cr0At + 32, 0);
        CommandRun small = CommandRun.Of("walk", _folder.Write("small.elf", elf), "--tlb");
        Assert.Equal((0, "0000000000000000: 0000000000005000 ---DA--UW\n"), (small.Code, small.Output));
        Put(elf, cr0At + 32, 0x10);    // CR4.PSE
        Assert.Contains("0000000000000000: 0000000000000000", CommandRun.Of("walk", _folder.Write("large.elf", elf), "--tlb").Output,
            StringComparison.Ordinal);

        Put(elf, cr0At, 0x11);
        CommandRun off = CommandRun.Of("walk", _folder.Write("off.elf", elf), "--mem");
        Assert.Equal((2, ""), (off.Code, off.Output));
        Assert.Contains("without paging (CR0 00000011)", off.Errors, StringComparison.Ordinal);
        Assert.Equal(0, CommandRun.Of("walk", _folder.At("off.elf"), "--mem", "--cr3", "1000").Code);

        Put(elf, cr0At, 0x8000_0011);
        byte[] wide = [.. elf];
        wide[18] = 62;    // EM_X86_64
        Put(elf, flagsAt, 1 << 21);    // CS.L
        foreach (byte[] one in (byte[][])[wide, elf])
            foreach (string option in (string[])["--mem", "--find"])
            {
                CommandRun run = CommandRun.Of("walk", _folder.Write("long.elf", one), option);
                Assert.Equal((2, ""), (run.Code, run.Output));
                Assert.Contains("long mode", run.Errors, StringComparison.Ordinal);
            }
    }

    [Theory]
    [InlineData("4B44554D50202020", "makedumpfile")]
    [InlineData("6D616B6564756D7066696C6500", "flattened")]
    [InlineData("4B44554D50202020", "QEMU's dump-guest-memory without -z")]    // makedumpfile -E refuses QEMU's, which has no vmcoreinfo
    [InlineData("6D616B6564756D7066696C6500", "QEMU's dump-guest-memory without -z")]
    [InlineData("454D694C01000000", "LiME")]
    [InlineData("5041474544554D50", "32-bit Windows")]
    [InlineData("5041474544553634", "64-bit Windows")]
    [InlineData("D2BED2BE08000000", "VMware")]
    [InlineData("D0BED2BE08000000", "VMware")]
    [InlineData("FD377A585A000004", "xz")]
    [InlineData("1F8B080000000000", "gzip")]
    [InlineData("28B52FFD24000000", "zstd")]
    [InlineData("5145564D00000003", "QEMU")]
    public void OtherFormsOfMemoryAreNamed(string start, string name)
    {
        byte[] bytes = new byte[8192];
        Convert.FromHexString(start).CopyTo(bytes, 0);
        CommandRun run = CommandRun.Of("walk", _folder.Write("other", bytes), "--find");
        Assert.Equal((2, ""), (run.Code, run.Output));
        Assert.Contains(name, run.Errors, StringComparison.Ordinal);
        Assert.Equal(1, run.Errors.Count(static one => one == '\n'));
    }

    /// <summary>An ELF file as dump-guest-memory writes it: a note with the control registers, and memory in two parts.</summary>
    private static byte[] ElfOf(byte[] memory, uint cr3, TableFormat format)
    {
        const int headers = 64 + (3 * 56), note = 20 + 440;
        byte[] elf = new byte[headers + note];
        ReadOnlySpan<byte> magic = [0x7F, 0x45, 0x4C, 0x46, 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 3, 0, 1];
        magic.CopyTo(elf);
        (elf[32], elf[54], elf[56]) = (64, 56, 3);
        int half = memory.Length / 2;
        PutSegment(0, 4, headers, 0, note);
        PutSegment(1, 1, elf.Length, 0, half);
        PutSegment(2, 1, elf.Length + half, half, memory.Length - half);
        (elf[headers], elf[headers + 4], elf[headers + 5]) = (5, 440 & 0xFF, 440 >> 8);
        "QEMU"u8.CopyTo(elf.AsSpan(headers + 12));
        Put(elf, headers + 20 + 392, 0x8000_0011);    // CR0.PG
        Put(elf, headers + 20 + 392 + 24, cr3);
        Put(elf, headers + 20 + 392 + 32, format == TableFormat.Pae ? 0x20u : 0x10);
        return [.. elf, .. memory];

        void PutSegment(int number, byte kind, long offset, long physical, long byteLength)
        {
            Span<byte> at = elf.AsSpan(64 + (number * 56));
            at[0] = kind;
            MemoryMarshal.Write(at[8..], in offset);
            MemoryMarshal.Write(at[24..], in physical);
            MemoryMarshal.Write(at[32..], in byteLength);
        }
    }

    private static void Put(byte[] bytes, int at, uint value) => MemoryMarshal.Write(bytes.AsSpan(at), in value);
}
