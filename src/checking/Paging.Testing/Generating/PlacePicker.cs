using Paging.Core;
using Paging.Native;
using Paging.Testing.Randomness;
using Paging.Testing.World;

namespace Paging.Testing.Generating;

/// <summary>
/// Chooses addresses and lengths where something is likely to happen: at the borders of areas, and at those of the machine.
/// </summary>
internal sealed class PlacePicker(ScenarioWorld world, Swarm swarm, FuzzRandom random)
{
    private static readonly uint[] MachineBorders =
        [0x0, 0x1, 0x8, 0xF, 0x10, 0x11, 0xFF, 0x100, 0x400, 0x40000, 0xBFFEF, 0xC0000, 0xC0001, 0xFFFFF];

    private static readonly uint[] HoleBases =
        [0x10, 0x200, 0x8049, 0x1FFF6, 0x20000, 0x3FFF8, 0x40000, 0x5FFF6, 0x60000, 0x90000, 0xB7FF6, 0xB8000, 0xBFFD8];

    /// <summary>The page that an access last asked an area to grow to. The next call often happens there, too.</summary>
    private PageNumber? _grown;

    /// <summary>Lengths in pages around the borders of this family: a page table, the gap below a growing area.</summary>
    private ReadOnlySpan<long> FamilyLengths => swarm.Family switch
    {
        SwarmFamily.Wide => [0x3FF, 0x400, 0x401, 0x800, 0x802, 0x2BC, 2],
        SwarmFamily.Placement => [0x64, 0xFE, 0xFF, 0x100, 0x101, 0x12C, 0x3E8, 0x10000],
        SwarmFamily.Exhausted => [1, 1, 2, 3, 4, 6, 0x12C],
        _ => [],
    };

    /// <summary>A page somewhere in the arenas.</summary>
    public PageNumber ArenaPage() =>
        swarm.Family switch
        {
            SwarmFamily.Wide =>
                new(swarm.Arena.Value + (0x400 * random.Below(32u)) + random.OneOf<uint>([0, 0, 1, 0x3FF, 0x3FE, random.Below(0x400u)])),
            SwarmFamily.Exhausted => new(random.OneOf<uint>(HoleBases) + random.Below(16u)),
            _ => (random.Percent(80) ? swarm.Arena : swarm.SecondArena) + new PageCount(random.Below(swarm.ArenaCount.Value)),
        };

    /// <summary>
    /// The start of a range: an arena page, a border of an area or a page beside it, the break, or a border of the machine.
    /// </summary>
    public PageNumber Page(WorldProcess process)
    {
        int kind = random.Below(100);
        if (_grown is { } grown && kind < 12) return grown;
        if (kind < 45) return ArenaPage();
        if (kind < 92) return AreaBorder(process);
        if (kind < 96) return new(random.OneOf<uint>(MachineBorders));
        if (kind < 98) return process.Memory.Break.Page;
        return new(world.Header.MmapBase.Page.Value - random.Below(64u));
    }

    /// <summary>A start address, now and then one in the middle of a page.</summary>
    public long Address(WorldProcess process)
    {
        long address = (long)Page(process).Value << 12;
        if (swarm.HugeBytes != 0 && random.Percent(45)) address = address / swarm.HugeBytes * swarm.HugeBytes;
        return address + Misalignment();
    }

    /// <summary>One to a few whole huge pages.</summary>
    public long LineLength() => (long)random.Skewed(4) * swarm.HugeBytes;

    /// <summary>The start of a line where something is likely to happen.</summary>
    public long LineAddress(WorldProcess process) => ((long)Page(process).Value << 12) / swarm.HugeBytes * swarm.HugeBytes;

    /// <summary>0, or in odd cases a few bytes.</summary>
    public long Misalignment() => random.Percent(swarm.OddArgumentsPercent) ? random.OneOf<uint>([1, 4, 0x7FF, 0xFFF]) : 0;

    /// <summary>Bytes of a range that begins at the address: a few pages, to a border of an area, or far.</summary>
    public long ByteLength(WorldProcess process, long address)
    {
        if (swarm.HugeBytes != 0 && random.Percent(40)) return Roughen(LineLength());
        int kind = random.Below(100);
        long pages;
        if (FamilyLengths is [_, ..] lengths && random.Percent(40)) pages = random.OneOf(lengths);
        else if (kind < 50) pages = random.Skewed(16);
        else if (kind < 85) pages = PagesToBorder(process, new((uint)(address >> 12)));
        else if (kind < 95) pages = random.Below(swarm.ArenaCount.Value) + 1;
        else pages = random.OneOf([0u, 0x100u, 0x101u, 0x400u, 0x401u, 0x1000u, 0x10000u, 0x30000u, 0x40000u, 0x60000u, 0x80000u, 0xB0000u,
            0xBFFE0u, 0xC0000u, 0xFFFFFu]);
        return Roughen(pages << 12);
    }

