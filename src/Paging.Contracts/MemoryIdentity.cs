namespace Paging.Core;

/// <summary>Names a byte of memory, whoever looks at it: equal for two addresses exactly when a write to one is seen at the other.</summary>
/// <param name="Owner">The file object of a shared mapping, or the address space of private memory.</param>
/// <param name="Offset">The byte within the owner.</param>
/// <remarks>Not for pages that a fork still shares: those are private. Linux: union futex_key, get_futex_key (kernel/futex/core.c).</remarks>
public readonly record struct MemoryIdentity(ulong Owner, ulong Offset);
