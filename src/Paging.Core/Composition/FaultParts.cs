using Paging.Core.Faults;

namespace Paging.Core.Composition;

/// <summary>Builds the page fault handler and the handlers for each kind of fault.</summary>
internal static class FaultParts
{
    public static PageFaultHandler Build(MachineParts machine, FileParts files, PressureParts pressure, IoParts io, int faultAroundPages)
    {
        AnonymousFault anonymous = new(machine.Lists, machine.Allocator, new(machine.Frames));
        CopyOnWriteFault copyOnWrite = new(machine.Store, files.Swap, anonymous, files.Sharing);
        FaultAround around = new(machine.Ram, machine.Frames, files.OpenFiles, files.Cache, files.Collapsed, faultAroundPages);
        FileFault file = new(
            machine.Frames, files.OpenFiles, files.Cache, io.Filler, io.MappedReadAhead, files.Background, copyOnWrite, around,
            new(machine.Frames, files.OpenFiles, files.Huge, files.Pool), files.Collapsed);
        SwapInFault swapIn = new(machine.Store, machine.Areas.Roots, files.Swap, pressure.Reclaimer, io.Prefetch, copyOnWrite);
        ReportedFault reported = new(files.OpenFiles, files.Cache, files.SharedSwap, around);
        return new(anonymous, file, copyOnWrite, swapIn, new(machine.Commitment), reported, pressure.Pressure,
            machine.Touches, new(machine.Callers, files.OpenFiles));
    }
}
