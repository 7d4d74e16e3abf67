using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Host;
using Paging.Guest.Machine;
using Paging.Guest.Signals;

namespace Paging.Guest.Vfs.Tree;

/// <summary>
/// The leases of all files, between the programs of this machine: nobody asks the host's other processes. Linux: fs/locks.c.
/// </summary>
/// <remarks>
/// A lease that is overdue is taken away when somebody looks at its file: an open that waits has the time as its deadline, so that nothing
/// has to ring.
/// </remarks>
internal sealed class FileLeases(GuestClock clock, Happenings happenings, FileSignals signals, FileSwitches switches) : IFileWatcher
{
    private readonly Dictionary<RegularInode, List<FileLease>> _leases = [];

    /// <summary>There are none at all, which is nearly always so.</summary>
    public bool AreNone => _leases.Count == 0;

    public IEnumerable<FileLease> All => _leases.Values.SelectMany(static leases => leases);

    /// <summary>F_GETLEASE. Linux: fcntl_getlease.</summary>
    public LeaseType TypeOf(OpenDescription open) =>
        open is RegularFile file && Look(file.Inode)?.Find(one => one.File == file) is { } lease ? lease.Target : LeaseType.None;

    /// <summary>
    /// Gives an open file a lease, or another type of its lease. EAGAIN: others have the file open so that it conflicts. Linux:
    /// generic_add_lease.
    /// </summary>
    public Errno Set(RegularFile file, Descriptor descriptor, LeaseType type)
    {
        List<FileLease>? leases = Look(file.Inode);
        if (ConflictsWithOpens(file, type)) return Errno.EAGAIN;
        FileLease? own = leases?.Find(one => one.File == file);
        bool isRefused = leases?.Exists(one => one != own && (type == LeaseType.Write || one.MustGo)) == true;
        if (isRefused) return Errno.EAGAIN;
        if (own is not null)
        {
            Change(own, type);
            own.Descriptor = descriptor;
            return Errno.None;
        }

        if (switches.LeasesEnabled == 0) return Errno.EINVAL;
        Add(new(file, descriptor, type));
        return Errno.None;
    }

    /// <summary>The holder gives its lease back. EAGAIN: it has none. Linux: generic_delete_lease.</summary>
    public Errno Remove(OpenDescription open)
    {
        if (open is not RegularFile file || Look(file.Inode)?.Find(one => one.File == file) is not { } lease) return Errno.EAGAIN;
        Change(lease, LeaseType.None);
        return Errno.None;
    }

    /// <summary>One that was saved.</summary>
    public void Add(FileLease lease)
    {
        if (!_leases.TryGetValue(lease.File.Inode, out List<FileLease>? leases)) _leases.Add(lease.File.Inode, leases = []);
        leases.Add(lease);
        lease.File.AddWatcher(this);
    }

    /// <summary>
    /// Tells the holders of leases that stand in the way to give them back. True: there are such, and whoever asks has to wait.
    /// Linux: __break_lease.
    /// </summary>
    public bool Break(RegularInode inode, bool wantsToWrite)
    {
        if (AreNone || Look(inode) is not { } leases) return false;
        long? due = switches.LeaseBreakSeconds > 0 ? clock.Now + (switches.LeaseBreakSeconds * TimeWords.Second) : null;
        foreach (FileLease lease in leases.Where(one => one.StandsInTheWay(wantsToWrite)).ToArray())
        {
            if (lease.MustGo || (lease.MustShrink && !wantsToWrite)) continue;    // its holder knows
            if (wantsToWrite) (lease.MustGo, lease.GoesAt) = (true, due);
            else (lease.MustShrink, lease.ShrinksAt) = (true, due);
            signals.TellMessage(lease.File, lease.Descriptor);
        }

        return IsInTheWay(inode, wantsToWrite, out _);
    }

    /// <summary>Whether an open still has to wait, and until when at the longest.</summary>
    public bool IsInTheWay(RegularInode inode, bool wantsToWrite, out long? until)
    {
        until = null;
        bool isFound = false;
        foreach (FileLease lease in Look(inode) ?? [])
        {
            if (!lease.StandsInTheWay(wantsToWrite)) continue;
            isFound = true;
            if (lease.GoesAt is { } goes && !(goes >= until)) until = goes;
            if (lease.ShrinksAt is { } shrinks && !(shrinks >= until)) until = shrinks;
        }

        return isFound;
    }

    /// <inheritdoc/>
    public void Forget(OpenDescription file)
    {
        foreach (FileLease lease in All.Where(one => one.File == file).ToArray()) Change(lease, LeaseType.None);
    }

    /// <summary>A read lease needs that nobody has the file open to write; a write lease, that nobody else has it open at all.</summary>
    /// <remarks>Linux: check_conflicting_open.</remarks>
    private static bool ConflictsWithOpens(RegularFile file, LeaseType type)
    {
        RegularInode inode = file.Inode;
        if (type == LeaseType.Read) return inode.WriterCount > 0;
        return inode.ExecutorCount > 0 || inode.WriterCount != (file.CanWrite ? 1 : 0) || inode.ReaderCount != (file.CanWrite ? 0 : 1);
    }

    /// <summary>The file's leases, after those that are overdue have gone. Linux: time_out_leases.</summary>
    private List<FileLease>? Look(RegularInode inode)
    {
        if (!_leases.TryGetValue(inode, out List<FileLease>? leases)) return null;
        foreach (FileLease lease in leases.ToArray())
        {
            if (lease.ShrinksAt <= clock.Now) Change(lease, LeaseType.Read);
            if (lease.GoesAt <= clock.Now) Change(lease, LeaseType.None);
        }

        return _leases.GetValueOrDefault(inode);
    }

    /// <summary>Without a lease the open file has no owner any more, either. Linux: lease_modify, lease_clear_pending.</summary>
    private void Change(FileLease lease, LeaseType type)
    {
        lease.Type = type;
        if (type != LeaseType.Write) (lease.MustShrink, lease.ShrinksAt) = (false, null);
        happenings.Happened();
        if (type != LeaseType.None) return;
        lease.File.Owner = default;
        List<FileLease> leases = _leases[lease.File.Inode];
        leases.Remove(lease);
        if (leases.Count == 0) _leases.Remove(lease.File.Inode);
        lease.File.RemoveWatcher(this);
    }
}
