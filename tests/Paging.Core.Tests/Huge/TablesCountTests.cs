using Paging.Core.Inspection;
using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>
/// How many pages of tables a 64-bit kernel has for a process: one for each 2 MiB that is touched, one that a huge page keeps ready, and
/// one for each gigabyte. Linux: mm_pgtables_bytes, pgtable_trans_huge_deposit.
/// </summary>
public sealed class TablesCountTests
{
    private const uint Line = 2 << 20, Gigabyte = 1u << 30;

    [Theory]
    [InlineData(new uint[0], 0)]
    [InlineData(new[] { 0x2000_0000u }, 2)]
    [InlineData(new[] { 0x2000_0000u, 0x2000_1000u, 0x201F_F000u }, 2)]    // one line
    [InlineData(new[] { 0x2000_0000u, 0x2020_0000u }, 3)]    // two lines of one gigabyte
    [InlineData(new[] { 0x3FE0_0000u, 0x4000_0000u }, 4)]    // on both sides of the first gigabyte's end
    [InlineData(new[] { 0x0020_0000u, 0x4000_0000u, 0x8000_0000u, 0xBFE0_0000u }, 7)]    // four lines of three gigabytes
    public void TouchedLinesAndGigabytesAreCounted(uint[] touched, int expected)
    {
        using HugeWorld world = new(swapMiB: 0);
        Assert.Equal(0, world.Memory.HugePages.CountTablesOf64Bits());
        foreach (uint address in touched)
        {
            World.Succeeds(world.Memory.Map(new(address), 4096, MemoryProtection.ReadWrite, World.PrivateFixed, out _));
            world.Memory.Mmu.Write(new VirtualAddress(address), 1u);
        }

        Assert.Equal(expected, world.Memory.HugePages.CountTablesOf64Bits());
    }

    [Fact]
    public void AHugePageKeepsATableAndAGigabyteStaysKnown()
    {
        using HugeWorld world = new(swapMiB: 0);
        world.MapLines(0, 2);
        world.Write(0, 1);
        Assert.Equal(1, world.CountHugeLines(2));
        Assert.Equal(2, world.Memory.HugePages.CountTablesOf64Bits());
        world.Write(world.PagesEach, 1);
        Assert.Equal(3, world.Memory.HugePages.CountTablesOf64Bits());
    }

    /// <summary>The kind of a line, as a letter: nothing, huge, parts of one block, small pages, pages of a file, zeros.</summary>
    [Fact]
    public void EachKindOfLineHasItsLetter()
    {
        using HugeWorld world = new();
        int each = world.PagesEach;
        world.MapLines(0, 6);
        world.MapLines(6, 1, isAdvised: false);
        World.Succeeds(world.Memory.Map(HugeWorld.At(7 * each), Line, MemoryProtection.ReadWrite, World.SharedFixed, out _));
        world.FillLines(0, 2);
        _ = world.Memory.Mmu.Read<uint>(HugeWorld.At(2 * each));    // the huge page of zeros
        world.FillLines(3, 1);
        _ = world.Memory.Mmu.Read<uint>(HugeWorld.At((6 * each) + 5));
        world.Memory.Mmu.Write(HugeWorld.At((7 * each) + 5), 1u);
        World.Succeeds(world.Memory.Protect(HugeWorld.At(each + 3), 4096, MemoryProtection.Read));    // splits line 1
        World.Succeeds(world.Memory.Advise(HugeWorld.At((3 * each) + 9), 4096, MemoryAdvice.DontNeed));    // splits line 3
        Assert.Equal("HcZc..zf", Letters(8));
        world.Write((3 * each) + 9, 5);    // a page of another place
        Assert.Equal('s', Letters(4)[3]);
        World.Succeeds(world.Memory.Advise(HugeWorld.At(each), 8192, MemoryAdvice.PageOut));
        Assert.Equal('s', Letters(2)[1]);    // two of its pages are on the device
        world.Write((6 * each) + 7, 1);
        Assert.Equal('s', Letters(7)[6]);
        // Pages of two blocks beside each other in one line: moved from one into the other.
        Move(20, (4 * each) + 20);
        Assert.Equal('c', Letters(5)[4]);
        Move((3 * each) + 21, (4 * each) + 21);
        Assert.Equal('s', Letters(5)[4]);
        Move(30, (5 * each) + 31);
        Assert.Equal('s', Letters(6)[5]);    // not at its place in the line

        void Move(int from, int to) => World.Succeeds(world.Memory.Remap(
            HugeWorld.At(from), 4096, 4096, RemapFlags.MayMove | RemapFlags.Fixed, HugeWorld.At(to), out _));

        string Letters(int lines) => new([.. Enumerable.Range(0, lines).Select(line =>
            LetterOf(world, HugeWorld.At((line * each) + 3)))]);
    }

