using System.Buffers.Binary;
using Paging.Bench.Harness;
using Paging.Bench.Peers;
using Paging.Bench.Worlds;
using Paging.Processors.Unicorn;

namespace Paging.Bench.Operations.Snapshots;

/// <summary>The emulator's way: a context with memory, saved once, and restored after each iteration.</summary>
/// <remarks>
/// Its regions are those of the engine's race; a page that is written becomes a region of its own until the restore. It leaves the new
/// region to the restore: Unicorn 2.1 brings back one that was mapped and unmapped since, and cannot map it again.
/// </remarks>
internal sealed class EmulatorContexts : Contender
{
    /// <summary>With more regions it takes minutes to lay them out.</summary>
    public const int AreasMax = 2_000;

    private const uint PageLength = 4096;
    private const int CpuAndMemory = 3;    // UC_CTL_CONTEXT_CPU, UC_CTL_CONTEXT_MEMORY

    private readonly EmulatedMemory _memory = new();
    private readonly int _areas, _pagesEach, _pagesWritten;
    private readonly uint _regionLength;
    private readonly byte[] _word = new byte[sizeof(uint)];
    private nint _context;
    private int _iteration;

    public EmulatorContexts(int areas, int pagesEach, int pagesWritten, int regionPages)
        : base(Role.Unicorn, "uc_context_restore with memory")
    {
        (_areas, _pagesEach, _pagesWritten, _regionLength) = (areas, pagesEach, pagesWritten, (uint)regionPages * PageLength);
        byte[] bytes = new byte[pagesEach * PageLength];
        bytes.AsSpan().Fill(EngineWorld.FilledByte);
        for (int i = 0; i < areas; i++)
        {
            _memory.Map(AddressOf(i), (uint)bytes.Length);
            _memory.Write(AddressOf(i), bytes);
        }

        EmulatedMemory.Require(PeerCalls.SetContextMode(_memory.Handle, PeerCalls.WriteContextMode, CpuAndMemory), "uc_ctl_context_mode");
        EmulatedMemory.Require(UnicornApi.AllocateContext(_memory.Handle, out _context), "uc_context_alloc");
    }

    public override int CountMax => _areas > 100 ? 4 : 50;

    public override bool NeedsWarmUp => false;

    public override void Prepare(int count)
    {
        if (_iteration != 0) return;
        EmulatedMemory.Require(UnicornApi.SaveContext(_memory.Handle, _context), "uc_context_save");
    }

    public override void Run(int count)
    {
        for (int i = 0; i < count; i++)
        {
            _iteration++;
            BinaryPrimitives.WriteInt32LittleEndian(_word, _iteration);
            for (int place = 0; place < _pagesWritten; place++) _memory.Write(PageOf(place), _word);
            ulong region = AddressOf(_areas + 1);
            _memory.Map(region, _regionLength);
            _memory.Write(region, _word);
            EmulatedMemory.Require(UnicornApi.RestoreContext(_memory.Handle, _context), "uc_context_restore");
        }
    }

    public override void Verify(int count)
    {
        for (int place = 0; place < _pagesWritten; place++)
            BrokenBenchmarkException.ThrowUnlessEqual("a word that was written", EngineWorld.FilledWord, _memory.Read(PageOf(place)));
    }

    protected override void Dispose(bool disposing)
    {
        if (_context != 0) _ = PeerCalls.FreeContext(_context);
        _context = 0;
        if (disposing) _memory.Dispose();
        base.Dispose(disposing);
    }

    private ulong AddressOf(int area) => EmulatedMemory.Start + ((ulong)area * (ulong)(_pagesEach + 1) * PageLength);

    private ulong PageOf(int place) => AddressOf((int)((long)place * _areas / _pagesWritten) + (_iteration & 1));
}
