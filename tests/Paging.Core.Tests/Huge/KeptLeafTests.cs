using Paging.Native;
using Paging.Native.Tables;
using Paging.Reports;
using Paging.Tests;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>A snapshot keeps transparent huge pages whole, forbids none while it is open, and gives them back.</summary>
/// <remarks>Linux has no snapshots; a write to a kept huge page splits it as after fork: do_huge_pmd_wp_page (mm/huge_memory.c).</remarks>
public sealed class KeptLeafTests
{
    public static TheoryData<TableFormat> Formats => [TableFormat.Pae, TableFormat.Classic];

    [Theory, MemberData(nameof(Formats))]
    public void TakingSplitsNothingAndAWriteSplitsOneThatComesBack(TableFormat tables)
    {
        using HugeWorld world = Make(tables);
        world.MapLines(0, 3);
        world.FillLines(0, 3);
        using Snapshot snapshot = world.Process.TakeSnapshot();
        Assert.Equal(3, world.CountHugeLines(3));
        for (int round = 0; round < 3; round++)
        {
            int page = world.PagesEach + 7 + round;
            uint before = world.Memory.Mmu.Read<uint>(HugeWorld.At(page));
            world.Memory.Mmu.Write(HugeWorld.At(page), before + 1);
            Assert.Equal(2, world.CountHugeLines(3));
            Assert.Equal(1u, snapshot.DirtyPages.Value);
            world.Audit();
            World.Succeeds(snapshot.Restore());
            Assert.Equal(3, world.CountHugeLines(3));
            world.Verify();
        }
    }

    /// <summary>First touches, MADV_COLLAPSE and the daemon make huge pages beside a snapshot; going back takes them away.</summary>
    [Theory, MemberData(nameof(Formats))]
    public void HugePagesAreMadeBesideASnapshot(TableFormat tables)
    {
        using HugeWorld world = Make(tables);
        world.MapLines(0, 2);
        world.MapLines(2, 2, isAdvised: false);
        for (int page = 2 * world.PagesEach; page < 4 * world.PagesEach; page += 3) world.Write(page, (uint)page);
        world.MapLines(4, 1);
        world.Memory.Mmu.Read<uint>(HugeWorld.At(4 * world.PagesEach));    // the huge page of zeros, which stays
        using Snapshot snapshot = world.Process.TakeSnapshot();
        uint free = world.Engine.Frames.CountOf(FrameState.Free).Value;
        for (int round = 0; round < 2; round++)
        {
            world.Memory.Mmu.Write(HugeWorld.At(5), 5u);
            Assert.Equal(1, world.CountHugeLines(2));
            uint line = (uint)world.PagesEach << 12;
            World.Succeeds(world.Memory.Advise(HugeWorld.At(2 * world.PagesEach), line, MemoryAdvice.Collapse));
            World.Succeeds(world.Memory.Advise(HugeWorld.At(3 * world.PagesEach), line, MemoryAdvice.HugePage));
            for (int i = 0; i < 30 && world.CountHugeLines(4) < 3; i++) world.Engine.RunBackground(1 << 16);
            Assert.Equal(3, world.CountHugeLines(4));
            world.Audit();
            World.Succeeds(snapshot.Restore());
            Assert.Equal(0, world.CountHugeLines(4));
            Assert.Equal(0u, world.Memory.Mmu.Read<uint>(HugeWorld.At(5)));
            World.Succeeds(snapshot.Restore());
            world.Verify();
            World.Succeeds(snapshot.Restore());
            Assert.Equal(free, world.Engine.Frames.CountOf(FrameState.Free).Value);
        }
    }

