using System.Runtime.InteropServices;

namespace Paging.Processors.DirectExecution;

/// <summary>The registers of a stopped process as ptrace(2) returns them: <c>struct user_regs_struct</c> of x86-64.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct HostRegisters
{
    /// <summary>The number of registers before the bases and selectors of data.</summary>
    public const int CountBeforeBases = 21;

    private const ulong UserRights = 3, PlainFlags = 0x202;

    public ulong R15, R14, R13, R12, Rbp, Rbx, R11, R10, R9, R8, Rax, Rcx, Rdx, Rsi, Rdi, OriginalRax, Rip, Cs, Eflags, Rsp, Ss;
    public ulong FsBase, GsBase, Ds, Es, Fs, Gs;

    /// <summary>Sets the registers of a program; the others become 0, and no system call is under way.</summary>
    /// <remarks>The bases of FS and GS are set apart from their selectors, so both are set here.</remarks>
    public void Set(in GuestRegisters registers, uint fsBase, uint gsBase)
    {
        this = new()
        {
            Rax = registers.Eax,
            Rcx = registers.Ecx,
            Rdx = registers.Edx,
            Rbx = registers.Ebx,
            Rsp = registers.Esp,
            Rbp = registers.Ebp,
            Rsi = registers.Esi,
            Rdi = registers.Edi,
            Rip = registers.Eip,
            Eflags = registers.Eflags,
            Cs = registers.Cs,
            Ss = registers.Ss,
            Ds = SegmentSelectors.WithoutNull(registers.Ds),
            Es = SegmentSelectors.WithoutNull(registers.Es),
            Fs = SegmentSelectors.WithoutNull(registers.Fs),
            Gs = SegmentSelectors.WithoutNull(registers.Gs),
            FsBase = fsBase,
            GsBase = gsBase,
            OriginalRax = ulong.MaxValue,
        };
    }

    /// <summary>
    /// True if a data selector requests other rights than a user's. A program may load one, as 28 for 2B, but ptrace(2) refuses to set it.
    /// Linux: invalid_selector.
    /// </summary>
    public readonly bool HasSelectorThatOnlyCodeLoads => IsRefused(Ds) || IsRefused(Es) || IsRefused(Fs) || IsRefused(Gs);

    /// <summary>The same registers with selectors that ptrace(2) accepts for the same segments.</summary>
    public readonly HostRegisters WithUserSelectors()
    {
        HostRegisters accepted = this;
        (accepted.Ds, accepted.Es, accepted.Fs, accepted.Gs) = (AsUser(Ds), AsUser(Es), AsUser(Fs), AsUser(Gs));
        return accepted;
    }

    /// <summary>The same registers, but for those with which the stub's loop over orders begins.</summary>
    public readonly HostRegisters WithLoopOfOrders() => this with
    {
        Rip = StubProgram.LoopAt,
        Rbx = StubProgram.OrdersAt,
        Cs = StubProgram.CodeOf64Bits,
        Eflags = PlainFlags,
    };

    /// <summary>True in the stub's loop over orders, and in its way from there to the program.</summary>
    public readonly bool IsInLoopOfOrders => Cs == StubProgram.CodeOf64Bits && Rip is >= StubProgram.LoopAt and < StubProgram.LoopEnd;

    private static bool IsRefused(ulong selector) => selector != 0 && (selector & UserRights) != UserRights;

    private static ulong AsUser(ulong selector) => selector == 0 ? 0 : selector | UserRights;

    /// <summary>The lower halves, which are all that 32-bit code has.</summary>
    public readonly void CopyTo(ref GuestRegisters registers)
    {
        (registers.Eax, registers.Ecx, registers.Edx, registers.Ebx) = ((uint)Rax, (uint)Rcx, (uint)Rdx, (uint)Rbx);
        (registers.Esp, registers.Ebp, registers.Esi, registers.Edi) = ((uint)Rsp, (uint)Rbp, (uint)Rsi, (uint)Rdi);
        (registers.Eip, registers.Eflags) = ((uint)Rip, (uint)Eflags);
        (registers.Cs, registers.Ss, registers.Ds, registers.Es) = ((uint)Cs, (uint)Ss, (uint)Ds, (uint)Es);
        (registers.Fs, registers.Gs) = ((uint)Fs, (uint)Gs);
    }
}

/// <summary>An address and a length: <c>struct iovec</c> of x86-64.</summary>
/// <param name="Address">The address of memory that is not moved.</param>
/// <param name="ByteLength">The length; ptrace(2) replaces it by the length that was used.</param>
internal record struct IoVector(nint Address, nint ByteLength);

/// <summary>An entry of a task's own: <c>struct user_desc</c>.</summary>
internal readonly record struct UserDescriptor(uint Entry, uint Base, uint Limit, uint Flags);

/// <summary>The beginning of a signal's information, as ptrace(2) returns it: <c>siginfo_t</c> of x86-64.</summary>
[StructLayout(LayoutKind.Sequential, Size = 128)]
internal readonly struct HostSignalInfo
{
    public readonly int Signal, Error, Code, Padding;
    public readonly ulong Address;
}
