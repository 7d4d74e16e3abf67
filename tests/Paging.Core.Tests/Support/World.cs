using System.Globalization;
using Paging.Core.Composition;
using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>A small engine with one process, a base address to map at, and helpers of tests: audits, a balance of use.</summary>
/// <remarks><code>
///   Base ├ page 0 ┼ page 1 ┼ page 2 ┼ …      At(2) is the first byte of page 2
/// </code>Overcommit is unlimited unless the options set a mode.</remarks>
internal sealed class World : IDisposable
{
    public const MapFlags PrivateFixed = MapFlags.Private | MapFlags.Anonymous | MapFlags.Fixed;
    public const MapFlags SharedFixed = MapFlags.Shared | MapFlags.Anonymous | MapFlags.Fixed;

    private readonly List<GuestFile> _files = [];

    /// <summary>An engine of so many MiB.</summary>
    public World(uint ramMiB = 4, ProcessOptions? process = null) : this(Options(ramMiB), process) { }

    public World(EngineOptions options, ProcessOptions? process = null)
    {
        Engine = new(options);
        Empty = Balance.Of(Engine);
        First = process is null ? Engine.CreateProcess("first") : Engine.CreateProcess("first", process);
    }

    public PagingEngine Engine { get; }

    /// <summary>The engine's frames, allocator and records.</summary>
    public MachineParts Machine => Engine.Parts.Machine;

    /// <summary>The process that is there from the start.</summary>
    public UserProcess First { get; }

    public AddressSpace Memory => First.Memory;
    public Mmu Mmu => First.Memory.Mmu;

    /// <summary>The resources in use before there was a process.</summary>
    public Balance Empty { get; }

    /// <summary>
    /// So many MiB, everything committed, every table lent by a fork, and room for the translations of two spaces: an audit reads them
    /// all.
    /// </summary>
    public static EngineOptions Options(uint ramMiB = 4) =>
        new()
        {
            RamBytes = FrameCount.MiB(ramMiB).Bytes,
            RequestHostHugePages = false,
            Overcommit = OvercommitMode.Always,
            AttachedSpacesMax = 2,
            LendTablesFrom = 1
        };

    /// <summary>Where the pictures begin: in the middle of the user half, with room for a growing area's guard gap on both sides.</summary>
    public static VirtualAddress Base => new(0x2000_0000);

    /// <summary>A byte of a page after the base; pages may be negative.</summary>
    public static VirtualAddress At(int page, int offset = 0) => new((uint)(Base.Value + ((long)page * 4096) + offset));

    public static uint Bytes(int pageCount) => (uint)pageCount * 4096;

    /// <summary>Maps private anonymous memory of the first process at the base.</summary>
    public VirtualAddress Map(int page, int pageCount, MemoryProtection protection = MemoryProtection.ReadWrite,
        MapFlags more = MapFlags.None) =>
        MapAs(First, page, pageCount, protection, PrivateFixed | more);

    /// <summary>Maps shared anonymous memory of the first process at the base.</summary>
    public VirtualAddress MapShared(int page, int pageCount, MemoryProtection protection = MemoryProtection.ReadWrite,
        MapFlags more = MapFlags.None) =>
        MapAs(First, page, pageCount, protection, SharedFixed | more);

    /// <summary>Maps part of an open file at the base.</summary>
    public VirtualAddress MapFile(int descriptor, int page, int pageCount, int filePage = 0,
        MapFlags type = MapFlags.Private, MemoryProtection protection = MemoryProtection.ReadWrite)
    {
        Succeeds(Memory.Map(At(page), Bytes(pageCount), protection, type | MapFlags.Fixed, descriptor, Bytes(filePage),
            out VirtualAddress at));
        return at;
    }

    public static VirtualAddress MapAs(UserProcess process, int page, int pageCount, MemoryProtection protection, MapFlags flags)
    {
        Succeeds(process.Memory.Map(At(page), Bytes(pageCount), protection, flags, out VirtualAddress at));
        return at;
    }

    /// <summary>Makes a file whose page n is full of the byte first + n, and opens it for the first process.</summary>
    public int OpenFile(string name, int pageCount, byte first = 0x10, FileRights rights = FileRights.ReadWrite) =>
        Open(CreateFile(name, pageCount, first), rights);

    public GuestFile CreateFile(string name, int pageCount, byte first = 0x10)
    {
        GuestFile file = Engine.Files.CreateMemoryFile(name);
        _files.Add(file);
        byte[] bytes = new byte[4096];
        for (int page = 0; page < pageCount; page++)
        {
            Array.Fill(bytes, (byte)(first + page));
            Succeeds(file.Write((long)page * 4096, bytes, out int written));
            Assert.Equal(4096, written);
        }

        return file;
    }

    /// <summary>Opens a file whose pages are a cache of a backing.</summary>
    public int OpenBacked(ByteBacking backing) => Open(CreateBacked(backing));

    public GuestFile CreateBacked(ByteBacking backing)
    {
        GuestFile file = Engine.Files.CreateFile("disk", backing);
        _files.Add(file);
        return file;
    }

    public int Open(GuestFile file, FileRights rights = FileRights.ReadWrite)
    {
        Succeeds(file.Open(First, rights, out int descriptor));
        return descriptor;
    }

    /// <summary>Writes one byte to a page after the base, so that it becomes the process's own.</summary>
    public void Touch(int page, byte value = 1) => Mmu.Write(At(page), value);

    public byte Peek(int page, int offset = 0) => Mmu.Read<byte>(At(page, offset));

    /// <summary>The areas at the base as maps shows them, one after the other: <c>0-2 rw-p, 4-6 r--p</c> in pages.</summary>
    public static string AreasOf(UserProcess process) => string.Join(", ", process.Memory.Areas.Snapshot().Select(static area =>
        string.Create(CultureInfo.InvariantCulture, $"{PageFromBase(area.Range.First)}-{PageFromBase(area.Range.End)} {area.Rights}")));

    /// <summary>Every rule of the audit holds.</summary>
    public void Verify()
    {
        AuditReport report = Engine.Audit();
        if (!report.IsClean) Assert.Fail(report.ToString());
    }

    /// <summary>Ends every process and file, and compares the resources still in use with those before there was a process.</summary>
    public void AssertNothingIsLeft()
    {
        Verify();
        foreach (UserProcess process in Engine.Processes.ToArray()) process.Dispose();
        foreach (GuestFile file in _files) file.Dispose();
        Verify();
        Assert.Equal(Empty, Balance.Of(Engine));
    }

    /// <summary>Gives everything back at once: also a world that a test has broken.</summary>
    public void Dispose() => Engine.Dispose();

    /// <summary>No error. Allocates nothing, as assertions of a library do.</summary>
    public static void Succeeds(Errno error) => Returns(Errno.None, error);

    /// <summary>Asserts that the call returned this error. Allocates nothing.</summary>
    public static void Returns(Errno expected, Errno error)
    {
        if (error != expected) Assert.Fail($"The call returned {error}, not {expected}.");
    }

    private static long PageFromBase(PageNumber page) => (long)page.Value - Base.Page.Value;
}
