using System.Runtime.InteropServices;
using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Machine;
using Paging.Guest.Processes;
using Paging.Guest.Signals;
using Paging.Guest.Tasks;
using Paging.Native;
using static Paging.Guest.Abi.CallResult;

namespace Paging.Guest.Syscalls;

/// <summary>Calls on a thread's own signals. Linux: kernel/signal.c, arch/x86/kernel/signal_32.c.</summary>
internal sealed class SignalCalls(GuestClock clock, SignalSender signals, PendingSignals pending)
{
    private const uint SetByteLength = 8;    // _NSIG / 8; another size is another ABI

    public void AddTo(CallTable table)
    {
        table.Add(29, "pause", "", static (task, in _) => task.Wait(RestartIfUnhandled));
        table.Add(48, "signal", "da", Signal);
        table.Add(67, "sigaction", "gaa", OldAction);
        table.Add(72, "sigsuspend", "ddx", OldSuspend);
        table.Add(119, "sigreturn", "", Return);
        table.Add(126, "sigprocmask", "daa", OldMask);
        table.Add(173, "rt_sigreturn", "", ReturnWithInfo);
        table.Add(174, "rt_sigaction", "gaad", Action);
        table.Add(175, "rt_sigprocmask", "daad", Mask);
        table.Add(176, "rt_sigpending", "ad", Pending);
        table.Add(177, "rt_sigtimedwait", "aaad", (task, in call) => TimedWait(task, call, isLong: false));
        table.Add(179, "rt_sigsuspend", "ad", Suspend);
        table.Add(186, "sigaltstack", "aa", AlternateStackCall);
        table.Add(421, "rt_sigtimedwait_time64", "aaad", (task, in call) => TimedWait(task, call, isLong: true));
    }

    private static CallResult Action(GuestTask task, in CallArguments call)
    {
        if (call.D != SetByteLength) return Errno.EINVAL;
        SignalAction? wanted = null;
        Span<uint> words = stackalloc uint[5];
        if (call.B != 0)
        {
            if (!task.User.TryCopyFrom(call.B.Address, MemoryMarshal.AsBytes(words))) return Errno.EFAULT;
            wanted = new(new(words[0]), words[1], new(words[2]), new SignalSet(words[3] | ((ulong)words[4] << 32)).Blockable);
        }

        Errno error = Exchange(task, call.A.Signal, wanted, out SignalAction old);
        if (error != Errno.None) return error;
        if (call.C == 0) return 0;
        (words[0], words[1], words[2], words[3], words[4]) =
            (old.Handler.Value, old.Flags, old.Restorer.Value, (uint)old.Mask.Bits, (uint)(old.Mask.Bits >> 32));
        return task.User.TryCopyTo(call.C.Address, MemoryMarshal.AsBytes(words)) ? 0 : Errno.EFAULT;
    }

    private static CallResult OldAction(GuestTask task, in CallArguments call)
    {
        SignalAction? wanted = null;
        Span<uint> words = stackalloc uint[4];    // handler, mask, flags, restorer
        if (call.B != 0)
        {
            if (!task.User.TryCopyFrom(call.B.Address, MemoryMarshal.AsBytes(words))) return Errno.EFAULT;
            wanted = new(new(words[0]), words[2], new(words[3]), new SignalSet(words[1]).Blockable);
        }

        Errno error = Exchange(task, call.A.Signal, wanted, out SignalAction old);
        if (error != Errno.None) return error;
        if (call.C == 0) return 0;
        (words[0], words[1], words[2], words[3]) = (old.Handler.Value, (uint)old.Mask.Bits, old.Flags, old.Restorer.Value);
        return task.User.TryCopyTo(call.C.Address, MemoryMarshal.AsBytes(words)) ? 0 : Errno.EFAULT;
    }

    private static CallResult Signal(GuestTask task, in CallArguments call)
    {
        // SA_ONESHOT | SA_NOMASK, as in System V (kernel/signal.c)
        SignalAction wanted = new(call.B.Address, SignalAction.ResetHand | SignalAction.NoDefer, default, default);
        Errno error = Exchange(task, call.A.Signal, wanted, out SignalAction old);
        return error == Errno.None ? old.Handler.Value : error;
    }

    /// <summary>Linux: do_sigaction. Ignoring a signal drops pending ones.</summary>
    private static Errno Exchange(GuestTask task, SignalNumber signal, SignalAction? wanted, out SignalAction old)
    {
        old = default;
        if (!signal.IsSignal()) return Errno.EINVAL;
        if (wanted is not null && signal is SignalNumber.Kill or SignalNumber.Stop) return Errno.EINVAL;    // asking is allowed
        GuestProcess process = task.Process;
        old = process.Actions[signal];
        if (wanted is not { } action) return Errno.None;
        process.Actions[signal] = action;
        if (!process.Actions.Ignores(signal)) return Errno.None;
        process.Pending.Discard(signal);
        foreach (GuestTask thread in process.Threads) thread.Pending.Discard(signal);
        return Errno.None;
    }

    private static CallResult Mask(GuestTask task, in CallArguments call)
    {
        if (call.D != SetByteLength) return Errno.EINVAL;
        SignalSet old = task.BlockedSignals;
        if (call.B != 0)
        {
            if (!task.User.TryRead(call.B.Address, out ulong bits)) return Errno.EFAULT;
            Errno error = Change(task, call.A, new(bits));
            if (error != Errno.None) return error;
        }

        return call.C == 0 || task.User.TryWrite(call.C.Address, old.Bits) ? 0 : Errno.EFAULT;
    }

