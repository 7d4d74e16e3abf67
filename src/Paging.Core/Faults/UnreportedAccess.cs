using Paging.Core.Spaces;

namespace Paging.Core.Faults;

/// <summary>Until it is disposed, pages are made present without a report, because the access that follows is reported.</summary>
internal readonly ref struct UnreportedAccess : IDisposable
{
    private readonly WatchedPages? _watched;

    public UnreportedAccess(WatchedPages? watched)
    {
        _watched = watched;
        if (_watched is not null) _watched.IsMakingPresent = true;
    }

    public void Dispose()
    {
        if (_watched is not null) _watched.IsMakingPresent = false;
    }
}
