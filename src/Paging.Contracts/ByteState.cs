namespace Paging.Core;

/// <summary>The state of one byte in a byte shadow: the accesses that it allows, in addition to the rights of its page.</summary>
/// <remarks>Source: the A and V bits of valgrind's memcheck, with one V bit for each byte.</remarks>
public enum ByteState
{
    /// <summary>May be read and written.</summary>
    Good = 0,
    /// <summary>May be written, which makes it good. Its content is undefined, so a program should not read it.</summary>
    Uninitialized = 1,
    /// <summary>May be neither read nor written: a red zone, or a freed block.</summary>
    Unaddressable = 2,
}
