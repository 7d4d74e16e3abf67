using Paging.Native;

namespace Paging.Guest.Processor;

//   0              RAM              │ the host's        the host's │ devices
//  ┌─────────────────────────────────┬──────────────┬─ … ─────────┬─┬──────┬──┐
//  │ mapped once and for all         │ comes and goes             │ │ window  │      physical addresses of the library
//  └─────────────────────────────────┴──────────────┴─ … ─────────┴─┴──────┴──┘
/// <summary>Shows the processor the host's own memory that page tables lead to (<see cref="PhysicalMemory.HostMemory"/>).</summary>
/// <remarks>
/// Anybody may write to this memory at any time without the engine's knowledge, so code that was translated of it is good for one run.
/// </remarks>
internal sealed class HostMemoryMaps(PhysicalMemory ram, UnicornMachine machine)
{
    private const uint ProtectionAll = 7;    // what a program may do is in the page tables

    private HashSet<HostMemory> _mapped = [];
    private ulong _epoch;
    private bool _holdsCode;

    /// <summary>Maps what has come, and lets go of what is gone. Only while the library is not executing.</summary>
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

    // Safe: the memory is pinned until the epoch grows, and the library uses it only while it executes, which it begins up to date.
    private unsafe void Change()
    {
        HashSet<HostMemory> present = [.. ram.HostMemory];
        foreach (HostMemory gone in _mapped.Except(present)) machine.Unmap(gone);
        foreach (HostMemory one in present.Except(_mapped))
            UnicornApi.Check(UnicornApi.MapHostMemory(machine.Handle, one.First.Address.Value, one.Count.Bytes, ProtectionAll,
                (byte*)one.Address), "map the host's memory");
        (_mapped, _epoch) = (present, ram.HostMemoryEpoch);
        machine.FlushTranslations();
    }
}
