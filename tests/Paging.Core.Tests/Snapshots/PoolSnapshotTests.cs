using Paging.Core.Frames;
using Paging.Native;
using Paging.Native.Tables;
using Paging.Tests;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Huge pages of the pool in snapshots: what the guest sees of the pool, and what goes back (decision 0062).</summary>
public sealed class PoolSnapshotTests
{
    private const MapFlags OfPool = World.PrivateFixed | MapFlags.HugeTlb;

    private static readonly VirtualAddress Place = new(0x3000_0000);

    public static TheoryData<TableFormat, bool> Kinds => new()
    {
        { TableFormat.Classic, false }, { TableFormat.Classic, true }, { TableFormat.Pae, false }, { TableFormat.Pae, true },
    };

    private static World NewWorld(TableFormat tables, int pages) => new(World.Options(48) with { HugePages = pages, Tables = tables });

    private static uint Each(World world) => (uint)world.Engine.HugePages.PageBytes;

    private static IDisposable Take(World world, bool ofEngine) => ofEngine ? world.Engine.TakeSnapshot() : world.First.TakeSnapshot();

    private static Errno Restore(IDisposable snapshot) => snapshot is Snapshot one ? one.Restore() : ((EngineSnapshot)snapshot).Restore();

    /// <summary>A pool without a free page is enough: what is written of a kept page goes to memory of the host first.</summary>
    [Theory, MemberData(nameof(Kinds))]
    public void ASnapshotTakesNoPageOfThePool(TableFormat tables, bool ofEngine)
    {
        using World world = NewWorld(tables, pages: 2);
        World.Succeeds(world.Memory.Map(Place, 2 * Each(world), MemoryProtection.ReadWrite, OfPool, out _));
        world.Mmu.Write(Place, 1u);
        world.Mmu.Write(Place + (Each(world) - 4), 2u);
        world.Mmu.Write(Place + Each(world), 3u);
        HugePoolCounters before = world.Engine.CountPool();
        using IDisposable snapshot = Take(world, ofEngine);
        using IDisposable second = Take(world, ofEngine);    // they keep the same bytes
        for (uint round = 0; round < 4; round++)
        {
            world.Mmu.Write(Place, 11u + round);
            world.Mmu.Write(Place + (Each(world) - 4), 12u);
            Assert.Equal(before, world.Engine.CountPool());
            Assert.Equal(2, world.Memory.Space.Tables.Huge.Count);
            world.Verify();
            World.Succeeds(Restore(round % 2 == 0 ? second : snapshot));
            world.Verify();
            Assert.Equal((1u, 2u, 3u),
                (world.Mmu.Read<uint>(Place), world.Mmu.Read<uint>(Place + (Each(world) - 4)), world.Mmu.Read<uint>(Place + Each(world))));
            Assert.Equal(before, world.Engine.CountPool());
        }

        snapshot.Dispose();
        second.Dispose();
        Assert.True(world.Machine.HugePool.Kept.IsEmpty);
        world.AssertNothingIsLeft();
    }

    /// <summary>A page that is unmapped is free at once. If another process has it by then, one process cannot go back; all can.</summary>
    [Theory, InlineData(TableFormat.Classic), InlineData(TableFormat.Pae)]
    public void APageThatAnotherProcessHasIsMissed(TableFormat tables)
    {
        using World world = NewWorld(tables, pages: 1);
        UserProcess other = world.First.Fork();
        World.Succeeds(world.Memory.Map(Place, Each(world), MemoryProtection.ReadWrite, OfPool, out _));
        world.Mmu.Write(Place, 1u);
        using EngineSnapshot whole = world.Engine.TakeSnapshot();
        using Snapshot one = world.First.TakeSnapshot();
        World.Succeeds(world.Memory.Unmap(Place, Each(world)));
        Assert.Equal(new HugePoolCounters(1, 1, 0, 0), world.Engine.CountPool());
        World.Succeeds(other.Memory.Map(Place, Each(world), MemoryProtection.ReadWrite, OfPool, out _));
        World.Returns(Errno.ENOMEM, one.Restore());    // it is reserved
        other.Memory.Mmu.Write(Place, 2u);
        World.Returns(Errno.ENOMEM, one.Restore());
        world.Verify();
        Assert.False(world.Mmu.TryRead(Place, out uint _));
        Assert.Equal(2u, other.Memory.Mmu.Read<uint>(Place));
        World.Succeeds(whole.Restore());
        world.Verify();
        Assert.Equal(1u, world.Mmu.Read<uint>(Place));
        Assert.False(other.Memory.Mmu.TryRead(Place, out uint _));
        World.Succeeds(world.Memory.Unmap(Place, Each(world)));
        World.Succeeds(one.Restore());
        Assert.Equal(1u, world.Mmu.Read<uint>(Place));
        world.Verify();
    }

