using Paging.Core.Frames;
using Paging.Native;
using Paging.Native.Tables;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Private huge pages of a pool that is too small for a family of processes: copies, pages taken back, and failures.</summary>
/// <remarks>Linux: mm/hugetlb.c hugetlb_wp, unmap_ref_private, hugetlb_vm_op_close.</remarks>
public sealed class PoolFamilyTests
{
    private const MapFlags Huge = World.PrivateFixed | MapFlags.HugeTlb;

    /// <summary>The owner's write takes the page from the children in one fault; their next access is a bus error.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void TheOwnerTakesItsPageBack(int children)
    {
        using HugeWorld world = Start(pages: 1, lines: 1);
        UserProcess[] heirs = [.. Enumerable.Range(0, children).Select(_ => world.Process.Fork())];
        Assert.Equal((uint)children + 1, MappingsOf(world));
        FaultCounters before = world.Memory.Space.Faults;
        world.Write(3, 33);
        FaultCounters after = world.Memory.Space.Faults;
        Assert.Equal((before.Minor + 1, before.Copied, before.Refused), (after.Minor, after.Copied, after.Refused));
        Assert.Equal(1u, MappingsOf(world));
        world.Write(4, 44);    // no fault
        Assert.Equal(after.Minor, world.Memory.Space.Faults.Minor);
        foreach (UserProcess heir in heirs)
        {
            Assert.Equal(0, heir.Memory.Space.Statistics.HugePool);
            Assert.False(heir.Memory.Mmu.TryRead(HugeWorld.At(3), out uint _, out MemoryFault fault));
            Assert.Equal(MemoryFaultKind.BusError, fault.Kind);
            Assert.False(heir.Memory.Mmu.TryWrite(HugeWorld.At(3), 1u, out fault));
            Assert.Equal(MemoryFaultKind.BusError, fault.Kind);
        }

        world.Verify();
        foreach (UserProcess heir in heirs) heir.Dispose();
        world.Verify();
        Assert.Equal(new HugePoolCounters(1, 0, 0, 0), world.Engine.CountPool());
        World.Succeeds(world.Memory.Unmap(HugeWorld.At(0), 512 * 4096));
        Assert.Equal(new HugePoolCounters(1, 1, 0, 0), world.Engine.CountPool());
    }

    /// <summary>The child has cut its area between two inherited pages: only the part that has lost its page gets none any more.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void OnlyTheAreaThatLosesAPageIsWithout(int taken)
    {
        using HugeWorld world = Start(pages: 2, lines: 2);
        world.Write(512 + 3, 33);
        UserProcess child = world.Process.Fork();
        World.Succeeds(child.Memory.Protect(HugeWorld.At(512), 512 * 4096, MemoryProtection.Read));
        world.Write((taken * 512) + 4, 4);
        Assert.Equal(3, world.Engine.HugePages.Resize(3).PoolTotal);
        for (int line = 0; line < 2; line++)
        {
            bool isThere = child.Memory.Mmu.TryRead(HugeWorld.At((line * 512) + 3), out uint word, out MemoryFault fault);
            Assert.Equal((line != taken, line == taken ? MemoryFaultKind.BusError : MemoryFaultKind.None), (isThere, fault.Kind));
            if (isThere) Assert.Equal(line == 0 ? 3u : 33, word);
        }

        Assert.Equal(512, child.Memory.Space.Statistics.HugePool);
        World.Succeeds(child.Memory.Unmap(HugeWorld.At((1 - taken) * 512), 512 * 4096));
        Assert.Equal(0, child.Memory.Space.Statistics.HugePool);
        world.Verify();
        child.Dispose();
        Assert.Equal(new HugePoolCounters(3, 1, 0, 0), world.Engine.CountPool());
    }

    /// <summary>A child's write is a bus error where there is no page for it, and changes nothing; with a page it copies.</summary>
    [Theory]
    [InlineData(1, false)]
    [InlineData(2, true)]
    public void AChildCopiesOrIsLeftWithout(int pages, bool hasCopy)
    {
        using HugeWorld world = Start(pages, lines: 1);
        UserProcess child = world.Process.Fork();
        Assert.Equal(hasCopy, child.Memory.Mmu.TryWrite(HugeWorld.At(3), 9u, out MemoryFault fault));
        Assert.Equal(hasCopy ? MemoryFaultKind.None : MemoryFaultKind.BusError, fault.Kind);
        Assert.Equal((hasCopy ? 1u : 2, hasCopy ? 1L : 0), (MappingsOf(world), child.Memory.Space.Faults.Copied));
        Assert.Equal(hasCopy ? 9u : 3, child.Memory.Mmu.Read<uint>(HugeWorld.At(3)));
        Assert.Equal(512, child.Memory.Space.Statistics.HugePool);
        world.Verify();
        child.Dispose();
        world.Verify();
        Assert.Equal(new HugePoolCounters(pages, pages - 1, 0, 0), world.Engine.CountPool());
    }

