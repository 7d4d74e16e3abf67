using Paging.Guest.Abi;
using Paging.Guest.Processor;
using Paging.Guest.Records;
using Paging.Guest.Vfs;

namespace Paging.Guest.Tasks;

// What a checkpoint has of a thread.
internal sealed partial class GuestTask
{
    /// <summary>Everything but its numbers, what it waits for in <see cref="Awaited"/>, and its links to other threads.</summary>
    public void Save(RecordWriter writer, OpenFileNumbers files)
    {
        writer.Begin(RecordKind.Task, 6);
        writer.Write(Name);
        writer.Write(UserTime);
        writer.Write(SystemTime);
        Context.Save(writer);
        SaveCall(writer, files);
        writer.Write(IsVforking);
        writer.Write(FirstTls is not null);
        if (FirstTls is (int entry, TlsDescriptor segment))
        {
            writer.Write(entry);
            writer.Write(segment.Base.Value);
            writer.Write(segment.Limit);
            writer.Write((uint)segment.Flags);
        }

        writer.Write(BlockedSignals.Bits);
        writer.Write((long?)MaskToRestore?.Bits);
        Pending.Save(writer);
        writer.Write(AlternateStack.Start.Value);
        writer.Write(AlternateStack.ByteLength);
        writer.Write(AlternateStack.Flags);
        writer.Write(LastFault.Trap);
        writer.Write(LastFault.Error);
        writer.Write(LastFault.Address);
        writer.Write(Scheduling.Policy);
        writer.Write(Scheduling.Priority);
        DeadlineTimes.Save(writer);
        writer.Write(ResetsOnFork);
        writer.Write(Nice);
        writer.Write(_ownCredentials is not null);
        _ownCredentials?.Save(writer);
        writer.Write(InputOutputPriority);
        writer.Write(TimerSlack);
        writer.Write(DefaultTimerSlack);
        writer.Write(ClearChildId.Value);
        writer.Write(RobustList.Value);
        writer.End();
    }

    /// <summary>Fills a new thread. A call that it waits in is tried again as soon as it has a turn.</summary>
    public void Load(RecordReader reader, OpenFileNumbers files)
    {
        reader.Open(RecordKind.Task, 6);
        Name = reader.ReadText();
        (UserTime, SystemTime) = (reader.ReadWideNumber(), reader.ReadWideNumber());
        Context.Load(reader);
        LoadCall(reader, files);
        IsVforking = reader.ReadFlag();
        if (reader.ReadFlag())
        {
            int entry = Context.TranslateTlsEntry(reader.ReadNumber());
            if (entry < 0) throw RecordReader.Damaged("a segment has another number");
            Context.SetTls(entry, new(new(reader.ReadWord()), reader.ReadWord(), (TlsFlags)reader.ReadWord()));    // nothing is loaded yet
        }

        BlockedSignals = new SignalSet(reader.ReadWideWord()).Blockable;
        MaskToRestore = reader.ReadOptional() is { } mask ? new SignalSet((ulong)mask).Blockable : null;
        Pending.Load(reader);
        AlternateStack = new(new(reader.ReadWord()), reader.ReadWord(), reader.ReadWord());
        LastFault = (reader.ReadWord(), reader.ReadWord(), reader.ReadWord());
        Scheduling = (reader.ReadNumber(), reader.ReadNumber());
        (DeadlineTimes, ResetsOnFork) = (DeadlineTimes.Load(reader), reader.ReadFlag());
        Nice = Math.Clamp(reader.ReadNumber(), -20, 19);
        if (reader.ReadFlag()) _ownCredentials = Credentials.Load(reader);
        (InputOutputPriority, TimerSlack, DefaultTimerSlack) = (reader.ReadNumber(), reader.ReadWord(), reader.ReadWord());
        (ClearChildId, RobustList) = (new(reader.ReadWord()), new(reader.ReadWord()));
        reader.Close();
    }

    private void SaveCall(RecordWriter writer, OpenFileNumbers files)
    {
        writer.Write(IsBlocked);
        writer.Write(CallNumber);
        foreach (CallWord word in (ReadOnlySpan<CallWord>)[Call.A, Call.B, Call.C, Call.D, Call.E, Call.F]) writer.Write(word.Word);
        writer.Write(Deadline);
        writer.Write(Done);
        Interrupted.Save(writer);
        Save(writer, Held);
        Save(writer, CallReturned);
        writer.Write(Rest is not null);
        Rest?.Save(writer);
        writer.Write(HeldFiles.Length);
        foreach (HeldFile held in HeldFiles)
        {
            writer.Write(files.NumberOf(held.File));
            writer.Write(held.Number.Number);
        }

        bool keeps = Kept is { } kept && files.Contains(kept.From);    // nobody else can read them any more
        writer.Write(keeps);
        if (!keeps) return;
        writer.Write(files.NumberOf(Kept!.Value.From));
        writer.WriteBytes(Kept.Value.Bytes);
    }

    private void LoadCall(RecordReader reader, OpenFileNumbers files)
    {
        IsBlocked = reader.ReadFlag();
        CallNumber = reader.ReadWord();
        Call = new(reader.ReadWord(), reader.ReadWord(), reader.ReadWord(), reader.ReadWord(), reader.ReadWord(), reader.ReadWord());
        Deadline = reader.ReadOptional();
        Done = reader.ReadNumber();
        Interrupted = CallResult.Load(reader);
        Held = LoadResult(reader);
        CallReturned = LoadResult(reader);
        Rest = reader.ReadFlag() ? RestOfCall.Load(reader) : null;
        HeldFile[] held = new HeldFile[reader.ReadCount()];
        for (int i = 0; i < held.Length; i++)
        {
            OpenDescription file = files.Read(reader);
            held[i] = new(new(reader.ReadNumber()), file);
        }

        HoldFiles(held);
        if (reader.ReadFlag()) Kept = (files.Read(reader), reader.ReadBytes().ToArray());
        SeenHappenings = -1;
        if (Done < 0) throw RecordReader.Damaged("a call has done less than nothing");
    }

    private static void Save(RecordWriter writer, CallResult? result)
    {
        writer.Write(result is not null);
        result?.Save(writer);
    }

    private static CallResult? LoadResult(RecordReader reader) => reader.ReadFlag() ? CallResult.Load(reader) : null;
}
