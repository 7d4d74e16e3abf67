using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Machine;
using Paging.Guest.Records;
using Paging.Guest.Vfs;

namespace Paging.Guest.Events;

/// <summary>One descriptor that an epoll watches. Linux: struct epitem.</summary>
internal sealed class EpollItem(Descriptor descriptor, OpenDescription file)
{
    public Descriptor Descriptor => descriptor;

    public OpenDescription File => file;

    /// <summary>EPOLL* that it asks for, with its modes; none: disabled until it is set again (EPOLLONESHOT).</summary>
    public uint Events { get; set; }

    /// <summary>It is watched no more.</summary>
    public bool IsGone { get; set; }

    public ulong Data { get; set; }

    // What the last look saw: edges are told from it.

    public bool IsFresh { get; set; }

    /// <summary>It stands in the list of those that are to be told.</summary>
    public bool IsListed { get; set; }

    public (long ToRead, long ToWrite) SeenWakes { get; set; }

    public int SeenReadiness { get; set; }
}

/// <summary>epoll(7): descriptors with what is waited for, and which of them have it. Linux: fs/eventpoll.c.</summary>
/// <remarks>
/// Nobody calls back when a file wakes: a wait asks each item that is not listed yet. Those told by level go to the end of the list, so
/// that no busy one
/// hides the others. An edge is a wake that came since the last look, of the side that is waited for, and events that are new since then.
/// Cost: O(items).
/// </remarks>
internal sealed class EpollFile(GuestClock clock, Happenings happenings, FileFlags flags)
    : AnonymousFile(clock, happenings, "eventpoll", flags | FileFlags.ReadWrite), IFileWatcher
{
    public const uint EdgeTriggered = 1u << 31, OneShot = 1 << 30, WakeUp = 1 << 29, Alone = 1 << 28, Modes = EdgeTriggered | OneShot
        | WakeUp | Alone;

    private const uint In = PollEvents.In | PollEvents.Priority | PollEvents.ReadNormal | PollEvents.ReadBand | PollEvents.ReadHangUp,
        Out = PollEvents.Out | PollEvents.WriteNormal | PollEvents.WriteBand,
        Always = PollEvents.Error | PollEvents.HangUp;

    private const int DepthMax = 5;

    private readonly LinkedList<EpollItem> _items = new();
    private readonly Dictionary<(Descriptor Descriptor, OpenDescription File), LinkedListNode<EpollItem>> _known = [];
    private readonly Queue<EpollItem> _ready = new();

    public IEnumerable<EpollItem> Items => _items;

    /// <summary>It is itself ready when something in it is.</summary>
    public override int Readiness => _items.Any(static item => ReadyOf(item) != 0 && (!IsEdge(item) || HasEdge(item))) ? PollEvents.In : 0;

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

    /// <summary>A file has closed, whatever its numbers were.</summary>
    public void Forget(OpenDescription file)
    {
        foreach (EpollItem item in _items.Where(item => item.File == file).ToArray()) Drop(item);
    }

    /// <summary>Set again: what is there is news.</summary>
    public void Changed(EpollItem item)
    {
        item.IsFresh = true;
        WokeForReading();
    }

    /// <summary>What is ready, and has not been told where only edges are. Linux: ep_send_events.</summary>
    public int Collect(Span<(uint Events, ulong Data)> told)
    {
        ListNews();
        int count = 0;
        for (int left = _ready.Count; left > 0 && count < told.Length; left--)
        {
            EpollItem item = _ready.Dequeue();
            item.IsListed = false;
            uint ready = item.IsGone ? 0 : ReadyOf(item);
            Look(item);
            if (ready == 0) continue;
            told[count++] = (ready, item.Data);
            if ((item.Events & OneShot) != 0) item.Events &= Modes;
            else if (!IsEdge(item)) List(item);
        }

        return count;
    }

    /// <summary>True: watching it would go in a circle, or too deep. Linux: ep_loop_check.</summary>
    public bool WouldLoop(EpollFile added) => added.Reaches(this, 0) || DepthOf(added) >= DepthMax;

    /// <summary>Writes down what it watches, and what of that is to be told first.</summary>
    public void Save(RecordWriter writer, OpenFileNumbers files)
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

    /// <summary>Fills a new one. The files are there.</summary>
    public void Load(RecordReader reader, OpenFileNumbers files)
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
            if (item.IsListed) throw RecordReader.Damaged("an epoll tells something twice");
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

    private void ListNews()
    {
        foreach (EpollItem item in _items)
        {
            if (!item.IsListed && ReadyOf(item) != 0 && (!IsEdge(item) || HasEdge(item))) List(item);
        }
    }

    private void List(EpollItem item)
    {
        item.IsListed = true;
        _ready.Enqueue(item);
    }

    private bool Reaches(EpollFile target, int depth) =>
        this == target || (depth <= DepthMax && _items.Any(item => item.File is EpollFile nested && nested.Reaches(target, depth + 1)));

    private static int DepthOf(EpollFile file) => 1 + file._items.Select(static item => item.File is EpollFile nested ? DepthOf(nested) : 0)
        .DefaultIfEmpty(0).Max();

    private static bool IsEdge(EpollItem item) => (item.Events & EdgeTriggered) != 0;

    private static uint ReadyOf(EpollItem item)
    {
        if ((item.Events & ~Modes) == 0) return 0;
        return (uint)PollEvents.WithNormal(item.File.Readiness) & (item.Events | Always);
    }

    private static bool HasEdge(EpollItem item)
    {
        if (item.IsFresh) return true;
        (long toRead, long toWrite) = item.File.Wakes;
        bool wokeIn = (item.Events & In) != 0 && toRead != item.SeenWakes.ToRead, wokeOut = (item.Events & Out) != 0
            && toWrite != item.SeenWakes.ToWrite;
        return wokeIn || wokeOut || ((int)ReadyOf(item) & ~item.SeenReadiness) != 0;
    }

    private static void Look(EpollItem item) => (item.IsFresh, item.SeenWakes, item.SeenReadiness) =
        (false, item.File.Wakes, (int)ReadyOf(item));
}
