using Paging.Core.Frames;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Native.Collections;
using Paging.Native.Tables;

namespace Paging.Core.Tests;

/// <summary>Ways to break the rules of swap and of the lists that reclaim works on.</summary>
internal static class SwapCanaries
{
    public static IEnumerable<Canary> All { get; } =
    [
        new("Y1", "a frame that believes it is on another list", static world =>
            Damage.DescriptorAt(world, Damage.Own).Flags |= PageFlags.FileBacked),
        new("Y3", "a private page that reclaim will never see", static world =>
            world.Machine.Lists.Remove(Damage.FrameAt(world, Damage.Own))),
        new("U1", "a group that counts a table too many", static world => world.Engine.Parts.Reclaim.Groups.Root.Frames.TableCount++),
        new("U1", "a group whose enforced limit is one above the configured one", static world =>
            world.Engine.Parts.Reclaim.Groups.Root.Frames.Limit++),
        new("Z1", "a slot that counts a user too many", static world => DeviceOf(world).AddUser(EntryOf(world).Slot)),
        new("Z1", "an entry that names a free slot", static world =>
            Damage.WordAt(world, Damage.Swapped) = (uint)SwapEntry.ForSlot(0, DeviceOf(world).SlotCount - 1).Word),
        new("Z2", "a count of taken slots that is wrong", static world => Damage.Set(DeviceOf(world), "UsedSlotCount", 99u)),
        new("Z3", "a swap entry in memory that is shared", static world => Damage.AreaAt(world, Damage.Swapped).Flags |= AreaFlags.Shared),
        new("Z3", "a slot marked exclusive while its frame is mapped", static world =>
        {
            SwapEntry cached = world.Engine.Parts.Files.Swap.EntryOf(Damage.FrameAt(world, Damage.InSwapCache));
            Damage.WordAt(world, Damage.Swapped) = (uint)cached.WithExclusive().Word;
        }),
        new("Z3", "a slot marked exclusive while another entry names it", static world =>
        {
            SwapEntry own = EntryOf(world).WithExclusive();
            Damage.WordAt(world, Damage.Swapped) = (uint)own.Word;
            Damage.WordAt(world, Damage.InSwapCache) = (uint)own.Word;
            DeviceOf(world).AddUser(own.Slot);
        }),
        new("E3", "a page marked exclusive while an entry names its slot", static world =>
            DeviceOf(world).AddUser(world.Engine.Parts.Files.Swap.EntryOf(Damage.FrameAt(world, Damage.InSwapCache)).Slot)),
        new("Z4", "a frame of the swap cache that names another slot", static world =>
            Damage.DescriptorAt(world, Damage.InSwapCache).Private = SwapEntry.ForSlot(0, 200).Key),
        new("Z4", "a frame in the swap cache's state that no slot names", static world => Damage.Take(world, FrameState.SwapCache)),
        new("Z5", "a page of shared memory on a slot while it is in a frame", static world =>
        {
            ref RadixTree swapped = ref Damage.ObjectAt(world, Damage.SharedAnonymous).Swapped;
            _ = world.Engine.Parts.Files.Cache.Forest.TryInsert(ref swapped, 0, EntryOf(world).Key);
            DeviceOf(world).AddUser(EntryOf(world).Slot);
        }),
        new("Z6", "a page of shared memory in an image while it is in a frame", static world =>
            Damage.ObjectAt(world, Damage.SharedAnonymous).Supplied =
                new([new(FilePage.First, 1, default, 0, IsWritten: true, IsUnfilled: false)])),
    ];

    private static SwapEntry EntryOf(World world) => new(Damage.WordAt(world, Damage.Swapped));

    private static SwapDevice DeviceOf(World world) => world.Engine.Parts.Files.Swap.DeviceOf(EntryOf(world));
}
