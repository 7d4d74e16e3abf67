using Paging.Native;

namespace Paging.Programs;

/// <summary>From where, and in which direction, places for mappings are sought.</summary>
public enum AddressLayout
{
    /// <summary>Downwards from below the stack's limit: the stack and the mappings each get what the other leaves.</summary>
    Flexible,
    /// <summary>Upwards from a third of the user half, as kernels before 2.6.7 did, and as an unlimited stack still has it.</summary>
    Classic,
}

/// <summary>Who executes a program, by numbers; root where nobody says otherwise.</summary>
/// <param name="User">The real user.</param>
/// <param name="EffectiveUser">The user whose rights count.</param>
/// <param name="Group">The real group.</param>
/// <param name="EffectiveGroup">The group whose rights count.</param>
public readonly record struct UserIdentity(uint User, uint EffectiveUser, uint Group, uint EffectiveGroup)
{
    /// <summary>The program has rights that whoever started it has not (AT_SECURE). Linux: security/commoncap.c cap_bprm_creds_from_file.</summary>
    public bool IsElevated => User != EffectiveUser || Group != EffectiveGroup;
}

/// <summary>What execve(2) is told, and what the machine would decide on its own.</summary>
public sealed record ExecutionRequest
{
    /// <summary>Nothing but the program: its name as the only argument.</summary>
    public static ExecutionRequest Default { get; } = new();

    /// <summary>argv. Empty: the path alone.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>envp, each <c>NAME=VALUE</c>.</summary>
    public IReadOnlyList<string> Environment { get; init; } = [];

    /// <summary>The path as the caller spelled it (AT_EXECFN); null: the image's name.</summary>
    public string? Path { get; init; }

    /// <summary>Who executes it (AT_UID and the like).</summary>
    public UserIdentity Identity { get; init; }

    /// <summary>Which layout; an unlimited stack is always classic.</summary>
    public AddressLayout Layout { get; init; }

    /// <summary>Stack, mappings, heap and position-independent programs are moved by chance, which the engine's seed decides. Linux: kernel.randomize_va_space = 2.</summary>
    public bool IsRandomized { get; init; } = true;

    /// <summary>Where the interpreter is found; null: nowhere, and only static programs can be executed.</summary>
    public IProgramFiles? Files { get; init; }

    /// <summary>Where position-independent programs begin before chance moves them. Linux: ELF_ET_DYN_BASE, which on i386 is 0x400000 (and 0x41000000 where a 64-bit kernel gives 3 GiB).</summary>
    public VirtualAddress PositionIndependentBase { get; init; } = new(0x0040_0000);

    /// <summary>What the processor can (AT_HWCAP, edx of cpuid 1): by default a P6's FPU, PSE, TSC, CX8, PGE and CMOV.</summary>
    public uint ProcessorFeatures { get; init; } = (1 << 0) | (1 << 3) | (1 << 4) | (1 << 8) | (1 << 13) | (1 << 15);
}

/// <summary>Where a program lies that has just been executed, and what its registers would hold.</summary>
/// <param name="Entry">The first instruction: the interpreter's where there is one (EIP).</param>
/// <param name="StackPointer">Points at argc (ESP).</param>
/// <param name="ProgramEntry">The program's own first instruction (AT_ENTRY).</param>
/// <param name="Bias">What was added to the image's addresses; 0 for one that is bound to them.</param>
/// <param name="Interpreter">Where the interpreter begins (AT_BASE); 0 without one.</param>
/// <param name="StackTop">The byte behind the stack.</param>
/// <param name="HeapStart">Where the heap begins.</param>
/// <param name="MmapBase">Where places for mappings are sought from.</param>
public readonly record struct ExecutedProgram(
    VirtualAddress Entry, VirtualAddress StackPointer, VirtualAddress ProgramEntry, uint Bias,
    VirtualAddress Interpreter, VirtualAddress StackTop, VirtualAddress HeapStart, VirtualAddress MmapBase)
{
    /// <summary>The byte behind the image's highest segment: where its BSS ends, or its data if it has none.</summary>
    public VirtualAddress ImageEnd { get; init; }
}
