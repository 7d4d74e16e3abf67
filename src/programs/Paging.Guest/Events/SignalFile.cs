using System.Buffers.Binary;
using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Machine;
using Paging.Guest.Processes;
using Paging.Guest.Tasks;

namespace Paging.Guest.Events;

/// <summary>signalfd(2): takes the signals of the task that reads it. Linux: fs/signalfd.c.</summary>
internal sealed class SignalFile(
    GuestClock clock, Happenings happenings, CurrentTask current, PendingSignals pending, SignalSet set, FileFlags flags)
    : AnonymousFile(clock, happenings, "signalfd", flags | FileFlags.ReadWrite)
{
    public const int RecordByteLength = 128;

    public SignalSet Set { get; set; } = set;

    public override bool HasWrite => false;

    public override int Readiness => current.Task is { } task && ((task.Pending.Set | task.Process.Pending.Set).Bits & Set.Bits) != 0
        ? PollEvents.In : 0;

    /// <summary>Takes one signal.</summary>
    public override CallResult Read(Span<byte> destination)
    {
        if (destination.Length < RecordByteLength || current.Task is not { } task) return Errno.EINVAL;
        if (!pending.TryTake(task, new SignalSet(~Set.Bits), out SignalInfo info)) return WaitOrSay();
        Write(destination[..RecordByteLength], info);
        return RecordByteLength;
    }

    /// <summary>struct signalfd_siginfo. Linux: signalfd_copyinfo.</summary>
    private static void Write(Span<byte> record, in SignalInfo info)
    {
        record.Clear();
        Put(record, 0, (uint)info.Signal);
        Put(record, 4, info.Error);
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
            case SignalInfo.FromUser or SignalInfo.FromThread:
                PutSender(record, info);
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
