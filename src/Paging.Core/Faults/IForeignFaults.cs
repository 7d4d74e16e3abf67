using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Tables;

namespace Paging.Core.Faults;

/// <summary>Resolves the page faults of address spaces that belong to another system than Linux.</summary>
/// <remarks>Called only where no area of Linux is found, so Linux pays nothing.</remarks>
internal interface IForeignFaults
{
    /// <summary>Makes one attempt of a fault: resolves it, refuses it, or requests another attempt after a reclaim.</summary>
    FaultOutcome Resolve(Space space, PageFault fault, EntrySlot slot);

    /// <summary>Makes one attempt of bringing a swapped-out page back, for swapoff. The page's protection does not matter.</summary>
    FaultOutcome BringBack(Space space, PageNumber page);

    /// <summary>Called when a swap device is closed: pages outside every working set have lost their copies on it.</summary>
    void OnDeviceClosed();
}
