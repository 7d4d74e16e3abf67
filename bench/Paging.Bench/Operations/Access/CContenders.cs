using Paging.Bench.Harness;
using Paging.Bench.Peers;
using Paging.Bench.Worlds;
using Paging.Native;

namespace Paging.Bench.Operations.Access;

/// <summary>The loop in C over the tables of a process.</summary>
internal static class CHits
{
    /// <summary>Stores a value in each word, or reads them. Returns the pattern's last state, and the sum of what was read.</summary>
    public static (uint State, uint Sum) Run<TPattern, TSet>(EngineWorld world, VirtualAddress start, uint state, uint? stored, int count)
        where TPattern : struct, IAccessPattern
        where TSet : struct, IWorkingSet
    {
        uint isScattered = typeof(TPattern) == typeof(Scattered) ? 1u : 0;
        uint sum = PeerCalls.RunHits(world.Mmu.ShowTables().Start, start.Value, (uint)TSet.Bits, isScattered,
            writes: stored is null ? 0u : 1, ref state, stored ?? 0, (uint)count);
        return (state, sum);
    }
}

/// <summary>The engine from C: <c>paging_load32</c> over the tables that <see cref="Mmu.ShowTables"/> gives.</summary>
internal sealed class CRead<TPattern, TSet>(EngineWorld world, VirtualAddress start) : ReadContender(Role.Cpp, "paging_load32")
    where TPattern : struct, IAccessPattern
    where TSet : struct, IWorkingSet
{
    public override void Run(int count) => (State, Sum) = CHits.Run<TPattern, TSet>(world, start, State, stored: null, count);
}

/// <summary>The engine from C: <c>paging_store32</c>.</summary>
internal sealed class CWrite<TPattern, TSet>(EngineWorld world, VirtualAddress start) : WriteContender(Role.Cpp, "paging_store32")
    where TPattern : struct, IAccessPattern
    where TSet : struct, IWorkingSet
{
    public override void Run(int count) => (State, _) = CHits.Run<TPattern, TSet>(world, start, State, Value, count);

    protected override uint LastWritten() => world.Mmu.Read<uint>(start + TPattern.Offset(State, TSet.Bits));
}
