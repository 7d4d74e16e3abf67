using Paging.Native;
using Paging.Native.Tables;

namespace Paging.Core.Tests;

/// <summary>Ways to break the rules of snapshots. Each takes one first.</summary>
internal static class SnapshotCanaries
{
    private const uint Writable = 1 << 1;

    public static IEnumerable<Canary> All { get; } =
    [
        new("J1", "a kept entry that may be written", static world =>
        {
            EntryJournal journal = TakeAndTouch(world);
            PageNumber page = World.At(Damage.Own).Page;
            journal.Put(page, journal[page].WithWritable());
        }),
        new("J2", "a page of a snapshot that may be written without a copy", static world =>
        {
            TakeAndTouch(world);
            Damage.WordAt(world, Damage.Own + 1) = Damage.WordAt(world, Damage.Own) | Writable;
        }),
        new("J3", "a page that writes to the frame of a snapshot", static world =>
        {
            EntryJournal journal = TakeAndTouch(world);
            Damage.WordAt(world, Damage.Own) = (uint)journal[World.At(Damage.Own).Page].Word | Writable;
        }),
        new("J4", "a kept area that has pages", static world =>
        {
            TakeAndTouch(world);
            World.Succeeds(world.Memory.Unmap(World.At(Damage.Own), World.Bytes(1)));
            world.Engine.Parts.Machine.Areas.Slab[world.First.Snapshots!.Areas!.FirstKept.Value].Count = PageCount.One;
        }),
        new("J5", "a page of shared memory that is written unseen by a snapshot of the engine", static world =>
        {
            world.Engine.TakeSnapshot();
            world.Touch(Damage.SharedAnonymous);
            world.Engine.Parts.Files.Cache.Contents.Clear();
        }),
        new("J6", "a page that was kept and changes unseen", static world =>
        {
            world.First.TakeSnapshot().KeepsWrittenPages = true;
            for (byte iteration = 0; iteration < 3; iteration++)
            {
                world.Touch(Damage.Own, iteration);
                World.Succeeds(world.First.Snapshots!.RestoreTo(world.First.Snapshots.Current!));
            }

            world.Engine.Ram.Bytes(world.Memory.ReadPagemap(World.At(Damage.Own).Page).Frame)[5] ^= 1;
        }),
        new("J7", "a page whose marks are recorded beside its entry", static world =>
        {
            EntryJournal journal = TakeAndTouch(world);
            journal.GroupOf(new(World.At(Damage.Own).Page.Value & ~63u)).Marked = 1ul << (int)(World.At(Damage.Own).Page.Value & 63);
        }),
        new("J8", "a line without the table that a snapshot needs", static world => TakeAndTouch(world).Tables.All.Add(700)),
        new("J9", "the bytes of a huge page that is not in use", static world =>
            world.Machine.HugePool.Kept.Keep(new(256), isPinned: false)),
    ];

    private static EntryJournal TakeAndTouch(World world)
    {
        world.First.TakeSnapshot();
        world.Touch(Damage.Own, 0x77);
        return world.First.Snapshots!.Entries!;
    }
}
