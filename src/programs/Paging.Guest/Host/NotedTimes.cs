using Paging.Guest.Abi;
using Paging.Guest.Machine;

namespace Paging.Guest.Host;

/// <summary>
/// When guests have changed files of the host, and read its directories and links, by the guest's clock. The host notes that by its own,
/// which is another one where programs sleep, and ctime cannot be set.
/// </summary>
/// <remarks>
/// A note holds until the host shows a later time than it had when the note was made: then another program has changed the file.
/// Bounded: the oldest notes go, and such files have the host's times again.
/// </remarks>
internal sealed class NotedTimes(GuestClock clock)
{
    private const int CountMax = 16384;

    private static readonly Note Nothing = new(0, long.MinValue, 0, long.MinValue);

    private readonly Dictionary<(ulong Device, ulong Inode), Note> _notes = [];
    private readonly Queue<(ulong Device, ulong Inode)> _order = new();    // the oldest first; each is in the notes

    /// <summary>The guest's clock, in nanoseconds since 1970.</summary>
    public long Now => clock.RealTime;

    /// <summary>A guest has made it.</summary>
    public void Made(ulong device, ulong inode) => Set((device, inode), ChangedNow(Nothing));

    /// <summary>A guest has changed it: its bytes, its names or what stat(2) says.</summary>
    public void Changed(ulong device, ulong inode) => Set((device, inode), ChangedNow(Of(device, inode)));

    /// <summary>The host has noted a time of its own for what a guest has done before.</summary>
    public void WrittenLater(ulong device, ulong inode)
    {
        if (!_notes.TryGetValue((device, inode), out Note note)) return;
        _notes[(device, inode)] = note with { ChangedOnHost = HostCalls.RealTime() };
    }

    /// <summary>When a guest has last changed it, by the guest's clock; 0: not that anybody knows.</summary>
    public long LastChange(ulong device, ulong inode) => Of(device, inode).ChangedAt;

    /// <summary>A guest has read a directory or followed a link. Linux: touch_atime.</summary>
    /// <param name="before">What it was before: the host may have noted the time, also where there is nothing to note.</param>
    public void Read(in FileStatus before)
    {
        long now = clock.RealTime;
        bool isNoted = before.NeedsAccessTime(now);
        if (!isNoted && !_notes.ContainsKey((before.Device, before.Inode))) return;
        Note note = Of(before.Device, before.Inode);
        long at = isNoted ? now : before.AccessedAt;
        Set((before.Device, before.Inode), note with { AccessedAt = at, AccessedOnHost = HostCalls.RealTime() });
    }

    /// <summary>A guest has set its time of access: the host has it.</summary>
    public void AccessWasSet(ulong device, ulong inode)
    {
        if (!_notes.TryGetValue((device, inode), out Note note)) return;
        _notes[(device, inode)] = note with { AccessedOnHost = long.MinValue };
    }

    /// <summary>The guest's times take the place of the host's.</summary>
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

    /// <summary>Times of the guest's clock, and what the host's said then; what never happened has no time on the host.</summary>
    private readonly record struct Note(long ChangedAt, long ChangedOnHost, long AccessedAt, long AccessedOnHost);
}
