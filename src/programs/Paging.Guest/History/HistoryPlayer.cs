using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Tasks;
using Paging.Native;
using Paging.Processors;
using Paging.Processors.Emulation;

namespace Paging.Guest.History;

//   a moment ──► code runs on the processor ──► at an event: restores registers and bytes, makes no call ──► … ──► a position
/// <summary>Takes a program to its earlier states. Its kernel stays in the present.</summary>
/// <param name="processor">Executes it.</param>
/// <param name="log">Its history.</param>
/// <param name="task">The program.</param>
/// <param name="end">The position of the present: a call there has not ended yet.</param>
internal sealed class HistoryPlayer(GuestProcessor processor, HistoryLog log, GuestTask task, long end)
{
    private long _signalled = -1;    // the event of its last stop for a signal

    /// <summary>The program's position.</summary>
    public long Position { get; private set; }

    /// <summary>The number of the next event.</summary>
    public long NextEvent { get; private set; }

    /// <summary>Bytes of interest: after <see cref="PastStop.Changed"/> the kernel has changed some of them.</summary>
    public (VirtualAddress Start, uint ByteLength)[] Watched { get; set; } = [];

    /// <summary>True if they also count as changed when the kernel writes equal bytes.</summary>
    public bool SeesAllWrites { get; set; }

    /// <summary>The index of the first one that has changed.</summary>
    public int ChangedRange { get; private set; }

    /// <summary>The accessed address, after <see cref="PastStop.Watched"/>.</summary>
    public VirtualAddress Address { get; private set; }

    /// <summary>The event of the last stop.</summary>
    public HistoryEvent Event { get; private set; }

    /// <summary>True if the replay stops where a signal stopped the program.</summary>
    public bool StopsAtSignals { get; set; }

    /// <summary>True if breakpoints and watched pages stop the replay.</summary>
    public bool StopsForDebugger
    {
        set => (processor.Debug.IsPassing, processor.Debug.IsSteppingOver) = (!value, !value);
    }

    private UserProcess Core => task.Process.Memory.Core;

    /// <summary>Goes to a moment. Returns false, with nothing changed, if there is no memory for it.</summary>
    public bool TryRestore(HistoryMoment moment)
    {
        if (moment.Snapshot.Restore() != Errno.None) return false;
        processor.Switch(Core, moment.Context);    // the current context cannot be overwritten
        task.Context.CopyFrom(moment.Context);
        processor.Switch(Core, task.Context);
        (Position, NextEvent) = (moment.Position, moment.NextEvent);
        return true;
    }

    /// <summary>Goes forward to the first instruction at or after a position.</summary>
    public PastStop RunTo(long position)
    {
        while (true)
        {
            if (Position >= position) return PastStop.Arrived;
            bool hasNext = log.TryFind(NextEvent, out HistoryEvent next), isDue = hasNext && IsDue(next);
            if (isDue && StopsAtSignals && next.Signal != 0 && NextEvent != _signalled)
            {
                (Event, _signalled) = (next, NextEvent);
                return PastStop.Signal;
            }

            PastStop stop = isDue ? Apply(next) : Run(hasNext ? Math.Min(position, next.Position) : position);
            if (stop != PastStop.Arrived) return stop;
        }
    }

    /// <summary>Goes forward by one instruction, or one event between two instructions.</summary>
    public PastStop Step()
    {
        if (log.TryFind(NextEvent, out HistoryEvent next) && IsDue(next)) return Apply(next);
        long before = processor.Exact.Position;
        processor.Switch(Core, task.Context);
        ProcessorExit exit = processor.Exact.Step();
        Position += processor.Exact.Position - before;
        return exit is { Kind: ProcessorExitKind.Exception, Vector: ProcessorVector.Debug } ? PastStop.Arrived : StopOf(exit);
    }

    /// <summary>Returns true if the event comes before the next instruction.</summary>
    private bool IsDue(in HistoryEvent next) => !next.IsSystemCall && next.Position == Position;

    private PastStop Run(long until)
    {
        long before = processor.Exact.Position;
        processor.Switch(Core, task.Context);
        ProcessorExit exit = processor.Exact.RunTo(before + until - Position);
        Position += processor.Exact.Position - before;
        if (exit.Kind != ProcessorExitKind.Stopped) return StopOf(exit);
        if (Position < until) return PastStop.Asked;
        bool isMissed = log.TryFind(NextEvent, out HistoryEvent next) && next.IsSystemCall && Position >= next.Position;
        return isMissed ? PastStop.Diverged : PastStop.Arrived;
    }

    private PastStop StopOf(in ProcessorExit exit)
    {
        Address = exit.Address;
        bool hasNext = log.TryFind(NextEvent, out HistoryEvent next);
        bool isExpected = Position == (hasNext ? next.Position : end);
        return exit.Kind switch
        {
            ProcessorExitKind.Stopped => PastStop.Asked,
            ProcessorExitKind.Breakpoint => PastStop.Breakpoint,
            ProcessorExitKind.Watched => PastStop.Watched,
            ProcessorExitKind.OutOfMemory => PastStop.NoMemory,
            ProcessorExitKind.SystemCall when isExpected => next.IsSystemCall ? Apply(next) : PastStop.Arrived,
            ProcessorExitKind.Exception when isExpected && !next.IsSystemCall => PastStop.Arrived,    // int3
            _ => PastStop.Diverged,
        };
    }

    private PastStop Apply(in HistoryEvent happened)
    {
        if (HistoryEvent.CheckOf(task.Registers) != happened.Check) return PastStop.Diverged;
        byte[][] before = ReadWatched();
        if (happened.Outcome is { } moment)
        {
            if (!TryRestore(moment)) return PastStop.NoMemory;
        }
        else
        {
            task.Registers = happened.After;
            ReadOnlySpan<byte> writes = log.WritesOf(happened);
            while (KernelWrites.TryTake(ref writes, out VirtualAddress at, out ReadOnlySpan<byte> bytes))
                if (Core.Memory.Mmu.CopyIn(at, bytes, out _) != bytes.Length) return PastStop.NoMemory;
            (Position, NextEvent) = (Position + happened.Length, NextEvent + 1);
        }

        byte[][] after = ReadWatched();
        for (int i = 0; i < after.Length; i++)
        {
            if (after[i].AsSpan().SequenceEqual(before[i]) && !(SeesAllWrites && IsWritten(happened, Watched[i]))) continue;
            (Event, ChangedRange) = (happened, i);
            return PastStop.Changed;
        }

        return PastStop.Arrived;
    }

    private bool IsWritten(in HistoryEvent happened, (VirtualAddress Start, uint ByteLength) range)
    {
        ReadOnlySpan<byte> writes = log.WritesOf(happened);
        while (KernelWrites.TryTake(ref writes, out VirtualAddress at, out ReadOnlySpan<byte> bytes))
            if (range.Start.Value - at.Value < (uint)bytes.Length || at.Value - range.Start.Value < range.ByteLength) return true;
        return false;
    }

    private byte[][] ReadWatched()
    {
        byte[][] all = new byte[Watched.Length][];
        for (int i = 0; i < all.Length; i++)
        {
            all[i] = new byte[Watched[i].ByteLength];
            _ = Core.Memory.Mmu.CopyOut(Watched[i].Start, all[i], out _);
        }

        return all;
    }
}
