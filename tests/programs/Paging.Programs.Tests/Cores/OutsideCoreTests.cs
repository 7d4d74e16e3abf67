using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using Paging.Core;
using Paging.Native;
using Paging.Programs.Cores;

namespace Paging.Programs.Tests;

/// <summary>Core files beside gdb and readelf, which do not know the writer: segments, rights, names, threads, every byte.</summary>
public sealed partial class OutsideCoreTests : IDisposable
{
    private const string Gdb = "/usr/bin/gdb", Readelf = "/usr/bin/readelf";
    private const CoreContents All = CoreContents.PrivateAnonymous | CoreContents.SharedAnonymous | CoreContents.PrivateFile
        | CoreContents.SharedFile | CoreContents.ElfHeaders;
    private const MemoryProtection ReadWrite = MemoryProtection.ReadWrite, Read = MemoryProtection.Read;

    private static readonly VirtualAddress Base = new(0x2000_0000);
    private readonly string _folder = Directory.CreateTempSubdirectory("paging-core-").FullName;
    private readonly PagingEngine _engine;
    private readonly UserProcess _process;
    private readonly List<Shown> _areas = [];

    public OutsideCoreTests()
    {
        _engine = new(new EngineOptions { RamBytes = 4 << 20, MaxMapCount = 100_000 });
        _process = _engine.CreateProcess("dumped");
    }

    /// <summary>An area as a debugger should see it.</summary>
    private sealed record Shown(VirtualAddress At, byte[] Bytes, string Rights, string Name, uint FilePage, bool IsDumped);

