using Paging.Native;

namespace Paging.Guest.Abi;

/// <summary>One word of a system call. The member that a call reads gives its type.</summary>
internal readonly record struct CallWord(uint Word)
{
    /// <summary>A signed number: a count, a process, a command.</summary>
    public int Number => (int)Word;

    /// <summary>A file descriptor, which may be invalid or AT_FDCWD.</summary>
    public Descriptor Descriptor => new((int)Word);

    /// <summary>The number of a signal, which may be 0 or invalid.</summary>
    public SignalNumber Signal => (SignalNumber)Word;

    /// <summary>The mode of a file to create or change.</summary>
    public FileModes Mode => (FileModes)Word;

    /// <summary>The flags for opening a file, or for an open one (O_*).</summary>
    public FileFlags Flags => (FileFlags)Word;

    /// <summary>The flags for resolving a path (AT_*).</summary>
    public PathFlags PathFlags => (PathFlags)Word;

    /// <summary>The flags for finding or making an object of System V IPC (IPC_*).</summary>
    public IpcGetFlags IpcGetFlags => (IpcGetFlags)Word;

    /// <summary>The flags for attaching a segment (SHM_*).</summary>
    public AttachFlags AttachFlags => (AttachFlags)Word;

    /// <summary>An address in the program's memory, which may be invalid.</summary>
    public VirtualAddress Address => new(Word);

    public static implicit operator uint(CallWord word) => word.Word;

    public static implicit operator CallWord(uint word) => new(word);
}

/// <summary>The six words of a system call: EBX, ECX, EDX, ESI, EDI, EBP.</summary>
internal readonly record struct CallArguments(CallWord A, CallWord B, CallWord C, CallWord D, CallWord E, CallWord F)
{
    /// <summary>A 64-bit argument from two words, the lower one first.</summary>
    public static long Long(uint low, uint high) => (long)(((ulong)high << 32) | low);
}
