using System.Diagnostics;
using Paging.Core.Spaces;
using Paging.Core.Threads;
using Paging.Native;
using Paging.Native.Memory;
using Paging.Native.Translation;

namespace Paging.Core;

//   native code: mov eax, [Start + address] ──► shown: nothing to do
//                    ▲                     └──► SIGSEGV ──► the embedder's handler ──► Resolve ─┬─► Shown
//                    └─────────────────────────────────────────────────────────────────────────┘
/// <summary>
/// The memory of a process as 4 GiB of the host's addresses, for native code: the byte at guest address a is at <c>Start + a</c>, for
/// loads and stores. See <see cref="UserProcess.OpenWindow"/>.
/// </summary>
/// <remarks>
/// <para>
/// The host's own MMU is the TLB. A page is shown with the rights that its entry has: for stores only while the entry has D and RW, and no
/// dirty log, snapshot, watchpoint or userfaultfd needs the next store. What an entry loses, the window loses before the call that took
/// it returns: munmap, fork, a copy on write, reclaim, a snapshot. An access to a page that is not shown is SIGSEGV. The embedder's
/// handler reports it to <see cref="Resolve"/>; the engine installs none.
/// </para>
/// <para>
/// Managed code cannot use it. The .NET runtime takes a SIGSEGV of managed code for a null reference or a broken program, before any
/// handler could ask <see cref="Resolve"/>. It is for code that the host's program has emitted or linked (a JIT, C, Rust), called
/// through a function pointer. Managed code has the hits of <see cref="Mmu"/>.
/// </para>
/// <para>
/// An access through it is seen as one of a processor that walks the page tables: A and D are set when a page is shown, and when they are
/// cleared the page goes. A page with a watched or marked byte is never shown, nor any while a policy wants every access.
/// </para>
/// <para>
/// Cost: an access is one instruction. A page shown or taken away is a call of the host, some µs with the signal; pages around it that
/// were accessed come along, if their frames follow one another. The mappings of an engine's windows stay below a quarter of the host's
/// limit: the window with most of them is emptied, and fills again. A process has one window, and the engine needs
/// <see cref="EngineOptions.ShareRam"/>.
/// Threading: <see cref="Resolve"/> is a call of the engine. With <see cref="EngineOptions.AllowThreads"/> any number of threads run
/// in the window, each at rest (<see cref="VirtualProcessor.Rest"/>), since the host takes a page from all threads at once.
/// Not while the engine calls the host's code: a page may be on its way then. Give no span of it to the engine, or to a call of the
/// host.
/// </para>
/// </remarks>
[DebuggerDisplay("{Start}, {MappingCount} mappings")]
public sealed class MemoryWindow : IDisposable
{
    private const uint PagesAround = 16;    // shown together with a page that faults, if they have been accessed before
    private const uint OtherRunMin = 4;     // pages for which a call of the host more is worth it

    private readonly AddressSpace _memory;
    private readonly ShownPages _shown;
    private bool _isDisposed;

    internal MemoryWindow(AddressSpace memory)
    {
        _memory = memory;
        _shown = new(memory.Mmu.Ram, memory.Mmu.WindowMappings);
        memory.Mmu.Window = _shown;
    }

    /// <summary>The length of the guard below the window and of the one above it, in bytes. No access is allowed there.</summary>
    public static uint GuardBytes => WindowAddresses.GuardBytes;

    /// <summary>The host's address of guest address 0. Stays the same until <see cref="Dispose"/>, over execve(2), too.</summary>
    public nint Start => _shown.Start;

    /// <summary>The number of the host's mappings that the window takes, gaps between shown pages included.</summary>
    public int MappingCount => _shown.MappingCount;

    /// <summary>The number of times that a window of the engine was emptied because there were too many mappings.</summary>
    public long ForgottenCount => _memory.Mmu.WindowMappings.ForgottenCount;

