namespace Paging.Windows;

/// <summary>The kinds of sections: SEC_* of winnt.h.</summary>
[Flags]
public enum SectionFlags : uint
{
    /// <summary>None.</summary>
    None = 0,
    /// <summary>SEC_FILE: a file is after it. Shown by queries, and not to be given.</summary>
    File = 0x800000,
    /// <summary>SEC_IMAGE: an executable image.</summary>
    Image = 0x1000000,
    /// <summary>SEC_RESERVE: pages are committed one by one, through any view.</summary>
    Reserve = 0x4000000,
    /// <summary>SEC_COMMIT: all pages are committed from the start.</summary>
    Commit = 0x8000000,
    /// <summary>SEC_NOCACHE.</summary>
    NoCache = 0x10000000,
}
