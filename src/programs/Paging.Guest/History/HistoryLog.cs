namespace Paging.Guest.History;

//   moment ──── event ── event ──── moment ── event ──────── … the present
//   ▲ the beginning; old moments are farther apart, as some are dropped when there are many
/// <summary>The history of one program: moments to go back to, and the kernel's changes between them.</summary>
internal sealed class HistoryLog
{
    private const int MomentCountMax = 2048, EventsOfBlock = 4096;    // about a minute of 30 ms each, before old ones thin out
    private const long ByteLengthMax = 512L << 20, EventByteLength = 128;    // of the host; an event with its registers is about 128 bytes

    private readonly List<HistoryMoment> _moments = [];
    private readonly List<HistoryEvent[]> _blocks = [];
    private readonly HistoryBytes _bytes = new();
    private long _firstEvent;    // the number of the first one in _blocks

    /// <summary>The moments in the order of their positions.</summary>
    public IReadOnlyList<HistoryMoment> Moments => _moments;

    /// <summary>The number of kept events.</summary>
    public long EventCount => NextEvent - (_moments.Count == 0 ? 0 : _moments[0].NextEvent);

    /// <summary>The number that the next event gets.</summary>
    public long NextEvent { get; private set; }

    /// <summary>The host's memory that events take, in bytes.</summary>
    public long ByteLength => _bytes.ByteLength + (_blocks.Count * EventsOfBlock * EventByteLength);

    /// <summary>True if old moments were dropped, so that the history begins later.</summary>
    public bool HasLostItsBeginning { get; private set; }

    /// <summary>Finds the event with a number. Returns false if it has not happened yet.</summary>
    public bool TryFind(long number, out HistoryEvent found)
    {
        bool isThere = number < NextEvent;
        found = isThere ? At(number) : default;
        return isThere;
    }

    /// <summary>The writes of an event, in the form of <see cref="Abi.KernelWrites"/>.</summary>
    public ReadOnlySpan<byte> WritesOf(in HistoryEvent happened) => _bytes[happened.Writes];

    /// <summary>Adds an event.</summary>
    /// <param name="happened">The latest one.</param>
    /// <param name="writes">Its writes, in the form of <see cref="Abi.KernelWrites"/>.</param>
    public void Add(in HistoryEvent happened, ReadOnlySpan<byte> writes)
    {
        if (NextEvent - _firstEvent == (long)_blocks.Count * EventsOfBlock) _blocks.Add(new HistoryEvent[EventsOfBlock]);
        ref HistoryEvent place = ref At(NextEvent);
        place = happened;
        place.Writes = _bytes.Add(writes);
        NextEvent++;
    }

    /// <summary>Adds a moment, and drops older ones if necessary.</summary>
    /// <param name="moment">The latest one.</param>
    /// <param name="isShortOfFrames">True if the engine has little memory left.</param>
    public void Add(HistoryMoment moment, bool isShortOfFrames)
    {
        if (moment.IsNeeded) At(NextEvent - 1).Outcome = moment;
        _moments.Add(moment);
        if (_moments.Count > MomentCountMax || isShortOfFrames) Thin();
        while (ByteLength > ByteLengthMax && _moments.Count > 2) DropOldest();
    }

    /// <summary>Returns the last moment before a position, or null.</summary>
    public HistoryMoment? FindBefore(long position)
    {
        int low = 0, high = _moments.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_moments[middle].Position < position) low = middle + 1;
            else high = middle;
        }

        return low == 0 ? null : _moments[low - 1];
    }

    /// <summary>Drops the older half to free memory. Returns false if there is only one moment.</summary>
    public bool TryDropHalf()
    {
        int count = _moments.Count / 2;
        while (_moments.Count > Math.Max(count, 1)) DropOldest();    // one has to stay to begin from
        return count > 0;
    }

    /// <summary>Drops everything.</summary>
    public void Clear()
    {
        for (int i = _moments.Count - 1; i >= 0; i--) _moments[i].Dispose();
        _moments.Clear();
        _blocks.Clear();
        _bytes.Clear();
        (_firstEvent, NextEvent, HasLostItsBeginning) = (0, 0, false);
    }

    private ref HistoryEvent At(long number)
    {
        (long block, long index) = Math.DivRem(number - _firstEvent, EventsOfBlock);
        return ref _blocks[(int)block][index];
    }

    /// <summary>Drops every second moment of the older half; if that is too little, the oldest ones.</summary>
    private void Thin()
    {
        int before = _moments.Count, half = before / 2;
        List<HistoryMoment> kept = [];
        bool goes = true;    // the first one stays
        for (int i = 0; i < before; i++)
        {
            goes = !goes && i < half && !_moments[i].IsNeeded;
            if (goes) _moments[i].Dispose();
            else kept.Add(_moments[i]);
        }

        _moments.Clear();
        _moments.AddRange(kept);
        for (int count = before - (half / 4); _moments.Count > Math.Max(count, 2);) DropOldest();
    }

    private void DropOldest()
    {
        _moments[0].Dispose();
        _moments.RemoveAt(0);
        HasLostItsBeginning = true;
        long first = _moments[0].NextEvent;
        if (first < NextEvent) _bytes.DropBefore(At(first).Writes);
        for (; first - _firstEvent >= EventsOfBlock; _firstEvent += EventsOfBlock) _blocks.RemoveAt(0);
    }
}
