namespace Paging.Core;

/// <summary>The kinds of messages of a userfaultfd. The values are those of UFFD_EVENT_*.</summary>
public enum UserfaultMessageKind
{
    /// <summary>An access waits for its page.</summary>
    PageFault = 0x12,
    /// <summary>The process has forked.</summary>
    Fork = 0x13,
    /// <summary>A registered area has moved.</summary>
    Remap = 0x14,
    /// <summary>Pages were discarded by madvise.</summary>
    Remove = 0x15,
    /// <summary>A registered area, or a part of it, was unmapped.</summary>
    Unmap = 0x16,
}
