using Paging.Core.Files;
using Paging.Core.Frames;
using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Collections;
using Paging.Native.Frames;
using Paging.Native.Tables;

namespace Paging.Core.Tests;

/// <summary>Ways to break the rules of frames, entries, open files and slabs.</summary>
internal static class FrameCanaries
{
    public static IEnumerable<Canary> All { get; } =
    [
        new("E6", "a page of the process's own that is marked as the host's", static world =>
            Damage.WordAt(world, Damage.Own) |= (uint)EntryBits.Software3),
        new("E7", "a guard in an area that never had one", static world =>
        {
            world.Map(80, 1);
            World.Succeeds(world.Memory.Advise(World.At(80), World.Bytes(1), MemoryAdvice.GuardInstall));
            Space space = world.Memory.Space;
            space.Areas[space.Areas.Tree.Covering(World.At(80).Page)].Flags &= ~AreaFlags.MayHaveGuards;
        }),
        new("E1", "an entry where no area is", static world => Damage.WordAt(world, 11) = (uint)EntryWords.ZeroPage(AreaFlags.None).Word),
        new("E2", "an entry hidden from an area with rights", static world => Damage.WordAt(world, Damage.Own) &= ~(uint)EntryBits.User),
        new("E2", "an entry that allows more than its area", static world => Damage.WordAt(world, Damage.Zero) |= (uint)EntryBits.Writable),
        new("E3", "the zero page, writable", static world => Damage.WordAt(world, Damage.Zero) |= (uint)EntryBits.Writable),
        new("E3", "a page shared with a child, writable", static world =>
            Damage.WordAt(world, Damage.SharedWithChild) |= (uint)EntryBits.Writable),
        new("E3", "a page shared with a child, exclusive", static world =>
            Damage.WordAt(world, Damage.SharedWithChild) |= (uint)EntryBits.Software1),
        new("E3", "the cache, writable through a private area", static world =>
            Damage.WordAt(world, Damage.Cached) |= (uint)EntryBits.Writable),
        new("E4", "a page that believes it is another", static world => Damage.DescriptorAt(world, Damage.Own).Index++),
        new("E4", "a private page of a root that its area does not have", static world =>
            Damage.DescriptorAt(world, Damage.Own).Owner = Damage.AreaAt(world, Damage.SharedWithChild).Root.Value),
        new("E4", "a private page in shared memory", static world => Damage.WordAt(world, 51) = Damage.WordAt(world, Damage.Own)),
        new("E4", "a cached page in anonymous memory", static world =>
            Damage.WordAt(world, 15) = Damage.WordAt(world, Damage.Own) = Damage.WordAt(world, Damage.Cached)),
        new("E4", "a page of another file", static world =>
            Damage.WordAt(world, Damage.Cached) = Damage.WordAt(world, Damage.SharedAnonymous)),
        new("E5", "a writable page that is not tagged dirty", static world =>
            world.Engine.Parts.Files.Cache.Forest.ClearTag(ref Damage.ObjectAt(world, Damage.Backed).Pages, 0, RadixTag.Dirty)),

        new("E8", "a protected page in an area without a userfaultfd", static world =>
            Damage.WordAt(world, Damage.Own) |= (uint)EntryBits.Attribute),

        new("F1", "a state that changed after the table's back", static world =>
            Damage.DescriptorAt(world, Damage.Own).State = FrameState.Kernel),
        new("F1", "a state that does not exist", static world => Damage.DescriptorAt(world, Damage.Own).State = (FrameState)77),
        new("F3", "a free frame with an owner", static world => world.Machine.Frames[Damage.FreedLast(world)].Owner = 5),
        new("F4", "a mapping too many", static world => world.Machine.Frames.AddReferenceAndMapping(Damage.FrameAt(world, Damage.Own))),
        new("F5", "more mappings than references", static world => Damage.DescriptorAt(world, Damage.Own).MapCount = 9),
        new("F6", "a flag on a free frame", static world => world.Machine.Frames[Damage.FreedLast(world)].Flags = PageFlags.Dirty),
        new("F7", "a reference too many on an own page", static world => Damage.DescriptorAt(world, Damage.Own).ReferenceCount++),
        new("F7", "a reference too many on a cached page", static world => Damage.DescriptorAt(world, Damage.Cached).ReferenceCount++),
        new("F8", "a pin of a free frame", static world =>
            world.Machine.Pins.Add(world.Memory.Space, World.At(0).Page, Damage.FreedLast(world))),
        new("F9", "a block that is whole, yet has a page of its own among its frames", static world =>
            world.Machine.Frames.Wholes.Add(Damage.FrameAt(world, Damage.Own), FrameHeader.Of(FrameState.Anonymous))),

        new("Q1", "a resident set that is not what smaps finds", static world => world.Memory.Space.Statistics.ResidentAnonymous++),
        new("Q2", "a cached page of no kind", static world =>
            Damage.DescriptorAt(world, Damage.Cached).Kind = (byte)ResidentKind.Anonymous),
        new("Q3", "a frame that counts itself mapped by everybody", static world => Damage.DescriptorAt(world, Damage.Own).MapCount = 40),
        new("Q4", "a page that could be written unseen", static world =>
        {
            Damage.AreaAt(world, Damage.Own).Flags |= AreaFlags.SoftClean;
            Damage.WordAt(world, Damage.Own) &= ~(uint)EntryBits.Software2;
        }),

        new("O1", "a holder too many", static world => world.Engine.Parts.Files.OpenFiles.Hold(Damage.AreaAt(world, 60).File)),
        new("O1", "an open file without a holder", static world =>
        {
            world.OpenFile("lost", 1);
            Damage.Set(world.First.Descriptors, "_slots", new List<OpenFileIndex>());
        }),

        new("S1", "a count of records that is wrong", static world => Damage.Set(world.Machine.Areas.Slab, "LiveCount", 3u)),
        new("S2", "a free list that leads to a record in use", static world =>
            Damage.DeadArea(world).First = new(Damage.IndexAt(world, 0).Value)),
        new("S3", "a write to a dead record", static world => Damage.DeadArea(world).PageOffset = new(1)),
    ];
}
