using Paging.Bench.Operations.Threads;
using Paging.Bench.Worlds;
using Paging.Core;
using Paging.Native;

namespace Paging.Bench.Simulation;

/// <summary>What every thread of a simulation does, again and again.</summary>
/// <param name="Row">The bench's row of the same load by one thread.</param>
/// <param name="Operations">How many operations each thread makes.</param>
/// <param name="PagesEach">The pages that each thread maps before.</param>
/// <param name="IsApart">Each thread has a space of its own.</param>
/// <param name="Zeroes">Frames are zeroed before they are touched.</param>
/// <param name="Step">Makes the operation of a number: the thread's space, and its first page.</param>
internal sealed record SimulatedLoad(
    string Row, int Operations, int PagesEach, bool IsApart, bool Zeroes, Action<AddressSpace, VirtualAddress, int> Step)
{
    private const int Pages = 2_048, Calls = 256;
    private const int FramesToSpare = 256;    // for each thread: with fewer free frames than stocks might take, touches take turns

    /// <summary>Spends all its time in holds.</summary>
    public static SimulatedLoad Holds { get; } = new("threads-mmap/1-threads", Calls, 1, IsApart: false, Zeroes: false,
        static (space, _, _) => ThreadWorld.MapTouchUnmap(space));

    /// <summary>The loads, in the order of the table.</summary>
    public static IReadOnlyList<SimulatedLoad> All { get; } =
    [
        Holds,
        new("threads-fault/1-threads-4MiB", Pages, Pages, IsApart: false, Zeroes: false, Write),
        new("threads-fault-apart/1-threads-4MiB", Pages, Pages, IsApart: true, Zeroes: false, Write),
        new("threads-fault-zeroed/1-threads", Pages, Pages, IsApart: false, Zeroes: true, Write),
        new("threads-zero-page/1-threads", Pages, Pages, IsApart: false, Zeroes: false,
            static (space, at, i) => space.Mmu.Read<uint>(PageOf(at, i))),
    ];

    /// <summary>Makes the engine, its processes and threads.</summary>
    public ThreadWorld NewWorld(int threads) =>
        new(threads, (ulong)(threads * (PagesEach + FramesToSpare)) << 12, IsApart ? threads : 1, Zeroes);

    /// <summary>Maps the pages of each thread. The host has committed the memory after them and their descriptors.</summary>
    public VirtualAddress[] MapWarm(ThreadWorld world, int threads)
    {
        uint byteLength = (uint)PagesEach << 12;
        VirtualAddress[] starts =
            [.. Enumerable.Range(0, threads).Select(thread => ThreadWorld.Map(SpaceOf(world, thread), byteLength))];
        using (world.Engine.EnterSlowPath())
        {
            for (int thread = 0; thread < threads; thread++)
                for (int page = 0; page < PagesEach; page++) Write(SpaceOf(world, thread), starts[thread], page);
        }

        for (int thread = 0; thread < threads; thread++)
            EngineWorld.Require(SpaceOf(world, thread).Advise(starts[thread], byteLength, MemoryAdvice.DontNeed), "madvise");
        EngineWorld.CatchUp(world.Engine);
        return starts;
    }

    /// <summary>The space that a thread runs in.</summary>
    public AddressSpace SpaceOf(ThreadWorld world, int thread) => ProcessOf(world, thread).Memory;

    /// <summary>The process that a thread runs in.</summary>
    public UserProcess ProcessOf(ThreadWorld world, int thread) => world.Processes[IsApart ? thread : 0];

    private static void Write(AddressSpace space, VirtualAddress at, int i) => space.Mmu.Write(PageOf(at, i), 1u);

    private static VirtualAddress PageOf(VirtualAddress at, int i) => at + ((uint)i << 12);
}
