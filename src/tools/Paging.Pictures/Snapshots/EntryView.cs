using Paging.Native;

namespace Paging.Pictures.Snapshots;

/// <summary>One page table entry that is not zero.</summary>
/// <param name="Page">The page that it describes.</param>
/// <param name="Entry">Its bits.</param>
/// <param name="State">The state of the frame that it leads to; Free if it leads to none.</param>
/// <param name="Slot">The slot of the swap device, if its content lies there.</param>
/// <param name="IsGuard">A touch is refused: a guard of madvise(2).</param>
public readonly record struct EntryView(PageNumber Page, PageTableEntry Entry, FrameState State, long? Slot, bool IsGuard)
{
    /// <summary>True if the frame holds anonymous memory, or a private copy; or if it is of the pool of huge pages.</summary>
    public bool IsOwn => State is FrameState.Anonymous or FrameState.SwapCache || (State == FrameState.Kernel && !IsZeroPage);

    /// <summary>True if reads see the shared frame of zeros.</summary>
    public bool IsZeroPage => Entry.IsPresent && Entry.Frame == default;
}
