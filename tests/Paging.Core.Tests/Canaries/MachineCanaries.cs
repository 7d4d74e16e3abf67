using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Allocation;
using Paging.Native.Frames;
using Paging.Native.Tables;
using Paging.Native.Translation;

namespace Paging.Core.Tests;

/// <summary>Ways to break the rules of the allocator, the page tables and the cached translations.</summary>
internal static class MachineCanaries
{
    private const int KernelIndex = 768;

    public static IEnumerable<Canary> All { get; } =
    [
        new("K1", "a word of the kernel half that is another", static world =>
            Damage.UpperWordAt(world, KernelIndex) &= ~(uint)EntryBits.Global),
        new("K1", "a word of the kernel half too many", static world => world.Memory.Space.Tables.SetKernelEntry(1000, new(0x0040_00E3))),

        new("B1", "a block of an order that does not fit", static world => world.Machine.Frames[Damage.FreeBlock(world)].Order = 9),
        new("B2", "a frame in use that is among the free ones", static world =>
            world.Machine.Frames[Damage.FreedLast(world)].State = FrameState.Kernel),
        new("B3", "two free buddies that are not one", static world => SplitABlock(world)),
        new("B4", "a count of free frames that is wrong", static world => Damage.Set(world.Machine.Allocator.Lists.Low, "FrameCount", 1u)),
        new("B5", "a block with a wrong link backwards", static world => world.Machine.Frames[Damage.FreeBlock(world)].Previous = 77),
        new("B6", "a write to a free frame", static world => world.Engine.Ram.Bytes(Damage.FreedLast(world))[100] = 1),
        new("B8", "a block's mark on the hot stack", static world =>
            world.Machine.Frames[Damage.FreedLast(world)].Flags = FrameFlags.BuddyHead),
        new("B9", "a frame that was zeroed ahead and written to", static world =>
        {
            world.Machine.Allocator.ZeroAhead(target: 4, countMax: 4);
            world.Engine.Ram.Bytes(new FrameNumber(world.Machine.Allocator.Zeroed.Top.First))[100] = 1;
        }),

        new("P1", "a directory that counts a table too many", static world => world.Machine.Frames[world.Memory.PrepareWalk()].Private++),
        new("P1", "a directory that is no page table to the allocator", static world =>
            world.Machine.Frames[world.Memory.PrepareWalk()].State = FrameState.Kernel),
        new("P2", "a table of another directory", static world => Damage.TableAt(world, 0).Owner++),
        new("P2", "an entry of the directory that is no table", static world => Damage.UpperWordAt(world, 5) = 0xFFFF_F007),
        new("P3", "a table that counts an entry too many", static world => Damage.TableAt(world, 0).Private++),
        new("P4", "an entry that leads to a page table", static world =>
            Damage.WordAt(world, Damage.Own) = (uint)EntryWords.Own(world.Memory.PrepareWalk(), AreaFlags.None, writable: true).Word),
        new("P4", "an entry that leads beyond RAM", static world => Damage.WordAt(world, 15) = 0xFFFF_F025),
        new("P5", "an entry that is neither present nor a swap slot", static world => Damage.WordAt(world, 15) = 0x8),
        new("P8", "a lent table to which the child's directory leads", static world =>
            Damage.UpperWordOfLent(world, Damage.Lend(world)) |= (uint)EntryBits.Present),
        new("P8", "a lent table to which the parent's directory leads", static world =>
        {
            Damage.Lend(world);
            Damage.UpperWordOfLent(world, world.First) |= (uint)EntryBits.Present;
        }),
        new("P8", "an entry of a lent table that may be written", static world =>
        {
            Damage.Lend(world);
            FrameNumber table = new(Damage.UpperWordOfLent(world, world.First) >> 12);
            world.Engine.Ram.Words(table)[World.At(Damage.Lent).Page.TableIndex] |= (uint)EntryBits.Writable;
        }),
        new("P8", "a lent table that counts a resident page too many", static world =>
            world.Machine.Frames[new(Damage.UpperWordOfLent(world, Damage.Lend(world)) >> 12)].Private++),
        new("P8", "a returned table to which the directory leads", static world =>
        {
            Damage.Lend(world).Dispose();
            Damage.UpperWordOfLent(world, world.First) |= (uint)EntryBits.Present;
        }),
        new("P8", "an entry of a returned table that may be written", static world =>
        {
            Damage.Lend(world).Dispose();
            FrameNumber table = new(Damage.UpperWordOfLent(world, world.First) >> 12);
            world.Engine.Ram.Words(table)[World.At(Damage.Lent).Page.TableIndex] |= (uint)EntryBits.Writable;
        }),
        new("P8", "a returned table that counts an entry too many", static world =>
        {
            Damage.Lend(world).Dispose();
            world.Machine.Frames[new(Damage.UpperWordOfLent(world, world.First) >> 12)].Private++;
        }),
        new("P7", "a huge leaf that is counted and not there", static world => world.Memory.Space.Tables.Huge.Count = 1),
        new("P6", "the kernel half, open to programs", static world => Damage.UpperWordAt(world, KernelIndex) |= (uint)EntryBits.User),

        new("X1", "a cached page that is not accessed", static world => Damage.WordAt(world, Damage.Own) &= ~(uint)EntryBits.Accessed),
        new("X2", "a page cached for writing that is not dirty", static world =>
            Damage.WordAt(world, Damage.Own) &= ~(uint)EntryBits.Dirty),
        new("X3", "a cached page that is somewhere else now", static world => Damage.WordAt(world, Damage.Own) ^= 1 << 12),
        new("X4", "a translation in a group that is not marked as filled", static world =>
            Damage.Overwrite(world.Mmu.Pair.ReadWords, 0x1000, 1)),
        new("X4", "a marked group in a region that is not marked", static world => MarkGroup(world.Mmu.Pair)),
        new("X5", "a count of attached caches that is wrong", static world => Damage.Set(world.Machine.Translations, "AttachedCount", 9)),
        new("X5", "a pair given back that still translates", static world =>
        {
            AddendPair pair = world.Mmu.Pair;
            world.Mmu.Detach();
            Damage.Overwrite(pair.ReadWords, 12, 1);
        }),
        new("X6", "a translation in the shared pair", static world =>
            Damage.Overwrite(world.Machine.Translations.Untouched.ReadWords, 12, 1)),
        new("X7", "a page shown as a device's that is none", static world =>
            world.Mmu.ShowTables().ShowDevice(World.At(Damage.Own).Page, DevicePage.Of(World.At(Damage.Own).Page, true, true, 1, 0), 1)),
    ];

    // SAFETY: after the table the pair has a word for each of 1024 regions.
    private static unsafe void MarkGroup(AddendPair pair) => ((uint*)(pair.Write + AddendPair.WordCount))[4] |= 1;

    /// <summary>Takes a block of two frames out and puts each back as a block of its own.</summary>
    private static void SplitABlock(World world)
    {
        FreeLists lists = world.Machine.Allocator.Lists.Low;
        _ = lists.TryTake(1, out uint first);
        lists.AddRange(first, first + 1);
        lists.AddRange(first + 1, first + 2);
    }
}
