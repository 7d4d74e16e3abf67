using Paging.Core;
using Paging.Core.Reclaim;
using Paging.Core.Swap;
using Paging.Native;

namespace Paging.Traces.Tests;

/// <summary>
/// A trace on the live engine: real page tables, real faults, real swap; a group with so many frames and a policy of its own.
/// </summary>
/// <remarks>
/// The memory is shared, so that a page that is read first takes a frame as well (private memory would show the zero page). Nothing is
/// mapped along and nothing read ahead: demand paging. Page tables do not count.
/// </remarks>
internal sealed class EngineReplay : IDisposable
{
    private readonly PagingEngine _engine = new(new EngineOptions
    {
        RamBytes = 16 << 20,
        RequestHostHugePages = false,
        FaultAroundPages = 1,
        SwapReadAheadPages = 1,
        Overcommit = OvercommitMode.Always,
    });

    private readonly UserProcess _process;

    public EngineReplay(int frameCount, int pageCount, ReclaimPolicy policy)
    {
        Require(_engine.Swap.SwitchOn(new MemorySwapStore(16 << 20), 0, out _));
        Require(_engine.Groups.Create(new() { Limit = new((uint)frameCount), CountsTables = false, Policy = policy },
            out MemoryGroup? group));
        Group = group!;
        _process = _engine.CreateProcess("trace", new() { Group = group });
        Require(_process.Memory.Map(At(0), (uint)pageCount << 12, MemoryProtection.ReadWrite,
            MapFlags.Shared | MapFlags.Anonymous | MapFlags.Fixed, out _));
    }

    public MemoryGroup Group { get; }

    public long MissCount { get; private set; }

    public long FaultCount => _engine.Faults.Minor + _engine.Faults.Major;

    public void Access(int page, bool isWrite)
    {
        if (!_process.Memory.Touch(At(page), isWrite ? AccessKind.Write : AccessKind.Read, out bool wasMissing, out MemoryFault fault))
            throw new InvalidOperationException($"page {page}: {fault}");
        if (wasMissing) MissCount++;
    }

    public string Audit() => _engine.Audit().ToString();

    public void Dispose() => _engine.Dispose();

    private static VirtualAddress At(int page) => new(0x1000_0000 + ((uint)page << 12));

    private static void Require(Errno error)
    {
        if (error != Errno.None) throw new InvalidOperationException($"The call returned {error}.");
    }
}
