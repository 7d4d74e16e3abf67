using Paging.Native;

namespace Paging.Core.Userfaults;

/// <summary>Why an access waits. Linux: the reason of handle_userfault.</summary>
internal enum UserfaultReason
{
    /// <summary>The page is not there. VM_UFFD_MISSING.</summary>
    Missing,
    /// <summary>The page is protected from writing. VM_UFFD_WP.</summary>
    Write,
    /// <summary>The page is in the page cache but not mapped. VM_UFFD_MINOR.</summary>
    Minor,
}

/// <summary>An access that waits for its page. Linux: struct userfaultfd_wait_queue.</summary>
/// <param name="Address">What was accessed.</param>
/// <param name="Reason">Why it waits.</param>
/// <param name="IsWrite">The access is a write.</param>
/// <param name="Thread">Whose access it is; 0 for the host's.</param>
internal readonly record struct UserfaultWait(VirtualAddress Address, UserfaultReason Reason, bool IsWrite, int Thread)
{
    /// <summary>True if the same thread waits for the same page for the same reason: the access was only tried again.</summary>
    public bool IsSameAs(in UserfaultWait other) => Address.Page == other.Address.Page && Reason == other.Reason
        && IsWrite == other.IsWrite && Thread == other.Thread;
}

/// <summary>A change of mappings that is to be reported.</summary>
/// <param name="Kind">What has happened.</param>
/// <param name="Range">The pages that are gone, or that were moved.</param>
/// <param name="To">Where they were moved to.</param>
/// <param name="Child">The userfaultfd of a forked child; otherwise null.</param>
internal readonly record struct UserfaultChange(UserfaultMessageKind Kind, PageRange Range, PageNumber To, UserfaultContext? Child);