    /// <summary>Two lines, of which the owner has touched one: the other one is reserved for it, and a child cannot have it.</summary>
    [Fact]
    public void AReservedPageIsTheOwners()
    {
        using HugeWorld world = Start(pages: 2, lines: 2);
        Assert.Equal(new HugePoolCounters(2, 1, 1, 0), world.Engine.CountPool());
        UserProcess child = world.Process.Fork();
        Assert.False(child.Memory.Mmu.TryWrite(HugeWorld.At(600), 9u, out MemoryFault fault));
        Assert.Equal(MemoryFaultKind.BusError, fault.Kind);
        world.Write(600, 6);
        Assert.Equal(new HugePoolCounters(2, 0, 0, 0), world.Engine.CountPool());
        World.Succeeds(world.Memory.Advise(HugeWorld.At(512), 512 * 4096, MemoryAdvice.DontNeed));
        Assert.Equal(new HugePoolCounters(2, 1, 1, 0), world.Engine.CountPool());    // reserved again
        world.ExpectZero(600);
        world.Verify();
        World.Succeeds(world.Memory.Unmap(HugeWorld.At(512), 512 * 4096));
        Assert.Equal(new HugePoolCounters(2, 1, 0, 0), world.Engine.CountPool());
        Assert.True(child.Memory.Mmu.TryWrite(HugeWorld.At(600), 9u));
        world.Verify();
    }

    /// <summary>
    /// The owner has discarded a page that a child still has: it is reserved for the owner again, but not there. The touch is a bus error,
    /// as often as it is made, and the reservation stays for when the child is gone.
    /// </summary>
    /// <remarks>Linux: mm/hugetlb.c __unmap_hugepage_range (restore_reserve), alloc_hugetlb_folio, free_huge_folio.</remarks>
    [Fact]
    public void AReservationThatFindsNoPageIsKept()
    {
        using HugeWorld world = Start(pages: 1, lines: 1);
        UserProcess child = world.Process.Fork();
        World.Succeeds(world.Memory.Advise(HugeWorld.At(0), 512 * 4096, MemoryAdvice.DontNeed));
        world.ExpectZero(3);
        for (int iteration = 0; iteration < 2; iteration++)
        {
            Assert.False(world.Memory.Mmu.TryWrite(HugeWorld.At(3), 4u, out MemoryFault fault));
            Assert.Equal(MemoryFaultKind.BusError, fault.Kind);
            Assert.Equal(new HugePoolCounters(1, 0, 0, 0), world.Engine.CountPool());
        }

        Assert.Equal(3u, child.Memory.Mmu.Read<uint>(HugeWorld.At(3)));
        child.Dispose();
        Assert.Equal(new HugePoolCounters(1, 1, 1, 0), world.Engine.CountPool());
        world.Write(3, 5);
        Assert.Equal(new HugePoolCounters(1, 0, 0, 0), world.Engine.CountPool());
        world.Verify();
        World.Succeeds(world.Memory.Unmap(HugeWorld.At(0), 512 * 4096));
        Assert.Equal(new HugePoolCounters(1, 1, 0, 0), world.Engine.CountPool());
    }

    /// <summary>A page of a file that a private mapping has copied stays the file's after any process unmaps it.</summary>
    [Fact]
    public void AFilesPageStaysWhenItIsCopied()
    {
        using HugeWorld world = new(hugePages: 3);
        World.Succeeds(world.Engine.HugePages.CreateFile("pool", MemoryFileFlags.HugeTlb, out GuestFile? file));
        World.Succeeds(file!.SetLength(2 << 20));
        World.Succeeds(file.Open(world.Process, FileRights.ReadWrite, out int descriptor));
        foreach ((int page, MapFlags type) in ((int, MapFlags)[])[(0, MapFlags.Shared), (1024, MapFlags.Private)])
            World.Succeeds(world.Memory.Map(HugeWorld.At(page), 2 << 20, MemoryProtection.ReadWrite, type | MapFlags.Fixed, descriptor, 0,
                out _));
        world.Write(3, 3);
        Assert.Equal(3u, world.Memory.Mmu.Read<uint>(HugeWorld.At(1024 + 3)));
        Assert.Equal(2u, MappingsOf(world));
        World.Succeeds(world.Memory.Unmap(HugeWorld.At(0), 2 << 20));
        Assert.Equal(1u, MappingsOf(world, 1024));
        world.ExpectZero(3);
        world.Write(1024 + 4, 4);
        Assert.Equal(3u, world.Memory.Mmu.Read<uint>(HugeWorld.At(1024 + 3)));
        HugePoolCounters counters = world.Engine.CountPool();
        Assert.Equal((3L, 1L), (counters.Total, counters.Free));
        World.Succeeds(world.Memory.Map(HugeWorld.At(0), 2 << 20, MemoryProtection.ReadWrite, MapFlags.Shared | MapFlags.Fixed, descriptor,
            0, out _));
        Assert.Equal((3u, 0u), (world.Memory.Mmu.Read<uint>(HugeWorld.At(3)), world.Memory.Mmu.Read<uint>(HugeWorld.At(4))));
        world.Verify();
        world.Process.Dispose();
        file.Dispose();
        Assert.Equal(new HugePoolCounters(3, 3, 0, 0), world.Engine.CountPool());
    }

    /// <summary>A pool of huge pages, and private lines of which the first is written.</summary>
    private static HugeWorld Start(int pages, int lines)
    {
        HugeWorld world = new(hugePages: pages);
        World.Succeeds(world.Memory.Map(HugeWorld.At(0), (uint)(lines * 512) << 12, MemoryProtection.ReadWrite, Huge, out _));
        world.Write(3, 3);
        return world;
    }

    private static uint MappingsOf(HugeWorld world, int page = 0)
    {
        Assert.True(world.Memory.Space.Tables.Huge.TryRead(HugeWorld.At(page).Page, out PageTableEntry entry));
        return world.Engine.Parts.Machine.Frames[entry.Frame].MapCount;
    }
}
