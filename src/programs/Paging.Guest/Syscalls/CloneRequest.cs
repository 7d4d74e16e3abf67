using System.Runtime.InteropServices;
using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Tasks;
using Paging.Native;

namespace Paging.Guest.Syscalls;

/// <summary>The flags of clone(2) and unshare(2). Linux: include/uapi/linux/sched.h.</summary>
[Flags]
internal enum CloneFlags : ulong
{
    None = 0,
    NewTime = 0x80,
    ShareMemory = 0x100,
    ShareDirectory = 0x200,
    ShareFiles = 0x400,
    ShareActions = 0x800,
    PidFile = 0x1000,
    Vfork = 0x4000,
    SameParent = 0x8000,
    Thread = 0x1_0000,
    NewMounts = 0x2_0000,
    ShareUndo = 0x4_0000,
    SetTls = 0x8_0000,
    ParentSetId = 0x10_0000,
    ChildClearId = 0x20_0000,
    Detached = 0x40_0000,
    ChildSetId = 0x100_0000,
    NewGroups = 0x200_0000,
    NewHostName = 0x400_0000,
    NewIpc = 0x800_0000,
    NewUsers = 0x1000_0000,
    NewProcesses = 0x2000_0000,
    NewNetwork = 0x4000_0000,
    ClearHandlers = 0x1_0000_0000,
    IntoGroup = 0x2_0000_0000,

    /// <summary>Flags that would make a namespace, as on a kernel without any, or a descriptor of the process.</summary>
    Unsupported = NewTime | NewMounts | NewGroups | NewHostName | NewIpc | NewUsers | NewProcesses | NewNetwork | PidFile,
}

/// <summary>A request for a process or thread. Linux: struct kernel_clone_args.</summary>
/// <param name="Flags">The parts to share, and the words to set.</param>
/// <param name="ExitSignal">The signal to the parent at its end; 0 and clone(2)'s numbers above the last signal: none.</param>
/// <param name="Stack">Its initial stack pointer; 0 for its parent's.</param>
internal readonly record struct CloneRequest(CloneFlags Flags, SignalNumber ExitSignal, uint Stack)
{
    // Linux: CLONE_ARGS_SIZE_VER0, PAGE_SIZE, CSIGNAL; CLONE_ARGS_SIZE_VER2 / 8, MAX_PID_NS_LEVEL
    private const uint FirstByteLength = 64, ByteLengthMax = PageWords.ByteLength, LegacySignalMask = 0xFF;    // CLONE_ARGS_SIZE_VER0
    private const int WordCount = 11;    // CLONE_ARGS_SIZE_VER2 / 8

    /// <summary>The address for the new number in the parent, with <see cref="CloneFlags.ParentSetId"/>.</summary>
    public VirtualAddress ParentIdAt { get; init; }

    /// <summary>The address for the new number in the child, cleared at the child's end.</summary>
    public VirtualAddress ChildIdAt { get; init; }

    /// <summary>The address of the struct user_desc, with <see cref="CloneFlags.SetTls"/>.</summary>
    public VirtualAddress TlsAt { get; init; }

    /// <summary>The five words of clone(2), in i386's order.</summary>
    public static CloneRequest OfWords(in CallArguments call) =>
        new((CloneFlags)(call.A & ~LegacySignalMask), (SignalNumber)(call.A & LegacySignalMask), call.B)
        {
            ParentIdAt = call.C.Address,
            TlsAt = call.D.Address,
            ChildIdAt = call.E.Address,
        };

    /// <summary>The structure of clone3(2).</summary>
    /// <remarks><code>
    /// Linux   kernel/fork.c: copy_clone_args_from_user, clone3_args_valid
    /// Errors  E2BIG   longer than a page, or an unknown field is set
    ///         EINVAL  shorter than its first version; no such flag or signal; a stack without a length, or a length without one
    ///         EFAULT
    /// </code></remarks>
    public static Errno Read(GuestTask task, VirtualAddress at, uint byteLength, out CloneRequest request)
    {
        request = default;
        if (byteLength > ByteLengthMax) return Errno.E2BIG;    // copy_clone_args_from_user
        if (byteLength < FirstByteLength) return Errno.EINVAL;
        Span<byte> bytes = stackalloc byte[(int)ByteLengthMax];
        bytes.Clear();
        if (!task.User.TryCopyFrom(at, bytes[..(int)byteLength])) return Errno.EFAULT;
        if (bytes[(WordCount * sizeof(ulong))..].ContainsAnyExcept((byte)0)) return Errno.E2BIG;    // a newer field (copy_struct_from_user)

        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(bytes);
        (CloneFlags flags, ulong signal, ulong stack, ulong stackLength) = ((CloneFlags)words[0], words[4], words[5], words[6]);
        if (signal > (ulong)SignalNumber.Last) return Errno.EINVAL;    // 0 is none
        if ((words[8] | words[9]) != 0 || !AreKnown(flags)) return Errno.EINVAL;    // set_tid: no numbers can be chosen
        // Neither is a child of the caller, which the signal would go to (clone3_args_valid)
        if ((flags & (CloneFlags.Thread | CloneFlags.SameParent)) != 0 && signal != 0) return Errno.EINVAL;
        // Above 0xC000_0000 is the kernel (access_ok); the second bound is for sums that wrap
        if (stack == 0 != (stackLength == 0) || stack + stackLength > 0xC000_0000 || stackLength > 0xC000_0000) return Errno.EINVAL;
        request = new(flags, (SignalNumber)signal, (uint)(stack + stackLength))
        {
            ChildIdAt = new((uint)words[2]),
            ParentIdAt = new((uint)words[3]),
            TlsAt = new((uint)words[7]),
        };
        return Errno.None;
    }

    private static bool AreKnown(CloneFlags flags)
    {
        const CloneFlags known = (CloneFlags)0x1_FFFF_FFFF, never = CloneFlags.Detached    // not CLONE_INTO_CGROUP: no groups
            | (CloneFlags)(LegacySignalMask & ~(uint)CloneFlags.NewTime);    // its bit lies in CSIGNAL, free in clone3 only
        const CloneFlags contrary = CloneFlags.ShareActions | CloneFlags.ClearHandlers;
        return (flags & ~known) == 0 && (flags & never) == 0 && (flags & contrary) != contrary;
    }
}
