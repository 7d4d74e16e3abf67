using Paging.Core.Composition;
using Paging.Core.Reclaim;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Native.Frames;
using Paging.Tests;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>
/// Compaction moves a page invisibly: the bytes, every bit of every entry but its frame, the descriptor but its place, and all later
/// accesses of processes and files stay the same. Linux: mm/migrate.c, folio_migrate_flags.
/// </summary>
public sealed class PageMoveModelTests
{
    private const int Pages = 24;

    [Fact]
    public void AMovedPageIsThePageThatItWas() => Property.ForSeeds(20, static seed =>
    {
        Random random = new((int)seed);
        using World world = new();
        World.Succeeds(world.Engine.Swap.SwitchOn(new MemorySwapStore(1 << 20), out _));
        world.Map(0, 6);
        world.MapShared(6, 6);
        world.MapFile(world.OpenBacked(new(6 * 4096)), 12, 6, type: MapFlags.Shared);
        world.MapFile(world.OpenFile("memory", 6), 18, 6);
        List<UserProcess> processes = [world.First];
        byte[][] model = [new byte[Pages]];
        for (int page = 12; page < Pages; page++) model[0][page] = (byte)(0x10 + (page % 6));
        for (int step = 0; step < 80; step++)
        {
            int who = random.Next(processes.Count), page = random.Next(Pages);
            Mmu mmu = processes[who].Memory.Mmu;
            switch (random.Next(9))
            {
                case < 4:
                    Assert.Equal(model[who][page], mmu.Read<byte>(World.At(page, 9)));
                    break;
                case < 6:
                    mmu.Write(World.At(page, 9), (byte)step);
                    foreach (byte[] bytes in page is >= 6 and < 18 ? model : [model[who]]) bytes[page] = (byte)step;
                    break;
                case 6:
                    processes[who].Memory.Advise(World.At(page), 4096, MemoryAdvice.PageOut);
                    break;
                case 7 when processes.Count < 3:
                    processes.Add(processes[who].Fork());
                    model = [.. model, [.. model[who]]];
                    break;
                default:
                    World.Succeeds(processes[who].Memory.ClearReferences((ReferenceKind)random.Next(1, 5)));
                    break;
            }

            if (step % 2 == 0) MoveOne(world, processes, random);
        }

        for (int who = 0; who < processes.Count; who++)
            for (int page = 0; page < Pages; page++)
                Assert.Equal(model[who][page], processes[who].Memory.Mmu.Read<byte>(World.At(page, 9)));
        world.Verify();
        world.AssertNothingIsLeft();
    });

    /// <summary>A page with another holder, or on no list, stays where it is.</summary>
    [Fact]
    public void AHeldPageStays()
    {
        using World world = new();
        world.Map(0, 3);
        for (int page = 0; page < 3; page++) world.Touch(page);
        using PinnedMemory pin = world.First.Pin(World.At(0), 4096, AccessKind.Write);
        PageMover mover = MoverOf(world);
        Assert.False(mover.MayMove(in Descriptor(world, 0)));
        Assert.True(mover.MayMove(in Descriptor(world, 1)));
        FrameNumber frame = world.Memory.Space.Tables.Read(World.At(1).Page).Frame;
        world.Machine.Lists.Remove(frame);
        Assert.False(mover.MayMove(in Descriptor(world, 1)));
        world.Machine.Lists.Add(world.Machine.Lists.Root, frame, FrameFlags.None);
        foreach (uint number in Enumerable.Range(0, (int)world.Machine.Frames.Count.Value).Select(static number => (uint)number))
        {
            ref FrameDescriptor other = ref world.Machine.Frames[new(number)];
            bool isPage = other.State is FrameState.Anonymous or FrameState.PageCache or FrameState.SwapCache;
            if (!isPage) Assert.False(mover.MayMove(in other));
        }
    }

    private static PageMover MoverOf(World world)
    {
        Composition.FileParts files = world.Engine.Parts.Files;
        return new(world.Machine.Store, files.OpenFiles, files.Cache, files.Swap, files.ReverseMap);
    }

    private static ref FrameDescriptor Descriptor(World world, int page) =>
        ref world.Machine.Frames[world.Memory.Space.Tables.Read(World.At(page).Page).Frame];

    private static void MoveOne(World world, List<UserProcess> processes, Random random)
    {
        PageMover mover = MoverOf(world);
        FrameNumber from = new((uint)random.Next((int)world.Machine.Frames.Count.Value));
        foreach (UserProcess process in processes)
        {
            PageTableEntry candidate = process.Memory.Space.Tables.Read(World.At(random.Next(Pages)).Page);
            if (candidate.IsPresent && !candidate.Software3) from = candidate.Frame;
        }

        FrameDescriptor before = world.Machine.Frames[from];
        if (!mover.MayMove(in before)) return;
        byte[] bytes = world.Engine.Ram.Bytes(from).ToArray();
        List<(UserProcess Process, int Page, PageTableEntry Entry)> entries = [.. processes.SelectMany(process =>
            Enumerable.Range(0, Pages).Select(page => (process, page, process.Memory.Space.Tables.Read(World.At(page).Page))))];
        Assert.True(world.Machine.Allocator.TryAllocate(before.State, out FrameNumber to));
        Assert.True(mover.TryMove(from, to));
        foreach ((UserProcess process, int page, PageTableEntry entry) in entries)
        {
            PageTableEntry now = process.Memory.Space.Tables.Read(World.At(page).Page);
            bool wasHere = entry.IsPresent && !entry.Software3 && entry.Frame == from;
            Assert.Equal(wasHere ? entry.WithFrame(to) : entry, now);
        }

        ref FrameDescriptor after = ref world.Machine.Frames[to];
        Assert.True(world.Engine.Ram.Bytes(to).SequenceEqual(bytes));
        Assert.Equal((before.State, before.Flags, before.Owner), (after.State, after.Flags, after.Owner));
        Assert.Equal((before.Index, before.Kind), (after.Index, after.Kind));
        Assert.Equal((before.Counts, before.Private, before.Group), (after.Counts, after.Private, after.Group));
        Assert.Equal(FrameState.Free, world.Machine.Frames[from].State);
    }
}
