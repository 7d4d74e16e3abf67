using Paging.Core.Threads;
using Paging.Native;

namespace Paging.Core;

/// <summary>Opens streams over guest memory.</summary>
public static class MemoryStreams
{
    /// <summary>Returns a stream over a range of the memory, for code that reads or writes streams.</summary>
    /// <param name="memory">The address space.</param>
    /// <param name="start">The first byte: position 0.</param>
    /// <param name="byteLength">The length of the stream. It neither grows nor shrinks.</param>
    /// <param name="access">Reading, writing, or both.</param>
    /// <exception cref="ArgumentOutOfRangeException">The range goes beyond 4 GiB, or the access is unknown.</exception>
    public static Stream OpenStream(
        this AddressSpace memory, VirtualAddress start, long byteLength, FileAccess access = FileAccess.ReadWrite)
    {
        ArgumentNullException.ThrowIfNull(memory);
        using SlowPathTurn turn = memory.Turn();
        ArgumentOutOfRangeException.ThrowIfNegative(byteLength);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(byteLength, (1L << 32) - start.Value);
        if ((access & ~FileAccess.ReadWrite) != 0 || access == 0) throw new ArgumentOutOfRangeException(nameof(access));
        return new GuestMemoryStream(memory.Mmu, start, byteLength, access);
    }
}
