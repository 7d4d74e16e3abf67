using System.Numerics;
using System.Runtime.CompilerServices;
using Paging.Core;
using Paging.Native;

namespace Paging.Interop;

/// <summary>paging.h, "Accesses": those that read and write in one operation.</summary>
// SAFETY: as Border.
internal static unsafe class Atomics
{
    private enum AtomicKind
    {
        Add,
        Exchange,
        CompareExchange,
    }

    [Export("paging_atomic_add"), MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Add(ulong process, uint address, ulong amount, ulong* result, uint byteLength, Fault* fault) =>
        Execute(AtomicKind.Add, process, new(address), amount, 0, result, "result", byteLength, fault);

    [Export("paging_atomic_exchange"), MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Exchange(ulong process, uint address, ulong value, ulong* old, uint byteLength, Fault* fault) =>
        Execute(AtomicKind.Exchange, process, new(address), value, 0, old, nameof(old), byteLength, fault);

    [Export("paging_atomic_compare_exchange"), MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int CompareExchange(
        ulong process, uint address, ulong value, ulong comparand, ulong* old, uint byteLength, Fault* fault) =>
        Execute(AtomicKind.CompareExchange, process, new(address), value, comparand, old, nameof(old), byteLength, fault);

    // Inlined, as Accesses.Access.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Execute(AtomicKind kind, ulong process, VirtualAddress at, ulong value, ulong comparand,
        ulong* result, string name, uint byteLength, Fault* fault)
    {
        Border.Need(result, name);
        Mmu mmu = Accesses.MemoryOf(Processes.Of(process));
        MemoryFault refusal;
        bool isDone = byteLength switch
        {
            1 => Try(kind, mmu, at, (byte)value, (byte)comparand, result, out refusal),
            2 => Try(kind, mmu, at, (ushort)value, (ushort)comparand, result, out refusal),
            4 => Try(kind, mmu, at, (uint)value, (uint)comparand, result, out refusal),
            8 => Try(kind, mmu, at, value, comparand, result, out refusal),
            _ => throw Accesses.OddLength(byteLength),
        };
        return Accesses.Answer(isDone, refusal, fault);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool Try<T>(AtomicKind kind, Mmu mmu, VirtualAddress at, T value, T comparand, ulong* result, out MemoryFault refusal)
        where T : unmanaged, IBinaryInteger<T>
    {
        T found;
        bool isDone = kind switch
        {
            AtomicKind.Add => mmu.TryAdd(at, value, out found, out refusal),
            AtomicKind.Exchange => mmu.TryExchange(at, value, out found, out refusal),
            _ => mmu.TryCompareExchange(at, value, comparand, out found, out refusal),
        };
        if (isDone) *result = ulong.CreateTruncating(found);
        return isDone;
    }
}
