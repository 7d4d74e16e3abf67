using System.Runtime.InteropServices;
using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Vfs;
using Paging.Native;

namespace Paging.Guest.Events;

/// <summary>The ioctls of a userfaultfd: structures of 64-bit words, the last of which is often a result.</summary>
/// <remarks>Linux: fs/userfaultfd.c userfaultfd_ioctl and the functions that it calls; include/uapi/linux/userfaultfd.h.</remarks>
internal static class UserfaultRequests
{
    // _IOWR(UFFDIO, number, structure): the size in the upper half is that of the structure
    private const uint Api = 0xC018_AA3F, Register = 0xC020_AA00, Unregister = 0x8010_AA01, Wake = 0x8010_AA02, Copy = 0xC028_AA03,
        ZeroPage = 0xC020_AA04, Move = 0xC028_AA05, WriteProtect = 0xC018_AA06, Continue = 0xC020_AA07, Poison = 0xC020_AA08;
    // Bits are numbers of requests: UFFD_API_IOCTLS, UFFD_API_RANGE_IOCTLS
    private const ulong ApiVersion = 0xAA, ApiRequests = 0x8000_0000_0000_0003, RangeRequests = 0x1FC, ProtectRequest = 1 << 6,
        ContinueRequest = 1 << 7;
    private const ulong DontWake = 1, Second = 2;    // bits of a mode; their meaning depends on the request

    public static CallResult Answer(UserfaultFile file, in IoctlCall call)
    {
        if (call.Request == Api) return Begin(file, call);
        if (file.Faults is not { } faults) return Errno.EINVAL;
        CallResult result = call.Request switch
        {
            Register => AnswerRegister(faults, call),
            Unregister => AnswerRange(call, faults.Unregister),
            Wake => AnswerRange(call, faults.Wake),
            Copy => AnswerCopy(faults, call),
            ZeroPage => AnswerFill(faults, call, DontWake, faults.ZeroPage),
            Move => AnswerMove(faults, file.IsCallers, call),
            WriteProtect => AnswerProtect(faults, call),
            Continue => AnswerFill(faults, call, DontWake | Second, faults.Continue),
            Poison => AnswerFill(faults, call, DontWake, faults.Poison),
            _ => Errno.EINVAL,
        };
        file.Woke();
        return result;
    }

    private delegate Errno RangeRequest(VirtualAddress start, ulong byteLength);

    private delegate Errno FillRequest(VirtualAddress start, ulong byteLength, UserfaultFillFlags flags, out ulong done);

    /// <summary>Linux: userfaultfd_api. An error leaves zeros.</summary>
    private static CallResult Begin(UserfaultFile file, in IoctlCall call)
    {
        Span<ulong> words = stackalloc ulong[3];
        if (!TryRead(call, words)) return Errno.EFAULT;
        UserfaultFeatures features = (UserfaultFeatures)words[1];
        bool isKnown = words[0] == ApiVersion && words[1] <= (ulong)UserfaultFeatures.All;
        bool isAllowed = (features & UserfaultFeatures.Fork) == 0 || file.MayTrace;
        if (isKnown && isAllowed)
        {
            words[1] = (ulong)UserfaultFeatures.All;
            words[2] = ApiRequests;
            if (!TryWrite(call, words)) return Errno.EFAULT;
            if (file.Begin(features) == Errno.None) return 0;
        }

        words.Clear();
        return !TryWrite(call, words) ? Errno.EFAULT : isAllowed ? Errno.EINVAL : Errno.EPERM;
    }

    private static CallResult AnswerRegister(Userfaultfd faults, in IoctlCall call)
    {
        Span<ulong> words = stackalloc ulong[3];
        if (!TryRead(call, words)) return Errno.EFAULT;
        UserfaultModes modes = words[2] <= 7 ? (UserfaultModes)words[2] : UserfaultModes.None;    // MISSING | WP | MINOR
        if (modes == UserfaultModes.None || !TryAddress(words[0], out VirtualAddress start)) return Errno.EINVAL;
        Errno error = faults.Register(start, words[1], modes);
        if (error != Errno.None) return error;
        ulong requests = RangeRequests;
        if ((modes & UserfaultModes.WriteProtect) == 0) requests &= ~ProtectRequest;
        if ((modes & UserfaultModes.Minor) == 0) requests &= ~ContinueRequest;    // without minor faults there is nothing to continue
        return PutResult(call, 3, (long)requests) ? 0 : Errno.EFAULT;
    }

    private static CallResult AnswerRange(in IoctlCall call, RangeRequest request)
    {
        Span<ulong> words = stackalloc ulong[2];
        if (!TryRead(call, words)) return Errno.EFAULT;
        return TryAddress(words[0], out VirtualAddress start) ? request(start, words[1]) : Errno.EINVAL;
    }

    private static CallResult AnswerProtect(Userfaultfd faults, in IoctlCall call)
    {
        if (faults.HasUnreadChange) return Errno.EAGAIN;    // mmap_changing: the monitor has to read that first
        Span<ulong> words = stackalloc ulong[3];
        if (!TryRead(call, words)) return Errno.EFAULT;
        const ulong protect = 1, dontWake = 2;
        // Protecting wakes no thread (userfaultfd_writeprotect)
        if ((words[2] & ~(protect | dontWake)) != 0 || words[2] == (protect | dontWake)) return Errno.EINVAL;
        return TryAddress(words[0], out VirtualAddress start)
            ? faults.WriteProtect(start, words[1], (words[2] & protect) != 0, wake: (words[2] & dontWake) == 0) : Errno.EINVAL;
    }

