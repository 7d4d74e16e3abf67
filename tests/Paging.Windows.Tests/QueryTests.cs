using Paging.Core;
using Paging.Native;

namespace Paging.Windows.Tests;

/// <summary>How far VirtualQuery's runs reach, and which statuses are successes.</summary>
public sealed class QueryTests : IDisposable
{
    private const AllocationTypes ReserveAndCommit = AllocationTypes.Reserve | AllocationTypes.Commit;
    private static readonly VirtualAddress At = new(0x2000_0000);

    private readonly PagingEngine _engine = new(new EngineOptions { RamBytes = 2 << 20 });
    private readonly WindowsMachine _machine;
    private readonly WindowsProcess _process;

    public QueryTests()
    {
        _machine = WindowsMachine.Of(_engine);
        _process = _machine.CreateProcess("windows");
    }

    public void Dispose()
    {
        Assert.Empty(_engine.Audit().Findings);
        _machine.Dispose();
        _engine.Dispose();
    }

    /// <summary>The runs follow each other without a gap, from page 0 to 0x7FFF0000, where the 64 KiB begin that no process may use.</summary>
    [Fact]
    public void TheRunsReachToTheLast64Kibibytes()
    {
        Succeeds(_process.Memory.VirtualAlloc(At, 0x1000, ReserveAndCommit, PageProtection.ReadWrite, out _));
        VirtualAddress at = VirtualAddress.Zero;
        while (_process.Memory.VirtualQuery(at, out MemoryBasicInformation run) == Win32Error.Success)
        {
            Assert.Equal(at.Page, run.Base);
            Assert.NotEqual(0u, run.Count.Value);
            at = (run.Base + run.Count).Address;
        }

        Assert.Equal(0x7FFF_0000u, at.Value);
    }

    /// <summary>Reserved pages are alike, whatever they were before they were decommitted. AllocationProtect stays what it was.</summary>
    [Fact]
    public void ReservedPagesAreOneRunWhateverTheyWere()
    {
        Succeeds(_process.Memory.VirtualAlloc(At, 0x8000, AllocationTypes.Reserve, PageProtection.ReadOnly, out _));
        Succeeds(_process.Memory.VirtualAlloc(At + 0x2000, 0x2000, AllocationTypes.Commit, PageProtection.ExecuteRead, out _));
        Succeeds(_process.Memory.VirtualAlloc(At + 0x4000, 0x1000, AllocationTypes.Commit, PageProtection.ReadWrite, out _));
        Assert.Equal([(0u, 2u), (2u, 2u), (4u, 1u), (5u, 3u)], Runs());
        Assert.Equal(PageProtection.ReadOnly, Query(At + 0x2000).AllocationProtection);
        Assert.Equal(PageProtection.ExecuteRead, Query(At + 0x2000).Protection);
        Succeeds(_process.Memory.VirtualFree(At + 0x2000, 0x3000, AllocationTypes.Decommit));
        Assert.Equal([(0u, 8u)], Runs());
        Assert.Equal(MemoryState.Reserve, Query(At + 0x3000).State);
        Assert.Equal((5u, PageProtection.None), (Query(At + 0x3000).Count.Value, Query(At + 0x3000).Protection));
    }

    /// <summary>Success and information are successes; warnings and errors are not. ntdef.h: NT_SUCCESS.</summary>
    [Theory]
    [InlineData(NtStatus.Success, true)]
    [InlineData(NtStatus.ObjectNameExists, true)]         // 0x40000000
    [InlineData(NtStatus.GuardPageViolation, false)]      // 0x80000001
    [InlineData(NtStatus.AccessViolation, false)]
    public void WarningsAreNoSuccess(NtStatus status, bool isSuccess) => Assert.Equal(isSuccess, status.IsSuccess());

    private List<(uint First, uint Count)> Runs()
    {
        List<(uint, uint)> runs = [];
        for (VirtualAddress at = At; at < At + 0x8000;)
        {
            MemoryBasicInformation run = Query(at);
            runs.Add(((run.Base - At.Page).Value, run.Count.Value));
            at = (run.Base + run.Count).Address;
        }

        return runs;
    }

    private MemoryBasicInformation Query(VirtualAddress at)
    {
        Succeeds(_process.Memory.VirtualQuery(at, out MemoryBasicInformation information));
        return information;
    }

    private static void Succeeds(Win32Error error) => Assert.Equal(Win32Error.Success, error);
}