    /// <summary>The byte length, cut to the swarm's limit for calls that fill their whole range.</summary>
    public long FilledLength(long byteLength) =>
        Math.Min(byteLength, swarm.HugeBytes != 0 && random.Percent(40) ? swarm.HugeBytes : (long)swarm.FilledPagesMax << 12);

    /// <summary>The byte length itself, or in odd cases a little less or more.</summary>
    public long Roughen(long byteLength)
    {
        int kind = random.Below(100);
        if (kind < 90 || byteLength == 0) return byteLength;
        return kind < 96 ? Math.Max(0, byteLength - random.OneOf<uint>([1, 0x800, 0xFFF])) : Math.Min(byteLength + 1, 0xFFFF_FFFF);
    }

    /// <summary>An area, found from a random page of the arena; null where nothing lies above it.</summary>
    public AreaSnapshot? Area(WorldProcess process)
    {
        AreaSnapshot? area = process.FirstEndingAfter(ArenaPage());
        if (area is null || IsForeign(area) || random.Percent(5)) area = process.FirstEndingAfter(default);
        return area is null || IsForeign(area) ? null : area;
    }

    /// <summary>An address to access: mostly in an area, some at its borders, some beside or below it.</summary>
    public long AccessAddress(WorldProcess process)
    {
        if (Area(process) is not { } area) return ((long)Page(process).Value << 12) + InPage();
        long first = area.Range.First.Value, end = area.Range.End.Value;
        if (area.GrowsDown && random.Percent(25))
        {
            _grown = new((uint)Math.Max(0, first - random.OneOf([1, 1, 2, 3, 17])));
            return ((long)_grown.Value.Value << 12) + InPage();
        }

        int kind = random.Below(100);
        long page = kind switch
        {
            < 60 => first + random.Below(Math.Min(area.Range.Count.Value, swarm.HugeBytes != 0 && random.Percent(30) ? 4096u : 64u)),
            < 72 => first,
            < 86 => end - 1,
            < 90 => end,
            < 94 => Math.Max(0, first - 1),
            < 97 => Math.Max(0, first - random.OneOf([2, 3, 17, 255, 256, 257, 2000])),
            _ => ArenaPage().Value,
        };
        return (page << 12) + InPage();
    }

    /// <summary>An offset in a page, often at its ends, so that wider accesses straddle.</summary>
    private long InPage()
    {
        int kind = random.Below(10);
        if (kind < 4) return 0;
        return kind < 8 ? random.OneOf<uint>([1, 2, 0xFFC, 0xFFD, 0xFFE, 0xFFF]) : random.Below(4096u);
    }

    private PageNumber AreaBorder(WorldProcess process)
    {
        if (Area(process) is not { Range: var area }) return ArenaPage();
        long page = random.Below(10) switch
        {
            < 4 => area.First.Value,
            4 => (long)area.First.Value - 1,
            5 => (long)area.First.Value - random.Skewed(16),
            6 => (long)area.First.Value + 1,
            7 => area.End.Value,
            8 => (long)area.End.Value - 1,
            _ => (long)area.First.Value + random.Below(area.Count.Value),
        };
        return new((uint)Math.Clamp(page, 0, 0xFFFFF));
    }

    /// <summary>From the page to the end of the area that covers it or lies above it, or to the middle of its neighbour.</summary>
    private long PagesToBorder(WorldProcess process, PageNumber page)
    {
        if (process.FirstEndingAfter(page) is not { Range: var area }) return random.Skewed(16);
        long toEnd = (area.End - page).Value;
        long toFirst = area.First > page ? (area.First - page).Value : 0;
        return random.Below(6) switch
        {
            0 or 1 => toEnd,
            2 => toEnd + random.Skewed(8),
            3 => Math.Max(1, toEnd - 1),
            4 when toFirst != 0 => toFirst,
            _ => Math.Max(1, toFirst + random.Below(area.Count.Value)),
        };
    }

    private static bool IsForeign(AreaSnapshot area) => (area.Flags & AreaFlags.Foreign) != 0;
}
