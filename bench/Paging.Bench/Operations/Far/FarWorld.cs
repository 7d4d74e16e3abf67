using Paging.Bench.Harness;
using Paging.Bench.Host;
using Paging.Bench.Worlds;
using Paging.Core;
using Paging.Native;
using Paging.Remote;

namespace Paging.Bench.Operations.Far;

/// <summary>An engine whose pages go to a server: no two of them are equal, and none of them can be compressed.</summary>
internal sealed class FarWorld : IDisposable
{
    /// <summary>Operations in one run at most.</summary>
    public const int CountMax = 1024;

    private readonly EngineWorld _world;
    private readonly RedisSwapStore _store;
    private readonly VirtualAddress _start;
    private readonly uint[] _firsts;

    public FarWorld(RedisHost host, int pages, int batchPages, int windowPages)
    {
        _world = new((ulong)pages << 13);
        _store = host.OpenSwap(batchPages, windowPages);
        EngineWorld.Require(_world.Engine.Swap.SwitchOn(_store, priority: 0, out _), "swapon");
        _start = _world.Map((uint)pages << 12);
        _firsts = new uint[pages];
        Random random = new(2);
        byte[] page = new byte[4096];
        for (int i = 0; i < pages; i++)
        {
            random.NextBytes(page);
            _firsts[i] = BitConverter.ToUInt32(page);
            if (_world.Mmu.CopyIn(AddressOf(i), page, out _) != page.Length)
                throw new BrokenBenchmarkException("A page cannot be written.");
        }
    }

    public uint ReadFirst(int page) => _world.Mmu.Read<uint>(AddressOf(page));

    public uint SumOf(int count)
    {
        uint sum = 0;
        foreach (uint first in _firsts.AsSpan(0, count)) sum += first;
        return sum;
    }

    /// <summary>Every page is on the server, and nowhere else.</summary>
    public void PutAllOut()
    {
        EngineWorld.Require(_world.Space.Advise(_start, (uint)_firsts.Length << 12, MemoryAdvice.PageOut), "madvise");
        EngineWorld.Require(_store.Flush(), "flush");
    }

    /// <summary>Every page is here, and has been written.</summary>
    public void BringAllIn()
    {
        for (int i = 0; i < _firsts.Length; i++) _world.Mmu.Write(AddressOf(i), _firsts[i]);
    }

    /// <inheritdoc/>
    public void Dispose() => _world.Dispose();

    private VirtualAddress AddressOf(int page) => _start + ((uint)page << 12);
}
