using Paging.Native;

namespace Paging.Core;

/// <summary>A message of a <see cref="Userfaultfd"/>. Linux: struct uffd_msg.</summary>
/// <param name="Kind">The kind of event.</param>
/// <param name="Address">The page that is accessed, or the address itself with the feature for it; the start of the changed
/// range.</param>
/// <param name="ByteLength">The length of the change; 0 for an access and a fork.</param>
/// <param name="To">The new first address of a moved area.</param>
/// <param name="IsWrite">The access is a write. UFFD_PAGEFAULT_FLAG_WRITE.</param>
/// <param name="IsProtected">The page is there and protected. UFFD_PAGEFAULT_FLAG_WP.</param>
/// <param name="IsMinor">The page is in the page cache. UFFD_PAGEFAULT_FLAG_MINOR.</param>
/// <param name="Thread">The waiting thread, with the feature for it.</param>
/// <param name="Child">The userfaultfd of a forked child, which the reader owns.</param>
public readonly record struct UserfaultMessage(
    UserfaultMessageKind Kind, VirtualAddress Address, uint ByteLength, VirtualAddress To, bool IsWrite, bool IsProtected, bool IsMinor,
    int Thread, Userfaultfd? Child);
