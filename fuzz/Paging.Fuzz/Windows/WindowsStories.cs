using System.Collections.Immutable;
using Paging.Scripting;

namespace Paging.Fuzz;

/// <summary>Calls that mean something one behind the other, which single draws seldom make: others come between them.</summary>
internal sealed class WindowsStories(FuzzRandom random, bool isUnderPressure)
{
    private const uint Granule = 0x1_0000, HalfGranule = Granule / 2;
    private const uint Release = 0x8000, Preserve = 0x8002, Coalesce = 0x8001, MakePlaceholder = 0x42000, Replace = 0x7000;
    private const uint ReserveAndCommit = 0x3000, ReadWrite = 4, ReadOnly = 2, ExecuteRead = 0x20, Guard = 0x104, NoAccess = 1;
    private const int LengthMax = 64;

    private readonly Queue<WindowsCall> _told = new();

    /// <summary>Begins a story of a process at a place.</summary>
    public void Begin(int process, uint place)
    {
        if (_told.Count > LengthMax) return;
        if (isUnderPressure && random.Percent(75)) TellOfPages(process, place);
        else TellOfPlaceholders(process, place);
    }

    /// <summary>The next call of the stories that have begun. Returns false if there is none.</summary>
    public bool TryNext(out WindowsCall call) => _told.TryDequeue(out call!);

    /// <summary>A placeholder is split, joined, and joined again where there is but one; or replaced by memory.</summary>
    private void TellOfPlaceholders(int process, uint place)
    {
        Tell(process, WindowsCallName.NtAllocateVirtualMemoryEx, place, Granule, MakePlaceholder, NoAccess);
        if (random.Percent(50)) Tell(process, WindowsCallName.NtFreeVirtualMemory, place, Granule, Coalesce);
        uint cut = random.OneOf([place, place + HalfGranule, place + 0x4000]);
        Tell(process, WindowsCallName.NtFreeVirtualMemory, cut, HalfGranule, Preserve);
        if (random.Percent(50)) Tell(process, WindowsCallName.NtAllocateVirtualMemoryEx, cut, HalfGranule, Replace, ReadWrite);
        else Tell(process, WindowsCallName.NtFreeVirtualMemory, cut, HalfGranule, Coalesce);
        Tell(process, WindowsCallName.NtFreeVirtualMemory, place, Granule, Coalesce);
        if (random.Percent(70)) Tell(process, WindowsCallName.NtFreeVirtualMemory, place, Granule, Coalesce);
        Tell(process, WindowsCallName.NtFreeVirtualMemory, place, 0, Release);
    }

    /// <summary>Pages are written, get another protection, go to the page file, and are looked at and freed there.</summary>
    private void TellOfPages(int process, uint place)
    {
        Tell(process, WindowsCallName.VirtualAlloc, place, Granule, ReserveAndCommit, ReadWrite);
        Tell(process, WindowsCallName.Fill, place, Granule, random.Below(256));
        uint protection = random.OneOf([ReadOnly, ReadOnly, ExecuteRead, Guard, NoAccess, ReadWrite]);
        Tell(process, WindowsCallName.VirtualProtect, place, HalfGranule, protection);
        for (int i = random.Below(8); i > 0; i--) Tell(process, WindowsCallName.VirtualQuery, place + ((uint)random.Below(16) << 12));
        if (random.Percent(60))
        {
            Tell(process, WindowsCallName.Store, place + ((uint)random.Below(16) << 12), random.Below(256));
            Tell(process, WindowsCallName.VirtualProtect, place, HalfGranule, ReadWrite);
            Tell(process, WindowsCallName.Sum, place, Granule);
        }

        if (random.Percent(70)) Tell(process, WindowsCallName.VirtualFree, place, 0, Release);
        else Tell(process, WindowsCallName.NtFreeVirtualMemory, place + 0x2000, 0x6000, Release);
    }

    private void Tell(int process, WindowsCallName name, params ReadOnlySpan<long> arguments) =>
        _told.Enqueue(new(process, name, ImmutableArray.Create(arguments), null));
}
