using Paging.Guest.Records;

namespace Paging.Guest.Abi;

/// <summary>
/// Pending signals: at most one of each of the first 31, any number of real-time ones, and one for each timer.
/// Linux: struct sigpending.
/// </summary>
internal sealed class SignalQueue
{
    private readonly List<SignalInfo> _waiting = [];

    public SignalSet Set { get; private set; }

    public int Count => _waiting.Count;

    public void Add(in SignalInfo info)
    {
        if (info.Signal < SignalNumber.FirstRealTime && Set.Contains(info.Signal) && !info.IsOfTimer) return;    // Linux: legacy_queue
        _waiting.Add(info);
        Set = Set.With(info.Signal);
    }

    /// <summary>Returns true if the signal of a timer is pending.</summary>
    public bool HoldsTimer(int number) => _waiting.Exists(info => info.IsOfTimer && info.First == (uint)number);

    /// <summary>Takes the next signal that is not blocked: synchronous ones first, then by number.</summary>
    public bool TryTake(SignalSet blocked, out SignalInfo info)
    {
        int best = -1;
        for (int i = 0; i < _waiting.Count; i++)
        {
            if (blocked.Contains(_waiting[i].Signal)) continue;
            if (best < 0 || Rank(_waiting[i].Signal) < Rank(_waiting[best].Signal)) best = i;
        }

        info = best < 0 ? default : _waiting[best];
        if (best >= 0) RemoveAt(best);
        return best >= 0;
    }

    public void Discard(SignalNumber signal)
    {
        _waiting.RemoveAll(info => info.Signal == signal);
        Set = Set.Without(signal);
    }

    public void Save(RecordWriter writer)
    {
        writer.Begin(RecordKind.SignalQueue, 6);
        writer.Write(_waiting.Count);
        foreach (SignalInfo info in _waiting)
        {
            writer.Write((uint)info.Signal);
            writer.Write(info.Code);
            writer.Write(info.First);
            writer.Write(info.Second);
            writer.Write(info.Third);
            writer.Write(info.IsOfTimer);
        }

        writer.End();
    }

    /// <summary>Fills an empty queue.</summary>
    public void Load(RecordReader reader)
    {
        reader.Open(RecordKind.SignalQueue, 6);
        int count = reader.ReadCount();
        for (int i = 0; i < count; i++)
        {
            SignalNumber signal = SignalNumbers.Load(reader);
            if (!signal.IsSignal()) throw RecordReader.Damaged("a signal that waits is none");
            Add(new(signal, reader.ReadNumber(), reader.ReadWord(), reader.ReadWord(), reader.ReadWord())
            {
                IsOfTimer = reader.ReadFlag(),
            });
        }

        reader.Close();
    }

    private void RemoveAt(int index)
    {
        SignalNumber signal = _waiting[index].Signal;
        _waiting.RemoveAt(index);
        if (!_waiting.Exists(info => info.Signal == signal)) Set = Set.Without(signal);    // real-time ones may be queued twice
    }

    // 100: more than the highest number, so that faults come first (next_signal)
    private static int Rank(SignalNumber signal) => signal.IsSynchronous() ? (int)signal - 100 : (int)signal;
}
