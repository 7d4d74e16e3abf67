namespace Paging.Core;

/// <summary>The values that can be written to /proc/PID/clear_refs, and the marks that each one resets.</summary>
public enum ReferenceKind
{
    /// <summary>1: the referenced marks of all pages.</summary>
    All = 1,
    /// <summary>2: the referenced marks of pages in areas without a file.</summary>
    Anonymous = 2,
    /// <summary>3: the referenced marks of pages in areas with a file.</summary>
    Mapped = 3,
    /// <summary>4: the soft-dirty marks.</summary>
    SoftDirty = 4,
    /// <summary>5: the highest resident set so far (VmHWM), which becomes the current one.</summary>
    PeakResident = 5,
}
