using System.Runtime.InteropServices;

namespace Paging.Processors;

/// <summary>The general registers of a task. Change them freely while the task is not running.</summary>
/// <remarks>
/// Sixteen words in the order in which the processor's own are read; the floating-point state is in <see cref="GuestContext"/>.
/// </remarks>
[StructLayout(LayoutKind.Sequential)]
public struct GuestRegisters
{
    /// <summary>System call number, and its result.</summary>
    public uint Eax;

    /// <summary>Second argument.</summary>
    public uint Ecx;

    /// <summary>Third argument.</summary>
    public uint Edx;

    /// <summary>First argument.</summary>
    public uint Ebx;

    /// <summary>Stack pointer.</summary>
    public uint Esp;

    /// <summary>Sixth argument.</summary>
    public uint Ebp;

    /// <summary>Fourth argument.</summary>
    public uint Esi;

    /// <summary>Fifth argument.</summary>
    public uint Edi;

    /// <summary>The next instruction: after <c>int 0x80</c>, or the one that faulted.</summary>
    public uint Eip;

    /// <summary>Flags. IF and IOPL are the kernel's and stay as they are.</summary>
    public uint Eflags;

    /// <summary>Code selector, 0x73 for a user.</summary>
    public uint Cs;

    /// <summary>Stack selector, 0x7B.</summary>
    public uint Ss;

    /// <summary>Data selector, 0x7B.</summary>
    public uint Ds;

    /// <summary>Data selector of string instructions, 0x7B.</summary>
    public uint Es;

    /// <summary>0, or one that the program has loaded.</summary>
    public uint Fs;

    /// <summary>Thread-local storage: 0x33 after glibc's start.</summary>
    public uint Gs;

    /// <summary>The number of words.</summary>
    internal const int Count = 16;
}
