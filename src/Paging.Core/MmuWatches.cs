using System.Diagnostics.CodeAnalysis;
using Paging.Core.Accounting;
using Paging.Native;

namespace Paging.Core;

/// <summary>Watchpoints on an <see cref="Mmu"/>.</summary>
public static class MmuWatches
{
    /// <summary>Reports every access to a run of bytes that goes through the <see cref="Mmu"/>, until the watchpoint is disposed.</summary>
    /// <param name="mmu">The process's processor.</param>
    /// <param name="start">The first byte; nothing need be mapped there yet.</param>
    /// <param name="byteLength">The number of bytes, all below the kernel half.</param>
    /// <param name="accesses">The accesses to report.</param>
    /// <param name="handler">
    /// Called once per access and page that touch a watched byte: after the faults, before the access. The copies of
    /// system calls are accesses, too. It cannot call the engine, which is in the middle of the access. If it throws, the access does
    /// not happen, and the exception reaches the host unchanged.
    /// </param>
    /// <remarks>
    /// Not seen are accesses of a processor that walks the tables itself, of <see cref="MmuSupervisor"/>, of spans that were returned
    /// before, and those to devices, which see them directly. <see cref="Mmu.TryGetSpan"/> gives no span of a watched page: it
    /// returns <see cref="MemoryFaultKind.Device"/>.
    /// Cost: accesses to other pages, nothing; to a watched page, a walk of the page tables, and O(watchpoints).
    /// </remarks>
    /// <exception cref="ArgumentOutOfRangeException">No byte, no kind of access, or a byte of the kernel half.</exception>
    /// <exception cref="ObjectDisposedException">The process has exited.</exception>
    public static Watchpoint Watch(
        this Mmu mmu, VirtualAddress start, uint byteLength, WatchedAccesses accesses, Action<WatchedAccess> handler)
    {
        ArgumentNullException.ThrowIfNull(mmu);
        ArgumentNullException.ThrowIfNull(handler);
        ArgumentOutOfRangeException.ThrowIfZero(byteLength);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((ulong)start.Value + byteLength, PageCount.UserHalf.Bytes, nameof(byteLength));
        ArgumentOutOfRangeException.ThrowIfEqual((int)(accesses & WatchedAccesses.All), 0, nameof(accesses));
        using SlowPathTurn turn = mmu.Guard.TakeTurn();
        mmu.Space.ThrowIfEnded();    // no access would ever be reported
        mmu.Watched ??= new(mmu, mmu.Guard);
        return mmu.Watched.Add(start, byteLength, accesses, handler);
    }

    [DoesNotReturn]
    internal static void ThrowUnseen() =>
        throw new InvalidOperationException("The policy of the process's group wants every access (AccessInformation.EveryAccess), and a " +
            "processor that walks the page tables itself does not report its accesses. Use AccessInformation.AccessedBits.");
}
