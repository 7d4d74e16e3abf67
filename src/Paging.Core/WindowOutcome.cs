namespace Paging.Core;

/// <summary>The result of a fault in a <see cref="MemoryWindow"/>: what the handler has to do.</summary>
public enum WindowOutcome
{
    /// <summary>The page is shown now: execute the instruction again.</summary>
    Shown,

    /// <summary>
    /// The page cannot be shown: make the access by a call, such as <see cref="Mmu.TryRead{T}(Paging.Native.VirtualAddress, out T)"/>. A
    /// device, a watched page, memory of the host or of an image, or bytes beyond either end of the window.
    /// </summary>
    ByCall,

    /// <summary>The access is refused with a fault of the program.</summary>
    Refused,

    /// <summary>The address is not the window's.</summary>
    Elsewhere,
}
