using Paging.Native;
using Paging.Processors.DirectExecution;

namespace Paging.Processors.Tests;

/// <summary>The mirror beside a plain dictionary of pages: the pages shown, and those that the tables no longer allow.</summary>
public sealed class PageMirrorTests
{
    private const uint UserPages = 0xC0000;
    private static readonly PageRange Whole = PageRange.Between(default, new(UserPages));

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 60)];

    [Trait("Category", "Medium")]
    [Theory, MemberData(nameof(Seeds))]
    public void PagesThatTheTablesTakeAwayAreReportedInRuns(int seed)
    {
        Random random = new(seed);
        PageMirror mirror = new();
        SortedDictionary<uint, ulong> shown = [];
        for (int round = 0; round < 6; round++)
        {
            for (int runs = random.Next(8); runs > 0; runs--)
            {
                (uint first, uint count) = AnyRun(random);
                ulong word = AnyWord(random);
                for (uint page = first; page < first + count; page++)
                {
                    mirror.Set(new(page), word);
                    if (word == 0) shown.Remove(page);
                    else shown[page] = word;
                }
            }

            Dictionary<uint, ulong> now = [];
            foreach ((uint page, ulong word) in shown) now[page] = random.Next(3) == 0 ? AnyWord(random) : word;
            for (int runs = random.Next(3); runs > 0; runs--)
            {
                (uint first, uint count) = AnyRun(random);
                for (uint page = first; page < first + count; page++) now[page] = 0;
            }

            Dictionary<uint, uint> changed = [];
            (uint Page, uint Protection) before = default;
            (uint from, uint length) = AnyRun(random);
            PageRange range = random.Next(2) == 0 ? Whole : new(new(from), new(length));
            mirror.Compare(range, page => PageMirror.WordOf(WalkOf(now.GetValueOrDefault(page.Value))), (first, end, protection) =>
            {
                Assert.True(first.Value < end.Value && end.Value <= range.End.Value && first >= range.First);
                if (first.Value % 1024 != 0) Assert.NotEqual(before, (first.Value, protection));    // a run is whole, up to 4 MiB
                before = (end.Value, protection);
                for (uint page = first.Value; page < end.Value; page++) Assert.True(changed.TryAdd(page, protection));
            });
            Dictionary<uint, ulong> expected = [];
            foreach ((uint page, ulong word) in shown)
            {
                ulong left = LeftOf(now.GetValueOrDefault(page), word);
                if (left != word && range.Contains(new(page))) expected[page] = left;
            }

            Assert.Equal(changed, expected.ToDictionary(
                static one => one.Key, static one => one.Value == 0 ? 0 : PageMirror.ProtectionOf(one.Value)));
            foreach ((uint page, ulong left) in expected)
            {
                if (left == 0) shown.Remove(page);
                else shown[page] = left;
            }

            Assert.Equal(shown.Count, mirror.Count);
            foreach (uint page in expected.Keys.Concat(shown.Keys).Append(0u).Append(UserPages - 1))
                Assert.Equal(shown.GetValueOrDefault(page), mirror[new(page)]);
        }

        Assert.Equal(0ul, mirror[new(UserPages)]);
        Assert.Equal(0ul, mirror[new(0xF_FFFF)]);
        mirror.Clear();
        Assert.All(shown.Keys, page => Assert.Equal(0ul, mirror[new(page)]));
        mirror.Compare(Whole, static _ => default, static (_, _, _) => Assert.Fail("nothing is shown"));
    }

    /// <summary>Shown: user pages that were accessed. Writable: those already dirty. Executable: those that no level forbids.</summary>
    [Fact]
    public void AWordHasTheRightsOfAWalk()
    {
        for (int bits = 0; bits < 64; bits++) AssertWord(bits);
    }

    private static void AssertWord(int bits)
    {
        bool succeeded = (bits & 1) == 0, isUser = (bits & 2) == 0, isAccessed = (bits & 4) == 0, isDirty = (bits & 8) == 0,
            isWritable = (bits & 16) == 0, noExecute = (bits & 32) == 0;
        const uint accessed = 1 << 5, dirty = 1 << 6;
        WalkResult walk = new()
        {
            Succeeded = succeeded,
            Physical = new(0x1_2345_6000),
            Leaf = new(1 | (isAccessed ? accessed : 0) | (isDirty ? dirty : 0)),
            EffectiveUser = isUser,
            EffectiveWritable = isWritable,
            EffectiveNoExecute = noExecute,
        };
        ulong word = PageMirror.WordOf(walk);
        if (!succeeded || !isUser || !isAccessed)
        {
            Assert.Equal(0ul, word);
            return;
        }

        Assert.Equal(new FrameNumber(0x12_3456), PageMirror.FrameOf(word));
        Assert.Equal(!noExecute, PageMirror.IsExecutable(word));
        Assert.Equal(1u | (isWritable && isDirty ? 2u : 0) | (noExecute ? 0 : 4u), PageMirror.ProtectionOf(word));
        Assert.True(PageMirror.Follows(PageMirror.WordOf(walk with { Physical = new(0x1_2345_7000) }), word));
        Assert.False(PageMirror.Follows(word, word));
    }

    /// <summary>Runs at the borders of regions of 1024 pages, of the user half, and anywhere.</summary>
    private static (uint First, uint Count) AnyRun(Random random)
    {
        uint count = (uint)random.Next(1, random.Next(4) == 0 ? 1500 : 8);
        uint first = random.Next(4) switch
        {
            0 => (uint)((random.Next(1, 4) * 1024) - random.Next((int)Math.Min(count, 1024) + 1)),
            1 => UserPages - count,
            2 => (uint)random.Next(4) * 1024,
            _ => (uint)random.Next(5000),
        };
        return (first, count);
    }

    private static ulong AnyWord(Random random) =>
        random.Next(4) == 0 ? 0 : ((ulong)random.Next(1, 4) << 3) | 1 | ((ulong)random.Next(4) << 1);

    private static ulong LeftOf(ulong now, ulong shown) => now >> 3 == shown >> 3 ? (now >> 3 << 3) | (shown & now & 7) : 0;

    private static WalkResult WalkOf(ulong word) => word == 0 ? default : new()
    {
        Succeeded = true,
        Physical = new((word >> 3) << 12),
        Leaf = new((1 << 5) | ((word & 2) != 0 ? 1u << 6 : 0)),
        EffectiveUser = true,
        EffectiveWritable = (word & 2) != 0,
        EffectiveNoExecute = (word & 4) == 0,
    };
}
