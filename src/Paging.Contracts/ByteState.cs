namespace Paging.Core;

/// <summary>What a program may do with one byte of its memory, beside the rights of its page (a byte shadow).</summary>
/// <remarks>Source: the A and V bits of valgrind's memcheck, with one V bit for each byte.</remarks>
public enum ByteState
{
    /// <summary>May be read and written.</summary>
    Good = 0,
    /// <summary>May be written, and is good from then on. Its content means nothing, so a program should not read it.</summary>
    Uninitialized = 1,
    /// <summary>May be neither read nor written: a red zone, or a freed block.</summary>
    Unaddressable = 2,
}
