using System.Globalization;
using System.Text;
using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Machine;
using Paging.Guest.Records;
using Paging.Guest.Vfs;

namespace Paging.Guest.Events;

/// <summary>A descriptor that an epoll watches. Linux: struct epitem.</summary>
internal sealed class EpollItem(Descriptor descriptor, OpenDescription file)
{
    public Descriptor Descriptor => descriptor;

    public OpenDescription File => file;

    /// <summary>The requested EPOLL*, with its modes; 0 if disabled until it is set again (EPOLLONESHOT).</summary>
    public uint Events { get; set; }

    /// <summary>True if it has been removed.</summary>
    public bool IsGone { get; set; }

    public ulong Data { get; set; }

    // The state at the last check, from which edges are computed.

    public bool IsFresh { get; set; }

    /// <summary>True if the item is in the list of items to be reported.</summary>
    public bool IsListed { get; set; }

    public (long ToRead, long ToWrite) SeenWakes { get; set; }

    public int SeenReadiness { get; set; }
}

/// <summary>epoll(7): watched descriptors, and the list of ready ones. Linux: fs/eventpoll.c.</summary>
/// <remarks>
/// Files do not call back: a wait polls each item that is not listed yet. Level-triggered items go to the end of the list, so that a busy
/// one does not starve the others. An edge is a wake since the last check, on the side that is waited for, or an event that is new since
/// then. Cost: O(items).
/// </remarks>
internal sealed class EpollFile(GuestClock clock, WakeUps wakeUps, FileFlags flags)
    : AnonymousFile(clock, wakeUps, "eventpoll", flags | FileFlags.ReadWrite), IFileWatcher
{
    public const uint EdgeTriggered = 1u << 31, OneShot = 1 << 30, WakeUp = 1 << 29, Alone = 1 << 28, Modes = EdgeTriggered | OneShot
        | WakeUp;

    /// <summary>The events that are always reported.</summary>
    public const uint Always = PollEvents.Error | PollEvents.HangUp;    // reported even if not wanted (epoll_ctl(2))

    private const uint In = PollEvents.In | PollEvents.Priority | PollEvents.ReadNormal | PollEvents.ReadBand | PollEvents.ReadHangUp,
        Out = PollEvents.Out | PollEvents.WriteNormal | PollEvents.WriteBand;

    private const int NestsMax = 4;    // EP_MAX_NESTS

    private readonly LinkedList<EpollItem> _items = new();
    private readonly Dictionary<(Descriptor Descriptor, OpenDescription File), LinkedListNode<EpollItem>> _known = [];
    private readonly Queue<EpollItem> _ready = new();

    public override SavedFileKind? SavedKind => SavedFileKind.Epoll;

    public override IEnumerable<OpenDescription> FilesReached => _items.Select(static item => item.File);

    public IEnumerable<EpollItem> Items => _items;

    /// <summary>A line for each item. Linux: ep_show_fdinfo.</summary>
    public override string Describe()
    {
        StringBuilder lines = new();
        foreach (EpollItem item in _items)
        {
            _ = item.File.Status(out FileStatus status);
            lines.Append(CultureInfo.InvariantCulture, $"tfd: {item.Descriptor.Number,8} events: {item.Events,8:x} data: {item.Data,16:x}  "
                + $"pos:{item.File.Position} ino:{status.Inode:x} sdev:{status.Device:x}\n");
        }

        return lines.ToString();
    }

    /// <summary>Returns EINVAL, where other files without ioctls return ENOTTY. Linux: ep_eventpoll_ioctl.</summary>
    public override CallResult Ioctl(in IoctlCall call) => Errno.EINVAL;

    public override bool HasRead => false;

    public override bool HasWrite => false;

    /// <summary>An epoll file is ready when at least one of its items is.</summary>
    public override int Readiness => _items.Any(static item => ReadyOf(item) != 0 && IsReportable(item)) ? PollEvents.Readable : 0;

    public int Count => _items.Count;

    public EpollItem? Find(Descriptor descriptor, OpenDescription file) => _known.GetValueOrDefault((descriptor, file))?.Value;

    public void Add(EpollItem item)
    {
        _known.Add((item.Descriptor, item.File), _items.AddLast(item));
        item.File.AddWatcher(this);
        WokeForReading();
    }

    public void Remove(EpollItem item)
    {
        Drop(item);
        item.File.RemoveWatcher(this);
    }

    /// <summary>Removes the items of a closed file.</summary>
    public void Forget(OpenDescription file)
    {
        foreach (EpollItem item in _items.Where(item => item.File == file).ToArray()) Drop(item);    // one per descriptor
    }

    /// <summary>Resets an item, so that present events are reported again.</summary>
    public void Changed(EpollItem item)
    {
        item.IsFresh = true;    // EPOLL_CTL_MOD reports a state that holds already, also for edges
        WokeForReading();
    }

    /// <summary>Collects ready items; an edge-triggered item only if its edge has not been reported. Linux: ep_send_events.</summary>
    public int Collect(Span<(uint Events, ulong Data)> events)
    {
        foreach (EpollItem item in _items)
            if (!item.IsListed && ReadyOf(item) != 0 && IsReportable(item)) List(item);    // the place of a listed one stays
        int count = 0;
        for (int left = _ready.Count; left > 0 && count < events.Length; left--)
        {
            EpollItem item = _ready.Dequeue();
            item.IsListed = false;
            uint ready = item.IsGone ? 0 : ReadyOf(item);    // it may have changed since it was listed
            RecordState(item);
            if (ready == 0) continue;
            events[count++] = (ready, item.Data);
            if ((item.Events & OneShot) != 0) item.Events &= Modes;    // disabled, not removed: EPOLL_CTL_MOD arms it (epoll_ctl(2))
            else if (!IsEdge(item)) List(item);    // at the end, so that others come next (ep_send_events)
        }

        return count;
    }

    /// <summary>
    /// Returns true if watching it would make a cycle, or a chain of more than <see cref="NestsMax"/> watches: below it, this one, and
    /// above this file. Linux: ep_loop_check; upwards since 6.18 (ep_get_upwards_depth_proc).
    /// </summary>
    /// <remarks>O(epolls and watches around both): each is looked at once, as by Linux's loop_check_gen.</remarks>
    public bool WouldLoop(EpollFile added)
    {
        Dictionary<EpollFile, int> below = [], above = [];
        int nests = CountNests(added, below, static file => file._items.Select(static item => item.File))
            + 1 + CountNests(this, above, static file => file.Watchers);
        return below.ContainsKey(this) || nests > NestsMax;
    }

    /// <summary>Saves the watched items and the list of ready ones.</summary>
    public override void SaveRelations(RecordWriter writer, OpenFileNumbers files)
    {
        EpollItem[] items = [.. _items];
        writer.Write(items.Length);
        foreach (EpollItem item in items)
        {
            writer.Write(item.Descriptor.Number);
            writer.Write(files.NumberOf(item.File));
            writer.Write(item.Events);
            writer.Write(item.Data);
            writer.Write(item.IsFresh);
            writer.Write(item.SeenWakes.ToRead);
            writer.Write(item.SeenWakes.ToWrite);
            writer.Write(item.SeenReadiness);
        }

        EpollItem[] ready = [.. _ready.Where(static item => !item.IsGone)];
        writer.Write(ready.Length);
        foreach (EpollItem item in ready) writer.Write(Array.IndexOf(items, item));
    }

    public override void LoadRelations(RecordReader reader, OpenFileNumbers files)
    {
        EpollItem[] items = new EpollItem[reader.ReadCount()];
        for (int i = 0; i < items.Length; i++)
        {
            Descriptor descriptor = new(reader.ReadNumber());
            OpenDescription file = files.Read(reader);
            bool isWrong = Find(descriptor, file) is not null || (file is EpollFile nested && (nested == this || WouldLoop(nested)));
            if (isWrong) throw RecordReader.Damaged("an epoll watches what it cannot");
            items[i] = new(descriptor, file)
            {
                Events = reader.ReadWord(),
                Data = reader.ReadWideWord(),
                IsFresh = reader.ReadFlag(),
                SeenWakes = (reader.ReadWideNumber(), reader.ReadWideNumber()),
                SeenReadiness = reader.ReadNumber(),
            };
            _known.Add((descriptor, file), _items.AddLast(items[i]));
            file.AddWatcher(this);
        }

        int count = reader.ReadCount();
        for (int i = 0; i < count; i++)
        {
            EpollItem item = items[reader.ReadIndex(items.Length, "an item of an epoll")];
            if (item.IsListed) throw RecordReader.Damaged("an epoll has an item twice");
            List(item);
        }
    }

    protected override void Close()
    {
        foreach (EpollItem item in _items.ToArray()) Remove(item);
    }

    private void Drop(EpollItem item)
    {
        if (_known.Remove((item.Descriptor, item.File), out LinkedListNode<EpollItem>? node)) _items.Remove(node);
        item.IsGone = true;
    }

    private void List(EpollItem item)
    {
        item.IsListed = true;
        _ready.Enqueue(item);
    }

    /// <summary>The longest chain of watches from a file on, in one direction.</summary>
    private static int CountNests(EpollFile file, Dictionary<EpollFile, int> known, Func<EpollFile, IEnumerable<object>> neighbours)
    {
        if (known.TryGetValue(file, out int nests)) return nests;
        foreach (EpollFile next in neighbours(file).OfType<EpollFile>()) nests = Math.Max(nests, CountNests(next, known, neighbours) + 1);
        known.Add(file, nests);
        return nests;
    }

    private static bool IsEdge(EpollItem item) => (item.Events & EdgeTriggered) != 0;

    private static uint ReadyOf(EpollItem item)
    {
        if ((item.Events & ~Modes) == 0) return 0;    // disabled by EPOLLONESHOT: not even errors
        return (uint)item.File.Readiness & item.Events;
    }

    /// <summary>Edge-triggered items need an edge. Linux: ep_poll_callback.</summary>
    private static bool IsReportable(EpollItem item) => !IsEdge(item) || HasEdge(item);

    private static bool HasEdge(EpollItem item)
    {
        if (item.IsFresh) return true;
        (long toRead, long toWrite) = item.File.Wakes;
        bool wokeIn = (item.Events & In) != 0 && toRead != item.SeenWakes.ToRead, wokeOut = (item.Events & Out) != 0
            && toWrite != item.SeenWakes.ToWrite;
        return wokeIn || wokeOut || ((int)ReadyOf(item) & ~item.SeenReadiness) != 0;
    }

    /// <summary>Records the state from which the next edge is computed.</summary>
    private static void RecordState(EpollItem item) => (item.IsFresh, item.SeenWakes, item.SeenReadiness) =
        (false, item.File.Wakes, (int)ReadyOf(item));
}
