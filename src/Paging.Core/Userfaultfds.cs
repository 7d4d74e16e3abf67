using Paging.Core.Spaces;
using Paging.Core.SystemCalls;
using Paging.Core.Threads;

namespace Paging.Core;

/// <summary>Opens userfaultfds, and sets the thread whose accesses they see.</summary>
public static class Userfaultfds
{
    /// <summary>Opens a userfaultfd on an address space. It gets no message before <see cref="Userfaultfd.Register"/>.</summary>
    /// <param name="memory">The address space whose accesses it sees.</param>
    /// <param name="features">Its features beyond the report of missing pages.</param>
    /// <param name="isForUserMode">True to refuse accesses of system calls instead of reporting them. UFFD_USER_MODE_ONLY.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such feature.</exception>
    public static Userfaultfd OpenUserfaultfd(
        this AddressSpace memory, UserfaultFeatures features = UserfaultFeatures.None, bool isForUserMode = false)
    {
        ArgumentNullException.ThrowIfNull(memory);
        ArgumentOutOfRangeException.ThrowIfNotEqual((int)(features & ~UserfaultFeatures.All), 0, nameof(features));
        using SlowPathTurn turn = memory.Turn();
        // One relies on the other. Linux: userfaultfd_api.
        if ((features & UserfaultFeatures.ProtectSilently) != 0) features |= UserfaultFeatures.ProtectUnpopulated;
        UserfaultContext context = UserfaultRegistration.TableOf(memory.Space).Open(features, isForUserMode);
        return new(memory.Guard, memory.Calls.Userfaults, memory.Space, context);
    }

    /// <summary>True if a userfaultfd was ever opened on the address space.</summary>
    public static bool HasUserfaultfds(this AddressSpace memory)
    {
        ArgumentNullException.ThrowIfNull(memory);
        return memory.Space.Userfaults is not null;
    }

    /// <summary>Sets the thread that makes the next accesses: for embedders with several threads in one address space.</summary>
    /// <param name="memory">The address space.</param>
    /// <param name="thread">The thread's number; 0 means the host.</param>
    /// <param name="isSystemCall">True if the accesses are those of a system call.</param>
    public static void SetFaultingThread(this AddressSpace memory, int thread, bool isSystemCall)
    {
        ArgumentNullException.ThrowIfNull(memory);
        using SlowPathTurn turn = memory.Turn();
        if (memory.Space.Userfaults is { } table) (table.Thread, table.IsInKernel) = (thread, isSystemCall);    // none: no one asks
    }

    /// <summary>True while a reported access of the thread waits for its page, which was neither filled nor woken.</summary>
    public static bool IsWaitingForPage(this AddressSpace memory, int thread)
    {
        ArgumentNullException.ThrowIfNull(memory);
        using SlowPathTurn turn = memory.Turn();
        return memory.Space.Userfaults?.IsWaiting(thread) == true;
    }

    /// <summary>Returns the number of all changes of mappings reported so far to the userfaultfds of an address space.</summary>
    public static long UserfaultChangeCount(this AddressSpace memory)
    {
        ArgumentNullException.ThrowIfNull(memory);
        return memory.Space.Userfaults?.ChangeCount ?? 0;
    }

    /// <summary>True while a change is unread. On Linux the thread that made it waits until then.</summary>
    public static bool HasUnreadUserfaultChange(this AddressSpace memory)
    {
        ArgumentNullException.ThrowIfNull(memory);
        return memory.Space.Userfaults is { IsChanging: true };
    }

    /// <summary>True if an access has ended with <see cref="MemoryFaultKind.Pending"/> since <see cref="TakePendingAccess"/>.</summary>
    public static bool HasPendingAccess(this AddressSpace memory)
    {
        ArgumentNullException.ThrowIfNull(memory);
        return memory.Space.HasPendingAccess;
    }

    /// <summary>Returns true if an access has ended with <see cref="MemoryFaultKind.Pending"/> since the last call.</summary>
    /// <remarks>For an embedder whose system calls copy from and to programs, and are made again when the page is there.</remarks>
    public static bool TakePendingAccess(this AddressSpace memory)
    {
        ArgumentNullException.ThrowIfNull(memory);
        bool hasPending = memory.Space.HasPendingAccess;
        memory.Space.HasPendingAccess = false;
        return hasPending;
    }

    /// <summary>Drops the waiting accesses of a thread that has ended, or that makes other accesses first.</summary>
    public static void ForgetFaultingThread(this AddressSpace memory, int thread)
    {
        ArgumentNullException.ThrowIfNull(memory);
        using SlowPathTurn turn = memory.Turn();
        memory.Space.Userfaults?.Forget(thread);
    }
}
