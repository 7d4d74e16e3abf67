using System.Runtime.InteropServices;

namespace Paging.Programs.Cores;

/// <summary>The general registers of a thread in a core file. Linux: struct user_regs_struct of i386.</summary>
[StructLayout(LayoutKind.Sequential)]
public record struct CoreRegisters
{
    /// <summary>The length in bytes: 17 words.</summary>
    public const int ByteLength = 17 * sizeof(uint);

    /// <summary>General register.</summary>
    public uint Ebx { get; set; }

    /// <inheritdoc cref="Ebx"/>
    public uint Ecx { get; set; }

    /// <inheritdoc cref="Ebx"/>
    public uint Edx { get; set; }

    /// <inheritdoc cref="Ebx"/>
    public uint Esi { get; set; }

    /// <inheritdoc cref="Ebx"/>
    public uint Edi { get; set; }

    /// <inheritdoc cref="Ebx"/>
    public uint Ebp { get; set; }

    /// <inheritdoc cref="Ebx"/>
    public uint Eax { get; set; }

    /// <summary>Selector.</summary>
    public uint Ds { get; set; }

    /// <inheritdoc cref="Ds"/>
    public uint Es { get; set; }

    /// <inheritdoc cref="Ds"/>
    public uint Fs { get; set; }

    /// <inheritdoc cref="Ds"/>
    public uint Gs { get; set; }

    /// <summary>The number of the system call that the thread is in; −1 for none.</summary>
    public int OriginalEax { get; set; }

    /// <summary>The next instruction, or the one that faulted.</summary>
    public uint Eip { get; set; }

    /// <inheritdoc cref="Ds"/>
    public uint Cs { get; set; }

    /// <summary>Flags.</summary>
    public uint Eflags { get; set; }

    /// <summary>Stack pointer.</summary>
    public uint Esp { get; set; }

    /// <inheritdoc cref="Ds"/>
    public uint Ss { get; set; }
}
