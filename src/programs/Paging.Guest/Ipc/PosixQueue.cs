using System.Globalization;
using System.Text;
using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Machine;
using Paging.Guest.Sockets;
using Paging.Guest.Tasks;
using Paging.Guest.Vfs;

namespace Paging.Guest.Ipc;

/// <summary>A message with its priority.</summary>
internal readonly record struct RankedMessage(uint Priority, byte[] Bytes);

/// <summary>
/// A message queue of mq_open(3): the highest priority first, in one priority the oldest. Linux: struct mqueue_inode_info, ipc/mqueue.c.
/// </summary>
internal sealed class PosixQueue
{
    /// <summary>What /proc/sys/fs/mqueue says; its limits and its defaults are the same.</summary>
    public const int QueuesMax = 256, DefaultCount = 10, DefaultByteLength = 8192;

    private readonly List<(GuestTask Task, PosixQueueWait Wait)> _readers = [];

    public required string Name { get; init; }

    public required ulong Inode { get; init; }

    public required int CountMax { get; init; }

    public required int ByteLengthMax { get; init; }

    public required FileModes Mode { get; init; }

    public required uint User { get; init; }

    public required uint Group { get; init; }

    /// <summary>What RLIMIT_MSGQUEUE counts of it.</summary>
    public required long Charge { get; init; }

    /// <summary>Its messages count as memory of the machine: as long as it has a name.</summary>
    public bool IsCounted { get; set; } = true;

    public LinkedList<RankedMessage> Messages { get; } = new();

    /// <summary>The process that is told, once, when a message comes into the empty queue.</summary>
    public PosixQueueNotice? Notice { get; set; }

    public long WakesToRead { get; private set; }

    public long WakesToWrite { get; private set; }

    public bool IsFull => Messages.Count >= CountMax;

    public void Put(in RankedMessage message)
    {
        LinkedListNode<RankedMessage>? before = Messages.Last;
        while (before is not null && before.Value.Priority < message.Priority) before = before.Previous;
        if (before is null) Messages.AddFirst(message);
        else Messages.AddAfter(before, message);
        WakesToRead++;
    }

    public RankedMessage Take()
    {
        RankedMessage first = Messages.First!.Value;
        Messages.RemoveFirst();
        WakesToWrite++;
        return first;
    }

    /// <summary>How often it woke before the machine was saved.</summary>
    public void RestoreWakes(long toRead, long toWrite) => (WakesToRead, WakesToWrite) = (toRead, toWrite);

    /// <summary>Nobody is told any more; a thread of the C library that waits for it learns that. Linux: remove_notification.</summary>
    public void RemoveNotice()
    {
        Notice?.Thread?.Tell(QueueNews.Removed);
        Notice = null;
    }

    public void NoteReader(GuestTask task, PosixQueueWait wait) => _readers.Add((task, wait));

    /// <summary>True if a task waits for a message: then no notice is sent.</summary>
    public bool HasReader()
    {
        _readers.RemoveAll(static one => one.Task.IsDead || one.Task.Call.Awaited != one.Wait);
        return _readers.Count > 0;
    }
}

/// <summary>A task that waits in mq_receive.</summary>
internal sealed class PosixQueueWait : IAwaited;

/// <summary>What mq_notify(3) asked for: a signal, word to a thread, or neither, and then only the place is taken.</summary>
internal sealed record PosixQueueNotice(GuestProcess Process, PosixQueueFile File, SignalNumber Signal, uint Value, QueueThread? Thread)
{
    /// <summary>SIGEV_SIGNAL, SIGEV_NONE, SIGEV_THREAD.</summary>
    public int Kind => Thread is not null ? 2 : Signal == SignalNumber.None ? 1 : 0;
}

/// <summary>What a thread is told. Linux: NOTIFY_WOKENUP, NOTIFY_REMOVED of ipc/mqueue.c.</summary>
internal enum QueueNews : byte
{
    Woken = 1,
    Removed = 2,
}

/// <summary>
/// SIGEV_THREAD: a thread of the C library reads a socket, on which the kernel sends 32 bytes back that are its own but for the last.
/// </summary>
internal sealed record QueueThread(UnixSocket Socket, byte[] Cookie)
{
    public const int CookieByteLength = 32;

    /// <summary>Linux: set_cookie, netlink_sendskb.</summary>
    public void Tell(QueueNews news)
    {
        if (Socket.IsDead) return;
        byte[] message = [.. Cookie];
        message[^1] = (byte)news;
        Socket.Deliver(Socket, new SocketMessage(Socket, message, SocketIdentity.Kernel, null));
    }
}

/// <summary>An open message queue. Reading it tells its state.</summary>
internal sealed class PosixQueueFile(GuestClock clock, PosixQueue queue, FileFlags flags) : OpenDescription("/" + queue.Name, flags)
{
    public override bool TakesParts(bool isWrite) => false;

    public PosixQueue Queue => queue;

    public override (long ToRead, long ToWrite) Wakes => (queue.WakesToRead, queue.WakesToWrite);

    public override bool IsSeekable => true;

    public override int Readiness => (queue.Messages.Count > 0 ? PollEvents.Readable : 0) | (queue.IsFull ? 0 : PollEvents.Writable);

    public override Errno Status(out FileStatus status)
    {
        status = FileStatus.MadeAt(clock.StartedAt) with
        {
            Device = 0x13,
            Inode = queue.Inode,
            Mode = FileModes.Regular | queue.Mode,
            User = queue.User,
            Group = queue.Group,
            ByteLength = 80
        };
        return Errno.None;
    }

    public override CallResult Read(Span<byte> destination)
    {
        CallResult count = ReadAt(Position, destination);
        Position += count.Count;
        return count;
    }

    /// <summary>Linux: mqueue_read_file.</summary>
    public override CallResult ReadAt(long offset, Span<byte> destination)
    {
        PosixQueueNotice? notice = queue.Notice;
        int signal = (int)(notice?.Signal ?? SignalNumber.None);
        byte[] text = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture,
            $"QSIZE:{queue.Messages.Sum(static message => message.Bytes.Length),-10} "
                + $"NOTIFY:{notice?.Kind ?? 0,-5} SIGNO:{signal,-5} "
                + $"NOTIFY_PID:{notice?.Process.Id ?? 0,-6}\n"));
        if (offset < 0 || offset >= text.Length) return 0;
        int count = (int)Math.Min(text.Length - offset, destination.Length);
        text.AsSpan((int)offset, count).CopyTo(destination);
        return count;
    }

    public override CallResult Seek(long offset, int whence)
    {
        if (whence > 1) return Errno.EINVAL;
        long position = whence == 0 ? offset : Position + offset;
        return position < 0 ? Errno.EINVAL : Position = position;
    }

    protected override void Close()
    {
        if (queue.Notice?.File == this) queue.RemoveNotice();
    }
}
