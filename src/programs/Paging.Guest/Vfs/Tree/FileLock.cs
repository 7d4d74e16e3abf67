using Paging.Guest.Abi;
using Paging.Guest.Machine;
using Paging.Guest.Tasks;

namespace Paging.Guest.Vfs.Tree;

/// <summary>A range of bytes of a file that is locked. Linux: struct file_lock.</summary>
/// <param name="Owner">The owner: a process's descriptors, or an open file.</param>
/// <param name="ProcessId">The owner that F_GETLK reports; −1 for one of flock(2).</param>
/// <param name="IsExclusive">No other owner may lock the range; otherwise others may share it.</param>
/// <param name="Start">The first byte.</param>
/// <param name="Last">The last byte; <see cref="long.MaxValue"/> for the end, even if the file grows.</param>
internal sealed record FileLock(object Owner, int ProcessId, bool IsExclusive, long Start, long Last)
{
    public bool Overlaps(FileLock other) => Start <= other.Last && other.Start <= Last;

    public bool ConflictsWith(FileLock other) => !ReferenceEquals(Owner, other.Owner) && Overlaps(other)
        && (IsExclusive || other.IsExclusive);
}

/// <summary>
/// The locks of all files: ranges of bytes (fcntl), and whole files (flock), which do not conflict with each other. Linux: fs/locks.c.
/// </summary>
internal sealed class FileLocks(WakeUps wakeUps) : IFileWatcher
{
    private readonly Dictionary<(ulong Device, ulong Inode), List<FileLock>> _ranges = [];
    private readonly Dictionary<(ulong Device, ulong Inode), List<FileLock>> _wholes = [];

    /// <summary>True if there are none, the usual case.</summary>
    public bool AreNone => _ranges.Count == 0 && _wholes.Count == 0;

    /// <summary>Every lock, with the file that it is on.</summary>
    public IEnumerable<((ulong Device, ulong Inode) Key, FileLock Lock, bool IsWhole)> All =>
        _ranges.SelectMany(static file => file.Value.Select(one => (file.Key, one, false)))
            .Concat(_wholes.SelectMany(static file => file.Value.Select(one => (file.Key, one, true))));

    public static (ulong Device, ulong Inode) KeyOf(OpenDescription file)
    {
        _ = file.Status(out FileStatus status);
        return (status.Device, status.Inode);
    }

    /// <summary>Returns the first lock that conflicts with a wanted one.</summary>
    public FileLock? FindConflict((ulong Device, ulong Inode) key, FileLock wanted, bool isWhole) =>
        (isWhole ? _wholes : _ranges).GetValueOrDefault(key)?.Find(one => one.ConflictsWith(wanted));

    /// <summary>
    /// Locks the bytes, replacing the owner's own locks on them; neighbours of the same kind are merged. Linux: posix_lock_inode.
    /// </summary>
    public void Set((ulong Device, ulong Inode) key, FileLock wanted, bool isWhole)
    {
        if (wanted.Owner is DescriptorSet process) process.Closed = Forget;    // from now on closing must drop them
        Clear(key, wanted.Owner, wanted.Start, wanted.Last, isWhole);    // the new kind replaces the old one
        Dictionary<(ulong Device, ulong Inode), List<FileLock>> all = isWhole ? _wholes : _ranges;
        if (!all.TryGetValue(key, out List<FileLock>? locks)) all.Add(key, locks = []);
        foreach (FileLock one in locks.Where(one => Joins(one, wanted)).ToArray())
        {
            wanted = wanted with { Start = Math.Min(wanted.Start, one.Start), Last = Math.Max(wanted.Last, one.Last) };
            locks.Remove(one);
        }

        int at = locks.FindIndex(one => one.Start > wanted.Start);
        locks.Insert(at < 0 ? locks.Count : at, wanted);
        wakeUps.Add();
    }

    /// <summary>Unlocks bytes, and keeps the rest of locks.</summary>
    public void Clear((ulong Device, ulong Inode) key, object owner, long start, long last, bool isWhole)
    {
        Dictionary<(ulong Device, ulong Inode), List<FileLock>> all = isWhole ? _wholes : _ranges;
        if (!all.TryGetValue(key, out List<FileLock>? locks)) return;
        List<FileLock> kept = [];
        foreach (FileLock one in locks)
        {
            if (!ReferenceEquals(one.Owner, owner) || one.Last < start || last < one.Start)
            {
                kept.Add(one);
                continue;
            }

            if (one.Start < start) kept.Add(one with { Last = start - 1 });
            if (one.Last > last) kept.Add(one with { Start = last + 1 });
        }

        if (kept.Count == 0) all.Remove(key);
        else all[key] = kept;
        wakeUps.Add();
    }

    /// <summary>Watches the close of a locked file.</summary>
    public void Watch(OpenDescription file)
    {
        file.RemoveWatcher(this);
        file.AddWatcher(this);
    }

    void IFileWatcher.Forget(OpenDescription file) => Forget(file, file);

    /// <summary>
    /// Drops an owner's locks on a file: a process has closed a descriptor of it, or an open file has closed. Linux: locks_remove_posix,
    /// locks_remove_file.
    /// </summary>
    private void Forget(OpenDescription file, object owner)
    {
        if (AreNone) return;
        (ulong Device, ulong Inode) key = KeyOf(file);
        Clear(key, owner, 0, long.MaxValue, isWhole: false);
        Clear(key, owner, 0, long.MaxValue, isWhole: true);
    }

    private static bool Joins(FileLock one, FileLock wanted) =>
        ReferenceEquals(one.Owner, wanted.Owner) && one.IsExclusive == wanted.IsExclusive
            && (one.Last == wanted.Start - 1 || wanted.Last == one.Start - 1);
}
