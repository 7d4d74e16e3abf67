using Paging.Bench.Worlds;
using Paging.Core;
using Paging.Native;

namespace Paging.Bench.Operations.Threads;

/// <summary>An engine for many threads, a process, and a team whose threads each have a virtual processor.</summary>
internal sealed class ThreadWorld : IDisposable
{
    private readonly VirtualProcessor[] _processors;

    public ThreadWorld(int threads, ulong byteLength)
    {
        Engine = new(new EngineOptions
        {
            RamBytes = (byteLength + (16 << 20)) & ~0xFFFUL,
            Overcommit = OvercommitMode.Always,
            AllowThreads = true,
        });
        Process = Engine.CreateProcess("threads");
        _processors = new VirtualProcessor[threads];
        Team = new(threads, number => _processors[number] = Engine.CreateProcessor(), number => _processors[number].Dispose());
    }

    public PagingEngine Engine { get; }
    public UserProcess Process { get; }
    public ThreadTeam Team { get; }
    public AddressSpace Space => Process.Memory;
    public Mmu Mmu => Process.Memory.Mmu;

    public VirtualProcessor Processor(int thread) => _processors[thread];

    public VirtualAddress Map(uint byteLength)
    {
        Worlds.EngineWorld.Require(Space.Map(VirtualAddress.Zero, byteLength, MemoryProtection.ReadWrite,
            MapFlags.Private | MapFlags.Anonymous, out VirtualAddress at), "mmap");
        return at;
    }

    public void Dispose()
    {
        Team.Dispose();
        Engine.Dispose();
    }
}
