using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Ipc;
using Paging.Guest.Processes;
using Paging.Guest.Records;
using Paging.Guest.Syscalls;
using Paging.Guest.Tasks;
using Paging.Guest.Vfs;
using Paging.Guest.Vfs.Tree;

namespace Paging.Guest.Checkpoints;

/// <summary>
/// What tasks wait for where a call that is made again would not find it: a file that is open already, a place among the
/// waiters that others count, an object that was removed meanwhile, and locks that are handed on.
/// </summary>
internal static class SavedWaits
{
    private const uint None = 0, Fifo = 1, Semaphores = 2, Messages = 3;

    public static void Save(TaskTable tasks, RecordWriter writer, OpenFileNumbers files)
    {
        writer.Begin(RecordKind.Waits, 5);
        foreach (GuestTask task in tasks.Tasks) Save(task, writer, files);
        writer.End();
    }

    /// <summary>Tasks, files and objects are there.</summary>
    public static void Load(TaskTable tasks, SystemVIpc systemV, RecordReader reader, OpenFileNumbers files)
    {
        reader.Open(RecordKind.Waits, 5);
        foreach (GuestTask task in tasks.Tasks)
        {
            IAwaited? awaited = Load(task, systemV, reader, files);
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
            case SemaphoreWait wait:
                writer.Write(Semaphores);
                writer.Write(wait.Set.IsRemoved ? -1 : wait.Set.Id);
                writer.Write((uint)wait.Blocking.Number);
                writer.Write((int)wait.Blocking.Amount);
                writer.Write((uint)wait.Blocking.Flags);
                break;
            case MessageQueue queue:
                writer.Write(Messages);
                writer.Write(queue.IsRemoved ? -1 : queue.Id);
                break;
            default:    // a lock of a file is asked for again; sleepers on futexes are with the futexes
                writer.Write(None);
                break;
        }
    }

    private static IAwaited? Load(GuestTask task, SystemVIpc systemV, RecordReader reader, OpenFileNumbers files)
    {
        switch (reader.ReadWord())
        {
            case None: return null;
            case Fifo: return LoadFifo(files.Read(reader));
            case Semaphores: return LoadSemaphores(task, systemV, reader);
            case Messages: return LoadMessages(systemV, reader.ReadNumber());
            default: throw RecordReader.Damaged("a task waits for nothing that is known");
        }
    }

    private static FifoOpening LoadFifo(OpenDescription file)
    {
        if (file is not PipeEnd { Node: not null } end) throw RecordReader.Damaged("a task opens what is no FIFO");
        end.Hold();
        return new(end);
    }

    private static SemaphoreWait LoadSemaphores(GuestTask task, SystemVIpc systemV, RecordReader reader)
    {
        int id = reader.ReadNumber();
        SemaphoreOperation blocking = new((ushort)reader.ReadWord(), (short)reader.ReadNumber(), (SemaphoreFlags)reader.ReadWord());
        SemaphoreSet? set = new(1, Credentials.OfHost, FileModes.None, 0) { IsRemoved = true };
        if (id >= 0 && systemV.Semaphores.Find(id, out set) != Errno.None) throw RecordReader.Damaged("a task waits for no semaphore");
        SemaphoreWait wait = new(set) { Blocking = blocking };
        if (id >= 0) set.NoteWaiter(task, wait);
        return wait;
    }

    private static MessageQueue LoadMessages(SystemVIpc systemV, int id)
    {
        MessageQueue queue = new(Credentials.OfHost, FileModes.None, 0) { IsRemoved = true };
        if (id >= 0 && systemV.Queues.Find(id, out queue) != Errno.None) throw RecordReader.Damaged("a task waits for no message queue");
        return queue;
    }
}
