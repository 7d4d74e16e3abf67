using Paging.Guest.Abi;
using Paging.Guest.Records;
using Paging.Guest.Vfs;
using Paging.Processors;

namespace Paging.Guest.Tasks;

/// <summary>A thread's state as a record: everything but its numbers, its waits, and its links to other threads.</summary>
internal static class TaskState
{
    public static void Save(GuestTask task, RecordWriter writer, OpenFileNumbers files)
    {
        writer.Begin(RecordKind.Task, 14);
        writer.Write(task.Name);
        writer.Write(task.UserTime);
        writer.Write(task.SystemTime);
        ContextState.Save(task.Context, writer);
        SaveCall(task, writer, files);
        writer.Write(task.IsVforking);
        writer.Write(task.FirstTls is not null);
        if (task.FirstTls is (int entry, TlsDescriptor segment))
        {
            writer.Write(entry);
            writer.Write(segment.Base.Value);
            writer.Write(segment.Limit);
            writer.Write((uint)segment.Flags);
        }

        writer.Write(task.BlockedSignals.Bits);
        writer.Write((long?)task.MaskToRestore?.Bits);
        task.Pending.Save(writer);
        writer.Write(task.AlternateStack.Start.Value);
        writer.Write(task.AlternateStack.ByteLength);
        writer.Write(task.AlternateStack.Flags);
        writer.Write(task.LastFault.Trap);
        writer.Write(task.LastFault.Error);
        writer.Write(task.LastFault.Address);
        writer.Write(task.Scheduling.Policy);
        writer.Write(task.Scheduling.Priority);
        task.Scheduling.DeadlineTimes.Save(writer);
        writer.Write(task.Scheduling.ResetsOnFork);
        writer.Write(task.Scheduling.Nice);
        writer.Write(task.ClearChildId.Value);
        writer.Write(task.RobustList.Value);
        writer.End();
    }

    /// <summary>Loads a new thread. A waiting call is made again at its first slice.</summary>
    public static void Load(GuestTask task, RecordReader reader, OpenFileNumbers files)
    {
        reader.Open(RecordKind.Task, 14);
        task.Name = reader.ReadText();
        (task.UserTime, task.SystemTime) = (reader.ReadWideNumber(), reader.ReadWideNumber());
        ContextState.Load(task.Context, reader);
        LoadCall(task, reader, files);
        task.IsVforking = reader.ReadFlag();
        if (reader.ReadFlag())
        {
            if (!task.Context.TryTranslateTlsEntry(reader.ReadNumber(), out int entry))
                throw RecordReader.Damaged("a segment has another number");
            TlsDescriptor segment = new(new(reader.ReadWord()), reader.ReadWord(), (TlsFlags)reader.ReadWord());
            task.Context.SetTls(entry, segment);    // nothing is loaded yet
        }

        task.BlockedSignals = new SignalSet(reader.ReadWideWord()).Blockable;    // never SIGKILL, whatever the file says
        task.MaskToRestore = reader.ReadOptional() is { } mask ? new SignalSet((ulong)mask).Blockable : null;
        task.Pending.Load(reader);
        task.AlternateStack = new(new(reader.ReadWord()), reader.ReadWord(), reader.ReadWord());
        task.LastFault = (reader.ReadWord(), reader.ReadWord(), reader.ReadWord());
        task.Scheduling.Class = (reader.ReadNumber(), reader.ReadNumber());
        (task.Scheduling.DeadlineTimes, task.Scheduling.ResetsOnFork) = (DeadlineTimes.Load(reader), reader.ReadFlag());
        task.Scheduling.Nice = Math.Clamp(reader.ReadNumber(), -20, 19);
        (task.ClearChildId, task.RobustList) = (new(reader.ReadWord()), new(reader.ReadWord()));
        reader.Close();
    }

    private static void SaveCall(GuestTask task, RecordWriter writer, OpenFileNumbers files)
    {
        writer.Write(task.IsBlocked);
        writer.Write(task.Call.Number);
        CallArguments call = task.Call.Arguments;
        foreach (CallWord word in (ReadOnlySpan<CallWord>)[call.A, call.B, call.C, call.D, call.E, call.F]) writer.Write(word.Word);
        writer.Write(task.Call.Deadline);
        writer.Write(task.Call.Done);
        writer.Write(task.Call.MessageCount);
        writer.Write(task.Call.MessagesEnd);
        task.Call.Interrupted.Save(writer);
        Save(writer, task.Call.Held);
        Save(writer, task.Call.Returned);
        writer.Write(task.Call.Rest is not null);
        task.Call.Rest?.Save(writer);
        writer.Write(task.Call.HeldFiles.Length);
        foreach (HeldFile held in task.Call.HeldFiles)
        {
            writer.Write(files.NumberOf(held.File));
            writer.Write(held.Number.Number);
        }

        bool keeps = task.Call.Kept is { } kept && files.Contains(kept.From);    // otherwise no task can read them any more
        writer.Write(keeps);
        if (!keeps) return;
        writer.Write(files.NumberOf(task.Call.Kept!.Value.From));
        writer.WriteBytes(task.Call.Kept.Value.Bytes);
    }

    private static void LoadCall(GuestTask task, RecordReader reader, OpenFileNumbers files)
    {
        task.IsBlocked = reader.ReadFlag();
        task.Call.Number = reader.ReadWord();
        task.Call.Arguments =
            new(reader.ReadWord(), reader.ReadWord(), reader.ReadWord(), reader.ReadWord(), reader.ReadWord(), reader.ReadWord());
        task.Call.Deadline = reader.ReadOptional();
        task.Call.Done = reader.ReadNumber();
        (task.Call.MessageCount, task.Call.MessagesEnd) = (reader.ReadNumber(), reader.ReadOptional());
        task.Call.Interrupted = CallResult.Load(reader);
        task.Call.Held = LoadResult(reader);
        task.Call.Returned = LoadResult(reader);
        task.Call.Rest = reader.ReadFlag() ? RestOfCall.Load(reader) : null;
        HeldFile[] held = new HeldFile[reader.ReadCount()];
        for (int i = 0; i < held.Length; i++)
        {
            OpenDescription file = files.Read(reader);
            held[i] = new(new(reader.ReadNumber()), file);
        }

        task.Call.HoldFiles(held);
        if (reader.ReadFlag()) task.Call.Kept = (files.Read(reader), reader.ReadBytes().ToArray());
        task.SeenWakeUps = -1;    // it looks again first
        if (task.Call.Done < 0 || task.Call.MessageCount < 0) throw RecordReader.Damaged("a call has done less than nothing");
    }

    private static void Save(RecordWriter writer, CallResult? result)
    {
        writer.Write(result is not null);
        result?.Save(writer);
    }

    private static CallResult? LoadResult(RecordReader reader) => reader.ReadFlag() ? CallResult.Load(reader) : null;
}