    /// <summary>A file of the pool goes back with all processes: bytes, length, reservations, pages that were dropped or made.</summary>
    [Theory, InlineData(TableFormat.Classic), InlineData(TableFormat.Pae)]
    public void AFileGoesBack(TableFormat tables)
    {
        using World world = NewWorld(tables, pages: 4);
        World.Succeeds(world.Engine.HugePages.CreateFile("rom", 0, out GuestFile? file));
        World.Succeeds(file!.SetLength(3 * Each(world)));
        int descriptor = world.Open(file);
        World.Succeeds(world.Memory.Map(Place, 3 * Each(world), MemoryProtection.ReadWrite, MapFlags.Shared | MapFlags.Fixed, descriptor,
            0, out _));
        world.Mmu.Write(Place, 1u);
        world.Mmu.Write(Place + Each(world), 2u);
        HugePoolCounters before = world.Engine.CountPool();
        using EngineSnapshot snapshot = world.Engine.TakeSnapshot();
        Assert.Equal(0, snapshot.DirtyPageCount);
        for (int round = 0; round < 3; round++)
        {
            world.Mmu.Write(Place, 11u);
            Assert.Equal(Each(world) >> 12, snapshot.DirtyPageCount);
            if (round == 1) World.Succeeds(world.First.FileDescriptors.Allocate(descriptor,
                AllocationFlags.PunchHole | AllocationFlags.KeepSize, 0, Each(world)));
            if (round == 2) World.Succeeds(file.SetLength(0));
            else world.Mmu.Write(Place + (2 * Each(world)), 13u);
            world.Verify();
            World.Succeeds(snapshot.Restore());
            world.Verify();
            Assert.Equal((3L * Each(world), before), (file.ByteLength, world.Engine.CountPool()));
            Assert.Equal((1u, 2u), (world.Mmu.Read<uint>(Place), world.Mmu.Read<uint>(Place + Each(world))));
        }

        Assert.Equal(0u, world.Mmu.Read<uint>(Place + (2 * Each(world))));    // there was none
        World.Succeeds(snapshot.Restore());
        Assert.Equal(before, world.Engine.CountPool());
    }

    /// <summary>A pinned page is copied when the snapshot is taken, and gets its bytes in its place.</summary>
    [Theory, MemberData(nameof(Kinds))]
    public void APinnedPageGoesBackInItsPlace(TableFormat tables, bool ofEngine)
    {
        using World world = NewWorld(tables, pages: 1);
        World.Succeeds(world.Memory.Map(Place, Each(world), MemoryProtection.ReadWrite, OfPool, out _));
        world.Mmu.Write(Place, 1u);
        Assert.True(world.First.TryPin(Place, 4, AccessKind.Write, out PinnedMemory? pin, out _));
        using IDisposable snapshot = Take(world, ofEngine);
        ((WritablePin)pin!).WritableParts[0].Span[0] = 9;    // no fault
        Assert.Equal(9u, world.Mmu.Read<uint>(Place));
        World.Succeeds(Restore(snapshot));
        Assert.Equal(1, pin.Parts[0].Span[0]);
        ((WritablePin)pin).WritableParts[0].Span[0] = 8;
        Assert.Equal(8u, world.Mmu.Read<uint>(Place));
        World.Succeeds(Restore(snapshot));
        Assert.Equal(1u, world.Mmu.Read<uint>(Place));
        world.Verify();
        pin.Dispose();
    }

    /// <summary>Neither the fault that copies a page, nor the way back, allocates anything that is collected.</summary>
    [Theory, MemberData(nameof(Kinds))]
    public void IterationsAllocateNothing(TableFormat tables, bool ofEngine)
    {
        using World world = NewWorld(tables, pages: 2);
        World.Succeeds(world.Memory.Map(Place, Each(world), MemoryProtection.ReadWrite, OfPool, out _));
        world.Mmu.Write(Place, 1u);
        using IDisposable snapshot = Take(world, ofEngine);
        Assert.Equal(0, ManagedMemory.BytesAllocatedBy(() => Restore(snapshot), _ => world.Mmu.Write(Place, 2u)));
        if (ofEngine) return;    // a set of files is made for each restore
        Assert.Equal(0, ManagedMemory.BytesAllocatedBy(() =>
        {
            world.Mmu.Write(Place, 3u);
            Restore(snapshot);
        }));
        world.Verify();
    }

    /// <summary>A snapshot that is not the last one: the pages of the pool are listed for each, so the way between them is any.</summary>
    [Theory, InlineData(TableFormat.Classic), InlineData(TableFormat.Pae)]
    public void ATreeOfSnapshotsHasSmallPagesInTheSamePlace(TableFormat tables)
    {
        using World world = NewWorld(tables, pages: 1);
        World.Succeeds(world.Memory.Map(Place, Each(world), MemoryProtection.ReadWrite, OfPool, out _));
        world.Mmu.Write(Place, 1u);
        using Snapshot huge = world.First.TakeSnapshot();
        World.Succeeds(world.Memory.Map(Place, Each(world), MemoryProtection.ReadWrite, World.PrivateFixed, out _));
        world.Mmu.Write(Place, 2u);
        using Snapshot small = world.First.TakeSnapshot();
        World.Succeeds(world.Memory.Unmap(Place, Each(world)));
        using Snapshot none = world.First.TakeSnapshot();
        foreach ((Snapshot snapshot, uint expected) in new[] { (huge, 1u), (small, 2u), (huge, 1u), (none, 0u), (small, 2u), (none, 0u) })
        {
            World.Succeeds(snapshot.Restore());
            world.Verify();
            Assert.Equal(expected, world.Mmu.TryRead(Place, out uint found) ? found : 0);
            world.Mmu.TryWrite(Place, 7u);
            world.Verify();
        }
    }
}
