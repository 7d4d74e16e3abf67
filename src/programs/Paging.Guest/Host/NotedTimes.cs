using Paging.Guest.Abi;
using Paging.Guest.Machine;

namespace Paging.Guest.Host;

/// <summary>
/// The times at which guests have changed files of the host and read its directories and links, by the guest's clock. The host records its
/// own time, which differs after sleeps, and ctime cannot be set.
/// </summary>
/// <remarks>
/// A note is valid until the host reports a later time than at the note: then another program has changed the file. Bounded: the oldest
/// notes are dropped, and their files have the host's times again.
/// </remarks>
internal sealed class NotedTimes(GuestClock clock)
{
    private const int CountMax = 16384;    // about a megabyte

    private static readonly Note Nothing = new(0, long.MinValue, 0, long.MinValue);

    private readonly Dictionary<(ulong Device, ulong Inode), Note> _notes = [];
    private readonly Queue<(ulong Device, ulong Inode)> _order = new();    // the oldest first; each is in the notes

    /// <summary>The guest's clock, in nanoseconds since 1970.</summary>
    public long Now => clock.RealTime;

    /// <summary>Notes that a guest has created it.</summary>
    public void Made(ulong device, ulong inode) => Set((device, inode), ChangedNow(Nothing));

    /// <summary>Notes that a guest has changed its bytes, names or status.</summary>
    public void Changed(ulong device, ulong inode) => Set((device, inode), ChangedNow(Of(device, inode)));

    /// <summary>Notes that the host has set its own time for an earlier change of a guest.</summary>
    public void WrittenLater(ulong device, ulong inode)
    {
        if (!_notes.TryGetValue((device, inode), out Note note)) return;
        _notes[(device, inode)] = note with { ChangedOnHost = HostCalls.RealTime() };
    }

    /// <summary>The time of a guest's last change, by the guest's clock; 0 if unknown.</summary>
    public long LastChange(ulong device, ulong inode) => Of(device, inode).ChangedAt;

    /// <summary>Notes that a guest has read a directory or followed a link. Linux: touch_atime.</summary>
    /// <param name="before">The status before: the host may update the time even where relatime does not.</param>
    public void Read(in FileStatus before)
    {
        long now = clock.RealTime;
        bool isNoted = before.NeedsAccessTime(now);
        if (!isNoted && !_notes.ContainsKey((before.Device, before.Inode))) return;
        Note note = Of(before.Device, before.Inode);
        long at = isNoted ? now : before.AccessedAt;
        Set((before.Device, before.Inode), note with { AccessedAt = at, AccessedOnHost = HostCalls.RealTime() });
    }

    /// <summary>Notes that a guest has set its access time, which the host keeps.</summary>
    public void AccessWasSet(ulong device, ulong inode)
    {
        if (!_notes.TryGetValue((device, inode), out Note note)) return;
        _notes[(device, inode)] = note with { AccessedOnHost = long.MinValue };
    }

    /// <summary>Replaces the host's times by the guest's.</summary>
    public void Overlay(ref FileStatus status)
    {
        if (!_notes.TryGetValue((status.Device, status.Inode), out Note note)) return;
        if (status.ChangedAt <= note.ChangedOnHost) status.ChangedAt = note.ChangedAt;
        if (status.AccessedAt <= note.AccessedOnHost) status.AccessedAt = note.AccessedAt;
    }

    private Note ChangedNow(Note note) => note with { ChangedAt = clock.RealTime, ChangedOnHost = HostCalls.RealTime() };

    private Note Of(ulong device, ulong inode) => _notes.GetValueOrDefault((device, inode), Nothing);

    private void Set((ulong Device, ulong Inode) file, Note note)
    {
        bool isNew = !_notes.ContainsKey(file);
        _notes[file] = note;
        if (!isNew) return;
        _order.Enqueue(file);
        if (_order.Count > CountMax) _notes.Remove(_order.Dequeue());
    }

    /// <summary>Times of the guest's clock, and the host's times then; 0 on the host for events that never happened.</summary>
    private readonly record struct Note(long ChangedAt, long ChangedOnHost, long AccessedAt, long AccessedOnHost);
}
