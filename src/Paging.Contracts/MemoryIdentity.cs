namespace Paging.Core;

/// <summary>Identifies a byte of memory in every process: equal for two addresses exactly if a write to one is seen at the other.</summary>
/// <param name="Owner">A number for the file object of a shared mapping, or for the address space of private memory.</param>
/// <param name="Offset">The offset of the byte in the owner.</param>
/// <remarks>
/// A page that parent and child still share after fork is private: it has an identity for each of them.
/// Linux: union futex_key, get_futex_key (kernel/futex/core.c).
/// </remarks>
public readonly record struct MemoryIdentity(ulong Owner, ulong Offset);
