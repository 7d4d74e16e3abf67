using Paging.Core.Swap;
using Paging.Native;
using Paging.Native.Tables;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Memory of the pool is saved with the processes that have it, and is there in those that are loaded or cloned.</summary>
public sealed class SavedPoolTests
{
    private static readonly VirtualAddress Private = new(0x3000_0000), Shared = new(0x3800_0000);

    private static World NewWorld(TableFormat tables, int pages = 8) => new(World.Options(96) with { HugePages = pages, Tables = tables });

    private static uint Each(World world) => (uint)world.Engine.HugePages.PageBytes;

    /// <summary>A parent and a child that share a private huge page, another one of the child's, and a file with a reserved page.</summary>
    private static void Build(World world)
    {
        World.Succeeds(world.Engine.HugePages.CreateFile("huge", 0, out GuestFile? file));
        World.Succeeds(file!.SetLength(2 * Each(world)));
        int descriptor = world.Open(file);
        World.Succeeds(world.Memory.Map(Shared, 2 * Each(world), MemoryProtection.ReadWrite, MapFlags.Shared | MapFlags.Fixed,
            descriptor, 0, out _));
        World.Succeeds(world.Memory.Map(Private, 2 * Each(world), MemoryProtection.ReadWrite, World.PrivateFixed | MapFlags.HugeTlb,
            out _));
        world.Mmu.Write(Private, 1u);
        world.Mmu.Write(Private + (Each(world) - 4), 2u);
        world.Mmu.Write(Shared, 3u);
        UserProcess child = world.First.Fork();
        child.Memory.Mmu.Write(Private + Each(world), 4u);
    }

    private static void Check(World world, UserProcess parent, UserProcess? child)
    {
        Mmu mmu = parent.Memory.Mmu;
        Assert.Equal((1u, 2u, 3u), (mmu.Read<uint>(Private), mmu.Read<uint>(Private + (Each(world) - 4)), mmu.Read<uint>(Shared)));
        Assert.Equal(2, parent.Memory.Space.Tables.Huge.Count);
        if (child is null) return;
        Assert.Equal(4u, child.Memory.Mmu.Read<uint>(Private + Each(world)));
        mmu.Write(Shared, 5u);
        Assert.Equal(5u, child.Memory.Mmu.Read<uint>(Shared));
        mmu.Write(Private, 6u);
        Assert.Equal(1u, child.Memory.Mmu.Read<uint>(Private));
        mmu.Write(Shared, 3u);
        mmu.Write(Private, 1u);
    }

    [Theory, InlineData(TableFormat.Classic), InlineData(TableFormat.Pae)]
    public void AProcessIsLoadedResumedAndCloned(TableFormat tables)
    {
        using World world = NewWorld(tables);
        Build(world);
        using MemoryStream stream = new(), lazy = new();
        MemorySwapStore store = new(32 << 20);
        uint slot = 0;
        using Snapshot snapshot = world.First.TakeSnapshot();
        snapshot.Save(stream);
        snapshot.Save(lazy, page => store.Write(slot++, page));
        ProcessImage image = ProcessImage.Of(snapshot);
        stream.Position = lazy.Position = 0;
        using World other = NewWorld(tables);
        Check(other, other.Engine.SavedProcesses.Load(stream), child: null);
        other.Verify();
        Assert.Equal(new HugePoolCounters(8, 6, 2, 0), other.Engine.CountPool());    // a page of the area, one of the file
        Check(other, other.Engine.SavedProcesses.Resume(lazy, store, out SwapDevice? device), child: null);
        other.Verify();
        World.Succeeds(other.Engine.Swap.SwitchOff(device!));
        using World third = NewWorld(tables);
        for (int clone = 0; clone < 3; clone++)
        {
            using UserProcess made = third.Engine.CloneProcess(image);
            Check(third, made, child: null);
            third.Verify();
        }

        third.AssertNothingIsLeft();
    }

    [Theory, InlineData(TableFormat.Classic), InlineData(TableFormat.Pae)]
    public void AnEngineIsLoadedAndCloned(TableFormat tables)
    {
        using World world = NewWorld(tables);
        Build(world);
        HugePoolCounters before = world.Engine.CountPool();
        using MemoryStream stream = new();
        using EngineSnapshot snapshot = world.Engine.TakeSnapshot();
        snapshot.Save(stream);
        EngineImage image = EngineImage.Of(snapshot);
        stream.Position = 0;
        using World other = NewWorld(tables);
        IReadOnlyList<UserProcess> loaded = other.Engine.SavedProcesses.LoadAll(stream);
        other.Verify();
        Assert.Equal(before, other.Engine.CountPool());    // the page that both have is there once
        Check(other, loaded[0], loaded[1]);
        other.Verify();
        using World third = NewWorld(tables);
        for (int clone = 0; clone < 3; clone++)
        {
            IReadOnlyList<UserProcess> made = third.Engine.CloneProcesses(image);
            third.Verify();
            Assert.Equal(before, third.Engine.CountPool());
            Check(third, made[0], made[1]);
            third.Verify();
            foreach (UserProcess process in made) process.Dispose();
        }

        third.AssertNothingIsLeft();
    }

    /// <summary>A pool that has too few pages refuses the load, and nothing is left of it.</summary>
    [Theory, InlineData(0), InlineData(1), InlineData(2), InlineData(3)]
    public void APoolWithTooFewPagesRefuses(int pages)
    {
        using World world = NewWorld(TableFormat.Pae);
        Build(world);
        using MemoryStream stream = new();
        using (Snapshot snapshot = world.First.TakeSnapshot()) snapshot.Save(stream);
        stream.Position = 0;
        using World other = NewWorld(TableFormat.Pae, pages);
        NoMemoryException refused = Assert.Throws<NoMemoryException>(() => other.Engine.SavedProcesses.Load(stream));
        Assert.Contains("the pool has too few huge pages", refused.Message, StringComparison.Ordinal);
        other.AssertNothingIsLeft();
    }

    /// <summary>A further clone does not read the saved form again, and is refused as the first one: nothing is left of it.</summary>
    [Theory, InlineData(1), InlineData(2)]    // one for the copy of a page that the processes share
    public void AFurtherCloneNeedsItsOwnPages(int more)
    {
        using World world = NewWorld(TableFormat.Pae);
        Build(world);
        using EngineSnapshot snapshot = world.Engine.TakeSnapshot();
        EngineImage image = EngineImage.Of(snapshot);
        HugePoolCounters each = world.Engine.CountPool();
        int needed = (int)(each.Total - each.Free + each.Reserved);
        using World other = NewWorld(TableFormat.Pae, needed + more);
        IReadOnlyList<UserProcess> first = other.Engine.CloneProcesses(image);
        HugePoolCounters before = other.Engine.CountPool();
        for (int round = 0; round < 3; round++)
        {
            NoMemoryException refused = Assert.Throws<NoMemoryException>(() => other.Engine.CloneProcesses(image));
            Assert.Contains("the pool has too few huge pages", refused.Message, StringComparison.Ordinal);
            Assert.Equal(before, other.Engine.CountPool());
            other.Verify();
        }

        Check(other, first[0], first[1]);
        foreach (UserProcess process in first) process.Dispose();
        IReadOnlyList<UserProcess> again = other.Engine.CloneProcesses(image);
        Check(other, again[0], again[1]);
        foreach (UserProcess process in again) process.Dispose();
        other.AssertNothingIsLeft();
    }
}
