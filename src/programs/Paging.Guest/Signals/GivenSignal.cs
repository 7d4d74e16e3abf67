using System.Runtime.InteropServices;
using Paging.Core;
using Paging.Guest.Abi;
using Paging.Native;

namespace Paging.Guest.Signals;

/// <summary>The information of a signal that a program makes itself, as sigqueue(3) does. Linux: copy_siginfo_from_user32.</summary>
internal static class GivenSignal
{
    private const int ByteLength = 128;    // sizeof(siginfo_t)

    /// <summary>Reads it. EFAULT. The words that its layout does not have become 0. Linux: siginfo_layout.</summary>
    public static Errno Read(UserMemory user, VirtualAddress at, out SignalInfo info)
    {
        Span<uint> words = stackalloc uint[ByteLength / sizeof(uint)];
        info = default;
        if (!user.TryCopyFrom(at, MemoryMarshal.AsBytes(words))) return Errno.EFAULT;
        SignalNumber signal = (SignalNumber)words[0];
        int code = (int)words[2], count = CountWords(signal, code);
        info = new(signal, code, words[3], count > 1 ? words[4] : 0, count > 2 ? words[5] : 0);
        return Errno.None;
    }

    /// <summary>True if only the sender itself may get it: it would look like one of the kernel's, of kill(2) or of tkill(2).</summary>
    public static bool IsOwnOnly(in SignalInfo info) => info.Code is >= 0 or SignalInfo.FromThread;

    private static int CountWords(SignalNumber signal, int code)
    {
        const int fromPoll = -5, childCodes = 6;    // SI_SIGIO, NSIGCHLD
        if (code < 0) return code == fromPoll ? 2 : 3;    // a value of sigqueue(3) or a timer; band and descriptor
        if (code is 0 or >= SignalInfo.FromKernel) return 2;    // process and user
        if (signal is SignalNumber.Child && code <= childCodes) return 3;    // and the status
        return signal.IsSynchronous() ? 1 : 2;    // the address of a fault
    }
}