    private static CallResult OldMask(GuestTask task, in CallArguments call)
    {
        SignalSet old = task.BlockedSignals;
        if (call.B != 0)
        {
            if (!task.User.TryRead(call.B.Address, out uint bits)) return Errno.EFAULT;
            ulong upper = call.A == 2 ? old.Bits & 0xFFFF_FFFF_0000_0000 : 0;    // SIG_SETMASK of 32 bits keeps the upper
            Errno error = Change(task, call.A, new(bits | upper));
            if (error != Errno.None) return error;
        }

        return call.C == 0 || task.User.TryWrite(call.C.Address, (uint)old.Bits) ? 0 : Errno.EFAULT;
    }

    private static Errno Change(GuestTask task, uint how, SignalSet set)
    {
        ulong blocked = task.BlockedSignals.Bits;
        switch (how)
        {
            case 0: blocked |= set.Blockable.Bits; break;
            case 1: blocked &= ~set.Bits; break;
            case 2: blocked = set.Blockable.Bits; break;
            default: return Errno.EINVAL;
        }

        task.BlockedSignals = new(blocked);
        return Errno.None;
    }

    private static CallResult Pending(GuestTask task, in CallArguments call)
    {
        if (call.B > SetByteLength) return Errno.EINVAL;    // a shorter one is allowed here only
        ulong bits = (task.Pending.Set | task.Process.Pending.Set).Bits & task.BlockedSignals.Bits;
        Span<byte> bytes = MemoryMarshal.AsBytes(new Span<ulong>(ref bits));
        return task.User.TryCopyTo(call.A.Address, bytes[..call.B.Number]) ? 0 : Errno.EFAULT;
    }

    private static CallResult Suspend(GuestTask task, in CallArguments call)
    {
        if (call.B != SetByteLength) return Errno.EINVAL;
        return task.User.TryRead(call.A.Address, out ulong bits) ? SuspendWith(task, bits) : Errno.EFAULT;
    }

    // Two unused words come first (CONFIG_OLD_SIGSUSPEND3)
    private static CallResult OldSuspend(GuestTask task, in CallArguments call) => SuspendWith(task, call.C);

    private static CallResult SuspendWith(GuestTask task, ulong bits)
    {
        task.BlockWhileWaiting(bits);
        return task.Wait(RestartIfUnhandled);
    }

    private CallResult TimedWait(GuestTask task, in CallArguments call, bool isLong)
    {
        Errno error = TimeWords.ReadIfAny(task.User, call.C.Address, isLong, out long? wait);
        if (error != Errno.None) return error;
        if (call.D != SetByteLength) return Errno.EINVAL;
        if (!task.User.TryRead(call.A.Address, out ulong bits)) return Errno.EFAULT;
        SignalSet others = new(~new SignalSet(bits).Blockable.Bits);
        if (pending.TryTake(task, others, out SignalInfo info))
        {
            task.RestoreMask();
            Span<byte> bytes = stackalloc byte[128];    // SI_MAX_SIZE
            SignalFrame.WriteInfo(bytes, info);
            return call.B == 0 || task.User.TryCopyTo(call.B.Address, bytes) ? (int)info.Signal : Errno.EFAULT;
        }

        if (task.Call.Deadline is null && wait is { } nanoseconds) task.Call.Deadline = clock.Now + nanoseconds;
        if (task.Call.Deadline <= clock.Now) return Errno.EAGAIN;    // sigtimedwait(2), not ETIMEDOUT
        return task.Wait(Errno.EINTR);
    }

    private CallResult AlternateStackCall(GuestTask task, in CallArguments call)
    {
        VirtualAddress pointer = new(task.Registers.Esp);
        AlternateStack old = task.AlternateStack;
        Span<uint> words = stackalloc uint[3];
        if (call.A != 0)
        {
            if (!task.User.TryCopyFrom(call.A.Address, MemoryMarshal.AsBytes(words))) return Errno.EFAULT;
            Errno error = task.Arm(new(new(words[0]), words[2], words[1]), pointer);
            if (error != Errno.None) return error;
        }

        if (call.B == 0) return 0;
        (words[0], words[1], words[2]) = (old.Start.Value, old.StateAt(pointer) | (old.Flags & AlternateStack.AutoDisarm), old.ByteLength);
        return task.User.TryCopyTo(call.B.Address, MemoryMarshal.AsBytes(words)) ? 0 : Errno.EFAULT;
    }

    private CallResult Return(GuestTask task, in CallArguments call) => Popped(task, SignalFrame.TryPop(task, ref task.Registers));

    private CallResult ReturnWithInfo(GuestTask task, in CallArguments call) =>
        Popped(task, SignalFrame.TryPopWithInfo(task, ref task.Registers));

    private CallResult Popped(GuestTask task, bool isWhole)
    {
        if (!isWhole && task.NeedsPage) return task.Wait(RestartAlways);
        // After a bad frame there is no caller to return an error to
        if (!isWhole) signals.Force(task, new SignalInfo(SignalNumber.Segment, SignalInfo.FromKernel));
        return Keeps;
    }
}
