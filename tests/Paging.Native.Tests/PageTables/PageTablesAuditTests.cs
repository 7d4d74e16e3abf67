using Paging.Native.Tables;
using Xunit;

namespace Paging.Native.Tests;

/// <summary>Canaries: each test breaks one rule by hand, past all owners, and expects the audit to name it.</summary>
public sealed class PageTablesAuditTests : IDisposable
{
    private readonly TableWorld _world = new();
    private readonly TableSpace _space;
    private readonly PageTableEntry _entry;

    public PageTablesAuditTests()
    {
        _space = _world.Begin();
        _entry = _space.MapNew(0x405);
        _world.AssertClean();
    }

    private FrameNumber Directory => _space.Tables.Directory;

    private FrameNumber Table => _space.Tables.ReadUpper(1).Table;

    public void Dispose() => _world.Dispose();

    [Fact]
    public void P1NamesADirectoryThatIsNone()
    {
        _world.Frames[Directory].State = FrameState.Kernel;
        Expect("P1");
    }

    [Fact]
    public void P1NamesATableThatIsNotCounted()
    {
        _world.Frames[Directory].Private++;
        Expect("P1");
    }

    [Theory]
    [InlineData(0x00000080u)]    // PS in the user half
    [InlineData(0x00000002u)]    // RW taken away
    [InlineData(0x00000004u)]    // US taken away
    [InlineData(0x80000000u)]    // beyond RAM
    [InlineData(0x00001000u)]    // another frame
    [InlineData(0x00000001u)]    // not present, but not zero either
    public void P2NamesADirectoryEntryThatLeadsToNoTable(uint bit)
    {
        _world.Ram.Words(Directory)[1] ^= bit;
        Expect("P2");
    }

    [Fact]
    public void P2NamesATableOfAnotherOwner()
    {
        _world.Frames[Table].Owner++;
        Expect("P2");
    }

    [Fact]
    public void P2NamesATableAtAnotherPlace()
    {
        _world.Frames[Table].Index++;
        Expect("P2");
    }

    [Fact]
    public void P3NamesAnEntryThatIsNotCounted()
    {
        _world.Frames[Table].Private--;
        Expect("P3");
    }

    [Fact]
    public void P3NamesAnEntryThatCameWithoutTheSetter()
    {
        _world.Ram.Words(Table)[6] = (uint)SwapEntry.ForSlot(0, 1).Word;
        Expect("P3");
    }

    [Fact]
    public void P4NamesAnEntryBeyondRam()
    {
        _world.Ram.Words(Table)[5] = (uint)_entry.WithFrame(new(0xFFFFF)).Word;
        Expect("P4");
    }

    [Theory]
    [InlineData(FrameState.Free)]
    [InlineData(FrameState.Allocated)]
    [InlineData(FrameState.PageTable)]
    public void P4NamesAnEntryThatLeadsToAFrameThatMayNotBeMapped(FrameState state)
    {
        _world.Frames[_entry.Frame].State = state;
        Expect("P4");
    }

    [Theory]
    [InlineData(FrameState.Anonymous)]
    [InlineData(FrameState.PageCache)]
    [InlineData(FrameState.SwapCache)]
    [InlineData(FrameState.Kernel)]
    [InlineData(FrameState.Reserved)]
    public void TheseMayBeMapped(FrameState state)
    {
        _world.Frames[_entry.Frame].State = state;
        Assert.False(_world.Audit().Names("P4"));
    }

    [Theory]
    [InlineData(0x00000304u)]
    [InlineData(0x00000100u)]
    public void P5NamesAnEntryThatMeansNothing(uint word)
    {
        _world.Ram.Words(Table)[5] = word;
        Expect("P5");
    }

    [Fact]
    public void P6NamesAKernelEntryOpenToUserMode()
    {
        _world.Ram.Words(Directory)[1000] = (uint)PageDirectoryEntry.ForTable(new(1)).Word;
        Expect("P6");
    }

    private void Expect(string rule)
    {
        AuditReport report = new();
        _space.Tables.Audit(report);
        Assert.True(report.Names(rule), $"expected {rule}, found: {report}");
    }
}
