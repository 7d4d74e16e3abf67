using Paging.Native;

namespace Paging.Core;

/// <summary>The kinds of <see cref="EngineEvent"/>.</summary>
public enum EngineEventKind
{
    /// <summary>A page fault that was resolved without I/O. Linux: min_flt.</summary>
    MinorFault,
    /// <summary>A page fault that had to read its page. Linux: maj_flt.</summary>
    MajorFault,
    /// <summary>A page fault that was not resolved; <see cref="EngineEvent.Refusal"/> has the reason.</summary>
    RefusedFault,
    /// <summary>A write got a copy of its page, or a zeroed page instead of the zero page. The frame is the new one.</summary>
    Copied,
    /// <summary>A page was swapped in. The frame is its new one.</summary>
    SwappedIn,
    /// <summary>Reclaim freed the frame of a page of private or shared memory, which is on a swap device now, or was given up.</summary>
    SwappedOut,
    /// <summary>Reclaim freed the frame of a page of a file, which can be read again.</summary>
    Dropped,
    /// <summary>Pages of one area were unmapped, touched or not.</summary>
    Unmapped,
}

/// <summary>An event in an engine. Fields that have no meaning for its kind are zero.</summary>
/// <remarks>A fault is reported at its end, after the copy or the swap-in that it needed.</remarks>
/// <param name="Kind">The kind of event.</param>
/// <param name="ProcessId">The process; 0 for events of reclaim, which may concern several.</param>
/// <param name="Pages">The pages of the process: one for a fault.</param>
/// <param name="Frame">The frame.</param>
/// <param name="Access">The access that faulted.</param>
/// <param name="Refusal">The reason why a fault was refused.</param>
public readonly record struct EngineEvent(
    EngineEventKind Kind, int ProcessId, PageRange Pages, FrameNumber Frame, AccessKind Access = AccessKind.Read,
    MemoryFaultKind Refusal = MemoryFaultKind.None)
{
    /// <summary>True for the end of a page fault, resolved or not.</summary>
    public bool IsFault => Kind is EngineEventKind.MinorFault or EngineEventKind.MajorFault or EngineEventKind.RefusedFault;

    /// <summary>Prints <c>process 2: MinorFault, write, page 20000</c>.</summary>
    public override string ToString()
    {
        string who = ProcessId == 0 ? "" : $"process {ProcessId}: ";
        string pages = Pages.Count.Value switch
        {
            0 => "",
            1 => $", page {Pages.First.Value:x5}",
            _ => $", pages {Pages.First.Value:x5} to {Pages.End.Value - 1:x5}",
        };
        string access = IsFault ? Access == AccessKind.Write ? ", write" : ", read" : "";
        string frame = Frame == default ? "" : $", frame {Frame.Value:x5}";
        string refusal = Refusal == MemoryFaultKind.None ? "" : $", {Refusal}";
        return $"{who}{Kind}{access}{pages}{frame}{refusal}";
    }
}

/// <summary>Receives recorded events. Implemented by a struct, so that no event costs a call through an interface.</summary>
public interface IEngineEventSink
{
    /// <summary>Receives the next event, in the order in which they happened.</summary>
    void Take(in EngineEvent happened);
}
