using Paging.Core;
using Paging.Native;

namespace Paging.Samples.RiscV;

/// <summary>The memory of a <see cref="Processor{TMemory}"/>: a fault is returned as a value.</summary>
public interface IProcessorMemory
{
    /// <summary>Fetches an instruction.</summary>
    bool TryFetch(VirtualAddress address, out uint word, out MemoryFault fault);

    /// <summary>Loads a word.</summary>
    bool TryLoad(VirtualAddress address, out uint word, out MemoryFault fault);

    /// <summary>Stores a word.</summary>
    bool TryStore(VirtualAddress address, uint word, out MemoryFault fault);
}

/// <summary>The memory of a process: code through a <see cref="FetchWindow"/>, data through its <see cref="Mmu"/>.</summary>
public readonly struct PagedMemory(Mmu mmu) : IProcessorMemory
{
    private readonly FetchWindow _code = new(mmu);

    /// <inheritdoc/>
    public bool TryFetch(VirtualAddress address, out uint word, out MemoryFault fault) => _code.TryFetch(address, out word, out fault);

    /// <inheritdoc/>
    public bool TryLoad(VirtualAddress address, out uint word, out MemoryFault fault) => mmu.TryRead(address, out word, out fault);

    /// <inheritdoc/>
    public bool TryStore(VirtualAddress address, uint word, out MemoryFault fault) => mmu.TryWrite(address, word, out fault);
}
