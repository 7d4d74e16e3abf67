using Paging.Guest.Abi;
using Paging.Guest.Records;

namespace Paging.Guest.Tasks;

/// <summary>
/// A process's own state as a record: everything but its memory, descriptors, signal actions, working directory and relatives.
/// </summary>
/// <remarks>Counters of page faults restart at 0.</remarks>
internal static class ProcessState
{
    private const int ExitSignalCount = 0x100;    // CSIGNAL

    public static void Save(GuestProcess process, RecordWriter writer)
    {
        writer.Begin(RecordKind.Process, 11);
        writer.Write(process.GroupId);
        writer.Write(process.SessionId);
        writer.Write(process.HasExecuted);
        writer.Write((uint)process.FileMask);
        process.Credentials.Save(writer);
        process.Limits.Save(writer);
        process.Pending.Save(writer);
        writer.Write(process.IsDumpable);
        writer.Write(process.CoreDumpFilter);
        writer.Write(process.Personality);
        writer.Write(process.OutOfMemoryAdjustment);
        writer.Write((uint)process.ParentDeathSignal);
        writer.Write((uint)process.ExitSignal);
        SaveTime(process, writer);
        writer.Write(process.IsStopped);
        writer.Write((uint)process.StopToReport);
        writer.Write(process.ContinueToReport);
        writer.Write(process.WaitStatus);
        writer.Write((long?)process.GroupExit);
        writer.Write(process.FinalPeakResident);
        writer.End();
    }

    /// <summary>Loads a new process, which already has its threads.</summary>
    public static void Load(GuestProcess process, RecordReader reader)
    {
        reader.Open(RecordKind.Process, 11);
        (process.GroupId, process.SessionId) = (reader.ReadNumber(), reader.ReadNumber());
        process.HasExecuted = reader.ReadFlag();
        process.FileMask = (FileModes)reader.ReadWord() & FileModes.Everything;
        process.Credentials = Credentials.Load(reader);
        process.Limits.Load(reader);
        process.Pending.Load(reader);
        process.IsDumpable = reader.ReadFlag();
        process.CoreDumpFilter = reader.ReadWord();
        process.Personality = reader.ReadWord();
        process.OutOfMemoryAdjustment = reader.ReadNumber();
        process.ParentDeathSignal = SignalNumbers.Load(reader);
        process.ExitSignal = (SignalNumber)reader.ReadIndex(ExitSignalCount, "an exit signal");
        LoadTime(process, reader);
        process.IsStopped = reader.ReadFlag();
        process.StopToReport = SignalNumbers.Load(reader);
        process.ContinueToReport = reader.ReadFlag();
        process.WaitStatus = reader.ReadNumber();
        process.GroupExit = (int?)reader.ReadOptional();
        process.FinalPeakResident = reader.ReadWideNumber();
        reader.Close();
    }

    private static void SaveTime(GuestProcess process, RecordWriter writer)
    {
        writer.Write(process.StartedAt);
        foreach (IntervalTimer timer in (ReadOnlySpan<IntervalTimer>)[process.RealTimer, process.VirtualTimer, process.ProfileTimer])
            timer.Save(writer);
        writer.Write(process.CountsTime);
        foreach (long time in (ReadOnlySpan<long>)[process.UserTime, process.SystemTime, process.ChildrenUserTime,
            process.ChildrenSystemTime, process.ChildrenMinorFaults, process.ChildrenMajorFaults, process.ChildrenPeakResident])
            writer.Write(time);
        writer.Write(process.SignalsSent);
        writer.Write(process.NextTimerNumber);
        writer.Write(process.Timers.Count);
        foreach ((int id, PosixTimer timer) in process.Timers)
        {
            writer.Write(id);
            timer.Save(writer);
        }
    }

    private static void LoadTime(GuestProcess process, RecordReader reader)
    {
        process.StartedAt = reader.ReadWideNumber();
        (process.RealTimer, process.VirtualTimer, process.ProfileTimer) =
            (IntervalTimer.Load(reader), IntervalTimer.Load(reader), IntervalTimer.Load(reader));
        process.CountsTime = reader.ReadFlag();
        (process.UserTime, process.SystemTime) = (reader.ReadWideNumber(), reader.ReadWideNumber());
        (process.ChildrenUserTime, process.ChildrenSystemTime) = (reader.ReadWideNumber(), reader.ReadWideNumber());
        (process.ChildrenMinorFaults, process.ChildrenMajorFaults) = (reader.ReadWideNumber(), reader.ReadWideNumber());
        process.ChildrenPeakResident = reader.ReadWideNumber();
        process.SignalsSent = reader.ReadWideNumber();
        process.NextTimerNumber = reader.ReadNumber() & int.MaxValue;
        int count = reader.ReadCount();
        for (int i = 0; i < count; i++)
        {
            int id = reader.ReadNumber();
            if (!process.Timers.TryAdd(id, PosixTimer.Load(reader, id, process.Threads))) throw RecordReader.Damaged("two timers are one");
        }
    }
}