    /// <summary>A page on the device has no place in a block, whether it lies before or after the present pages.</summary>
    [Theory]
    [InlineData(0, 1, 's')]
    [InlineData(511, 1, 's')]
    [InlineData(100, 2, 's')]
    [InlineData(0, 512, 's')]
    [InlineData(0, 0, 'c')]
    public void APageOnTheDeviceIsNoPartOfABlock(int page, int count, char expected)
    {
        using HugeWorld world = new();
        world.MapLines(0, 1);
        world.FillLines(0, 1);
        World.Succeeds(world.Memory.Protect(HugeWorld.At(3), 4096, MemoryProtection.Read));    // splits the line
        if (count != 0) World.Succeeds(world.Memory.Advise(HugeWorld.At(page), (uint)count << 12, MemoryAdvice.PageOut));
        Assert.Equal(count, world.Memory.Space.Statistics.Swapped);
        Assert.Equal(expected, LetterOf(world, HugeWorld.At(5)));
    }

    [Fact]
    public void AreasOfThePoolReportSharedPages()
    {
        using HugeWorld world = new(hugePages: 4);
        const MapFlags pool = MapFlags.Anonymous | MapFlags.Fixed | MapFlags.HugeTlb;
        World.Succeeds(world.Memory.Map(HugeWorld.At(0), 2 * Line, MemoryProtection.ReadWrite, MapFlags.Private | pool, out _));
        World.Succeeds(world.Memory.Map(new(Gigabyte), 2 * Line, MemoryProtection.ReadWrite, MapFlags.Shared | pool, out _));
        world.Memory.Mmu.Write(HugeWorld.At(0), 1u);
        world.Memory.Mmu.Write(new VirtualAddress(Gigabyte), 1u);
        Assert.Equal((Line, 0ul, Line), Of(HugeWorld.At(0)));
        Assert.Equal('H', Letter(HugeWorld.At(0)));
        Assert.Equal('F', Letter(new(Gigabyte)));
        UserProcess child = world.Process.Fork();
        Assert.Equal((Line, Line, 0ul), Of(HugeWorld.At(0)));
        Assert.Equal((Line, 0ul, Line), Of(new(Gigabyte)));    // a shared entry is made when the child touches it
        _ = child.Memory.Mmu.Read<uint>(new VirtualAddress(Gigabyte));
        Assert.Equal((Line, Line, 0ul), Of(new(Gigabyte)));
        world.Memory.Mmu.Write(HugeWorld.At(0), 2u);
        Assert.Equal((Line, 0ul, Line), Of(HugeWorld.At(0)));
        world.Audit();

        char Letter(VirtualAddress at) => LetterOf(world, at);

        (ulong PageSize, ulong Shared, ulong Private) Of(VirtualAddress at)
        {
            HugeFootprint footprint = world.Memory.HugePages.FootprintAt(at.Page);
            Assert.Equal(0, footprint.TransparentBytes);
            return (footprint.PageBytes, (ulong)footprint.PoolSharedBytes, (ulong)footprint.PoolPrivateBytes);
        }
    }

    private static char LetterOf(HugeWorld world, VirtualAddress at) => ".HFZcsfz"[(int)world.Memory.HugePages.LineAt(at.Page)];
}
