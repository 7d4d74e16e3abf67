using Paging.Core.Composition;
using Paging.Native;

namespace Paging.Windows;

/// <summary>The work that Windows' system threads do in the background. Here each does a piece of its work when it is called.</summary>
/// <remarks>Linux has kswapd and the flusher threads: <see cref="Core.PagingEngine.RunBackground"/>.</remarks>
public sealed class SystemThreads
{
    private const uint LazyShare = 8;    // CcLazyWriteScan: an eighth, so that all are written within some seconds

    private readonly WindowsParts _parts;

    internal SystemThreads(WindowsParts parts) => _parts = parts;

    /// <summary>The frames that are available at once: free ones, zeroed ones, and private pages on standby.</summary>
    public FrameCount Available
    {
        get
        {
            _parts.Enter();
            return new(_parts.WorkingSets.Available);
        }
    }

    /// <summary>The balance set manager's second: ages every working set, and trims those above their maximum or, if memory is short,
    /// above their minimum.</summary>
    /// <returns>The number of pages that have left their working sets.</returns>
    public int RunBalanceSetManager()
    {
        EngineParts core = Enter();
        uint trimmed = _parts.WorkingSets.Balance(_parts.Spaces);
        return Leave(core, trimmed);
    }

    /// <summary>The modified page writer: writes private pages of the modified list to page files. They are on standby then.</summary>
    /// <returns>The number of pages written: fewer than requested if the list ends, or the page files are full.</returns>
    public int RunModifiedPageWriter(int pageBudget)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(pageBudget);
        EngineParts core = Enter();
        return Leave(core, _parts.Transitions.Write((uint)pageBudget));
    }

    /// <summary>The mapped page writer: writes dirty pages of files, mapped or not, first those of the file dirtied first.</summary>
    /// <returns>The number of pages that are no longer dirty.</returns>
    public int RunMappedPageWriter(int pageBudget)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(pageBudget);
        EngineParts core = Enter();
        uint done = 0;
        while (done < pageBudget && core.Files.Background.WriteOldest((uint)pageBudget - done) is var some and not 0) done += some;
        return Leave(core, done);
    }

    /// <summary>The lazy writer's second: writes an eighth of the dirty pages of files.</summary>
    /// <returns>The number of pages that are no longer dirty.</returns>
    public int RunLazyWriter()
    {
        uint dirty = Enter().Files.Dirty.PageCount;
        return RunMappedPageWriter((int)((dirty + LazyShare - 1) / LazyShare));
    }

    /// <summary>The zero page thread: clears free frames ahead of need.</summary>
    /// <returns>The number of frames cleared.</returns>
    public int RunZeroPageThread(int frameBudget)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(frameBudget);
        EngineParts core = Enter();
        return Leave(core, core.Machine.Allocator.ZeroAhead(uint.MaxValue, (uint)frameBudget));
    }

    private EngineParts Enter()
    {
        _parts.Enter();
        return _parts.Core;
    }

    private static int Leave(EngineParts core, uint done)
    {
        _ = core.Machine.Callers.Leave(NtStatus.Success);
        return (int)done;
    }
}
