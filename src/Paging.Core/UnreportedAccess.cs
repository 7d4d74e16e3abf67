namespace Paging.Core;

/// <summary>Until it is disposed, pages are made present without a report, because the access that follows is reported.</summary>
internal readonly ref struct UnreportedAccess : IDisposable
{
    private readonly WatchedPages? _watched;

    public UnreportedAccess(Mmu mmu)
    {
        _watched = mmu.Watched;
        if (_watched is not null) _watched.IsMakingPresent = true;
    }

    public void Dispose()
    {
        if (_watched is not null) _watched.IsMakingPresent = false;
    }
}
