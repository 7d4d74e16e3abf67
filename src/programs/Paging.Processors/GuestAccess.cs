using Paging.Core;
using Paging.Native;

namespace Paging.Processors;

/// <summary>One access of a program to its memory, as the processor makes it.</summary>
/// <param name="Process">The owner of the memory. The same object before and after execve(2); a child of fork(2) has its own.</param>
/// <param name="Address">The first byte.</param>
/// <param name="ByteLength">1 to 512. The last byte may lie in the next page.</param>
/// <param name="Kind">The kind of access.</param>
public readonly record struct GuestAccess(UserProcess Process, VirtualAddress Address, int ByteLength, GuestAccessKind Kind);

/// <summary>The kind of an access.</summary>
public enum GuestAccessKind
{
    /// <summary>An instruction is fetched.</summary>
    Fetch,

    /// <summary>Data are read.</summary>
    Load,

    /// <summary>Data are written.</summary>
    Store,

    /// <summary>One instruction reads and writes the same bytes.</summary>
    Modify,
}

/// <summary>Receives every access of the programs: see <see cref="Emulation.GuestProcessor.Trace"/>.</summary>
public interface IGuestAccessSink
{
    /// <summary>
    /// An instruction's accesses, its fetch first, in the order in which they were made. Called on the machine's thread before the next
    /// instruction; may look at the engine, but not change it. An exception from it ends the run.
    /// </summary>
    void Take(in GuestAccess access);
}
