using Paging.Core.Accounting;
using Paging.Core.SystemCalls;
using Paging.Core.Userfaults;

namespace Paging.Core;

/// <summary>Opens userfaultfds, and tells them whose accesses they see.</summary>
public static class Userfaultfds
{
    /// <summary>Opens a userfaultfd on an address space. It gets no message before <see cref="Userfaultfd.Register"/>.</summary>
    /// <param name="memory">Whose accesses it sees.</param>
    /// <param name="features">What it does beyond reporting missing pages.</param>
    /// <param name="isForUserMode">Accesses of system calls are refused instead of reported. UFFD_USER_MODE_ONLY.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such feature.</exception>
    public static Userfaultfd OpenUserfaultfd(
        this AddressSpace memory, UserfaultFeatures features = UserfaultFeatures.None, bool isForUserMode = false)
    {
        ArgumentNullException.ThrowIfNull(memory);
        ArgumentOutOfRangeException.ThrowIfNotEqual((int)(features & ~UserfaultFeatures.All), 0, nameof(features));
        using SlowPathTurn turn = memory.Turn();
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

    /// <summary>Says whose accesses follow: for embedders with several threads in one address space.</summary>
    /// <param name="memory">The address space.</param>
    /// <param name="thread">The thread's number; 0 means the host.</param>
    /// <param name="isSystemCall">The accesses are those of a system call.</param>
    public static void SetFaultingThread(this AddressSpace memory, int thread, bool isSystemCall)
    {
        ArgumentNullException.ThrowIfNull(memory);
        using SlowPathTurn turn = memory.Turn();
        if (memory.Space.Userfaults is { } table) (table.Thread, table.IsInKernel) = (thread, isSystemCall);
    }

    /// <summary>True while an access of the thread waits: it was reported, and its page was neither filled nor woken.</summary>
    public static bool IsWaitingForPage(this AddressSpace memory, int thread)
    {
        ArgumentNullException.ThrowIfNull(memory);
        using SlowPathTurn turn = memory.Turn();
        return memory.Space.Userfaults?.IsWaiting(thread) == true;
    }

    /// <summary>How many changes of mappings the userfaultfds of an address space were ever told of.</summary>
    public static long UserfaultChangeCount(this AddressSpace memory)
    {
        ArgumentNullException.ThrowIfNull(memory);
        return memory.Space.Userfaults?.ChangeCount ?? 0;
    }

    /// <summary>True while a change was not read: Linux lets who has made it wait for that.</summary>
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

    /// <summary>Returns true if an access has ended with <see cref="MemoryFaultKind.Pending"/> since this was last asked.</summary>
    /// <remarks>For an embedder whose system calls copy from and to programs, and are made again when the page is there.</remarks>
    public static bool TakePendingAccess(this AddressSpace memory)
    {
        ArgumentNullException.ThrowIfNull(memory);
        bool hasPending = memory.Space.HasPendingAccess;
        memory.Space.HasPendingAccess = false;
        return hasPending;
    }

    /// <summary>The thread's accesses wait no longer: it has ended, or does something else first.</summary>
    public static void ForgetFaultingThread(this AddressSpace memory, int thread)
    {
        ArgumentNullException.ThrowIfNull(memory);
        using SlowPathTurn turn = memory.Turn();
        memory.Space.Userfaults?.Forget(thread);
    }
}
