using Paging.Bench.Harness;
using Paging.Core;
using Paging.Native;

namespace Paging.Bench.Operations.Windows;

/// <summary>
/// Linux' sibling of a soft fault from standby: a private page whose entry names a swap slot, and whose frame is in the swap cache.
/// </summary>
/// <remarks><code>
///   Prepare   a process's pages go to swap; it forks; the parent reads them back: they stay cached, as the child needs the slots
///   Run       the child reads them: a fault for each page, without I/O
/// </code>
/// Linux: do_swap_page, swap_cache_get_folio. Pages of files are no sibling: Linux maps up to 16 of them in one fault (fault_around_bytes).
/// </remarks>
internal sealed class SwapCacheContender : Contender
{
    private readonly WindowsWorld _world;
    private readonly VirtualAddress _at;
    private readonly uint _length;
    private UserProcess? _child;
    private long _majorBefore;

    public SwapCacheContender(WindowsWorld world, int pages) : base(Role.Reference, "read of a page in the swap cache")
    {
        (_world, _length) = (world, (uint)pages << 12);
        _at = world.Map(_length);
        for (uint i = 0; i < pages; i++) world.Linux.Memory.Mmu.Write(_at + (i << 12), i + 1);
    }

    public override void Prepare(int count)
    {
        _child?.Dispose();
        AddressSpace parent = _world.Linux.Memory;
        WindowsWorld.Require(parent.Advise(_at, _length, MemoryAdvice.PageOut), "MADV_PAGEOUT");
        _child = _world.Linux.Fork();
        for (uint offset = 0; offset < _length; offset += 0x1000) _ = parent.Mmu.Read<int>(_at + offset);
        _majorBefore = _child.Memory.Faults.Major;
    }

    public override void Run(int count)
    {
        Mmu mmu = _child!.Memory.Mmu;
        for (int i = 0; i < count; i++) _ = mmu.Read<int>(_at + ((uint)i << 12));
    }

    public override void Verify(int count)
    {
        FaultCounters faults = _child!.Memory.Faults;
        BrokenBenchmarkException.ThrowUnlessEqual("pages read from swap", 0, faults.Major - _majorBefore);
        BrokenBenchmarkException.ThrowUnlessEqual("pages found in the swap cache", count, faults.SwappedIn);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) _child?.Dispose();
        base.Dispose(disposing);
    }
}