    private static CallResult AnswerFill(Userfaultfd faults, in IoctlCall call, ulong modes, FillRequest request)
    {
        const int resultAt = 3;
        if (faults.HasUnreadChange) return Finish(call, resultAt, 0, 0, Errno.EAGAIN);
        Span<ulong> words = stackalloc ulong[3];
        if (!TryRead(call, words)) return Errno.EFAULT;
        if (!TryAddress(words[0], out VirtualAddress start) || !IsRange(start, words[1]) || (words[2] & ~modes) != 0) return Errno.EINVAL;
        Errno error = request(start, words[1], (UserfaultFillFlags)words[2], out ulong done);
        return error == Errno.ESRCH ? error : Finish(call, resultAt, done, words[1], error);
    }

    private static CallResult AnswerCopy(Userfaultfd faults, in IoctlCall call)
    {
        const int resultAt = 4;
        if (faults.HasUnreadChange) return Finish(call, resultAt, 0, 0, Errno.EAGAIN);
        Span<ulong> words = stackalloc ulong[4];
        if (!TryRead(call, words)) return Errno.EFAULT;
        if (!TryAddress(words[0], out VirtualAddress start) || !TryAddress(words[1], out VirtualAddress source)) return Errno.EINVAL;
        bool isInUserHalf = !source.IsKernel && words[2] <= PageNumber.FirstKernel.Address.Value - source.Value;
        if (!IsRange(start, words[2]) || !isInUserHalf) return Errno.EINVAL;
        if ((words[3] & ~(DontWake | Second)) != 0) return Errno.EINVAL;
        UserfaultFillFlags flags = (UserfaultFillFlags)words[3];
        Errno error = faults.CheckCopy(start, words[2], flags);
        if (error == Errno.ESRCH) return error;
        Span<byte> page = stackalloc byte[PageWords.ByteLength];
        ulong done = 0;
        while (error == Errno.None && done < words[2])
        {
            error = call.User.TryCopyFrom(source + (uint)done, page)
                ? faults.Copy(start + (uint)done, page, flags, out ulong part) : Fault(out part);
            done += part;
        }

        return Finish(call, resultAt, done, words[2], error);
    }

    private static Errno Fault(out ulong done)
    {
        done = 0;
        return Errno.EFAULT;
    }

    private static CallResult AnswerMove(Userfaultfd faults, bool isCallers, in IoctlCall call)
    {
        const int resultAt = 4;
        if (faults.HasUnreadChange) return Finish(call, resultAt, 0, 0, Errno.EAGAIN);
        Span<ulong> words = stackalloc ulong[4];
        if (!TryRead(call, words)) return Errno.EFAULT;
        if (!isCallers) return Errno.EINVAL;    // of another process's memory: userfaultfd_move checks that before the ranges
        if (!TryAddress(words[0], out VirtualAddress start) || !TryAddress(words[1], out VirtualAddress source)) return Errno.EINVAL;
        if (!IsRange(start, words[2]) || !IsRange(source, words[2]) || (words[3] & ~(DontWake | Second)) != 0) return Errno.EINVAL;
        Errno error = faults.Move(start, source, words[2], allowHoles: (words[3] & Second) != 0,
            (UserfaultFillFlags)(words[3] & DontWake), out ulong done);
        return error == Errno.ESRCH ? error : Finish(call, resultAt, done, words[2], error);
    }

    /// <summary>Returns the number of resolved bytes, or the error if there are none; EAGAIN if not all are resolved.</summary>
    private static CallResult Finish(in IoctlCall call, int resultAt, ulong done, ulong wanted, Errno error)
    {
        if (!PutResult(call, resultAt, done != 0 ? (long)done : -(long)error)) return Errno.EFAULT;
        return done == 0 ? error : done == wanted ? 0 : Errno.EAGAIN;
    }

    /// <summary>Linux: validate_range.</summary>
    private static bool IsRange(VirtualAddress start, ulong byteLength) => start.IsPageAligned && byteLength != 0
        && (byteLength & PageWords.OffsetMask) == 0 && !start.IsKernel && byteLength <= PageNumber.FirstKernel.Address.Value - start.Value;

    private static bool TryAddress(ulong word, out VirtualAddress address)
    {
        address = new((uint)word);
        return word <= uint.MaxValue;
    }

    private static bool TryRead(in IoctlCall call, Span<ulong> words) =>
        call.User.TryCopyFrom(call.Argument.Address, MemoryMarshal.AsBytes(words));

    private static bool TryWrite(in IoctlCall call, Span<ulong> words) =>
        call.User.TryCopyTo(call.Argument.Address, MemoryMarshal.AsBytes(words));

    private static bool PutResult(in IoctlCall call, int wordAt, long value) =>
        call.User.TryWrite(call.Argument.Address + (uint)(wordAt * sizeof(ulong)), value);
}
