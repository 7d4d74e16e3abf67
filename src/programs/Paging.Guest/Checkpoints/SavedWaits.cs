using Paging.Guest.Records;
using Paging.Guest.Syscalls;
using Paging.Guest.Tasks;
using Paging.Guest.Vfs;

namespace Paging.Guest.Checkpoints;

/// <summary>
/// The waits that a repeated call would not find: files that are already open, and locks that are handed over.
/// </summary>
internal static class SavedWaits
{
    private const uint None = 0, Fifo = 1;

    public static void Save(TaskTable tasks, RecordWriter writer, OpenFileNumbers files)
    {
        writer.Begin(RecordKind.Waits, 6);
        foreach (GuestTask task in tasks.Tasks) Save(task, writer, files);
        writer.End();
    }

    /// <summary>Loads the waits, after tasks, files and objects.</summary>
    public static void Load(TaskTable tasks, RecordReader reader, OpenFileNumbers files)
    {
        reader.Open(RecordKind.Waits, 6);
        foreach (GuestTask task in tasks.Tasks)
        {
            IAwaited? awaited = Load(reader, files);
            if (awaited is not null && task.Call.Awaited is not null) throw RecordReader.Damaged("a task waits for two things");
            task.Call.Awaited ??= awaited;
        }

        reader.Close();
    }

    private static void Save(GuestTask task, RecordWriter writer, OpenFileNumbers files)
    {
        switch (task.Call.Awaited)
        {
            case FifoOpening opening:
                writer.Write(Fifo);
                writer.Write(files.NumberOf(opening.End));
                break;
            default:    // file locks are requested again; futex waiters are saved with the futexes
                writer.Write(None);
                break;
        }
    }

    private static FifoOpening? Load(RecordReader reader, OpenFileNumbers files)
    {
        switch (reader.ReadWord())
        {
            case None: return null;
            case Fifo: return LoadFifo(files.Read(reader));
            default: throw RecordReader.Damaged("a task waits for nothing that is known");
        }
    }

    private static FifoOpening LoadFifo(OpenDescription file)
    {
        if (file is not PipeEnd { Node: not null } end) throw RecordReader.Damaged("a task opens what is no FIFO");
        end.Hold();
        return new(end);
    }
}
