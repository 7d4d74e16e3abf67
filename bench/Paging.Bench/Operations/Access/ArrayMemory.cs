using System.Runtime.CompilerServices;
using Paging.Core;
using Paging.Native;
using Paging.Samples.RiscV;

namespace Paging.Bench.Operations.Access;

/// <summary>The reference: an array with the bounds checks that keep a program inside it.</summary>
internal readonly struct ArrayMemory(byte[] bytes) : IProcessorMemory
{
    public bool TryFetch(VirtualAddress address, out uint word, out MemoryFault fault) => TryLoad(address, out word, out fault);

    public bool TryLoad(VirtualAddress address, out uint word, out MemoryFault fault)
    {
        bool isInside = address.Value <= (uint)bytes.Length - 4;
        word = isInside ? Unsafe.ReadUnaligned<uint>(ref bytes[address.Value]) : 0;
        fault = isInside ? MemoryFault.None : new(MemoryFaultKind.NotMapped, address);
        return isInside;
    }

    public bool TryStore(VirtualAddress address, uint word, out MemoryFault fault)
    {
        bool isInside = address.Value <= (uint)bytes.Length - 4;
        if (isInside) Unsafe.WriteUnaligned(ref bytes[address.Value], word);
        fault = isInside ? MemoryFault.None : new(MemoryFaultKind.NotMapped, address);
        return isInside;
    }
}
