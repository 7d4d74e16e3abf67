using Paging.Native;
using Paging.Native.Tables;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>RAM is full of other processes' data: memory of every kind that a new process gets still reads as zeros.</summary>
public sealed class NoTraceTests
{
    private const int LinePages = 512;
    private const MapFlags PrivateHuge = World.PrivateFixed | MapFlags.HugeTlb;
    private const MapFlags SharedHuge = World.SharedFixed | MapFlags.HugeTlb;

    private static readonly Dictionary<string, Action<World>> Kinds = new(StringComparer.Ordinal)
    {
        ["private, written"] = static world =>
        {
            world.Map(0, LinePages);
            for (int page = 0; page < LinePages; page++) world.Touch(page, 0);
        },
        ["private, read"] = static world => world.Map(0, LinePages),
        ["private, filled ahead"] = static world => world.Map(0, LinePages, more: MapFlags.Populate),
        ["shared"] = static world => world.MapShared(0, LinePages),
        ["a file that was made longer"] = static world =>
        {
            int file = world.OpenFile("longer", 0);
            World.Succeeds(world.First.FileDescriptors.SetLength(file, LinePages * 4096));
            world.MapFile(file, 0, LinePages, type: MapFlags.Shared);
        },
        ["a private copy of a hole"] = static world =>
        {
            int file = world.OpenFile("hole", 0);
            World.Succeeds(world.First.FileDescriptors.SetLength(file, LinePages * 4096));
            world.MapFile(file, 0, LinePages);
            for (int page = 0; page < LinePages; page++) world.Touch(page, 0);
        },
        ["transparent huge page"] = static world => Advised(world, isWritten: true),
        ["transparent page of zeros"] = static world => Advised(world, isWritten: false),
        ["collapsed"] = static world =>
        {
            world.Map(0, LinePages);
            for (int page = 0; page < LinePages; page += 50) world.Touch(page, 0);
            World.Succeeds(world.Memory.Advise(World.At(0), World.Bytes(LinePages), MemoryAdvice.Collapse));
        },
        ["collapsed shared memory"] = static world =>
        {
            world.MapShared(0, LinePages);
            for (int page = 0; page < LinePages; page += 50) world.Touch(page, 0);
            World.Succeeds(world.Memory.Advise(World.At(0), World.Bytes(LinePages), MemoryAdvice.Collapse));
        },
        ["pool, private"] = static world => World.MapAs(world.First, 0, LinePages, MemoryProtection.ReadWrite, PrivateHuge),
        ["pool, shared"] = static world => World.MapAs(world.First, 0, LinePages, MemoryProtection.ReadWrite, SharedHuge),
    };

    public static TheoryData<string> Names => [.. Kinds.Keys];

    [Trait("Category", "Medium")]
    [Theory, MemberData(nameof(Names))]
    public void NoByteOfOtherProcessesIsSeen(string kind)
    {
        using World world = new(World.Options(14) with
        {
            Tables = TableFormat.Pae,
            TransparentHugePages = TransparentHugePages.Advised,
            HugePages = 1,
        });
        Litter(world.Engine);
        Kinds[kind](world);
        byte[] bytes = new byte[LinePages * 4096];
        Assert.Equal(bytes.Length, world.Mmu.CopyOut(World.At(0), bytes, out _));
        Assert.Equal(-1, bytes.AsSpan().IndexOfAnyExcept((byte)0));
        world.Verify();
    }

    /// <summary>Writes to all memory that can be had, and gives it back.</summary>
    private static void Litter(PagingEngine engine)
    {
        using UserProcess process = engine.CreateProcess("litter");
        int count = (int)engine.Memory.Free.Value - 40;
        World.MapAs(process, 0, count, MemoryProtection.ReadWrite, World.PrivateFixed);
        VirtualAddress huge = new(0x4000_0000);
        World.Succeeds(process.Memory.Map(huge, 2 << 20, MemoryProtection.ReadWrite, PrivateHuge, out _));
        Assert.Equal(World.Bytes(count), process.Memory.Mmu.Fill(World.At(0), World.Bytes(count), 0xEE, out _));
        Assert.Equal(2u << 20, process.Memory.Mmu.Fill(huge, 2 << 20, 0xEE, out _));
    }

    private static void Advised(World world, bool isWritten)
    {
        world.Map(0, LinePages);
        World.Succeeds(world.Memory.Advise(World.At(0), World.Bytes(LinePages), MemoryAdvice.HugePage));
        if (isWritten) world.Touch(300, 0);
        else world.Peek(300);
        Assert.True(world.Memory.Space.Tables.Huge.Has(World.At(0).Page));
    }
}
