namespace Paging.Guest.Checking;

/// <summary>The kind of a memory error. Source: valgrind's manual, "Memcheck: Explanation of error messages".</summary>
internal enum MemoryErrorKind
{
    /// <summary>A load of an unaddressable byte.</summary>
    InvalidRead,
    /// <summary>A store to an unaddressable byte.</summary>
    InvalidWrite,
    /// <summary>A jump, call or return to an address where nothing is mapped.</summary>
    InvalidJump,
    /// <summary>A branch, conditional move or set depends on bits that were never initialized.</summary>
    Condition,
    /// <summary>An address of a load, store or jump was computed from bits that were never initialized.</summary>
    Address,
    /// <summary>free(3) or realloc(3) of an address that is not a live block.</summary>
    InvalidFree,
    /// <summary>A system call reads bytes that were never initialized.</summary>
    CallReadsUninitialized,
    /// <summary>A system call reads or writes unaddressable bytes.</summary>
    CallUsesUnaddressable,
}
