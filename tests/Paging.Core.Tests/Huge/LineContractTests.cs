using Paging.Core.Frames;
using Paging.Core.Reclaim;
using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Tables;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Contracts of the helpers of huge pages: whole lines of a range, which lines are split, and who shares a block.</summary>
public sealed class LineContractTests
{
    /// <summary>Page by page: the lines that lie in a range as a whole, and nothing where there is none.</summary>
    [Theory]
    [InlineData(TableFormat.Pae)]
    [InlineData(TableFormat.Classic)]
    public void TheWholeLinesOfARangeAreThoseThatItContains(TableFormat tables)
    {
        using World world = new(World.Options() with { Tables = tables });
        Space space = world.Memory.Space;
        uint each = space.Tables.Huge.CountEach.Value;
        Assert.Equal(tables == TableFormat.Pae ? 512u : 1024u, each);
        uint[] borders =
            [0, 1, each - 1, each, each + 1, (2 * each) - 1, 2 * each, (3 * each) + 1, 0xC_0000 - each, 0xC_0000 - 1, 0xC_0000];
        foreach (uint first in borders)
        {
            foreach (uint end in borders.Where(end => end >= first))
            {
                uint[] lines = [.. Enumerable.Range(0, (int)(0xC_0000 / each)).Select(line => (uint)line * each)
                    .Where(line => line >= first && line + each <= end)];
                PageRange expected = lines.Length == 0 ? default : PageRange.Between(new(lines[0]), new(lines[^1] + each));
                Assert.Equal(expected, space.WholeLinesIn(PageRange.Between(new(first), new(end))));
            }
        }
    }

    /// <summary>Places of a block: whoever goes leaves one free.</summary>
    [Fact]
    public void AUserThatHasGoneLeavesItsPlace()
    {
        HugeUsers users = default;
        users.Add(5);
        users.Add(6);
        Assert.True(users is { IsFull: true, First: 5, Second: 6 });
        users.KeepOnly(first: false, second: true);
        Assert.Equal((0u, 6u), (users.First, users.Second));
        users.Add(7);
        users.KeepOnly(first: true, second: false);
        Assert.Equal((7u, 0u), (users.First, users.Second));
    }

    /// <summary>A page of the pool is never split, for any range; a transparent one is, and keeps its bytes.</summary>
    [Fact]
    public void OnlyTransparentPagesAreSplit()
    {
        using HugeWorld world = new(hugePages: 1);
        const MapFlags pool = MapFlags.Private | MapFlags.Anonymous | MapFlags.Fixed | MapFlags.HugeTlb;
        World.Succeeds(world.Memory.Map(HugeWorld.At(512), 512 << 12, MemoryProtection.ReadWrite, pool, out _));
        world.Memory.Mmu.Write(HugeWorld.At(512), 5u);
        world.MapLines(0, 1);
        world.MapLines(2, 1);
        world.FillLines(0, 1);
        _ = world.Memory.Mmu.Read<uint>(HugeWorld.At(1024));    // the huge page of zeros
        HugeLines lines = world.Memory.Space.HugeLines;
        PageTables tables = world.Memory.Space.Tables;
        Assert.Equal((2u, 3), (lines.Count, tables.Huge.Count));
        lines.SplitAround(HugeWorld.At(700).Page);
        lines.Split(HugeWorld.At(700).Page);
        Assert.Equal((2u, 3), (lines.Count, tables.Huge.Count));
        lines.Split(HugeWorld.At(0).Page);       // a border between two lines cuts none
        lines.Split(HugeWorld.At(1024).Page);
        Assert.Equal((2u, 3, 0L), (lines.Count, tables.Huge.Count, world.Huge.EntriesSplit));
        lines.SplitAll(new(HugeWorld.At(0).Page, new(1536)));
        Assert.Equal((0u, 1, 2L), (lines.Count, tables.Huge.Count, world.Huge.EntriesSplit));
        Assert.True(tables.Huge.Has(HugeWorld.At(512).Page));
        for (int page = 1024; page < 1536; page++) Assert.True(EntryWords.IsZeroPage(tables.Read(HugeWorld.At(page).Page)));
        lines.SplitAround(HugeWorld.At(5).Page);    // nothing is there to split any more
        Assert.Equal(2L, world.Huge.EntriesSplit);
        Assert.Equal(5u, world.Memory.Mmu.Read<uint>(HugeWorld.At(512)));
        world.Verify();
    }

    /// <summary>Both ends of a range cut a line, or one, or neither.</summary>
    [Theory]
    [InlineData(0, 512, "HHH")]
    [InlineData(0, 511, "sHH")]
    [InlineData(1, 512, "ssH")]
    [InlineData(511, 514, "sHs")]
    [InlineData(512, 512, "HHH")]
    public void TheEndsOfARangeSplitTheLinesThatTheyCut(int page, int count, string expected)
    {
        using HugeWorld world = new();
        world.MapLines(0, 3);
        world.FillLines(0, 3);
        world.Memory.Space.HugeLines.SplitEnds(new(HugeWorld.At(page).Page, new((uint)count)));
        Assert.Equal(expected, string.Concat(Enumerable.Range(0, 3).Select(line =>
            world.Memory.Space.Tables.Huge.Has(HugeWorld.At(line * 512).Page) ? 'H' : 's')));
        world.Verify();
    }

    /// <summary>
    /// Parent and child have a huge page, split: each of its frames counts, those with one mapping too. Linux: folio_maybe_mapped_shared.
    /// </summary>
    [Fact]
    public void ABlockIsSharedWhileAnotherProcessHasAnyPartOfIt()
    {
        using HugeWorld world = new();
        world.MapLines(0, 2);
        world.FillLines(0, 2);
        HugeSharing sharing = world.Engine.Parts.Files.Sharing;
        Space parent = world.Memory.Space;
        FrameNumber first = parent.Tables.Read(HugeWorld.At(0).Page).Frame, other = parent.Tables.Read(HugeWorld.At(512).Page).Frame;
        Assert.False(sharing.MayReuse(parent, first));    // a single entry, huge or small: a copy of its page frees the others
        parent.HugeLines.SplitAll(new(HugeWorld.At(0).Page, new(1024)));
        Assert.True(sharing.MayReuse(parent, first));
        World.Succeeds(world.Process.Fork(out UserProcess? child));
        Assert.False(sharing.MayReuse(parent, first));
        World.Succeeds(child!.Memory.Unmap(HugeWorld.At(512), 512 << 12));
        Assert.True(sharing.MayReuse(parent, other));
        World.Succeeds(child.Memory.Unmap(HugeWorld.At(0), 256 << 12));
        World.Succeeds(world.Memory.Unmap(HugeWorld.At(256), 256 << 12));
        Space children = child.Memory.Space;
        foreach (uint part in new uint[] { 0, 1, 255, 256, 511 })    // each frame is mapped once
        {
            Assert.False(sharing.MayReuse(parent, first + new FrameCount(part)));
            Assert.False(sharing.MayReuse(children, first + new FrameCount(part)));
        }

        World.Succeeds(child.Memory.Unmap(HugeWorld.At(256), 255 << 12));
        Assert.False(sharing.MayReuse(parent, first));    // the last frame alone
        World.Succeeds(child.Memory.Unmap(HugeWorld.At(511), 1 << 12));
        Assert.True(sharing.MayReuse(parent, first));
        world.Audit();
    }
}
