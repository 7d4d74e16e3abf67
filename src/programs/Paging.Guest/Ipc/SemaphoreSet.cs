using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Records;
using Paging.Guest.Tasks;

namespace Paging.Guest.Ipc;

/// <summary>struct sembuf.</summary>
internal readonly record struct SemaphoreOperation(ushort Number, short Amount, SemaphoreFlags Flags)
{
    public bool MayNotWait => (Flags & SemaphoreFlags.NoWait) != 0;

    public bool Undoes => (Flags & SemaphoreFlags.Undo) != 0;
}

/// <summary>Some semaphores that change together or not at all. Linux: struct sem_array, ipc/sem.c.</summary>
internal sealed class SemaphoreSet : IpcObject
{
    /// <summary>struct semid64_ds of x86.</summary>
    public const int StatusByteLength = 64;

    public const int ValueMax = 32767;

    private readonly ushort[] _values;
    private readonly int[] _lastIds;
    private readonly Dictionary<UndoList, short[]> _undo = [];
    private readonly List<(GuestTask Task, SemaphoreWait Wait)> _waiting = [];

    public SemaphoreSet(int count, Credentials maker, FileModes rights, long now) : base(maker, rights, now) =>
        (_values, _lastIds) = (new ushort[count], new int[count]);

    /// <summary>One that was saved. The processes are there.</summary>
    public SemaphoreSet(RecordReader reader, TaskTable tasks) : base(reader)
    {
        OperatedAt = reader.ReadWideNumber();
        _values = new ushort[reader.ReadCount()];
        _lastIds = new int[_values.Length];
        for (int i = 0; i < _values.Length; i++)
            (_values[i], _lastIds[i]) = ((ushort)reader.ReadIndex(ValueMax + 1, "a semaphore"), reader.ReadNumber());
        int count = reader.ReadCount();
        for (int i = 0; i < count; i++)
        {
            short[] adjustments = new short[_values.Length];
            int maker = reader.ReadNumber();
            UndoList? list = tasks.All.FirstOrDefault(process => process.Undos?.MakerId == maker)?.Undos;
            for (int number = 0; number < adjustments.Length; number++) adjustments[number] = (short)reader.ReadNumber();
            if (list is null || !_undo.TryAdd(list, adjustments)) throw RecordReader.Damaged("nobody undoes a semaphore");
        }
    }

    public void Save(RecordWriter writer)
    {
        SaveCommon(writer);
        writer.Write(OperatedAt);
        writer.Write(_values.Length);
        for (int i = 0; i < _values.Length; i++)
        {
            writer.Write((uint)_values[i]);
            writer.Write(_lastIds[i]);
        }

        writer.Write(_undo.Count);
        foreach ((UndoList list, short[] adjustments) in _undo.OrderBy(static one => one.Key.MakerId))
        {
            writer.Write(list.MakerId);
            foreach (short adjustment in adjustments) writer.Write((int)adjustment);
        }
    }

    public int Count => _values.Length;

    /// <summary>When an operation last went through; seconds since 1970.</summary>
    public long OperatedAt { get; set; }

    protected override uint[] StatusWords => [(uint)OperatedAt, 0, (uint)ChangedAt, 0, (uint)Count];

    public int ValueOf(int number) => _values[number];

    public int LastIdOf(int number) => _lastIds[number];

    /// <summary>Sets a value; what processes would undo of it is forgotten.</summary>
    public void SetValue(int number, int value, int id)
    {
        (_values[number], _lastIds[number]) = ((ushort)value, id);
        foreach (short[] adjustments in _undo.Values) adjustments[number] = 0;
    }

    /// <summary>All of the operations, or none. EAGAIN with who is in the way; ERANGE. Linux: perform_atomic_semop_slow.</summary>
    public Errno Perform(GuestProcess process, ReadOnlySpan<SemaphoreOperation> operations, out SemaphoreOperation blocking)
    {
        blocking = default;
        int[] values = Array.ConvertAll(_values, static value => (int)value);
        short[] adjustments = process.Undos is { } list && _undo.TryGetValue(list, out short[]? known) ? (short[])known.Clone()
            : new short[Count];
        bool undoes = false;
        foreach (SemaphoreOperation operation in operations)
        {
            int value = values[operation.Number] + operation.Amount;
            if ((operation.Amount == 0 && value != 0) || value < 0)
            {
                blocking = operation;
                return Errno.EAGAIN;
            }

            if (value > ValueMax) return Errno.ERANGE;
            if (operation.Undoes)
            {
                int undo = adjustments[operation.Number] - operation.Amount;
                if (undo is < -ValueMax - 1 or > ValueMax) return Errno.ERANGE;
                adjustments[operation.Number] = (short)undo;
                undoes = true;
            }

            values[operation.Number] = value;
        }

        foreach (SemaphoreOperation operation in operations)
        {
            _values[operation.Number] = (ushort)values[operation.Number];
            _lastIds[operation.Number] = process.Id;
        }

        if (undoes) _undo[process.Undos ??= new(process.Id)] = adjustments;
        return Errno.None;
    }

    /// <summary>
    /// The last process of a list ends: what was to be undone is, within the range of values. True: something changed. Linux: exit_sem.
    /// </summary>
    public bool Undo(UndoList list, GuestProcess process)
    {
        if (!_undo.Remove(list, out short[]? adjustments)) return false;
        for (int i = 0; i < Count; i++)
        {
            if (adjustments[i] == 0) continue;
            _values[i] = (ushort)Math.Clamp(_values[i] + adjustments[i], 0, ValueMax);
            _lastIds[i] = process.Id;
        }

        return true;
    }

    public void NoteWaiter(GuestTask task, SemaphoreWait wait)
    {
        ForgetOldWaiters();
        if (!_waiting.Contains((task, wait))) _waiting.Add((task, wait));
    }

    /// <summary>Who waits for a semaphore to become zero, or to grow. Linux: count_semcnt.</summary>
    public int WaiterCount(int number, bool forZero)
    {
        ForgetOldWaiters();
        return _waiting.Count(one => one.Wait.Blocking.Number == number && (one.Wait.Blocking.Amount == 0) == forZero);
    }

    private void ForgetOldWaiters() => _waiting.RemoveAll(static one => one.Task.IsDead || one.Task.Call.Awaited != one.Wait);
}

/// <summary>A task that waits in semop.</summary>
internal sealed class SemaphoreWait(SemaphoreSet set) : IAwaited
{
    public SemaphoreSet Set => set;

    /// <summary>The operation that cannot be done yet.</summary>
    public SemaphoreOperation Blocking { get; set; }
}
