using Paging.Native;

namespace Paging.Core.Spaces;

//   access ──► Report ──► unread ──► TryRead ──► read ──┐
//                            └───────────────────────────┴──► Wake: the access is made again
//   fork, mremap, madvise, munmap ──► changes ──► TryRead;  until then the pages cannot be filled (EAGAIN)
/// <summary>The state of one userfaultfd: the accesses that wait for pages, and the changes that have not been read.</summary>
/// <remarks>Cost: O(waiting accesses) per report and wake. Linux: struct userfaultfd_ctx.</remarks>
internal sealed class UserfaultContext(UserfaultTable table, UserfaultFeatures features, bool isForUserMode)
{
    private readonly List<UserfaultWait> _unread = [], _read = [];
    private readonly Queue<UserfaultChange> _changes = new();
    private UserfaultTable? _table = table;

    /// <summary>The number within the address space, that of <see cref="Area.Reporter"/>. 0 before it registers.</summary>
    public int Slot { get; set; }

    public UserfaultFeatures Features => features;

    /// <summary>True if accesses by system calls are refused instead of reported. Linux: UFFD_USER_MODE_ONLY.</summary>
    public bool IsForUserMode => isForUserMode;

    /// <summary>The address space's contexts; null when the address space or the descriptor is gone.</summary>
    public UserfaultTable? Table => _table;

    /// <summary>The unmapping, by <see cref="UserfaultTable.UnmapCount"/>, that was last reported to it.</summary>
    public long LastUnmap { get; set; }

    /// <summary>True if mappings have changed, and the message about it has not been read. Linux: mmap_changing.</summary>
    public bool IsChanging => _changes.Count != 0;

    /// <summary>The number of waiting accesses that have not been read yet.</summary>
    public int UnreadCount => _unread.Count;

    /// <summary>The number of waiting accesses.</summary>
    public int WaitingCount => _unread.Count + _read.Count;

    /// <summary>The number of messages so far, read or not.</summary>
    public long MessageCount { get; private set; }

    public bool Has(UserfaultFeatures feature) => (features & feature) != 0;

    /// <summary>Adds a waiting access. Returns false for an access that is only retried, so that it is not counted twice.</summary>
    public bool TryReport(UserfaultWait wait)
    {
        if (_unread.Exists(other => other.IsSameAs(wait)) || _read.Exists(other => other.IsSameAs(wait))) return false;
        _unread.Add(wait);
        MessageCount++;
        return true;
    }

    /// <summary>Sets the exact address of the access that was reported last.</summary>
    public void Refine(VirtualAddress address)
    {
        // It may have been woken or read since: then another access is the last one.
        if (_unread.Count != 0 && _unread[^1].Address == address.Page.Address) _unread[^1] = _unread[^1] with { Address = address };
    }

    public bool TryReadWait(out UserfaultWait wait)
    {
        wait = default;
        if (_unread.Count == 0) return false;
        wait = _unread[0];
        _unread.RemoveAt(0);
        _read.Add(wait);    // it waits on, until it is woken
        return true;
    }

    public bool TryReadChange(out UserfaultChange change) => _changes.TryDequeue(out change);

    public void Add(in UserfaultChange change)
    {
        _changes.Enqueue(change);
        MessageCount++;
        if (_table is not null) _table.ChangeCount++;    // null once the space or the descriptor is gone
    }

    /// <summary>Ends the wait of accesses to a range, so that they are retried. Linux: wake_userfault.</summary>
    public void Wake(PageRange range)
    {
        _unread.RemoveAll(wait => range.Contains(wait.Address.Page));
        _read.RemoveAll(wait => range.Contains(wait.Address.Page));
    }

    /// <summary>Ends the wait of a thread that has ended or received a signal.</summary>
    public void Forget(int thread)
    {
        _unread.RemoveAll(wait => wait.Thread == thread);
        _read.RemoveAll(wait => wait.Thread == thread);
    }

    /// <summary>True while a thread waits for a page.</summary>
    public bool IsWaiting(int thread) => _unread.Exists(wait => wait.Thread == thread) || _read.Exists(wait => wait.Thread == thread);

    /// <summary>Ends all waits when the address space or the descriptor is gone.</summary>
    public void End()
    {
        _table = null;
        _unread.Clear();
        _read.Clear();
        while (_changes.TryDequeue(out UserfaultChange change)) change.Child?.Close();    // of forks whose event was never read
    }

    /// <summary>Closes the descriptor, or one that was inherited and never read.</summary>
    public void Close()
    {
        _table?.Remove(this);    // before End, which drops the table
        End();
    }
}
