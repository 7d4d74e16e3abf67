using System.Text;
using Paging.Native;

namespace Paging.Programs;

/// <summary>The start and the direction of the search for free ranges.</summary>
public enum AddressLayout
{
    /// <summary>Downwards from below the stack's limit. The stack and the mappings share the space between them.</summary>
    Flexible,
    /// <summary>Upwards from a third of the user half, as in kernels before 2.6.7, and today with an unlimited stack.</summary>
    Classic,
}

/// <summary>The user and group numbers of a program; root by default.</summary>
/// <param name="User">The real user.</param>
/// <param name="EffectiveUser">The user whose rights apply.</param>
/// <param name="Group">The real group.</param>
/// <param name="EffectiveGroup">The group whose rights apply.</param>
public readonly record struct UserIdentity(uint User, uint EffectiveUser, uint Group, uint EffectiveGroup)
{
    /// <summary>True if the program has rights that its user does not have (AT_SECURE).</summary>
    /// <remarks>Linux: security/commoncap.c cap_bprm_creds_from_file.</remarks>
    public bool IsElevated => User != EffectiveUser || Group != EffectiveGroup;
}

/// <summary>The arguments of execve(2), and the choices that the machine would make.</summary>
public sealed record ExecutionRequest
{
    /// <summary>The program's name as the only argument, and no environment.</summary>
    public static ExecutionRequest Default { get; } = new();

    /// <summary>argv. If empty, the path is the only argument.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>envp, each <c>NAME=VALUE</c>.</summary>
    public IReadOnlyList<string> Environment { get; init; } = [];

    /// <summary>The path as the caller gave it (AT_EXECFN); null: the image's name.</summary>
    public string? Path { get; init; }

    /// <summary>The encoding of strings as bytes: UTF-8, or Latin-1 where each character is a byte.</summary>
    public Encoding TextEncoding { get; init; } = Encoding.UTF8;

    /// <summary>The user and group (AT_UID and others).</summary>
    public UserIdentity Identity { get; init; }

    /// <summary>The layout. With an unlimited stack it is always classic.</summary>
    public AddressLayout Layout { get; init; }

    /// <summary>True to move stack, mappings, heap and position-independent programs at random, by the engine's seed.</summary>
    /// <remarks>Linux: kernel.randomize_va_space = 2.</remarks>
    public bool IsRandomized { get; init; } = true;

    /// <summary>
    /// True to draw the places of mappings and of position-independent programs once for all programs of an engine: an emulator's
    /// translations of their code are then good for the next program, too. Stack and heap are still moved for each.
    /// </summary>
    /// <remarks>Windows draws the places of libraries once in a boot.</remarks>
    public bool KeepsMappings { get; init; }

    /// <summary>Finds the interpreter; null: only static programs can be executed.</summary>
    public IProgramFiles? Files { get; init; }

    /// <summary>The start of position-independent programs, before randomization.</summary>
    /// <remarks>
    /// Linux: ELF_ET_DYN_BASE, which is 0x400000 on i386 (and 0x41000000 if a 64-bit kernel gives 3 GiB).
    /// </remarks>
    public VirtualAddress PositionIndependentBase { get; init; } = new(0x0040_0000);

    /// <summary>The features of the processor (AT_HWCAP, edx of cpuid 1). By default a P6's FPU, PSE, TSC, CX8, PGE and CMOV.</summary>
    public uint ProcessorFeatures { get; init; } = (1 << 0) | (1 << 3) | (1 << 4) | (1 << 8) | (1 << 13) | (1 << 15);
}

/// <summary>The layout of a program that was just executed, and its initial registers.</summary>
/// <param name="Entry">The first instruction (EIP): the interpreter's if there is one.</param>
/// <param name="StackPointer">The address of argc (ESP).</param>
/// <param name="ProgramEntry">The program's own first instruction (AT_ENTRY).</param>
/// <param name="Bias">The distance added to the image's addresses; 0 if it must lie at its own.</param>
/// <param name="Interpreter">The start of the interpreter (AT_BASE); 0 without one.</param>
/// <param name="StackTop">The end of the stack, exclusive.</param>
/// <param name="HeapStart">The start of the heap.</param>
/// <param name="MmapBase">The start of the search for free ranges.</param>
public readonly record struct ExecutedProgram(
    VirtualAddress Entry, VirtualAddress StackPointer, VirtualAddress ProgramEntry, uint Bias,
    VirtualAddress Interpreter, VirtualAddress StackTop, VirtualAddress HeapStart, VirtualAddress MmapBase)
{
    /// <summary>The end of the image's highest segment, exclusive: the end of its BSS or data.</summary>
    public VirtualAddress ImageEnd { get; init; }
}