    public void Dispose()
    {
        _engine.Audit().ThrowIfBroken();
        _engine.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Two files, one of them twice and from other pages, between anonymous areas with holes, of different rights.</summary>
    [Trait("Category", "Medium")]
    [Fact]
    public void SegmentsNamesAndEveryByteAreThoseOfTheProcess()
    {
        Require(Gdb);
        Require(Readelf);
        GuestFile first = FileOf("/data/first file", 5, seed: 1), second = FileOf("/data/second", 3, seed: 2);
        Anonymous(pages: 4, written: [0, 2], ReadWrite, "RW");
        File(first, 1, 3, Read, MapFlags.Private, "R");
        Anonymous(pages: 2, written: [1], ReadWrite | MemoryProtection.Execute, "RWE");
        File(second, 0, 3, ReadWrite, MapFlags.Shared, "RW");
        Anonymous(pages: 3, written: [], Read, "R");
        File(first, 2, 2, Read | MemoryProtection.Execute, MapFlags.Private, "R E");
        Anonymous(pages: 2, written: [0, 1], ReadWrite, "RW", isDumped: false);
        string core = Write(new() { Threads = [new() { Id = 7 }], Contents = All, Signal = 11 });

        string[] segments = [.. Load().Matches(Run(Readelf, "-lW", core)).Select(static one =>
            $"{Hex(one, "address"):x8} {Hex(one, "file"):x} {Hex(one, "memory"):x} {one.Groups["rights"].Value.Trim()}")];
        Assert.Equal(_areas.Select(static area =>
            $"{area.At.Value:x8} {(area.IsDumped ? area.Bytes.Length : 0):x} {area.Bytes.Length:x} {area.Rights}"),
            segments, StringComparer.Ordinal);
        string[] names = [.. Mapped().Matches(Run(Readelf, "-nW", core)).Select(static one =>
            $"{Hex(one, "start"):x8} {Hex(one, "end"):x8} {Hex(one, "page"):x} {one.Groups["name"].Value}")];
        Assert.Equal(_areas.Where(static area => area.Name.Length != 0).Select(static area =>
            $"{area.At.Value:x8} {area.At.Value + area.Bytes.Length:x8} {area.FilePage:x} {area.Name}"), names, StringComparer.Ordinal);

        List<string> commands = ["-nx", "-batch", "-ex", $"core-file {core}"];
        foreach (Shown area in _areas.Where(static area => area.IsDumped))
        {
            commands.AddRange(["-ex", string.Create(CultureInfo.InvariantCulture,
                $"dump binary memory {PathOf(area)} {area.At.Value} {area.At.Value + area.Bytes.Length}")]);
        }

        Assert.Contains("terminated with signal SIGSEGV", Run(Gdb, [.. commands]), StringComparison.Ordinal);
        foreach (Shown area in _areas.Where(static area => area.IsDumped))
        {
            byte[] read = System.IO.File.ReadAllBytes(PathOf(area));
            Assert.True(area.Bytes.AsSpan().SequenceEqual(read),
                $"{area.At} {area.Name}: gdb sees other bytes from {area.Bytes.AsSpan().CommonPrefixLength(read):x} on");
        }
    }

    /// <summary>Three threads of which no two have a register in common: gdb finds each in its place.</summary>
    [Trait("Category", "Medium")]
    [Fact]
    public void EachThreadHasItsOwnRegisters()
    {
        Require(Gdb);
        Anonymous(pages: 1, written: [0], ReadWrite, "RW");
        string[] names = ["eax", "ebx", "ecx", "edx", "esi", "edi", "ebp", "esp", "eip", "eflags", "cs", "ss", "ds", "es", "fs", "gs"];
        CoreThread[] threads = [.. Enumerable.Range(1, 3).Select(static number => ThreadOf(number))];
        string core = Write(new() { Id = 21, Threads = threads, Signal = 6 });
        List<string> commands = ["-nx", "-batch", "-ex", $"core-file {core}"];
        for (int thread = 1; thread <= threads.Length; thread++)
        {
            commands.AddRange(["-ex", $"thread {thread}"]);
            foreach (string name in names) commands.AddRange(["-ex", $"printf \"<{thread} {name} %x>\\n\", ${name}"]);
        }

        string said = Run(Gdb, [.. commands]);
        for (int thread = 1; thread <= threads.Length; thread++)
        {
            object registers = threads[thread - 1].Registers;
            foreach (string name in names)
            {
                PropertyInfo property = typeof(CoreRegisters).GetProperty(char.ToUpperInvariant(name[0]) + name[1..])!;
                Assert.Contains($"<{thread} {name} {property.GetValue(registers):x}>", said, StringComparison.Ordinal);
            }
        }

        Assert.Contains("SIGABRT", said, StringComparison.Ordinal);
    }

    /// <summary>Every property of every thread and of the process, each with a value of its own, is read as it was written.</summary>
    [Fact]
    public void EveryPropertyOfEachThreadComesBack()
    {
        Anonymous(pages: 1, written: [0], ReadWrite, "RW");
        CoreProcess written = new() { Threads = [.. Enumerable.Range(1, 3).Select(static number => ThreadOf(number))] };
        int next = 100;
        foreach (PropertyInfo property in typeof(CoreProcess).GetProperties().Where(static one => one.CanWrite))
        {
            if (property.Name is not (nameof(CoreProcess.Threads) or nameof(CoreProcess.Contents)))
                property.SetValue(written, ValueOf(property, next++));
        }

        using CoreFile core = CoreFile.Open(new MemoryStream(System.IO.File.ReadAllBytes(Write(written with { Contents = All }))));
        Assert.Equal(Describe(written), Describe(core.Process));
        Assert.Equal(written.Threads.Select(Describe), core.Process.Threads.Select(Describe), StringComparer.Ordinal);
    }

    /// <summary>Below, at and above the count that does not fit into a word of the header (PN_XNUM): readelf finds all segments.</summary>
    [Trait("Category", "Medium")]
    [Theory]
    [InlineData(65_533, false)]
    [InlineData(65_534, true)]    // with that of the notes 65,535, which means that the count is elsewhere
    [InlineData(65_535, true)]
    public void AsManySegmentsAsAWordCanCount(int areas, bool isElsewhere)
    {
        Require(Readelf);
        for (uint i = 0; i < areas; i++)
        {
            Assert.Equal(Errno.None, _process.Memory.Map(Base + (i * 0x2000), 0x1000, Read,
                MapFlags.Private | MapFlags.Anonymous | MapFlags.Fixed | MapFlags.NoReserve, -1, 0, out _));
        }

        string core = Write(new() { Threads = [new()], Contents = CoreContents.None });
        string header = Run(Readelf, "-hW", core);
        string counted = isElsewhere ? $@"65535 \({areas + 1}\)" : $@"{areas + 1}\n";
        Assert.Matches("Number of program headers: +" + counted, header);
        Assert.Equal(areas, Load().Count(Run(Readelf, "-lW", core)));
    }

    private static CoreThread ThreadOf(int number)
    {
        object registers = new CoreRegisters();
        int next = number * 100;
        foreach (PropertyInfo property in typeof(CoreRegisters).GetProperties().Where(static one => one.CanWrite))
            property.SetValue(registers, ValueOf(property, next++));
        CoreThread thread = new() { Registers = (CoreRegisters)registers };
        foreach (PropertyInfo property in typeof(CoreThread).GetProperties().Where(static one => one.CanWrite))
            if (property.Name is not nameof(CoreThread.Registers)) property.SetValue(thread, ValueOf(property, next++));
        return thread;
    }

    private static object ValueOf(PropertyInfo property, int number) => property.PropertyType switch
    {
        var type when type == typeof(int) => number,
        var type when type == typeof(uint) => (uint)number,
        var type when type == typeof(ulong) => (ulong)number,
        var type when type == typeof(string) => $"text {number}",
        var type when type == typeof(TimeSpan) => TimeSpan.FromMilliseconds(number * 1001),
        var type when type == typeof(ReadOnlyMemory<byte>) =>
            new ReadOnlyMemory<byte>([.. Enumerable.Repeat((byte)number, LengthOf(property.Name))]),
        var type => throw new InvalidOperationException($"{property.Name}: a value of {type.Name} must be given here"),
    };

    private static int LengthOf(string name) => name switch
    {
        nameof(CoreThread.FloatingPoint) => 108,
        nameof(CoreThread.Vectors) => 512,
        nameof(CoreThread.Extended) => 576,
        nameof(CoreThread.Segments) => 48,
        nameof(CoreProcess.SignalInformation) => 128,
        _ => 64,    // the auxiliary vector
    };

    private static string Describe(object part) => string.Join('\n', part.GetType().GetProperties()
        .Where(static property => property.CanWrite && property.Name is not (nameof(CoreProcess.Threads) or nameof(CoreProcess.Contents)))
        .Select(property => $"{property.Name}: " + (property.GetValue(part) switch
        {
            ReadOnlyMemory<byte> bytes => Convert.ToHexString(bytes.Span),
            CoreRegisters registers => Describe(registers),
            var value => Convert.ToString(value, CultureInfo.InvariantCulture),
        })));

    private static void Require(string program) =>
        Assert.SkipUnless(System.IO.File.Exists(program), $"There is no {program} here: apt-get install gdb binutils");

    private static string Run(string program, params string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["DEBUGINFOD_URLS"] = "";
        start.Environment["LC_ALL"] = "C";
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return output + errors.Result;
    }

    private static uint Hex(Match match, string group) =>
        uint.Parse(match.Groups[group].ValueSpan, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private string PathOf(Shown area) => Path.Combine(_folder, $"{area.At.Value:x8}");

    private string Write(CoreProcess about)
    {
        string path = Path.Combine(_folder, "core");
        using FileStream stream = System.IO.File.Create(path);
        CoreWriter.Write(_process, stream, about);
        return path;
    }

    private VirtualAddress Next => _areas.Count == 0 ? Base : _areas[^1].At + (uint)_areas[^1].Bytes.Length + 0x1000;

    private void Anonymous(uint pages, uint[] written, MemoryProtection protection, string rights, bool isDumped = true)
    {
        VirtualAddress at = Next;
        byte[] bytes = new byte[pages << 12];
        Assert.Equal(Errno.None, _process.Memory.Map(at, pages << 12, ReadWrite,
            MapFlags.Private | MapFlags.Anonymous | MapFlags.Fixed, -1, 0, out _));
        foreach (uint page in written)
        {
            Span<byte> part = bytes.AsSpan((int)page << 12, 0x1000);
            new Random((int)(at.Page.Value + page)).NextBytes(part);
            Assert.Equal(part.Length, _process.Memory.Mmu.CopyIn(at + (page << 12), part, out _));
        }

        Assert.Equal(Errno.None, _process.Memory.Protect(at, pages << 12, protection));
        if (!isDumped) Assert.Equal(Errno.None, _process.Memory.Advise(at, pages << 12, MemoryAdvice.DontDump));
        _areas.Add(new(at, bytes, rights, "", 0, isDumped && written.Length != 0));
    }

    private GuestFile FileOf(string name, int pages, int seed)
    {
        byte[] bytes = new byte[pages << 12];
        new Random(seed).NextBytes(bytes);
        GuestFile file = _engine.Files.CreateMemoryFile(name, bytes.Length);
        Assert.Equal(Errno.None, file.Write(0, bytes, out _));
        return file;
    }

    private void File(GuestFile file, uint first, uint pages, MemoryProtection protection, MapFlags flags, string rights)
    {
        VirtualAddress at = Next;
        byte[] bytes = new byte[pages << 12];
        Assert.Equal(Errno.None, file.Read(first << 12, bytes, out _));
        Assert.Equal(Errno.None, file.Open(_process, FileRights.ReadWrite, out int descriptor));
        Assert.Equal(Errno.None, _process.Memory.Map(at, pages << 12, protection, flags | MapFlags.Fixed, descriptor, first << 12, out _));
        _areas.Add(new(at, bytes, rights, file.Name, first, IsDumped: true));
    }

    [GeneratedRegex(
        @"^ +LOAD +0x[0-9a-f]+ 0x(?<address>[0-9a-f]+) 0x[0-9a-f]+ 0x(?<file>[0-9a-f]+) 0x(?<memory>[0-9a-f]+) (?<rights>[RWE ]{3})",
        RegexOptions.ExplicitCapture | RegexOptions.Multiline, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Load();

    [GeneratedRegex(@"^ +0x(?<start>[0-9a-f]+) +0x(?<end>[0-9a-f]+) +0x(?<page>[0-9a-f]+)\n +(?<name>.*)$",
        RegexOptions.ExplicitCapture | RegexOptions.Multiline, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Mapped();
}
