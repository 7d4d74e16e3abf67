using Paging.Tests;
using Xunit;

namespace Paging.Native.Tests;

/// <summary>
/// Random operations on page tables and on a dictionary. After each one the two agree entry for entry, every cached
/// translation agrees with a fresh walk, and every count with a recount.
/// </summary>
public sealed class PageTablesModelTests
{
    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 8)];

    public static TheoryData<int> MoreSeeds => [.. Soak.Rows(Enumerable.Range(9, 24), 8)];

    [Trait("Category", "Medium")]
    [Theory, MemberData(nameof(Seeds))]
    public void TablesTranslationsAndCountsStayExact(int seed) => Run(seed);

    [Trait("Category", "Slow")]
    [Theory, MemberData(nameof(MoreSeeds))]
    public void AndSoTheyDoInMoreRuns(int seed) => Run(seed);

    private static void Run(int seed)
    {
        using ModelRun run = new(seed, seed % 2 == 0 ? TableFormat.Pae : TableFormat.Classic);
        for (int step = 0; step < 400; step++) run.Step();
        run.End();
    }

    // A world that cannot fail proves nothing: a translation that is not invalidated must be found.
    [Fact]
    public void AStoreBehindTheSettersBackIsFound()
    {
        using TableWorld world = new();
        TableSpace space = world.Begin();
        space.MapNew(0x500);
        Assert.NotNull(space.Access(0x500, AccessKind.Write));
        world.AssertClean();
        world.Ram.Words(space.Tables.ReadUpper(1).Table)[0x100] &= ~0x40u;    // D goes, the translation to write stays
        Assert.True(world.Audit().Names("X2"));
    }
}
