using Paging.Bench.Worlds;
using Paging.Core;
using Paging.Native;

namespace Paging.Bench.Operations.Threads;

/// <summary>An engine for many threads, a process, and a team whose threads each have a virtual processor.</summary>
internal sealed class ThreadWorld : IDisposable
{
    /// <summary>Room in RAM for page tables and the like, beside the memory that the threads touch.</summary>
    public const ulong Overhead = 16 << 20;

    private readonly VirtualProcessor[] _processors;

    /// <param name="threads">How many threads.</param>
    /// <param name="byteLength">How much memory they touch in sum.</param>
    /// <param name="spaces">How many processes there are. Thread n runs in the one whose number is n modulo their count.</param>
    /// <param name="zeroes">Frames are zeroed before they are touched.</param>
    public ThreadWorld(int threads, ulong byteLength, int spaces = 1, bool zeroes = false)
    {
        Engine = new(new EngineOptions
        {
            ZeroedFrames = zeroes ? (int)(byteLength >> 12) : 0,
            RamBytes = (byteLength + Overhead) & ~0xFFFUL,
            Overcommit = OvercommitMode.Always,
            AllowThreads = true,
        });
        Processes = [.. Enumerable.Range(0, spaces).Select(_ => Engine.CreateProcess("threads"))];
        _processors = new VirtualProcessor[threads];
        Team = new(threads, number => _processors[number] = Engine.Threads.CreateProcessor(), number => _processors[number].Dispose());
    }

    public PagingEngine Engine { get; }
    public UserProcess[] Processes { get; }
    public UserProcess Process => Processes[0];
    public ThreadTeam Team { get; }
    public AddressSpace Space => Process.Memory;
    public Mmu Mmu => Process.Memory.Mmu;

    public VirtualProcessor Processor(int thread) => _processors[thread];

    public VirtualAddress Map(uint byteLength) => Map(Space, byteLength);

    public static VirtualAddress Map(AddressSpace space, uint byteLength)
    {
        Worlds.EngineWorld.Require(space.Map(VirtualAddress.Zero, byteLength, MemoryProtection.ReadWrite,
            MapFlags.Private | MapFlags.Anonymous, out VirtualAddress at), "mmap");
        return at;
    }

    /// <summary>Maps a page, touches it, and unmaps it.</summary>
    public static void MapTouchUnmap(AddressSpace space)
    {
        VirtualAddress at = Map(space, 4096);
        space.Mmu.Write(at, 1u);
        Worlds.EngineWorld.Require(space.Unmap(at, 4096), "munmap");
    }

    public void Dispose()
    {
        Team.Dispose();
        Engine.Dispose();
    }
}
