using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Machine;
using Paging.Guest.Tasks;
using Paging.Native;
using static Paging.Guest.Abi.CallResult;

namespace Paging.Guest.Syscalls;

/// <summary>Calls that wait for one of several descriptors. Linux: fs/select.c.</summary>
internal sealed class PollCalls(GuestClock clock, HostWaits hostWaits)
{
    private readonly List<int> _streams = [];

    public void AddTo(CallTable table)
    {
        table.Add(82, "old_select", "a", OldSelect);
        table.Add(142, "_newselect", "daaaa", (task, in call) => Select(task, call, TimeForm.Microseconds, maskAt: VirtualAddress.Zero));
        table.Add(168, "poll", "add", Poll);
        table.Add(308, "pselect6", "daaaaa", (task, in call) => Select(task, call, TimeForm.Short, call.F.Address));
        table.Add(413, "pselect6_time64", "daaaaa", (task, in call) => Select(task, call, TimeForm.Long, call.F.Address));
        table.Add(309, "ppoll", "adaad", (task, in call) => PollWithMask(task, call, isLong: false));
        table.Add(414, "ppoll_time64", "adaad", (task, in call) => PollWithMask(task, call, isLong: true));
    }

    private enum TimeForm
    {
        Microseconds,
        Short,
        Long,
    }

    private CallResult Poll(GuestTask task, in CallArguments call)
    {
        if (task.Call.Deadline is null && call.C.Number >= 0) task.Call.Deadline = clock.Now + (call.C.Number * TimeWords.Millisecond);
        return Poll(task, call.A.Address, call.B);
    }

    private CallResult PollWithMask(GuestTask task, in CallArguments call, bool isLong)
    {
        if (!task.IsBlocked)
        {
            Errno error = Begin(task, call.C.Address, isLong ? TimeForm.Long : TimeForm.Short, call.D.Address, call.E);
            if (error != Errno.None) return error;
        }

        CallResult result = Poll(task, call.A.Address, call.B);
        if (result.IsWaiting) return result;
        task.RestoreMaskUnlessSignalled();
        if (call.C != 0 && (result.IsValue || result.Error == Errno.EINTR) && task.Call.Deadline is { } deadline)
            WriteRest(task, call.C.Address, isLong ? TimeForm.Long : TimeForm.Short, Math.Max(deadline - clock.Now, 0));
        return result;
    }

    private CallResult Poll(GuestTask task, VirtualAddress at, uint count)
    {
        if (count > task.Process.Limits[LimitTable.OpenFiles].Soft) return Errno.EINVAL;
        byte[] records = new byte[count * 8];    // struct pollfd: a descriptor, wanted, found
        if (!task.User.TryCopyFrom(at, records)) return Errno.EFAULT;
        int ready = 0;
        _streams.Clear();
        for (int i = 0; i < count; i++)
        {
            Span<byte> record = records.AsSpan(i * 8, 8);
            int descriptor = BinaryPrimitives.ReadInt32LittleEndian(record);
            int wanted = BinaryPrimitives.ReadInt16LittleEndian(record[4..]);
            int events = descriptor < 0 ? 0 : EventsOf(task, new(descriptor), wanted | PollEvents.Error | PollEvents.HangUp);
            if ((wanted & PollEvents.In) != 0) NoteStream(task, new(descriptor));
            BinaryPrimitives.WriteInt16LittleEndian(record[6..], (short)events);
            if (events != 0) ready++;
        }

        if (ready == 0 && !(task.Call.Deadline <= clock.Now) && !task.HasSignal) return WaitOn(task, RestartIfUnhandled);
        if (ready == 0 && !(task.Call.Deadline <= clock.Now)) return Errno.EINTR;
        return task.User.TryCopyTo(at, records) ? ready : Errno.EFAULT;
    }

    private static int EventsOf(GuestTask task, Descriptor descriptor, int wanted)
    {
        if (task.Process.Descriptors.Find(descriptor) is not { } open) return PollEvents.Invalid;
        return open.Readiness & wanted;
    }

    private CallResult OldSelect(GuestTask task, in CallArguments call)
    {
        Span<uint> words = stackalloc uint[5];
        if (!task.User.TryCopyFrom(call.A.Address, MemoryMarshal.AsBytes(words))) return Errno.EFAULT;
        return Select(task, new(words[0], words[1], words[2], words[3], words[4], 0), TimeForm.Microseconds, maskAt: VirtualAddress.Zero);
    }

    private CallResult Select(GuestTask task, in CallArguments call, TimeForm form, VirtualAddress maskAt)
    {
        if (call.A.Number < 0) return Errno.EINVAL;
        if (!task.IsBlocked)
        {
            uint set = 0, setByteLength = 0;
            bool isRead = maskAt == VirtualAddress.Zero
                || (task.User.TryRead(maskAt, out set) && task.User.TryRead(maskAt + sizeof(uint), out setByteLength));
            if (!isRead) return Errno.EFAULT;
            Errno error = Begin(task, call.E.Address, form, new(set), setByteLength);
            if (error != Errno.None) return error;
        }

        CallResult result = SelectOnce(task, call);
        if (result.IsWaiting) return result;
        task.RestoreMaskUnlessSignalled();
        if (call.E != 0 && (result.IsValue || result == RestartIfUnhandled) && task.Call.Deadline is { } deadline)
            WriteRest(task, call.E.Address, form, Math.Max(deadline - clock.Now, 0));
        return result;
    }

