using Paging.Core;
using Paging.Scripting.Calls;

namespace Paging.Testing.Counting;

/// <summary>Every pair of call and outcome that the dialect names. A run reports those that have not occurred.</summary>
/// <remarks>
/// The errors are those of docs/DIALECT.md, "Order of checks". madvise counts once more for each advice. EAGAIN of madvise and ENOMEM of
/// munmap come with a lowered max_map_count, so the host's kernel does not return them.
/// </remarks>
internal static class CallPairs
{
    private static readonly Errno[] OfMap =
    [
        Errno.EINVAL, Errno.EBADF, Errno.ENOMEM, Errno.EPERM, Errno.EEXIST, Errno.EAGAIN, Errno.EOPNOTSUPP, Errno.EACCES, Errno.ENODEV,
    ];

    /// <summary>The advice that a madvise can give, for a row each.</summary>
    public static MemoryAdvice[] Advice { get; } = Enum.GetValues<MemoryAdvice>();

    /// <summary>The errors that a call can have.</summary>
    public static ReadOnlySpan<Errno> ErrorsOf(CallName name) => name switch
    {
        CallName.Mmap => OfMap,
        CallName.Munmap => [Errno.EINVAL],
        CallName.Mprotect => [Errno.EINVAL, Errno.ENOMEM, Errno.EACCES],
        CallName.Mremap => [Errno.EINVAL, Errno.EFAULT, Errno.EAGAIN, Errno.ENOMEM, Errno.EPERM],
        CallName.Madvise => [Errno.EINVAL, Errno.ENOMEM, Errno.EACCES, Errno.EFAULT],
        CallName.Msync => [Errno.EINVAL, Errno.ENOMEM, Errno.EBUSY],
        CallName.Mlock => [Errno.ENOMEM, Errno.EPERM],
        CallName.Mlock2 or CallName.Mlockall => [Errno.EINVAL, Errno.ENOMEM, Errno.EPERM],
        CallName.Munlock => [Errno.ENOMEM],
        CallName.Mincore => [Errno.EINVAL, Errno.ENOMEM],
        CallName.Close or CallName.Fsync => [Errno.EBADF],
        CallName.Ftruncate or CallName.Pwrite => [Errno.EINVAL, Errno.EBADF],
        CallName.Pread => [Errno.EINVAL, Errno.EBADF, Errno.EISDIR],
        CallName.Punch => [Errno.EINVAL, Errno.EBADF, Errno.EFBIG],
        CallName.CopyIn or CallName.CopyOut => [Errno.EFAULT],
        _ => [],
    };

    /// <summary>The errors that an advice can have.</summary>
    public static ReadOnlySpan<Errno> ErrorsOf(MemoryAdvice advice) => advice switch
    {
        MemoryAdvice.Remove => [Errno.EINVAL, Errno.EACCES, Errno.ENOMEM],
        MemoryAdvice.PopulateRead or MemoryAdvice.PopulateWrite => [Errno.EINVAL, Errno.EFAULT, Errno.ENOMEM],
        MemoryAdvice.DontNeed or MemoryAdvice.Free or MemoryAdvice.Cold or MemoryAdvice.PageOut or MemoryAdvice.WipeOnFork
            or MemoryAdvice.GuardInstall => [Errno.EINVAL, Errno.ENOMEM],
        _ => [Errno.ENOMEM],
    };

    /// <summary>True for the accesses of the program, which can end in each of the dialect's three signals.</summary>
    public static bool CanFault(CallName name) => name is >= CallName.Load and <= CallName.Sum;
}
