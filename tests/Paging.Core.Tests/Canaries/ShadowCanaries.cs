using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Tables;

namespace Paging.Core.Tests;

/// <summary>Ways to reach a marked byte unseen.</summary>
internal static class ShadowCanaries
{
    public static IEnumerable<Canary> All { get; } =
    [
        new("U2", "a page of a shadow that counts a marked byte too many", static world =>
        {
            ShadowPage states = Marked(world).Find(World.At(Damage.Own).Page)!;
            Damage.Set(states, $"<{nameof(ShadowPage.MarkedCount)}>k__BackingField", states.MarkedCount + 1);
        }),
        new("U3", "marked bytes that are not mapped", static world =>
            Marked(world).Set(World.At(1000).Page, 0, 8, ByteState.Unaddressable)),
        new("U4", "a marked page that is cached", static world =>
        {
            Marked(world);
            PageNumber page = World.At(Damage.Own).Page;
            world.Mmu.GrantWrite(page, new(Damage.WordAt(world, Damage.Own)), world.Engine.Ram);
        }),
    ];

    private static ShadowTree Marked(World world)
    {
        world.Touch(Damage.Own);
        World.Succeeds(world.Memory.OpenByteShadow().Mark(World.At(Damage.Own, 8), 8, ByteState.Unaddressable));
        return world.Memory.Space.Shadow!;
    }
}
