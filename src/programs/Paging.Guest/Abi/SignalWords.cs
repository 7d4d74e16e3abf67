using System.Globalization;
using Paging.Native;

namespace Paging.Guest.Abi;

/// <summary>A set of signals; signal n is bit n − 1. Linux: sigset_t.</summary>
internal readonly record struct SignalSet(ulong Bits)
{
    /// <summary>The signals that cannot be blocked.</summary>
    private const ulong Unblockable = (1UL << ((int)SignalNumber.Kill - 1)) | (1UL << ((int)SignalNumber.Stop - 1));

    public bool Contains(SignalNumber signal) => (Bits & BitOf(signal)) != 0;

    public SignalSet With(SignalNumber signal) => new(Bits | BitOf(signal));

    public SignalSet Without(SignalNumber signal) => new(Bits & ~BitOf(signal));

    public SignalSet Blockable => new(Bits & ~Unblockable);

    public static SignalSet operator |(SignalSet left, SignalSet right) => new(left.Bits | right.Bits);

    /// <summary>The bits, as SigBlk and its siblings of /proc/PID/status print them.</summary>
    public override string ToString() => Bits.ToString("x16", CultureInfo.InvariantCulture);

    private static ulong BitOf(SignalNumber signal) => 1UL << ((int)signal - 1);
}

/// <summary>The information that a handler gets about a signal. Linux: siginfo_t.</summary>
/// <param name="Signal">Its number.</param>
/// <param name="Code">si_code: its source, or the kind of fault.</param>
/// <param name="First">The first word after the code: a process number, an address, a timer.</param>
/// <param name="Second">The second: a user number, an overrun count.</param>
/// <param name="Third">The third: a child's status, or the value of a timer.</param>
internal readonly record struct SignalInfo(SignalNumber Signal, int Code, uint First = 0, uint Second = 0, uint Third = 0)
{
    /// <summary>True if a timer of the receiver sent it. Its overrun is computed when it is taken.</summary>
    public bool IsOfTimer { get; init; }

    public const int FromUser = 0, FromKernel = 0x80, FromTimer = -2, FromThread = -6;    // SI_USER, SI_KERNEL, SI_TIMER, SI_TKILL
    public const int ChildExited = 1, ChildKilled = 2, ChildDumped = 3, ChildStopped = 5, ChildContinued = 6;
}

/// <summary>The action for a signal. Linux: struct k_sigaction.</summary>
/// <param name="Handler">The address of the handler, <see cref="Default"/> or <see cref="Ignore"/>.</param>
/// <param name="Flags">SA_*.</param>
/// <param name="Restorer">The return address of the handler, with <see cref="HasRestorer"/>.</param>
/// <param name="Mask">The signals that are blocked while the handler runs.</param>
internal readonly record struct SignalAction(VirtualAddress Handler, uint Flags, VirtualAddress Restorer, SignalSet Mask)
{
    public const uint NoChildStop = 1, NoChildWait = 2, WantsInfo = 4, HasRestorer = 0x0400_0000, OnStack = 0x0800_0000,
        Restart = 0x1000_0000, NoDefer = 0x4000_0000, ResetHand = 0x8000_0000;

    /// <summary>SIG_DFL.</summary>
    public static VirtualAddress Default => VirtualAddress.Zero;

    /// <summary>SIG_IGN.</summary>
    public static VirtualAddress Ignore => new(1);

    public bool Has(uint flag) => (Flags & flag) != 0;
}

/// <summary>The stack for handlers that request one. Linux: sas_ss_sp, sas_ss_size, sas_ss_flags.</summary>
internal readonly record struct AlternateStack(VirtualAddress Start, uint ByteLength, uint Flags)
{
    public const uint OnStack = 1, Disable = 2, AutoDisarm = 0x8000_0000;

    /// <summary>MINSIGSTKSZ.</summary>
    public const uint ByteLengthMin = 2048;

    public static AlternateStack None => new(VirtualAddress.Zero, 0, Disable);

    public bool IsEnabled => ByteLength != 0;

    /// <summary>The address after it, where the stack begins to grow down.</summary>
    public VirtualAddress End => Start + ByteLength;

    /// <summary>Returns true if a stack pointer lies on it. Linux: on_sig_stack.</summary>
    // With SS_AUTODISARM it is off while a handler runs. The end counts: a push writes below the pointer
    public bool Contains(VirtualAddress stackPointer) => IsEnabled && (Flags & AutoDisarm) == 0 && stackPointer > Start
        && stackPointer.Value - Start.Value <= ByteLength;

    /// <summary>SS_DISABLE, SS_ONSTACK or 0. Linux: sas_ss_flags.</summary>
    public uint StateAt(VirtualAddress stackPointer)
    {
        if (!IsEnabled) return Disable;
        return Contains(stackPointer) ? OnStack : 0;
    }
}
