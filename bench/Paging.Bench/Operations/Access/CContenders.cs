using Paging.Bench.Harness;
using Paging.Bench.Peers;
using Paging.Bench.Worlds;
using Paging.Native;

namespace Paging.Bench.Operations.Access;

/// <summary>The engine from C: <c>paging_load32</c> over the tables that <see cref="Mmu.ShowTables"/> gives.</summary>
internal sealed class CRead<TPattern, TSet>(EngineWorld world, VirtualAddress start) : ReadContender(Role.Cpp, "paging_load32")
    where TPattern : struct, IAccessPattern
    where TSet : struct, IWorkingSet
{
    public override void Run(int count)
    {
        uint state = State, isScattered = typeof(TPattern) == typeof(Scattered) ? 1u : 0;
        Sum = PeerCalls.RunHits(
            world.Mmu.ShowTables().Start, start.Value, (uint)TSet.Bits, isScattered, writes: 0, ref state, value: 0, (uint)count);
        State = state;
    }
}

/// <summary>The engine from C: <c>paging_store32</c>.</summary>
internal sealed class CWrite<TPattern, TSet>(EngineWorld world, VirtualAddress start) : WriteContender(Role.Cpp, "paging_store32")
    where TPattern : struct, IAccessPattern
    where TSet : struct, IWorkingSet
{
    public override void Run(int count)
    {
        uint state = State, isScattered = typeof(TPattern) == typeof(Scattered) ? 1u : 0;
        _ = PeerCalls.RunHits(
            world.Mmu.ShowTables().Start, start.Value, (uint)TSet.Bits, isScattered, writes: 1, ref state, Value, (uint)count);
        State = state;
    }

    protected override uint LastWritten() => world.Mmu.Read<uint>(start + TPattern.Offset(State, TSet.Bits));
}
