using Paging.Core.Spaces;

namespace Paging.Core.Faults;

/// <summary>Until it is disposed, the limits of another process hold for a space: those of the process that accesses it.</summary>
/// <remarks>Linux: acct_stack_growth and may_expand_vm ask rlimit(), which is that of the current task.</remarks>
internal readonly ref struct BorrowedLimits : IDisposable
{
    private readonly Space? _space;
    private readonly ResourceLimits _own;
    private readonly bool _wasPrivileged;

    /// <summary>Borrows the limits. Without a lender nothing changes.</summary>
    public BorrowedLimits(Space space, Space? lender)
    {
        if (lender is null || lender == space) return;
        (_space, _own, _wasPrivileged) = (space, space.Limits, space.IsPrivileged);
        (space.Limits, space.IsPrivileged) = (lender.Limits, lender.IsPrivileged);
    }

    public void Dispose()
    {
        if (_space is not null) (_space.Limits, _space.IsPrivileged) = (_own, _wasPrivileged);
    }
}
