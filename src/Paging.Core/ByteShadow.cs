using Paging.Core.Spaces;
using Paging.Core.Threads;
using Paging.Native;

namespace Paging.Core;

//   heap of a guest   │ red zone │ block: uninitialized, good once written │ red zone │ freed block │
//                       no access                                            no access   no access
/// <summary>
/// Marks bytes of a process that may not be accessed, or not be read before they are written. Valgrind's memcheck has such a shadow.
/// </summary>
/// <remarks>
/// Every access through the process's <see cref="Mmu"/> is checked byte by byte: a refused one ends as a fault of
/// <see cref="MemoryFaultKind.Unaddressable"/> or <see cref="MemoryFaultKind.Uninitialized"/> at the first refused byte, with nothing
/// written. A store makes uninitialized bytes good. The copies of system calls are accesses, too.
/// The marks belong to the addresses of the process. Snapshots of the process and of the engine restore them. A forked child, a clone
/// of a <see cref="ProcessImage"/> and a loaded process have them and the settings as well; mremap(2) moves them; unmapping and execve(2)
/// drop them. Reclaim does not see them. Not checked are accesses of a processor that walks the tables itself, of
/// <see cref="Mmu.TryReadAsSupervisor"/>, and of spans returned before. <see cref="Mmu.TryGetSpan"/> gives no span of a page with a mark:
/// it returns <see cref="MemoryFaultKind.Device"/>. Cost: an access to a page without marks, nothing once its translation is cached; to one
/// with marks, a walk of the page tables. Two bits for each byte of such pages. Snapshot and fork: O(1); a restore: O(pages whose marks
/// have changed). Threading: as for the process's system calls.
/// </remarks>
public sealed class ByteShadow
{
    private readonly AddressSpace _memory;

    internal ByteShadow(AddressSpace memory)
    {
        using SlowPathHold hold = memory.HoldOfAnySystem();
        if (memory.Space.Shadow is null) Begin(memory, new(frozen: null));
        _memory = memory;
    }

    /// <summary>True, the default: reading an uninitialized byte is a fault. False: only unaddressable bytes are refused.</summary>
    /// <remarks>False suits an embedder that tracks uninitialized bytes through its registers and queries their states itself.</remarks>
    public bool RefusesUninitialized
    {
        get
        {
            using SlowPathHold hold = _memory.HoldOfAnySystem();
            return Tree.RefusesUninitialized;
        }

        set
        {
            using SlowPathHold hold = _memory.HoldOfAnySystem();
            Tree.RefusesUninitialized = value;
        }
    }

    /// <summary>True, the default: accesses are refused. False: the marks are only kept, for a processor that checks them itself.</summary>
    /// <remarks>Stores through the <see cref="Mmu"/>, such as those of system calls, make bytes good in both cases.</remarks>
    public bool IsEnforced
    {
        get
        {
            using SlowPathHold hold = _memory.HoldOfAnySystem();
            return Tree.IsEnforced;
        }

        set
        {
            using SlowPathHold hold = _memory.HoldOfAnySystem();
            Tree.IsEnforced = value;
        }
    }

    /// <summary>Gives bytes a state.</summary>
    /// <returns>EINVAL: beyond the user half. ENOMEM: a page of the range is not mapped. Nothing has changed then.</returns>
    /// <exception cref="ObjectDisposedException">The process has exited.</exception>
    public Errno Mark(VirtualAddress start, uint byteLength, ByteState state)
    {
        if (state is < ByteState.Good or > ByteState.Unaddressable) throw new ArgumentOutOfRangeException(nameof(state), state, null);
        using SlowPathHold hold = _memory.HoldOfAnySystem();
        if (byteLength == 0) return Errno.None;    // the last byte, below, would lie before the first
        if ((ulong)start.Value + byteLength > _memory.Space.Bounds.Count.Bytes) return Errno.EINVAL;
        Space space = _memory.Space;
        PageRange pages = PageRange.Between(start.Page, (start + (byteLength - 1)).Page + PageCount.One);    // the last byte's page
        if (!IsMapped(space, pages)) return Errno.ENOMEM;    // U3; before the first mark, so that nothing has changed
        ShadowTree tree = Tree;
        for (uint done = 0; done < byteLength;)
        {
            VirtualAddress at = start + done;
            uint inPage = Math.Min(byteLength - done, VirtualAddress.PageSize - (uint)at.OffsetInPage);
            if (state != ByteState.Good && tree.Find(at.Page) is null) space.Translations.Invalidate(at.Page);    // U4: may be cached
            tree.Set(at.Page, at.OffsetInPage, (int)inPage, state);
            done += inPage;
        }

        return Errno.None;
    }

    /// <summary>The state of a byte, mapped or not.</summary>
    public ByteState this[VirtualAddress address]
    {
        get
        {
            using SlowPathHold hold = _memory.HoldOfAnySystem();
            return Tree.Find(address.Page) is { } states ? states[address.OffsetInPage] : ByteState.Good;
        }
    }

    /// <summary>Finds the first byte of a range that is unaddressable, or is not good.</summary>
    /// <param name="start">The first byte.</param>
    /// <param name="byteLength">The number of bytes. Those beyond 4 GiB are ignored.</param>
    /// <param name="alsoUninitialized">True: finds uninitialized bytes, too.</param>
    /// <param name="found">The byte.</param>
    /// <returns>False if there is none.</returns>
    /// <remarks>Cost: O(marked pages in the range).</remarks>
    public bool TryFind(VirtualAddress start, uint byteLength, bool alsoUninitialized, out VirtualAddress found)
    {
        using SlowPathHold hold = _memory.HoldOfAnySystem();
        ShadowTree tree = Tree;
        ulong end = (ulong)start.Value + byteLength;
        for (PageNumber from = start.Page; tree.TryNext(from, out PageNumber page) && page.Address.Value < end; from = page + PageCount.One)
        {
            int first = page == start.Page ? start.OffsetInPage : 0;
            int last = (int)Math.Min(end - page.Address.Value, VirtualAddress.PageSize);
            int offset = last > first ? tree.Find(page)!.Find(first, last - first, alsoUninitialized) : -1;
            found = page.Address + (uint)Math.Max(offset, 0);
            if (offset >= 0) return true;
        }

        found = default;
        return false;
    }

    /// <summary>Makes every byte good, and later accesses of the process as cheap as without a shadow.</summary>
    public void Close()
    {
        using SlowPathHold hold = _memory.HoldOfAnySystem();
        _memory.Space.Shadow = null;
        WatchedPages.UpdateShadow(_memory.Space, _memory.Callers);
    }

    /// <exception cref="InvalidOperationException">The shadow is closed.</exception>
    private ShadowTree Tree => _memory.Space.Shadow ?? throw new InvalidOperationException("The shadow of the process is closed.");

    private static bool IsMapped(Space space, PageRange pages)
    {
        for (PageNumber page = pages.First; page < pages.End;)
            if (!space.TryFindMappedEnd(page, out page)) return false;
        return true;
    }

    /// <summary>Gives a process without a shadow one.</summary>
    internal static void Begin(AddressSpace memory, ShadowTree shadow)
    {
        memory.Space.Shadow = shadow;
        WatchedPages.UpdateShadow(memory.Space, memory.Callers);
        memory.Space.Translations.InvalidateAll();    // U4: the marked pages may be cached
    }
}
