using Xunit;

namespace Paging.Core.Tests;

/// <summary>
/// Calls on a range with both of its ends at every edge there is, of pages, of areas and of the address space: the results, the areas and
/// the pages are the reference model's.
/// </summary>
/// <remarks>
/// The model's checks and their order are those of the recordings (docs/DIALECT.md, section 4, "Order of checks").
/// </remarks>
public sealed class EdgeArgumentTests
{
    /// <summary>The first page of each area, its last one, and holes; within a page; and where the address space begins and ends.</summary>
    private static readonly uint[] Starts =
    [
        0x20000000, 0x20000001, 0x20001000, 0x20003000, 0x20005000, 0x20006000, 0x20009000, 0x2000b000, 0x2000d000, 0x2000e000, 0x2000f000,
        0x20010fff, 0x20012000, 0x20014000, 0x20015000, 0x20017000, 0x20018000, 0x201ff000, 0x20200000, 0x0804b000, 0, 0xbffef000,
        0xc0000000, 0xfffff000,
    ];

    private static readonly uint[] Lengths =
        [0, 1, 0x1000, 0x1001, 0x3000, 0x4000, 0x15000, 0xc0000000, 0xffffffff];

    private static void OfEachRange(int succeededMin, Func<uint, uint, FormattableString> call)
    {
        using EdgeScript script = new();
        foreach (uint start in Starts)
            foreach (uint length in Lengths) script.Try(call(start, length));
        script.Finish(succeededMin);
    }

    [Fact]
    public void Unmapping() => OfEachRange(50, static (start, length) => $"munmap({start}, {length})");

    [Theory]
    [InlineData("PROT_NONE", 40)]
    [InlineData("PROT_READ|PROT_WRITE", 40)]
    [InlineData("PROT_READ|PROT_EXEC", 40)]
    [InlineData("PROT_READ|PROT_GROWSDOWN", 20)]
    [InlineData("PROT_READ|PROT_GROWSUP", 20)]
    [InlineData("PROT_GROWSUP|PROT_GROWSDOWN", 0)]
    [InlineData("0x10", 20)]
    public void Protecting(string rights, int succeededMin) =>
        OfEachRange(succeededMin, (start, length) => $"mprotect({start}, {length}, {rights})");

    [Theory]
    [InlineData("MADV_DONTNEED", 30), InlineData("MADV_DONTNEED_LOCKED", 40), InlineData("MADV_FREE", 30)]
    [InlineData("MADV_REMOVE", 30), InlineData("MADV_COLD", 30), InlineData("MADV_WILLNEED", 40), InlineData("MADV_DONTFORK", 40)]
    [InlineData("MADV_RANDOM", 40), InlineData("MADV_WIPEONFORK", 30), InlineData("MADV_MERGEABLE", 40)]
    [InlineData("102", 30), InlineData("103", 40), InlineData("7", 0)]
    [InlineData("MADV_POPULATE_READ", 30), InlineData("MADV_POPULATE_WRITE", 50)]
    public void Advising(string advice, int succeededMin) =>
        OfEachRange(succeededMin, (start, length) => $"madvise({start}, {length}, {advice})");

    /// <summary>The two marks of a pattern, and those for core dumps, forks and huge pages, replace each other and go again.</summary>
    [Theory]
    [InlineData("MADV_RANDOM", "MADV_SEQUENTIAL"), InlineData("MADV_SEQUENTIAL", "MADV_NORMAL")]
    [InlineData("MADV_DONTDUMP", "MADV_DODUMP"), InlineData("MADV_DONTFORK", "MADV_DOFORK")]
    [InlineData("MADV_HUGEPAGE", "MADV_NOHUGEPAGE"), InlineData("MADV_MERGEABLE", "MADV_UNMERGEABLE")]
    [InlineData("MADV_WIPEONFORK", "MADV_KEEPONFORK"), InlineData("102", "MADV_DONTNEED"), InlineData("102", "103")]
    public void AdvisingTwice(string first, string second) => OfEachRange(40, (start, length) => $"""
        madvise(0x20000000, 0x20000, {first})
        madvise({start}, {length}, {second})
        """);

    [Fact]
    public void Locking() => OfEachRange(40, static (start, length) => $"mlock({start}, {length})");

    [Theory]
    [InlineData(0), InlineData(1), InlineData(2)]
    public void LockingWithFlags(int flags) => OfEachRange(flags < 2 ? 40 : 0, (start, length) => $"mlock2({start}, {length}, {flags})");

    [Fact]
    public void Unlocking() => OfEachRange(90, static (start, length) => $"""
        mlockall(MCL_CURRENT)
        munlock({start}, {length})
        """);

    [Theory]
    [InlineData(0), InlineData(1), InlineData(2), InlineData(4), InlineData(3), InlineData(5), InlineData(6), InlineData(8)]
    public void Synchronizing(int flags) => OfEachRange(0, (start, length) => $"msync({start}, {length}, {flags})");

    [Fact]
    public void AskingForPagesInMemory() => OfEachRange(30, static (start, length) => $"mincore({start}, {length})");

    /// <summary>Copies of the kernel stop at the first byte that they cannot access.</summary>
    [Fact]
    public void CopyingIn() => OfEachRange(30, static (start, length) => $"copyin({start}, {length & 0x1ffff}, 5)");

    [Fact]
    public void CopyingOut() => OfEachRange(30, static (start, length) => $"copyout({start}, {length & 0x1ffff})");

    [Fact]
    public void Filling() => OfEachRange(30, static (start, length) => $"fill({start}, {length & 0x1ffff}, 5)");

    /// <summary>No scenario has such a range: its end does not fit an i386 kernel's word. Linux: msync, end &lt; start.</summary>
    [Theory]
    [InlineData(0xFFFF_F000, 0x2000), InlineData(0x2000_0000, 0xE000_1000), InlineData(0xC000_0000, 0xFFFF_FFFF)]
    public void SynchronizingBeyondTheLastAddress(uint start, uint length)
    {
        using World world = new();
        world.Map(0, 1);
        Assert.Equal(Errno.ENOMEM, world.Memory.Synchronize(new(start), length, SyncFlags.Sync));
        Assert.Equal(Errno.EINVAL, world.Memory.Synchronize(new(start | 1), length, SyncFlags.Sync));    // checked before
    }

    /// <summary>MAP_DROPPABLE is a type of mapping on 64-bit kernels; a file has no such type.</summary>
    [Fact]
    public void MappingDroppableMemory()
    {
        using World world = new();
        const MapFlags droppable = (MapFlags)8 | MapFlags.Fixed;
        Assert.Equal(Errno.EOPNOTSUPP,
            world.Memory.Map(World.At(0), 4096, MemoryProtection.ReadWrite, droppable | MapFlags.Anonymous, out _));
        int file = world.OpenFile("f", 1);
        Assert.Equal(Errno.EINVAL, world.Memory.Map(World.At(0), 4096, MemoryProtection.ReadWrite, droppable, file, 0, out _));
    }
}
