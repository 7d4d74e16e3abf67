using System.Runtime.CompilerServices;
using Paging.Bench.Harness;
using Paging.Bench.Peers;
using Paging.Native.Collections;
using Paging.Processors.Unicorn;

namespace Paging.Bench.Operations.Access;

/// <summary>An emulator's counterpart of an Mmu: a call and a search for the region at each read.</summary>
internal sealed class EmulatorRead<TPattern, TSet>(EmulatedMemory memory) : ReadContender(Role.Unicorn, "uc_mem_read")
    where TPattern : struct, IAccessPattern
    where TSet : struct, IWorkingSet
{
    public override int CountMax => 1 << 14;    // anywhere in 64 MiB, one takes a microsecond

    public override void Run(int count)
    {
        (State, Sum, UnicornError errors) = Loop(memory.Handle, State, count);
        EmulatedMemory.Require(errors, "uc_mem_read");
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    // Unsafe: the emulator reads or writes one word on the stack.
    private static unsafe (uint State, uint Sum, UnicornError Errors) Loop(nint handle, uint state, int count)
    {
        uint sum = 0, value = 0;
        UnicornError errors = UnicornError.None;
        for (int i = 0; i < count; i++)
        {
            state = TPattern.Next(state);
            errors |= PeerCalls.ReadMemory(handle, EmulatedMemory.Start + TPattern.Offset(state, TSet.Bits), &value, sizeof(uint));
            sum += value;
        }

        return (state, sum, errors);
    }
}

/// <summary>The same for writes.</summary>
internal sealed class EmulatorWrite<TPattern, TSet>(EmulatedMemory memory) : WriteContender(Role.Unicorn, "uc_mem_write")
    where TPattern : struct, IAccessPattern
    where TSet : struct, IWorkingSet
{
    public override int CountMax => 1 << 14;

    public override void Run(int count)
    {
        (State, UnicornError errors) = Loop(memory.Handle, State, Value, count);
        EmulatedMemory.Require(errors, "uc_mem_write");
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    // Unsafe: the emulator reads or writes one word on the stack.
    private static unsafe (uint State, UnicornError Errors) Loop(nint handle, uint state, uint value, int count)
    {
        UnicornError errors = UnicornError.None;
        for (int i = 0; i < count; i++)
        {
            state = TPattern.Next(state);
            errors |= PeerCalls.WriteMemory(handle, EmulatedMemory.Start + TPattern.Offset(state, TSet.Bits), &value, sizeof(uint));
        }

        return (state, errors);
    }

    protected override uint LastWritten() => memory.Read(EmulatedMemory.Start + TPattern.Offset(State, TSet.Bits));
}
