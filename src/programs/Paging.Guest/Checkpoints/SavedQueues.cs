using Paging.Guest.Abi;
using Paging.Guest.Ipc;
using Paging.Guest.Records;
using Paging.Guest.Sockets;
using Paging.Guest.Tasks;
using Paging.Guest.Vfs;

namespace Paging.Guest.Checkpoints;

/// <summary>The POSIX message queues of a checkpoint: those with a name, and those that are only open.</summary>
internal sealed class SavedQueues(TaskTable tasks, PosixQueueNames names, QueuedBytes queued)
{
    private readonly List<PosixQueue> _all = [];

    public int NumberOf(PosixQueue queue) => _all.IndexOf(queue);

    public PosixQueue Read(RecordReader reader) => _all[reader.ReadIndex(_all.Count, "the number of a message queue")];

    public void Collect(OpenFileNumbers files)
    {
        _all.AddRange(names);
        foreach (OpenDescription file in files.All)
            if (file is PosixQueueFile open && !_all.Contains(open.Queue)) _all.Add(open.Queue);
    }

    public void Save(RecordWriter writer)
    {
        writer.Begin(RecordKind.PosixQueues, 1);
        writer.Write(_all.Count);
        foreach (PosixQueue queue in _all) Save(writer, queue);
        writer.End();
    }

    /// <exception cref="InvalidOperationException">There is too little memory for the messages.</exception>
    public void Load(RecordReader reader)
    {
        reader.Open(RecordKind.PosixQueues, 1);
        int count = reader.ReadCount();
        for (int i = 0; i < count; i++) LoadQueue(reader);
        reader.Close();
    }

    /// <summary>Who is told of a message: the files have their numbers.</summary>
    public void SaveNotices(RecordWriter writer, OpenFileNumbers files)
    {
        foreach (PosixQueue queue in _all)
        {
            PosixQueueNotice? notice = queue.Notice is { Process.IsZombie: false } kept && files.Contains(kept.File) ? kept : null;
            writer.Write(notice is not null);
            if (notice is null) continue;
            writer.Write(notice.Process.Id);
            writer.Write(files.NumberOf(notice.File));
            writer.Write((uint)notice.Signal);
            writer.Write(notice.Value);
            QueueThread? thread = notice.Thread is { } told && files.Contains(told.Socket) ? told : null;
            writer.Write(thread is not null);
            if (thread is null) continue;
            writer.Write(files.NumberOf(thread.Socket));
            writer.WriteBytes(thread.Cookie);
        }
    }

    /// <summary>The files and the processes are there.</summary>
    public void LoadNotices(RecordReader reader, OpenFileNumbers files)
    {
        foreach (PosixQueue queue in _all)
        {
            if (!reader.ReadFlag()) continue;
            GuestProcess? process = tasks.Find(reader.ReadNumber());
            PosixQueueFile? file = files.Read(reader) as PosixQueueFile;
            if (process is null || file?.Queue != queue) throw RecordReader.Damaged("nobody is told of a message");
            queue.Notice = new(process, file, SignalNumbers.Load(reader), reader.ReadWord(), ReadThread(reader, files));
        }
    }

    private static QueueThread? ReadThread(RecordReader reader, OpenFileNumbers files)
    {
        if (!reader.ReadFlag()) return null;
        UnixSocket? socket = files.Read(reader) as UnixSocket;
        byte[] cookie = reader.ReadBytes().ToArray();
        return socket?.Type == SocketType.Notices && cookie.Length == QueueThread.CookieByteLength ? new(socket, cookie)
            : throw RecordReader.Damaged("no thread is told of a message");
    }

    private static void Save(RecordWriter writer, PosixQueue queue)
    {
        writer.Write(queue.Name);
        writer.Write(queue.IsCounted);
        writer.Write(queue.Inode);
        writer.Write(queue.CountMax);
        writer.Write(queue.ByteLengthMax);
        writer.Write((uint)queue.Mode);
        writer.Write(queue.User);
        writer.Write(queue.Group);
        writer.Write(queue.Charge);
        writer.Write(queue.Messages.Count);
        foreach (RankedMessage message in queue.Messages)
        {
            writer.Write(message.Priority);
            writer.WriteBytes(message.Bytes);
        }

        writer.Write(queue.WakesToRead);
        writer.Write(queue.WakesToWrite);
    }

    private void LoadQueue(RecordReader reader)
    {
        string name = reader.ReadText();
        bool isNamed = reader.ReadFlag();
        PosixQueue queue = new()
        {
            Name = name,
            IsCounted = isNamed,
            Inode = reader.ReadWideWord(),
            CountMax = reader.ReadNumber(),
            ByteLengthMax = reader.ReadNumber(),
            Mode = (FileModes)reader.ReadWord() & FileModes.Everything,
            User = reader.ReadWord(),
            Group = reader.ReadWord(),
            Charge = reader.ReadWideNumber(),
        };
        int count = reader.ReadCount();
        for (int i = 0; i < count; i++)
        {
            queue.Put(new(reader.ReadWord(), reader.ReadBytes().ToArray()));
            if (isNamed) queued.ChargeSaved(queue.Messages.Last!.Value.Bytes.Length);
        }

        queue.RestoreWakes(reader.ReadWideNumber(), reader.ReadWideNumber());
        if (name.Length == 0 || (isNamed && names.TryFind(name, out _))) throw RecordReader.Damaged("two message queues are one");
        if (isNamed) names.Add(queue);
        _all.Add(queue);
    }
}