    /// <summary>A line that was given up or unmapped is huge again at its next touch, as without a snapshot, and comes back.</summary>
    [Theory, MemberData(nameof(Formats))]
    public void ALineThatIsGivenUpIsHugeAgain(TableFormat tables)
    {
        using HugeWorld world = Make(tables);
        world.MapLines(0, 3);
        world.FillLines(0, 3);
        uint line = (uint)world.PagesEach << 12;
        using Snapshot snapshot = world.Process.TakeSnapshot();
        string texts = world.Memory.FormatMaps();
        for (int round = 0; round < 3; round++)
        {
            World.Succeeds(world.Memory.Advise(HugeWorld.At(0), line, MemoryAdvice.DontNeed));
            World.Succeeds(world.Memory.Unmap(HugeWorld.At(world.PagesEach), line));
            World.Succeeds(world.Memory.Map(
                HugeWorld.At(world.PagesEach), line, MemoryProtection.ReadWrite, World.PrivateFixed, out _));
            World.Succeeds(world.Memory.Advise(HugeWorld.At(world.PagesEach), line, MemoryAdvice.HugePage));
            world.Memory.Mmu.Write(HugeWorld.At(3), 1u);
            world.Memory.Mmu.Write(HugeWorld.At(world.PagesEach), 1u);
            Assert.Equal(3, world.CountHugeLines(3));
            if (round == 1) World.Succeeds(world.Memory.Remap(HugeWorld.At(2 * world.PagesEach), line, line,
                RemapFlags.MayMove | RemapFlags.Fixed, new(0x5000_0000), out _));
            world.Audit();
            World.Succeeds(snapshot.Restore());
            Assert.Equal(3, world.CountHugeLines(3));
            Assert.Equal(texts, world.Memory.FormatMaps());
            world.Verify();
        }
    }

    /// <summary>A line that is empty has no table, and none after a restore either.</summary>
    [Theory, MemberData(nameof(Formats))]
    public void EmptyTablesAreNotShown(TableFormat tables)
    {
        using HugeWorld world = Make(tables);
        world.MapLines(0, 2, isAdvised: false);
        world.Write(3, 3);
        long shown = world.Memory.Space.Tables.TableCount.Value;
        using Snapshot snapshot = world.Process.TakeSnapshot();
        uint line = (uint)world.PagesEach << 12;
        for (int round = 0; round < 2; round++)
        {
            World.Succeeds(world.Memory.Unmap(HugeWorld.At(0), line));
            Assert.Equal(shown - 1, world.Memory.Space.Tables.TableCount.Value);
            using (Snapshot second = world.Process.TakeSnapshot())
            {
                World.Succeeds(snapshot.Restore());
                Assert.Equal(shown, world.Memory.Space.Tables.TableCount.Value);
                World.Succeeds(second.Restore());
                Assert.Equal(shown - 1, world.Memory.Space.Tables.TableCount.Value);
                world.Audit();
            }

            World.Succeeds(snapshot.Restore());
            world.Verify();
        }
    }

    [Theory, MemberData(nameof(Formats))]
    public void TheHugePageOfZerosComesBack(TableFormat tables)
    {
        using HugeWorld world = Make(tables);
        world.MapLines(0, 2);
        world.Memory.Mmu.Read<uint>(HugeWorld.At(4));
        PageTableEntry zeros = LeafAt(world, 0);
        Assert.True(zeros.Software3);
        using Snapshot snapshot = world.Process.TakeSnapshot();
        foreach (bool writes in (bool[])[true, false])
        {
            if (writes) world.Memory.Mmu.Write(HugeWorld.At(4), 9u);
            else World.Succeeds(world.Memory.Advise(HugeWorld.At(0), 4096, MemoryAdvice.DontNeed));
            Assert.Equal(writes ? 1 : 0, world.CountHugeLines(2));    // as without a snapshot: a huge page in place of the zeros
            world.Audit();
            World.Succeeds(snapshot.Restore());
            Assert.Equal(zeros, LeafAt(world, 0));
            Assert.Equal(0u, world.Memory.Mmu.Read<uint>(HugeWorld.At(4)));
            world.Verify();
        }
    }

    /// <summary>Soft-dirty marks of a kept leaf go back with it, and clearing them splits nothing.</summary>
    [Fact]
    public void MarksOfALeafGoBack()
    {
        using HugeWorld world = Make(TableFormat.Pae);
        world.MapLines(0, 1);
        world.FillLines(0, 1);
        using Snapshot snapshot = world.Process.TakeSnapshot();
        PageTableEntry then = LeafAt(world, 0);
        World.Succeeds(world.Memory.ClearReferences(ReferenceKind.SoftDirty));
        Assert.NotEqual(then.Word & EntryBits.Software2, LeafAt(world, 0).Word & EntryBits.Software2);
        Assert.Equal(0u, snapshot.DirtyPages.Value);
        using (Snapshot second = world.Process.TakeSnapshot())
        {
            World.Succeeds(snapshot.Restore());
            Assert.Equal(then.WithAccessed(), LeafAt(world, 0).WithAccessed());
            World.Succeeds(second.Restore());
            Assert.Equal(0ul, LeafAt(world, 0).Word & EntryBits.Software2);
        }

        World.Succeeds(snapshot.Restore());
        world.Verify();
    }

