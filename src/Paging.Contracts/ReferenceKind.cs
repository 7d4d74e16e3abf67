namespace Paging.Core;

/// <summary>What is written into /proc/PID/clear_refs, and what it forgets.</summary>
public enum ReferenceKind
{
    /// <summary>1: that pages were used.</summary>
    All = 1,
    /// <summary>2: the same, of areas without a file.</summary>
    Anonymous = 2,
    /// <summary>3: the same, of areas with a file.</summary>
    Mapped = 3,
    /// <summary>4: that pages were written (soft-dirty).</summary>
    SoftDirty = 4,
    /// <summary>5: the highest resident set so far (VmHWM); it starts again from the present one.</summary>
    PeakResident = 5,
}
