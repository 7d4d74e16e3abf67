using System.Buffers.Binary;
using System.Globalization;
using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Machine;
using Paging.Guest.Processes;
using Paging.Guest.Records;
using Paging.Guest.Tasks;
using Paging.Guest.Vfs;

namespace Paging.Guest.Events;

/// <summary>signalfd(2): takes the pending signals of the task that reads it. Linux: fs/signalfd.c.</summary>
internal sealed class SignalFile(
    GuestClock clock, WakeUps wakeUps, CurrentTask current, PendingSignals pending, SignalSet set, FileFlags flags)
    : AnonymousFile(clock, wakeUps, "signalfd", flags | FileFlags.ReadWrite)
{
    private const int RecordByteLength = 128;    // sizeof(struct signalfd_siginfo)

    public SignalSet Set { get; set; } = set;

    public override SavedFileKind? SavedKind => SavedFileKind.Signal;

    public override bool CanRefuseToWait => true;

    public override bool HasWrite => false;

    public override int Readiness => current.Task is { } task && ((task.Pending.Set | task.Process.Pending.Set).Bits & Set.Bits) != 0
        ? PollEvents.In : 0;

    /// <summary>Every signal that is sent to the process wakes its waiters, even one outside of the set. Linux: signalfd_notify.</summary>
    public override (long ToRead, long ToWrite) Wakes => (current.Task?.Process.SignalsSent ?? 0, 0);

    /// <summary>Takes as many signals as fit, and waits only for the first one. Linux: signalfd_read_iter.</summary>
    public override CallResult Read(Span<byte> destination)
    {
        if (destination.Length < RecordByteLength || current.Task is not { } task) return Errno.EINVAL;
        int done = 0;
        while (destination.Length - done >= RecordByteLength && pending.TryTake(task, new SignalSet(~Set.Bits), out SignalInfo info))
        {
            Write(destination.Slice(done, RecordByteLength), info);
            done += RecordByteLength;
        }

        return done > 0 ? done : WaitOrFail();
    }

    /// <summary>Linux: signalfd_show_fdinfo.</summary>
    public override string Describe() => string.Create(CultureInfo.InvariantCulture, $"sigmask:\t{Set.Bits:x16}\n");

    public override void Save(RecordWriter writer, ISavedReferences references)
    {
        base.Save(writer, references);
        writer.Write(Set.Bits);
    }

    /// <summary>struct signalfd_siginfo. Linux: signalfd_copyinfo.</summary>
    private static void Write(Span<byte> record, in SignalInfo info)
    {
        record.Clear();
        Put(record, 0, (uint)info.Signal);
        Put(record, 8, (uint)info.Code);
        switch (info.Code)
        {
            case SignalInfo.FromTimer:
                Put(record, 24, info.First);
                Put(record, 32, info.Second);
                PutValue(record, info.Third);
                return;
            case > 0 when info.Signal == SignalNumber.Child:
                PutSender(record, info);
                Put(record, 40, info.Third);
                return;
            case > 0 and < SignalInfo.FromKernel when info.Signal.IsSynchronous():
                BinaryPrimitives.WriteUInt64LittleEndian(record[72..], info.First);
                return;
            case < 0:
                PutSender(record, info);
                PutValue(record, info.Third);
                return;
            default:
                PutSender(record, info);
                return;
        }
    }

    private static void PutSender(Span<byte> record, in SignalInfo info)
    {
        Put(record, 12, info.First);
        Put(record, 16, info.Second);
    }

    private static void PutValue(Span<byte> record, uint value)
    {
        Put(record, 44, value);
        BinaryPrimitives.WriteUInt64LittleEndian(record[48..], value);
    }

    private static void Put(Span<byte> record, int at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(record[at..], value);
}
