using Paging.Native;

namespace Paging.Core.Spaces;

/// <summary>The reason why an access waits. Linux: the reason of handle_userfault.</summary>
internal enum UserfaultReason
{
    /// <summary>The page is missing. VM_UFFD_MISSING.</summary>
    Missing,
    /// <summary>The page is protected from writing. VM_UFFD_WP.</summary>
    Write,
    /// <summary>The page is in the page cache but not mapped. VM_UFFD_MINOR.</summary>
    Minor,
}

/// <summary>An access that waits for its page. Linux: struct userfaultfd_wait_queue.</summary>
/// <param name="Address">The address accessed.</param>
/// <param name="Reason">The reason why it waits.</param>
/// <param name="IsWrite">True for a write.</param>
/// <param name="Thread">The accessing thread; 0 for the host.</param>
internal readonly record struct UserfaultWait(VirtualAddress Address, UserfaultReason Reason, bool IsWrite, int Thread)
{
    /// <summary>True if the same thread waits for the same page for the same reason: the access was only retried.</summary>
    public bool IsSameAs(in UserfaultWait other) => Address.Page == other.Address.Page && Reason == other.Reason
        && IsWrite == other.IsWrite && Thread == other.Thread;
}

/// <summary>A change of mappings that is to be reported.</summary>
/// <param name="Kind">The kind of change.</param>
/// <param name="Range">The pages that are gone, or that were moved.</param>
/// <param name="To">The place that they were moved to.</param>
/// <param name="Child">The userfaultfd of a forked child; otherwise null.</param>
internal readonly record struct UserfaultChange(UserfaultMessageKind Kind, PageRange Range, PageNumber To, UserfaultContext? Child);
