using System.Runtime.InteropServices;
using Paging.Core;
using Paging.Native;

namespace Paging.Interop;

/// <summary>paging.h, "Accesses": those that read and write in one operation.</summary>
internal static unsafe class Atomics
{
    [UnmanagedCallersOnly(EntryPoint = "paging_atomic_add")]
    public static int Add(ulong process, uint address, ulong amount, ulong* result, uint byteLength, Fault* fault)
    {
        try
        {
            Border.Need(result, "result");
            Mmu mmu = Processes.Of(process).Memory.Mmu;
            VirtualAddress at = new(address);
            MemoryFault refusal;
            bool isDone;
            switch (byteLength)
            {
                case 1: isDone = mmu.TryAdd(at, (byte)amount, out byte one, out refusal); *result = one; break;
                case 2: isDone = mmu.TryAdd(at, (ushort)amount, out ushort two, out refusal); *result = two; break;
                case 4: isDone = mmu.TryAdd(at, (uint)amount, out uint four, out refusal); *result = four; break;
                case 8: isDone = mmu.TryAdd(at, amount, out *result, out refusal); break;
                default: throw Accesses.OddLength(byteLength);
            }

            return Accesses.Answer(isDone, refusal, fault);
        }
        catch (Exception e) { return Border.Refuse(e); }
    }

    [UnmanagedCallersOnly(EntryPoint = "paging_atomic_exchange")]
    public static int Exchange(ulong process, uint address, ulong value, ulong* old, uint byteLength, Fault* fault)
    {
        try
        {
            Border.Need(old, "old");
            Mmu mmu = Processes.Of(process).Memory.Mmu;
            VirtualAddress at = new(address);
            MemoryFault refusal;
            bool isDone;
            switch (byteLength)
            {
                case 1: isDone = mmu.TryExchange(at, (byte)value, out byte one, out refusal); *old = one; break;
                case 2: isDone = mmu.TryExchange(at, (ushort)value, out ushort two, out refusal); *old = two; break;
                case 4: isDone = mmu.TryExchange(at, (uint)value, out uint four, out refusal); *old = four; break;
                case 8: isDone = mmu.TryExchange(at, value, out *old, out refusal); break;
                default: throw Accesses.OddLength(byteLength);
            }

            return Accesses.Answer(isDone, refusal, fault);
        }
        catch (Exception e) { return Border.Refuse(e); }
    }

    [UnmanagedCallersOnly(EntryPoint = "paging_atomic_compare_exchange")]
    public static int CompareExchange(
        ulong process, uint address, ulong value, ulong comparand, ulong* old, uint byteLength, Fault* fault)
    {
        try
        {
            Border.Need(old, "old");
            Mmu mmu = Processes.Of(process).Memory.Mmu;
            VirtualAddress at = new(address);
            MemoryFault refusal;
            bool isDone;
            switch (byteLength)
            {
                case 1: isDone = mmu.TryCompareExchange(at, (byte)value, (byte)comparand, out byte a, out refusal); *old = a; break;
                case 2: isDone = mmu.TryCompareExchange(at, (ushort)value, (ushort)comparand, out ushort b, out refusal); *old = b; break;
                case 4: isDone = mmu.TryCompareExchange(at, (uint)value, (uint)comparand, out uint c, out refusal); *old = c; break;
                case 8: isDone = mmu.TryCompareExchange(at, value, comparand, out *old, out refusal); break;
                default: throw Accesses.OddLength(byteLength);
            }

            return Accesses.Answer(isDone, refusal, fault);
        }
        catch (Exception e) { return Border.Refuse(e); }
    }
}
