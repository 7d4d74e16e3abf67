using Paging.Core.Files;
using Paging.Core.Spaces;

namespace Paging.Core.Tests;

/// <summary>Ways to break the rules of huge pages.</summary>
internal static class HugeCanaries
{
    private const int PoolPage = 4096;    // a multiple of the huge page

    public static IEnumerable<Canary> All { get; } =
    [
        new("K2", "a free page of the pool that is not there", static world => Damage.Set(world.Machine.HugePool, "Free", 1L)),
        new("K2", "a page of the pool too many", static world => Damage.Set(world.Machine.HugePool, "Total", 1L)),
        new("K3", "a file of huge pages with a frame from outside the pool", static world =>
            world.Engine.Parts.Files.Cache.Forest.TryInsert(ref PoolObject(world).Pages, 0,
                world.Memory.Space.Tables.Read(World.At(Damage.Own).Page).Frame.Value)),
        new("K4", "memory of the pool that is accounted", static world =>
        {
            _ = PoolObject(world);
            Damage.AreaAt(world, PoolPage).Flags |= AreaFlags.Accounted;
        }),
        new("K5", "a table in reserve without a huge page", static world => Damage.Set(world.Memory.Space.HugeLines, "Count", 1u)),
        new("K6", "a reservation without an owner", static world => Damage.Set(world.Machine.HugePool, "Reserved", 1L)),
    ];

    /// <summary>Maps memory of the pool without a reservation, and returns its object.</summary>
    private static FileObject PoolObject(World world)
    {
        const MapFlags flags = MapFlags.Private | MapFlags.Anonymous | MapFlags.Fixed | MapFlags.HugeTlb | MapFlags.NoReserve;
        World.Succeeds(world.Memory.Map(World.At(PoolPage), World.Bytes(1), MemoryProtection.ReadWrite, flags, out _));
        return world.Memory.Space.Areas.PoolObject(Damage.AreaAt(world, PoolPage))!;
    }
}