    /// <summary>Random calls and a tree of snapshots: each gives back its bytes and its huge pages.</summary>
    [Theory, InlineData(false), InlineData(true)]
    public void EachSnapshotOfATreeComesBack(bool ofEngine) => Property.ForSeeds(Soak.Of(12, 4), seed =>
    {
        Random random = new((int)seed);
        using HugeWorld world = Make(seed % 3 == 0 ? TableFormat.Classic : TableFormat.Pae);
        const int Lines = 4;
        world.MapLines(0, Lines);
        List<(Func<Errno> Restore, Action Drop, ulong[] Seen)> taken = [];
        for (int step = 0; step < 120; step++)
        {
            int page = random.Next(Lines * world.PagesEach), line = page / world.PagesEach * world.PagesEach;
            uint bytes = (uint)world.PagesEach << 12;
            switch (random.Next(12))
            {
                case 0 or 1 or 2: world.Memory.Mmu.Write(HugeWorld.At(page), (uint)random.Next()); break;
                case 3: world.Memory.Mmu.Read<uint>(HugeWorld.At(page)); break;
                case 4: World.Succeeds(world.Memory.Advise(HugeWorld.At(line), bytes, MemoryAdvice.DontNeed)); break;
                case 5: World.Succeeds(world.Memory.Advise(HugeWorld.At(page), 4096, MemoryAdvice.DontNeed)); break;
                case 6: _ = world.Memory.Advise(HugeWorld.At(line), bytes, MemoryAdvice.Collapse); break;
                case 7:
                    World.Succeeds(world.Memory.Protect(HugeWorld.At(line), bytes, MemoryProtection.Read));
                    World.Succeeds(world.Memory.Protect(HugeWorld.At(line), bytes, MemoryProtection.ReadWrite));
                    break;
                case 8: world.MapLines(line / world.PagesEach, 1); break;
                case 9 when taken.Count < 5:
                    if (ofEngine)
                    {
                        EngineSnapshot snapshot = world.Engine.TakeSnapshot();
                        taken.Add((snapshot.Restore, snapshot.Dispose, Look(world, Lines)));
                    }
                    else
                    {
                        Snapshot snapshot = world.Process.TakeSnapshot();
                        taken.Add((snapshot.Restore, snapshot.Dispose, Look(world, Lines)));
                    }

                    break;
                case 10 when taken.Count != 0:
                    int which = random.Next(taken.Count);
                    World.Succeeds(taken[which].Restore());
                    Assert.Equal(taken[which].Seen, Look(world, Lines));
                    break;
                case 11 when taken.Count > 2:
                    int dropped = random.Next(taken.Count);
                    taken[dropped].Drop();
                    taken.RemoveAt(dropped);
                    break;
                default: break;
            }

            world.Audit();
        }

        foreach ((_, Action drop, _) in taken) drop();
        world.Audit();
        world.Process.Dispose();
        world.Audit();
    });

    private static HugeWorld Make(TableFormat tables) => new(tables, ramMiB: tables == TableFormat.Pae ? 32u : 64, swapMiB: 0);

    private static PageTableEntry LeafAt(HugeWorld world, int page)
    {
        Assert.True(world.Memory.Space.Tables.Huge.TryRead(HugeWorld.At(page).Page, out PageTableEntry leaf));
        return leaf;
    }

    /// <summary>The first word of each page, and what each line is: no table, a table, a huge page, zeros.</summary>
    private static ulong[] Look(HugeWorld world, int lines)
    {
        PageTables tables = world.Memory.Space.Tables;
        ulong[] seen = new ulong[(lines * world.PagesEach) + lines];
        for (int line = 0; line < lines; line++)
        {
            PageNumber first = HugeWorld.At(line * world.PagesEach).Page;
            bool isHuge = tables.Huge.TryRead(first, out PageTableEntry leaf);
            seen[line] = isHuge ? (leaf.Software3 ? 3ul : 2) : tables.HasTable(first) ? 1u : 0;
        }

        for (int page = 0; page < lines * world.PagesEach; page++)
        {
            PageTableEntry entry = tables.Read(HugeWorld.At(page).Page);
            bool hasBytes = entry.IsPresent && !entry.Software3;
            seen[lines + page] = hasBytes ? BitConverter.ToUInt32(world.Engine.Parts.Machine.Ram.Bytes(entry.Frame)) : 0;
        }

        return seen;
    }
}
