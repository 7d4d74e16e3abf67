using System.Runtime.CompilerServices;
using Paging.Bench.Harness;
using Paging.Bench.Host;
using Paging.Bench.Worlds;
using Paging.Core;
using Paging.Native;
using Paging.Native.Collections;

namespace Paging.Bench.Operations.Access;

/// <summary>Sums words that are all <see cref="EngineWorld.FilledWord"/>: a sum that is right has read what it should.</summary>
internal abstract class ReadContender(Role role, string description) : Contender(role, description)
{
    protected uint State { get; set; } = 1;

    protected uint Sum { get; set; }

    /// <inheritdoc/>
    public override void Verify(int count) =>
        BrokenBenchmarkException.ThrowUnlessEqual($"the sum read by {Description}", unchecked((uint)count * EngineWorld.FilledWord), Sum);
}

/// <summary>The reference: the load alone.</summary>
internal sealed class RawRead<TPattern, TSet>(HostRegion region) : ReadContender(Role.Reference, "raw pointer")
    where TPattern : struct, IAccessPattern
    where TSet : struct, IWorkingSet
{
    // Unsafe: a pattern stays within its working set, which the region holds.
    public override unsafe void Run(int count) => (State, Sum) = Loop(region.Address, State, count);

    [MethodImpl(MethodImplOptions.NoInlining)]
    // Unsafe: a pattern stays within its working set, which the region holds.
    internal static unsafe (uint State, uint Sum) Loop(byte* start, uint state, int count)
    {
        uint sum = 0;
        for (int i = 0; i < count; i++)
        {
            state = TPattern.Next(state);
            sum += *(uint*)(start + TPattern.Offset(state, TSet.Bits));
        }

        return (state, sum);
    }
}

/// <summary>The engine: a cached translation and the load.</summary>
internal sealed class MmuRead<TPattern, TSet>(EngineWorld world, VirtualAddress start) : ReadContender(Role.Engine, "Mmu.Read")
    where TPattern : struct, IAccessPattern
    where TSet : struct, IWorkingSet
{
    private long _faultsBefore;

    public override void Prepare(int count) => _faultsBefore = world.Space.Faults.Minor;

    public override void Run(int count) => (State, Sum) = Loop(world.Mmu, start, State, count);

    // Apart from its object: five values are live across the call for a miss, and a sixth would be kept on the stack.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static (uint State, uint Sum) Loop(Mmu mmu, VirtualAddress start, uint state, int count)
    {
        uint sum = 0;
        for (int i = 0; i < count; i++)
        {
            state = TPattern.Next(state);
            sum += mmu.Read<uint>(start + TPattern.Offset(state, TSet.Bits));
        }

        return (state, sum);
    }

    public override void Verify(int count)
    {
        base.Verify(count);
        BrokenBenchmarkException.ThrowUnlessEqual("faults while hitting", 0, world.Space.Faults.Minor - _faultsBefore);
    }
}

/// <summary>The C# way: a lookup in a dictionary, and the load.</summary>
internal sealed class DictionaryRead<TPattern,
    TSet>(DictionaryMemory memory, uint start) : ReadContender(Role.CSharp, "Dictionary of pages")
    where TPattern : struct, IAccessPattern
    where TSet : struct, IWorkingSet
{
    public override void Run(int count) => (State, Sum) = Loop(memory, start, State, count);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static (uint State, uint Sum) Loop(DictionaryMemory memory, uint start, uint state, int count)
    {
        uint sum = 0;
        for (int i = 0; i < count; i++)
        {
            state = TPattern.Next(state);
            sum += memory.Read(start + TPattern.Offset(state, TSet.Bits));
        }

        return (state, sum);
    }
}
