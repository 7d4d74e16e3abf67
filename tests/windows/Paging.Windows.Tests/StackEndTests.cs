using Paging.Core;
using Paging.Native;

namespace Paging.Windows.Tests;

/// <summary>A stack down to its last page: the page that an allocation begins with is never part of it (rule 23).</summary>
public sealed class StackEndTests : IDisposable
{
    private const uint At = 0x2000_0000;

    private readonly PagingEngine _engine = new(new EngineOptions { RamBytes = 4 << 20 });
    private readonly WindowsMachine _machine;
    private readonly WindowsProcess _process;

    public StackEndTests()
    {
        _machine = WindowsMachine.Of(_engine);
        _process = _machine.CreateProcess("stack");
    }

    public void Dispose()
    {
        Assert.Empty(_engine.Audit().Findings);
        Assert.Empty(_machine.Audit().Findings);
        _machine.Dispose();
        _engine.Dispose();
    }

    [Theory]
    [InlineData(3, 0)]
    [InlineData(4, 0)]
    [InlineData(16, 0)]
    [InlineData(16, 5)]    // the stack begins inside its allocation
    [InlineData(17, 14)]
    public void ItGrowsPageByPageAndOverflowsAboveItsFirstPage(int pageCount, int firstPage)
    {
        VirtualMemory memory = _process.Memory;
        VirtualAddress allocation = Page(firstPage), top = Page(pageCount);
        Succeeds(memory.VirtualAlloc(new(At), (uint)pageCount << 12, AllocationTypes.Reserve, PageProtection.ReadWrite, out _));
        Succeeds(memory.VirtualAlloc(Page(pageCount - 1), 0x1000, AllocationTypes.Commit,
            PageProtection.ReadWrite | PageProtection.Guard, out _));
        _process.Stack = new(allocation, top, top);
        for (int page = pageCount - 1; page > firstPage + 1; page--)
        {
            Assert.True(_process.Access.TryWrite(Page(page) + 8, page, out _));
            Assert.Equal(Page(page), _process.Stack.Limit);
            Assert.Equal((MemoryState.Commit, PageProtection.ReadWrite), Query(page));
            Assert.Equal((MemoryState.Commit, PageProtection.ReadWrite | PageProtection.Guard), Query(page - 1));
            AssertRefused(page - 2, NtStatus.AccessViolation);    // below the guard
            Assert.Equal(pageCount - page + 1, _process.TakeRecord().CommitCharge);
        }

        AssertRefused(firstPage + 1, NtStatus.StackOverflow);
        Assert.Equal(Page(firstPage + 1), _process.Stack.Limit);
        Assert.Equal((MemoryState.Commit, PageProtection.ReadWrite), Query(firstPage + 1));
        Assert.Equal((MemoryState.Reserve, PageProtection.None), Query(firstPage));
        Assert.True(_process.Access.TryWrite(Page(firstPage + 1), 1, out _));
        AssertRefused(firstPage, NtStatus.AccessViolation);
        Assert.Equal(pageCount - firstPage - 1, _process.TakeRecord().CommitCharge);
        for (int page = pageCount - 1; page > firstPage + 1; page--)
        {
            Assert.True(_process.Access.TryRead(Page(page) + 8, out int word, out _));
            Assert.Equal(page, word);
        }
    }

    private static VirtualAddress Page(int page) => new(At + ((uint)page << 12));

    private static void Succeeds(Win32Error error) => Assert.Equal(Win32Error.Success, error);

    private void AssertRefused(int page, NtStatus expected)
    {
        Assert.False(_process.Access.TryWrite(Page(page), 1, out MemoryException exception));
        Assert.Equal(expected, exception.Code);
    }

    private (MemoryState State, PageProtection Protection) Query(int page)
    {
        Succeeds(_process.Memory.VirtualQuery(Page(page), out MemoryBasicInformation information));
        return (information.State, information.Protection);
    }
}