    private CallResult SelectOnce(GuestTask task, in CallArguments call)
    {
        // Beyond the table there is nothing (core_sys_select)
        int count = (int)Math.Min(call.A, (uint)task.Process.Descriptors.TableSize);
        int byteLength = (count + 31) / 32 * 4;    // sets are of longs
        byte[] input = new byte[byteLength], output = new byte[byteLength], errors = new byte[byteLength];
        if ((call.B != 0 && !task.User.TryCopyFrom(call.B.Address, input))
            || (call.C != 0 && !task.User.TryCopyFrom(call.C.Address, output))
            || (call.D != 0 && !task.User.TryCopyFrom(call.D.Address, errors)))
            return Errno.EFAULT;
        ClearFrom(count, input, output, errors);
        int ready = 0;
        _streams.Clear();
        for (int descriptor = 0; descriptor < count; descriptor++)
        {
            int bit = 1 << (descriptor & 7), at = descriptor >> 3;
            bool wantsIn = (input[at] & bit) != 0, wantsOut = (output[at] & bit) != 0, wantsError = (errors[at] & bit) != 0;
            if (!wantsIn && !wantsOut && !wantsError) continue;
            if (task.Process.Descriptors.FindRaw(new(descriptor)) is not { } open) return Errno.EBADF;
            if (open.IsPathOnly)    // POLLNVAL, which is in all three sets. Linux: POLLIN_SET, POLLOUT_SET, POLLEX_SET (fs/select.c)
            {
                ready += (wantsIn ? 1 : 0) + (wantsOut ? 1 : 0) + (wantsError ? 1 : 0);
                continue;
            }

            int events = open.Readiness;
            if (wantsIn) NoteStream(task, new(descriptor));
            errors[at] &= (byte)~bit;    // no file here has exceptional data
            if (wantsIn && (events & (PollEvents.In | PollEvents.HangUp | PollEvents.Error)) != 0) ready++;
            else input[at] &= (byte)~bit;
            if (wantsOut && (events & (PollEvents.Out | PollEvents.Error)) != 0) ready++;
            else output[at] &= (byte)~bit;
        }

        if (ready == 0 && !(task.Call.Deadline <= clock.Now))
            return task.HasSignal ? RestartIfUnhandled : WaitOn(task, RestartIfUnhandled);    // ready files come before signals (do_select)
        bool written = (call.B == 0 || task.User.TryCopyTo(call.B.Address, input))
            && (call.C == 0 || task.User.TryCopyTo(call.C.Address, output))
            && (call.D == 0 || task.User.TryCopyTo(call.D.Address, errors));
        return written ? ready : Errno.EFAULT;
    }

    /// <summary>
    /// Clears the bits after the last descriptor in their last word, which is written as a whole. Linux: compat_put_bitmap.
    /// </summary>
    private static void ClearFrom(int count, Span<byte> input, Span<byte> output, Span<byte> errors)
    {
        for (int bit = count; bit < input.Length * 8; bit++)
        {
            byte others = (byte)~(1 << (bit & 7));
            input[bit >> 3] &= others;
            output[bit >> 3] &= others;
            errors[bit >> 3] &= others;
        }
    }

    /// <summary>
    /// Waits. Unreadable streams of the host among the descriptors are added to the scheduler's poll; ready ones would wake it repeatedly
    /// for nothing.
    /// </summary>
    private CallResult WaitOn(GuestTask task, CallResult interrupted)
    {
        foreach (int stream in _streams) hostWaits.Add(stream);
        return task.Wait(interrupted);
    }

    private void NoteStream(GuestTask task, Descriptor descriptor)
    {
        if (task.Process.Descriptors.Find(descriptor) is { HostDescriptor: >= 0, CanRead: true } stream)
            _streams.Add(stream.HostDescriptor);
    }

    private Errno Begin(GuestTask task, VirtualAddress timeAt, TimeForm form, VirtualAddress maskAt, uint maskByteLength)
    {
        if (timeAt != VirtualAddress.Zero)
        {
            long wait;
            Errno error = form == TimeForm.Microseconds ? TimeWords.ReadMicroseconds(task.User, timeAt, out wait)
                : TimeWords.Read(task.User, timeAt, form == TimeForm.Long, out wait);
            if (error != Errno.None) return error;
            task.Call.Deadline = clock.Now + wait;
        }

        if (maskAt == VirtualAddress.Zero) return Errno.None;
        if (maskByteLength != sizeof(ulong)) return Errno.EINVAL;    // Linux: set_user_sigmask
        if (!task.User.TryRead(maskAt, out ulong bits)) return Errno.EFAULT;
        task.BlockWhileWaiting(bits);
        return Errno.None;
    }

    private static void WriteRest(GuestTask task, VirtualAddress at, TimeForm form, long rest)
    {
        if (form == TimeForm.Microseconds) TimeWords.TryWriteMicroseconds(task.User, at, rest);
        else TimeWords.TryWrite(task.User, at, form == TimeForm.Long, rest);
    }
}
