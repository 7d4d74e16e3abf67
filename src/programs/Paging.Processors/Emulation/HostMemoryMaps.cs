using System.Buffers;
using Paging.Native;
using Paging.Processors.Unicorn;

namespace Paging.Processors.Emulation;

//   0              RAM              │ the host's        the host's │ devices
//  ┌─────────────────────────────────┬──────────────┬─ … ─────────┬─┬──────┬──┐
//  │ mapped once and for all         │ comes and goes             │ │ window  │      physical addresses of the library
//  └─────────────────────────────────┴──────────────┴─ … ─────────┴─┴──────┴──┘
/// <summary>Shows the processor the host's own memory that page tables lead to (<see cref="PhysicalMemory.HostMemory"/>).</summary>
/// <remarks>
/// This memory may be written at any time without the engine's knowledge, so code translated from it is valid for one run.
/// </remarks>
internal sealed class HostMemoryMaps(PhysicalMemory ram, UnicornMachine machine) : IDisposable
{
    private const uint ProtectionAll = 7;    // a program's rights are in the page tables

    private readonly Dictionary<HostMemory, MemoryHandle> _mapped = [];
    private ulong _epoch;
    private bool _holdsCode;

    /// <summary>Maps new memory, and unmaps released memory. Only while the library is not executing.</summary>
    /// <returns>True: translations and code are gone, too.</returns>
    public bool BringUpToDate()
    {
        if (_epoch == ram.HostMemoryEpoch && !_holdsCode) return false;
        if (_epoch != ram.HostMemoryEpoch) Change();
        _holdsCode = false;
        machine.ForgetCode();
        return true;
    }

    /// <summary>Code has been translated that does not lie in RAM.</summary>
    public void NoteCode() => _holdsCode = true;

    /// <summary>The processor executes nothing any more.</summary>
    public void Dispose()
    {
        foreach (MemoryHandle pin in _mapped.Values) pin.Dispose();
        _mapped.Clear();
    }

    // SAFETY: the memory is pinned until it is unmapped, and as long as its frames.
    private unsafe void Change()
    {
        HashSet<HostMemory> present = [.. ram.HostMemory];
        foreach (HostMemory gone in _mapped.Keys.Except(present).ToArray())
        {
            machine.Unmap(gone);
            _mapped.Remove(gone, out MemoryHandle pin);
            pin.Dispose();
        }

        foreach (HostMemory one in present.Except(_mapped.Keys).ToArray())
        {
            MemoryHandle pin = one.Memory.Pin();
            _mapped.Add(one, pin);
            UnicornApi.Check(UnicornApi.MapHostMemory(machine.Handle, one.First.Address.Value, one.Count.Bytes, ProtectionAll,
                (byte*)pin.Pointer), "map the host's memory");
        }

        _epoch = ram.HostMemoryEpoch;
        machine.FlushTranslations();
    }
}
