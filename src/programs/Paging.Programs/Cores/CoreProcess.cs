namespace Paging.Programs.Cores;

/// <summary>A process as the notes of a core file describe it.</summary>
/// <remarks>Linux: fs/binfmt_elf.c fill_note_info; struct elf_prpsinfo.</remarks>
public sealed record CoreProcess
{
    /// <summary>The number of the process.</summary>
    public int Id { get; init; } = 1;

    /// <summary>The number of its parent.</summary>
    public int ParentId { get; init; }

    /// <summary>The number of its process group.</summary>
    public int GroupId { get; init; }

    /// <summary>The number of its session.</summary>
    public int SessionId { get; init; }

    /// <summary>Its user; a core file keeps 16 bits.</summary>
    public uint User { get; init; }

    /// <summary>Its group; a core file keeps 16 bits.</summary>
    public uint Group { get; init; }

    /// <summary>Its short name, at most 15 bytes of UTF-8; null for that of the engine's process.</summary>
    public string? Name { get; init; }

    /// <summary>Its arguments, separated by spaces, at most 79 bytes; null to read them from its memory.</summary>
    public string? Arguments { get; init; }

    /// <summary>The signal that has ended it; 0 if it lives on.</summary>
    public int Signal { get; init; }

    /// <summary>The signal's siginfo_t, at most 128 bytes; empty if there is none.</summary>
    public ReadOnlyMemory<byte> SignalInformation { get; init; }

    /// <summary>The auxiliary vector: pairs of words, up to AT_NULL.</summary>
    public ReadOnlyMemory<byte> AuxiliaryVector { get; init; }

    /// <summary>The areas whose contents are written.</summary>
    public CoreContents Contents { get; init; } = CoreContents.Default;

    /// <summary>Its threads; the first is the one that the signal has ended.</summary>
    public IReadOnlyList<CoreThread> Threads { get; init; } = [];
}

/// <summary>A thread of a core file.</summary>
public sealed record CoreThread
{
    /// <summary>Its number.</summary>
    public int Id { get; init; }

    /// <summary>The general registers.</summary>
    public CoreRegisters Registers { get; init; }

    /// <summary>The x87's state as fnsave stores it, 108 bytes (NT_FPREGSET); empty if it is unknown.</summary>
    public ReadOnlyMemory<byte> FloatingPoint { get; init; }

    /// <summary>The x87's and SSE's state as fxsave stores it, 512 bytes (NT_PRXFPREG); empty if it is unknown.</summary>
    public ReadOnlyMemory<byte> Vectors { get; init; }

    /// <summary>The state as xsave stores it, with XCR0 at byte 464 (NT_X86_XSTATE); empty if it is unknown.</summary>
    public ReadOnlyMemory<byte> Extended { get; init; }

    /// <summary>The three segments of its own as struct user_desc, 48 bytes (NT_386_TLS); empty if it has none.</summary>
    public ReadOnlyMemory<byte> Segments { get; init; }

    /// <summary>The signals pending and blocked; signal n is bit n − 1.</summary>
    public ulong PendingSignals { get; init; }

    /// <inheritdoc cref="PendingSignals"/>
    public ulong BlockedSignals { get; init; }

    /// <summary>Processor time in user mode and in system calls.</summary>
    public TimeSpan UserTime { get; init; }

    /// <inheritdoc cref="UserTime"/>
    public TimeSpan SystemTime { get; init; }
}

/// <summary>The kinds of memory whose contents a core file has, in the form of /proc/PID/coredump_filter.</summary>
/// <remarks>Linux: MMF_DUMP_* (include/linux/mm_types.h); core(5).</remarks>
[Flags]
public enum CoreContents : uint
{
    /// <summary>No contents.</summary>
    None = 0,

    /// <summary>Private memory that was written.</summary>
    PrivateAnonymous = 1 << 0,

    /// <summary>Shared memory without a name in a file system.</summary>
    SharedAnonymous = 1 << 1,

    /// <summary>Private mappings of files.</summary>
    PrivateFile = 1 << 2,

    /// <summary>Shared mappings of files.</summary>
    SharedFile = 1 << 3,

    /// <summary>The first page of mapped ELF images, by whose build identifier a debugger finds the file.</summary>
    ElfHeaders = 1 << 4,

    /// <summary>Private huge pages of the pool.</summary>
    PrivateHuge = 1 << 5,

    /// <summary>Shared huge pages of the pool.</summary>
    SharedHuge = 1 << 6,

    /// <summary>Linux's default.</summary>
    Default = PrivateAnonymous | SharedAnonymous | ElfHeaders | PrivateHuge,
}
