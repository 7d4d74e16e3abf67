using Paging.Core.Spaces;

namespace Paging.Core.Faults;

/// <summary>Until it is disposed, accesses to pages that a userfaultfd supplies are refused, without a report.</summary>
/// <remarks>Linux: handle_userfault of a fault without FAULT_FLAG_ALLOW_RETRY, which is VM_FAULT_SIGBUS.</remarks>
internal readonly ref struct UnawaitedAccess : IDisposable
{
    private readonly UserfaultTable? _table;

    public UnawaitedAccess(Space space)
    {
        _table = space.Userfaults;
        if (_table is not null) _table.MayNotWait = true;
    }

    public void Dispose()
    {
        if (_table is not null) _table.MayNotWait = false;
    }
}
