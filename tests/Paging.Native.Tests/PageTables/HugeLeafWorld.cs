using Paging.Native.Tables;
using Xunit;

namespace Paging.Native.Tests;

/// <summary>An address space with huge leaves in it, for their tests.</summary>
public abstract class HugeLeafWorld : IDisposable
{
    private protected const PageAccess All = PageAccess.User | PageAccess.Write;

    private protected HugeLeafWorld(TableFormat format)
    {
        World = new(frameCount: 8192, format: format);
        Space = World.Begin();
        Size = Tables.Huge.CountEach.Value;
    }

    private protected TableWorld World { get; }

    private protected TableSpace Space { get; }

    private protected PageTables Tables => Space.Tables;

    /// <summary>Pages of a leaf.</summary>
    private protected uint Size { get; }

    public void Dispose()
    {
        World.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected PageNumber Line(uint index) => new(index * Size);

    /// <summary>A leaf over frames of its own, and one mapping of the first. The first word of each frame is its number.</summary>
    private protected PageTableEntry Make(uint line, PageAccess access = All)
    {
        int order = System.Numerics.BitOperations.Log2(Size);
        Assert.True(World.Allocator.TryAllocateBlock(order, FrameState.Anonymous, out FrameNumber first));
        for (uint i = 0; i < Size; i++) World.Ram.Words(first + new FrameCount(i))[0] = first.Value + i;
        World.Frames[first].MapCount++;
        PageTableEntry entry = PageTableEntry.Map(first, access);
        Tables.Huge.Store(Line(line), entry);
        return entry;
    }

    /// <summary>Splits the leaf around a page into a new table.</summary>
    private protected void Split(PageNumber page)
    {
        Assert.True(Tables.Huge.TryReserveTable(out FrameNumber table));
        Tables.Huge.Split(page, table);
    }

    private protected void AssertTablesClean()
    {
        AuditReport report = new();
        Tables.Audit(report);
        Assert.True(report.IsClean, report.ToString());
    }
}
