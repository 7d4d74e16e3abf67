using Paging.Core.Spaces;
using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>
/// Restoring a snapshot restores every field of a space besides pages and areas, and pages that are never copied.
/// </summary>
public sealed class SpaceStateTests
{
    private static readonly (string Name, Action<Space> Change)[] Changes =
    [
        ("base", static space => space.Layout.MmapBase += PageCount.One),
        ("direction", static space => space.Layout.IsTopDown ^= true),
        ("start of the break", static space => space.Layout.StartBreak += 4096),
        ("image", static space => space.Layout.Image = space.Layout.Image with { StartCode = new(4096) }),
        ("data", static space => space.Limits[ResourceLimit.Data] = 1 << 20),
        ("stack", static space => space.Limits[ResourceLimit.Stack] = 1 << 20),
        ("locked memory", static space => space.Limits[ResourceLimit.LockedMemory] = 1 << 20),
        ("address space", static space => space.Limits[ResourceLimit.AddressSpace] = 1 << 20),
        ("break", static space => space.Break += 4096),
        ("default flags", static space => space.DefaultFlags ^= AreaFlags.Locked),
        ("privilege", static space => space.IsPrivileged ^= true),
        ("personality", static space => space.ReadImpliesExecute ^= true),
        ("execution", static space => space.ExecuteGain = ExecuteGain.Refused),
        ("merging", static space => space.MergesAll ^= true),
        ("huge pages", static space => space.HugeLines.Policy = TransparentPolicy.OnlyAdvised),
        ("faults", static space => space.Faults = default),
        ("peak", static space => space.Statistics.PeakTotal += 100),
        ("peak of the resident set", static space => space.Statistics.PeakResident += 100),
        ("locked for ever", static space => space.Statistics.LockedForEver++),
    ];

    public static TheoryData<string> Names => [.. Changes.Select(static one => one.Name)];

    [Theory, MemberData(nameof(Names))]
    public void AFieldGoesBack(string name)
    {
        Action<Space> change = Array.Find(Changes, one => string.Equals(one.Name, name, StringComparison.Ordinal)).Change;
        using World world = new();
        world.Map(0, 4);
        world.Touch(0);
        Space space = world.Memory.Space;
        space.Statistics.PeakResident = space.Statistics.PeakResident;    // a snapshot notes the peak that it finds
        using Snapshot snapshot = world.First.TakeSnapshot();
        object[] before = State(space);
        change(space);
        object[] changed = State(space);
        Assert.NotEqual(before, changed);
        using Snapshot later = world.First.TakeSnapshot();
        World.Succeeds(snapshot.Restore());
        Assert.Equal(before, State(space));
        World.Succeeds(later.Restore());
        Assert.Equal(changed, State(space));
        World.Succeeds(snapshot.Restore());
        Assert.Equal(before, State(space));
    }

    /// <summary>The setting for all memory is also a flag of each area, which a snapshot keeps. Linux: ksm_add_vmas.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void TheAreasOfMergingGoBackWithIt(bool ofEngine)
    {
        using World world = new();
        world.Map(0, 4);
        world.Map(10, 4);
        world.Touch(0);
        using IDisposable snapshot = ofEngine ? world.Engine.TakeSnapshot() : world.First.TakeSnapshot();
        world.Memory.IsAllMergeable = true;
        Assert.Equal((true, true), (IsMergeable(0), IsMergeable(10)));
        World.Succeeds(snapshot is EngineSnapshot all ? all.Restore() : ((Snapshot)snapshot).Restore());
        Assert.Equal((false, false, false), (world.Memory.IsAllMergeable, IsMergeable(0), IsMergeable(10)));
        world.Verify();

        bool IsMergeable(int page) =>
            world.Memory.Space.Areas[world.Memory.Space.Areas.Tree.Covering(World.At(page).Page)].Has(AreaFlags.Mergeable);
    }

    /// <summary>The host's pages and those of the page cache are mapped again where they were, each its own.</summary>
    [Fact]
    public void SharedPagesAreMappedAgainEachWhereItWas()
    {
        using World world = new();
        byte[] host = new byte[6 * 4096];
        for (int page = 0; page < 6; page++) host[page * 4096] = (byte)(page + 0x40);
        GuestFile memory = world.Engine.Files.CreateHostMemoryFile("host", host);
        int opened = world.Open(memory), file = world.OpenFile("f", 6);
        world.MapFile(opened, 0, 4, filePage: 2, type: MapFlags.Shared);
        world.MapFile(file, 10, 4, filePage: 1, type: MapFlags.Shared);
        world.MapShared(20, 4);
        for (int page = 0; page < 4; page++) world.Touch(20 + page, (byte)(page + 0x60));
        Read(world);
        PageTableEntry[] entries = Entries(world);
        using Snapshot snapshot = world.First.TakeSnapshot();
        foreach (int at in new[] { 0, 10, 20 }) World.Succeeds(world.Memory.Unmap(World.At(at), World.Bytes(4)));
        world.Map(0, 24);
        for (int page = 0; page < 24; page++) world.Touch(page, 0xEE);
        World.Succeeds(snapshot.Restore());
        world.Verify();
        PageTableEntry[] back = Entries(world);
        for (int page = 0; page < 24; page++) Assert.True(back[page].IsNeverTouched || back[page].Frame == entries[page].Frame);
        Assert.Equal(12, back.Count(static entry => entry.IsPresent));
        Read(world);
        world.Touch(1, 0x99);
        Assert.NotEqual(0, world.Peek(1));
        world.Verify();

        static void Read(World world)
        {
            for (int page = 0; page < 4; page++)
            {
                Assert.Equal((page + 0x42, page + 0x11, page + 0x60), (world.Peek(page), world.Peek(10 + page), world.Peek(20 + page)));
            }
        }
    }

    private static PageTableEntry[] Entries(World world) =>
        [.. Enumerable.Range(0, 24).Select(page => world.Memory.Space.Tables.Read(World.At(page).Page))];

    private static object[] State(Space space) =>
    [
        space.Layout, space.Limits, space.Statistics, space.Faults, space.Break, space.DefaultFlags, space.IsPrivileged,
        space.ReadImpliesExecute, space.ExecuteGain, space.MergesAll, space.HugeLines.Policy,
    ];
}
