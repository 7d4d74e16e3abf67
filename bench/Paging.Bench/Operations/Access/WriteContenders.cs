using System.Runtime.CompilerServices;
using Paging.Bench.Harness;
using Paging.Bench.Host;
using Paging.Bench.Worlds;
using Paging.Core;
using Paging.Native;
using Paging.Native.Collections;

namespace Paging.Bench.Operations.Access;

/// <summary>Stores a word that differs in each run: where the last one is found, the others went the same way.</summary>
internal abstract class WriteContender(Role role, string description) : Contender(role, description)
{
    protected uint State { get; set; } = 1;

    /// <summary>The value that this run stores.</summary>
    protected uint Value { get; private set; }

    public override void Prepare(int count) => Value++;

    /// <inheritdoc/>
    public override void Verify(int count) =>
        BrokenBenchmarkException.ThrowUnlessEqual($"the last word written by {Description}", Value, LastWritten());

    /// <summary>Reads back what was stored last.</summary>
    protected abstract uint LastWritten();
}

/// <summary>The reference: the store alone.</summary>
internal sealed class RawWrite<TPattern, TSet>(HostRegion region) : WriteContender(Role.Reference, "raw pointer")
    where TPattern : struct, IAccessPattern
    where TSet : struct, IWorkingSet
{
    // Unsafe: a pattern stays within its working set, which the region holds.
    public override unsafe void Run(int count) => State = Loop(region.Address, State, Value, count);

    [MethodImpl(MethodImplOptions.NoInlining)]
    // Unsafe: a pattern stays within its working set, which the region holds.
    internal static unsafe uint Loop(byte* start, uint state, uint value, int count)
    {
        for (int i = 0; i < count; i++)
        {
            state = TPattern.Next(state);
            *(uint*)(start + TPattern.Offset(state, TSet.Bits)) = value;
        }

        return state;
    }

    // Unsafe: a pattern stays within its working set, which the region holds.
    protected override unsafe uint LastWritten() => *(uint*)(region.Address + TPattern.Offset(State, TSet.Bits));
}

/// <summary>The engine: a cached translation, which means that the page is dirty already, and the store.</summary>
internal sealed class MmuWrite<TPattern, TSet>(EngineWorld world, VirtualAddress start) : WriteContender(Role.Engine, "Mmu.Write")
    where TPattern : struct, IAccessPattern
    where TSet : struct, IWorkingSet
{
    public override void Run(int count) => State = Loop(world.Mmu, start, State, Value, count);

    // Five values live across the call for a miss, as in MmuRead.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static uint Loop(Mmu mmu, VirtualAddress start, uint state, uint value, int count)
    {
        for (int i = 0; i < count; i++)
        {
            state = TPattern.Next(state);
            mmu.Write(start + TPattern.Offset(state, TSet.Bits), value);
        }

        return state;
    }

    public override void Verify(int count)
    {
        base.Verify(count);
        BrokenBenchmarkException.ThrowUnless(world.Space.Space.Tables.Read(LastAddress.Page).IsDirty,
            "A page that was written to is not dirty.");
    }

    protected override uint LastWritten() => world.Mmu.Read<uint>(LastAddress);

    private VirtualAddress LastAddress => start + TPattern.Offset(State, TSet.Bits);
}

/// <summary>The C# way: a lookup in a dictionary, and the store.</summary>
internal sealed class DictionaryWrite<TPattern,
    TSet>(DictionaryMemory memory, uint start) : WriteContender(Role.CSharp, "Dictionary of pages")
    where TPattern : struct, IAccessPattern
    where TSet : struct, IWorkingSet
{
    public override void Run(int count) => State = Loop(memory, start, State, Value, count);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static uint Loop(DictionaryMemory memory, uint start, uint state, uint value, int count)
    {
        for (int i = 0; i < count; i++)
        {
            state = TPattern.Next(state);
            memory.Write(start + TPattern.Offset(state, TSet.Bits), value);
        }

        return state;
    }

    protected override uint LastWritten() => memory.Read(start + TPattern.Offset(State, TSet.Bits));
}