    /// <summary>Resolves a fault of an access in the window, with the page fault of the program if there is one.</summary>
    /// <param name="hostPointer">The host's address that could not be accessed (<c>si_addr</c>).</param>
    /// <param name="access">Read or Write.</param>
    /// <param name="fault">The program's fault, if it is refused.</param>
    /// <remarks>
    /// An access to two pages that are both shown is made by the host's processor, completely or not at all on x86. If one of them is not
    /// shown, its address is the one that faults.
    /// </remarks>
    /// <exception cref="ArgumentOutOfRangeException">A fetch: no code is executed in a window.</exception>
    /// <exception cref="ObjectDisposedException">The window was disposed, or the process has exited.</exception>
    public WindowOutcome Resolve(nint hostPointer, AccessKind access, out MemoryFault fault)
    {
        if (access is not (AccessKind.Read or AccessKind.Write))
            throw new ArgumentOutOfRangeException(nameof(access), access, "Loads and stores go through a window, and nothing else.");
        fault = default;
        using SlowPathHold hold = _memory.Callers.Hold();
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        long offset = hostPointer - _shown.Start;
        if (offset < -GuardBytes || offset >= (1L << 32) + GuardBytes) return WindowOutcome.Elsewhere;
        if (offset is < 0 or > uint.MaxValue) return WindowOutcome.ByCall;
        VirtualAddress address = new((uint)offset);
        Mmu mmu = _memory.Mmu;
        if (!mmu.TryTranslate(address, access, out _, out fault))
        {
            bool isOfDevice = fault.Kind == MemoryFaultKind.Device;
            if (isOfDevice) fault = default;
            return isOfDevice ? WindowOutcome.ByCall : WindowOutcome.Refused;
        }

        mmu.Callers.Leave();
        return TryShow(address.Page, access == AccessKind.Write) ? WindowOutcome.Shown : WindowOutcome.ByCall;
    }

    /// <summary>Takes all pages away, and gives the addresses back: no code may run in the window any more.</summary>
    public void Dispose()
    {
        if (!_memory.Callers.TryHoldToDispose(out SlowPathHold hold))
        {
            Close();    // the engine is gone, and took all pages away
            return;
        }

        using (hold) Close();
    }

    private void Close()
    {
        if (_isDisposed) return;
        _isDisposed = true;
        _memory.Mmu.Window = null;
        _shown.Dispose();
    }

    /// <summary>Shows a page after its walk, and the pages around it that were accessed before.</summary>
    /// <returns>False if the page cannot be shown with the right that the access needs.</returns>
    private bool TryShow(PageNumber page, bool isWrite)
    {
        bool isAlone = _memory.Mmu.HasUncached;
        uint itself = WordOf(page);
        if (isAlone && (_memory.Space.Watched is not { HasPolicy: false } watched || watched.Contains(page))) return false;
        if (isWrite && !ShownPages.IsWritable(itself)) itself = 0;    // a log has no room for its note in the cache
        PageNumber first = isAlone ? page : new(page.Value & ~(PagesAround - 1)), from = first;
        uint begun = 0, last = 0, count = isAlone ? 1 : PagesAround;
        bool isDone = false;
        for (uint i = 0; i <= count; i++)
        {
            PageNumber one = new(first.Value + i);
            uint word = i == count ? 0 : one == page ? itself : WordOfNeighbour(one);
            if (begun != 0 && word != 0 && ShownPages.Follows(word, last))
            {
                last = word;
                continue;
            }

            PageRange run = PageRange.Between(from, one);
            bool isWanted = begun != 0 && (run.Contains(page) || run.Count.Value >= OtherRunMin);
            if (isWanted && _shown.TryShow(run, begun)) isDone |= run.Contains(page);
            (from, begun, last) = (one, word, word);
        }

        return isDone;
    }

    /// <summary>The word of a page that has been accessed and is not shown yet with the same rights; otherwise 0.</summary>
    private uint WordOfNeighbour(PageNumber page)
    {
        uint word = WordOf(page);
        return word == _shown[page] ? 0 : word;
    }

    private uint WordOf(PageNumber page)
    {
        Mmu mmu = _memory.Mmu;
        PageTableEntry effective = Walker.Peek(mmu.Ram, _memory.Space.Tables.Format, _memory.Space.Tables.Directory, page).Effective;
        return mmu.MayShow(page, effective, out bool isWritable) && effective.Frame.Value < mmu.Ram.FrameCount.Value
            ? ShownPages.WordOf(effective.Frame, isWritable) : 0;
    }
}
