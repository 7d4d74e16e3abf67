using Paging.Core.Frames;
using Paging.Native;
using Paging.Native.Tables;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>The pages that a change of rights fills, those that it leaves to the next write, and its commitment.</summary>
/// <remarks>Linux: mm/mprotect.c mprotect_fixup; mm/hugetlb.c hugetlb_change_protection.</remarks>
public sealed class ChangedRightsTests
{
    private const uint LineBytes = 512 * 4096;

    /// <summary>Locked private memory that may be written from now on gets its pages at once; everything else waits for a touch.</summary>
    [Theory]
    [InlineData(MapFlags.Private, true, MemoryProtection.None, MemoryProtection.ReadWrite, true)]
    [InlineData(MapFlags.Private, true, MemoryProtection.None, MemoryProtection.Write, true)]
    [InlineData(MapFlags.Private, true, MemoryProtection.None, MemoryProtection.Read, false)]
    [InlineData(MapFlags.Private, true, MemoryProtection.None, MemoryProtection.Read | MemoryProtection.Execute, false)]
    [InlineData(MapFlags.Private, true, MemoryProtection.Read, MemoryProtection.ReadWrite, true)]
    [InlineData(MapFlags.Private, true, MemoryProtection.ReadWrite, MemoryProtection.ReadWrite | MemoryProtection.Execute, false)]
    [InlineData(MapFlags.Private, false, MemoryProtection.None, MemoryProtection.ReadWrite, false)]
    [InlineData(MapFlags.Shared, true, MemoryProtection.None, MemoryProtection.ReadWrite, false)]
    public void LockedPrivateMemoryIsFilledWhenItBecomesWritable(
        MapFlags type, bool isLocked, MemoryProtection before, MemoryProtection after, bool isFilled)
    {
        using World world = new();
        World.MapAs(world.First, 0, 4, before, type | MapFlags.Anonymous | MapFlags.Fixed);
        if (isLocked) _ = world.Memory.Lock(World.At(0), World.Bytes(4));    // ENOMEM without rights, and locked all the same
        World.Succeeds(world.Memory.Advise(World.At(0), World.Bytes(4), MemoryAdvice.DontNeedLocked));
        if (isLocked) Assert.Equal(4u, world.Memory.Usage.Locked.Value);
        World.Succeeds(world.Memory.Protect(World.At(1), World.Bytes(2), after));
        for (int page = 0; page < 4; page++)
            Assert.Equal(isFilled && page is 1 or 2, world.Memory.Space.Tables.Read(World.At(page).Page).IsPresent);
        world.AssertNothingIsLeft();
    }

    /// <summary>A shared page of the pool may be written at once when the right comes back; a private one takes a fault.</summary>
    [Theory]
    [InlineData(MapFlags.Shared, 0)]
    [InlineData(MapFlags.Private, 1)]
    public void OnlyAPrivatePageOfThePoolTakesAFaultAfterwards(MapFlags type, int faults)
    {
        using HugeWorld world = new(hugePages: 2);
        World.Succeeds(world.Memory.Map(HugeWorld.At(0), LineBytes, MemoryProtection.ReadWrite,
            type | MapFlags.Anonymous | MapFlags.Fixed | MapFlags.HugeTlb, out _));
        world.Write(3, 3);
        foreach (MemoryProtection rights in (MemoryProtection[])[MemoryProtection.Read, MemoryProtection.ReadWrite])
        {
            World.Succeeds(world.Memory.Protect(HugeWorld.At(0), LineBytes, rights));
            Assert.Equal(rights == MemoryProtection.ReadWrite && faults == 0, Leaf(world).IsWritable);
        }

        long before = world.Memory.Space.Faults.Minor;
        world.Write(4, 4);
        Assert.Equal(before + faults, world.Memory.Space.Faults.Minor);
        Assert.True(Leaf(world).IsWritable);
        World.Succeeds(world.Memory.Protect(HugeWorld.At(0), LineBytes, MemoryProtection.None));
        Assert.False(world.Memory.Mmu.TryRead(HugeWorld.At(3), out uint _));
        World.Succeeds(world.Memory.Protect(HugeWorld.At(0), LineBytes, MemoryProtection.Read));
        world.Verify();
    }

    /// <summary>Two mappings of one open file of the pool are one range for remap_file_pages, those of two open files are not.</summary>
    /// <remarks>Linux: mm/mmap.c remap_file_pages compares vm_file.</remarks>
    [Theory]
    [InlineData(true, Errno.None)]
    [InlineData(false, Errno.EINVAL)]
    public void MappingsOfOneOpenFileOfThePoolAreOneRange(bool isOneFile, Errno expected)
    {
        using HugeWorld world = new(hugePages: 3);
        World.Succeeds(world.Engine.HugePages.CreateFile("pool", MemoryFileFlags.HugeTlb, out GuestFile? file));
        World.Succeeds(file!.SetLength(3 * LineBytes));
        World.Succeeds(file.Open(world.Process, FileRights.ReadWrite, out int first));
        World.Succeeds(file.Open(world.Process, FileRights.ReadWrite, out int second));
        Map(0, first, 0);
        Map(512, isOneFile ? first : second, 2 * LineBytes);
        for (int line = 0; line < 2; line++) world.Memory.Mmu.Write(HugeWorld.At(line * 512), 10u + (uint)(2 * line));
        World.Returns(expected, world.Memory.RemapFilePages(HugeWorld.At(0), 2 * LineBytes, new(512), MapFlags.None));
        uint[] words = [.. Enumerable.Range(0, 2).Select(line => world.Memory.Mmu.Read<uint>(HugeWorld.At(line * 512)))];
        Assert.Equal(expected == Errno.None ? [0u, 12u] : [10u, 12u], words);
        world.Audit();
        world.Process.Dispose();
        file.Dispose();
        Assert.Equal(new HugePoolCounters(3, 3, 0, 0), world.Engine.CountPool());

        void Map(int page, int descriptor, uint byteOffset) =>
            World.Succeeds(world.Memory.Map(HugeWorld.At(page), LineBytes, MemoryProtection.ReadWrite, MapFlags.Shared | MapFlags.Fixed,
                descriptor, byteOffset, out _));
    }

    private static PageTableEntry Leaf(HugeWorld world)
    {
        Assert.True(world.Memory.Space.Tables.Huge.TryRead(HugeWorld.At(0).Page, out PageTableEntry leaf));
        return leaf;
    }
}
