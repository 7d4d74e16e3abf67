using Paging.Native.Tables;
using Xunit;

namespace Paging.Native.Tests;

/// <summary>A host that writes RAM can write page tables. For any entries in them, the engine stays within its own memory.</summary>
/// <remarks>
/// The first test checks addresses only, so that it can fail without a crash; the others make the accesses that it has shown safe.
/// </remarks>
public sealed class BeyondRamTests : IDisposable
{
    private const uint Page = 0x400, Neighbour = 0x401;
    private const uint Rights = 0x67;    // D, A, US, RW, P

    private readonly TableWorld _world = new();
    private readonly TableSpace _space;

    public BeyondRamTests()
    {
        _space = _world.Begin();
        _space.MapNew(Page);
        _space.MapNew(Neighbour);
    }

    public static TheoryData<uint> NoTables => new(
        0x0080_0067,     // the first frame beyond the 2048 that there are
        0xFFFF_F067,     // the last one that an entry can name
        0x0000_0066,     // not present
        0x0000_00E7);    // 4 MB in one piece

    public void Dispose() => _world.Dispose();

    [Theory, MemberData(nameof(NoTables))]
    public void ADirectoryEntryThatLeadsToNoTableOfRamHasNoSlots(uint entry)
    {
        Damage(entry);
        Assert.False(_space.Tables.SlotOf(new(Page)).HasTable);
        Assert.False(UserWalk.Find(_space.Tables, _world.Ram, new(Page)).HasTable);
        foreach (TablePart part in _space.Tables.PartsOf(PageTables.UserHalf)) Assert.Fail($"table {part.Table} is walked");
    }

    [Theory, MemberData(nameof(NoTables))]
    public void ItReadsAsNeverTouchedAndIsPassedOverByEveryWalk(uint entry)
    {
        Damage(entry);
        Assert.False(_space.Tables.Read(new(Page)).IsPresent);
        Assert.Empty(_space.Tables.Entries(1));
        Assert.False(_space.Tables.TryNextTouched(new(Page), PageNumber.FirstKernel, out _, out _));
        Assert.Empty(_space.Unmap(PageTables.UserHalf));
        PageTableEntry[] stored = [new(1), new(2), new(3)];
        Frames source = default;
        Assert.Equal(0u, _space.Tables.FillUntouched(new(Page), source, stored));
        Assert.All(stored, static entry => Assert.True(entry.IsNeverTouched));
        Assert.Equal(default, _space.Tables.Take(new(Page)));
        _space.Tables.Store(new(Page), default);
        ForkTally tally = default;
        Assert.True(_space.Tables.TryCopyForFork(PageTables.UserHalf, _world.Begin().Tables, default, mayLend: false, ref tally, out _));
        Assert.Equal(0u, tally.Copied);
        Assert.True(_space.Tables.TryMoveRange(new(new(Page), new(2)), new(0x800)));
        Assert.Contains("P2", Audit(), StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(NoTables))]
    public void TheNextFirstTouchReplacesIt(uint entry)    // Linux: pmd_none_or_clear_bad
    {
        Damage(entry);
        Assert.True(_space.Tables.TryEnsureTable(new(Page)));
        Assert.True(_space.Tables.SlotOf(new(Page)).HasTable);
        Assert.Equal(1u, _space.Tables.TableCount.Value);
        _space.MapNew(Page);
        Assert.NotNull(_space.Access(Page, AccessKind.Write));
    }

    [Fact]
    public void AnotherOwnersFrameIsNotFreedAsATable()
    {
        FrameNumber data = _world.NewFrame();
        _world.Ram.Clear(data);
        Damage((data.Value << 12) | Rights);
        _space.Tables.FreeEmptyTables(PageTables.UserHalf);
        Assert.Equal(FrameState.Anonymous, _world.Frames[data].State);
        Damage((data.Value << 12) | Rights);
        _space.Tables.FreeAll();
        Assert.Equal((FrameState.Anonymous, 1u), (_world.Frames[data].State, _world.Frames[data].ReferenceCount));
    }

    [Theory]
    [InlineData(2048)]
    [InlineData(0xFFFFF)]
    public void AnEntryThatLeadsBeyondRamIsForkedMovedAndUnmappedWithoutBeingCounted(uint frame)
    {
        Word(Page) = (frame << 12) | Rights;
        ForkTally tally = default;
        TableSpace child = _world.Begin();
        Assert.True(_space.Tables.TryCopyForFork(PageTables.UserHalf, child.Tables, default, mayLend: false, ref tally, out _));
        Assert.Equal((2u, 1u), (tally.Copied, tally.Of(0)));
        Assert.True(_space.Tables.TryMoveRange(new(new(Page), PageCount.One), new(0x800)));
        Assert.Contains("P4", Audit(), StringComparison.Ordinal);
        Assert.Equal((0u, 0u), (_world.Frames.Named(new(frame)).ReferenceCount, _world.Frames.Named(new(frame)).MapCount));
        Assert.Throws<ArgumentOutOfRangeException>(() => _world.Frames.Describe(new(frame)));
    }

    [Fact]
    public void EightNeighboursBeyondRamAreForkedWithoutBeingCounted()
    {
        for (uint i = 0; i < 16; i++) Word(Page + i) = ((0xFFFF0 + i) << 12) | Rights;
        ForkTally tally = default;
        Assert.True(_space.Tables.TryCopyForFork(PageTables.UserHalf, _world.Begin().Tables, default, mayLend: false, ref tally, out _));
        Assert.Equal((16u, 0u), (tally.Copied, tally.Of(0)));
    }

    [Theory]
    [InlineData(1u << 20)]
    [InlineData(uint.MaxValue)]
    public void APageNumberBeyondTheAddressSpaceLeadsNowhere(uint page)
    {
        Assert.False(ClassicWalker.Peek(_world.Ram, _space.Tables.Directory, new(page)).Succeeded);
        Assert.Equal(default, _space.Tables.Read(new(page)));
        Assert.Equal(default, _space.Tables.ReadUpper((int)(page >> 10)));
        Assert.Empty(_space.Tables.Entries(-1));
        Assert.Empty(_space.Tables.Entries(1024));
        Assert.False(_space.Tables.TryNextTouched(new(page), PageNumber.FirstKernel, out _, out _));
    }

    private ref uint Word(uint page) => ref _world.Ram.Words(_space.Tables.ReadUpper(1).Table)[(int)(page & 0x3FF)];

    private void Damage(uint entry) => _world.Ram.Words(_space.Tables.Directory)[1] = entry;

    private string Audit()
    {
        AuditReport report = new();
        _space.Tables.Audit(report);
        return report.ToString();
    }

    private readonly struct Frames : IEntrySource
    {
        public PageTableEntry Make(int index) => PageTableEntry.Map(new((uint)index + 1), PageAccess.User);
    }
}
