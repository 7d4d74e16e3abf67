namespace Paging.Windows.Pfn;

/// <summary>The location of a frame in the PFN database: MMLISTS, with the same numbers.</summary>
/// <remarks>Linux has no such states: a frame's flags and counts show its use. Windows: the PageLocation field of MMPFN.</remarks>
public enum PageLocation
{
    /// <summary>Free, and its bytes are zeros.</summary>
    Zeroed = 0,
    /// <summary>Free, with the bytes of its last use.</summary>
    Free = 1,
    /// <summary>Holds a page that no working set has. There is a copy elsewhere, so the frame can be taken.</summary>
    Standby = 2,
    /// <summary>Holds a page that no working set has, and that must be written before the frame can be taken.</summary>
    Modified = 3,
    /// <summary>As modified, but there is nowhere to write it to: a page of a section while no page file is on.</summary>
    ModifiedNoWrite = 4,
    /// <summary>Not to be used. Frames of this engine do not go bad.</summary>
    Bad = 5,
    /// <summary>In a working set, or used by the system: page tables and kernel data.</summary>
    ActiveAndValid = 6,
    /// <summary>Being read or written, or held by something that is no working set.</summary>
    Transition = 7,
}
