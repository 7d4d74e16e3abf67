using Paging.Core;
using Paging.Native;
using Paging.Testing.Lockstep;
using Paging.Testing.Randomness;

namespace Paging.Fuzz;

/// <summary>
/// An engine with one file on a disk, descriptors of each kind, a shared and a private mapping of its first pages, and memory to press
/// with.
/// </summary>
internal sealed class FileWorld : IDisposable
{
    public const int PageMax = 40, MappedPages = 24;

    private const int PressurePages = 700;

    public static readonly VirtualAddress SharedAt = new(0x2000_0000), PrivateAt = new(0x2100_0000), PressureAt = new(0x2200_0000);

    public FileWorld(FuzzRandom random, byte[] content)
    {
        Disk = new(random, PageMax + 4, content);
        Engine = new(new EngineOptions
        {
            RamBytes = (ulong)random.Between(1, 2) << 20,
            RequestHostHugePages = false,
            Overcommit = OvercommitMode.Always,
            AttachedSpacesMax = random.Between(1, 3),
            LendTablesFrom = random.OneOf([1, 4, 4096]),
            ReadAheadPages = random.OneOf([0, 4, 16, 32]),
            FaultAroundPages = random.OneOf([1, 4, 16]),
            DirtyBackgroundRatio = random.OneOf([1, 5, 10]),
            DirtyRatio = random.OneOf([10, 10, 40]),
            DirtyExpireTicks = random.OneOf([1, 2, 6]),
        });
        File = Engine.Files.CreateFile("scene.dat", Disk);
        Process = Engine.CreateProcess("render");
        Plain = Open(FileRights.ReadWrite, OpenFlags.None);
        Direct = Open(FileRights.ReadWrite, OpenFlags.Direct);
        Append = Open(FileRights.Write, OpenFlags.Append);
        Require(MapShared());
        Require(Memory.Map(PrivateAt, MappedPages << 12, MemoryProtection.ReadWrite, MapFlags.Private | MapFlags.Fixed, Plain, 0, out _));
        Require(Memory.Map(PressureAt, PressurePages << 12, MemoryProtection.ReadWrite,
            MapFlags.Private | MapFlags.Anonymous | MapFlags.Fixed, out _));
    }

    public PagingEngine Engine { get; }
    public TroubledDisk Disk { get; }
    public GuestFile File { get; }
    public UserProcess Process { get; }
    public AddressSpace Memory => Process.Memory;
    public ProcessDescriptors Calls => Process.FileDescriptors;
    public int Plain { get; }
    public int Direct { get; }
    public int Append { get; }

    /// <summary>Maps the shared mapping again, as it was.</summary>
    public Errno MapShared() =>
        Memory.Map(SharedAt, MappedPages << 12, MemoryProtection.ReadWrite, MapFlags.Shared | MapFlags.Fixed, Plain, 0, out _);

    /// <summary>Touches anonymous memory until none is left, and gives it back, so that everything that can be reclaimed is.</summary>
    public void Press(int pageCount)
    {
        for (int page = 0; page < Math.Min(pageCount, PressurePages); page++)
            if (!Memory.Mmu.TryWrite(PressureAt + ((uint)page << 12), (byte)1)) break;
        Require(Memory.Advise(PressureAt, PressurePages << 12, MemoryAdvice.DontNeed));
    }

    /// <summary>Returns a page as a reader of the file sees it: from the cache, or else from the disk, with zeros beyond the end.</summary>
    /// <returns>True where it is cached.</returns>
    public bool Look(int page, Span<byte> bytes)
    {
        bool isCached = Engine.Parts.Files.Cache.TryFind(File.Object, new((uint)page), out FrameNumber frame);
        if (isCached) Engine.Ram.Bytes(frame).CopyTo(bytes);
        else Disk.Page(page).CopyTo(bytes);
        int inFile = (int)Math.Clamp(File.ByteLength - (page * (long)FileContents.PageByteLength), 0, FileContents.PageByteLength);
        if (!isCached) bytes[inFile..].Clear();
        return isCached;
    }

    public string? Audit() => Engine.Audit() is { IsClean: false } report ? report.ToString() : null;

    /// <summary>Ends everything, and checks that nothing is left.</summary>
    public string? End()
    {
        Process.Exit();
        Process.Dispose();
        File.Dispose();
        if (Audit() is { } found) return found;
        AuditReport report = Engine.FindLeaks();
        report.AddIfDifferent("L5", "pages of files after the last use", 0, Engine.Files.CachedPages.Value);
        return report.IsClean ? null : report.ToString();
    }

    public void Dispose() => Engine.Dispose();

    private int Open(FileRights rights, OpenFlags flags)
    {
        Require(File.Open(Process, rights, flags, out int descriptor));
        return descriptor;
    }

    private static void Require(Errno error)
    {
        if (error != Errno.None) throw new InvalidOperationException($"The world of files cannot be set up: {error}.");
    }
}
