using System.Diagnostics;
using Paging.Core.Spaces;
using Paging.Core.SystemCalls;
using Paging.Core.Threads;
using Paging.Native;

namespace Paging.Core;

/// <summary>Supplies missing pages, and sees writes, in memory of a process: userfaultfd(2).</summary>
/// <remarks><code>
///   Register ──► an access needs a page ──► MemoryFaultKind.Pending; TryRead reports it
///            Copy, ZeroPage, Continue, Move, WriteProtect ──► the access can be made again
/// </code>
/// An access that is made again before its page is there is pending again, and is not reported twice.
/// With the features for them, forks, moves, removals and unmappings are messages as well; until they are read, pages cannot be filled.
/// The results are Linux's, with the errors of the ioctls of the same names. Addresses must be multiples of 4096, lengths too, and not 0:
/// otherwise, and beyond the user half, EINVAL. After the process has ended, calls return ESRCH; <see cref="Register"/> and
/// <see cref="Unregister"/> return ENOMEM.
/// Cost: as a page fault, for each page. Threading: belongs to the engine's thread. Not part of a snapshot: an area that
/// <see cref="Snapshot.Restore"/> brings back is registered if its userfaultfd is still open.
/// Linux: fs/userfaultfd.c, mm/userfaultfd.c.
/// </remarks>
[DebuggerDisplay("{WaitingCount} waiting")]
public sealed class Userfaultfd : IDisposable
{
    private const int PageBytes = (int)VirtualAddress.PageSize;

    private readonly CallerCheck _callers;
    private readonly UserfaultOperations _calls;
    private readonly Space _space;
    private readonly UserfaultContext _context;
    private bool _isDisposed;

    internal Userfaultfd(CallerCheck callers, UserfaultOperations calls, Space space, UserfaultContext context)
    {
        (_callers, _calls, _space, _context) = (callers, calls, space, context);
    }

    /// <summary>The number of accesses that wait for their pages.</summary>
    internal int WaitingCount => _context.WaitingCount;

    /// <summary>The number of waiting accesses that have not been read yet.</summary>
    internal int UnreadCount => _context.UnreadCount;

    /// <summary>True if <see cref="TryRead"/> has a message.</summary>
    public bool HasMessage => _context.UnreadCount != 0 || _context.IsChanging;

    /// <summary>True while a change of mappings is unread: pages cannot be filled (EAGAIN).</summary>
    public bool HasUnreadChange => _context.IsChanging;

    /// <summary>True if it supplies the pages of this address space.</summary>
    public bool BelongsTo(AddressSpace memory)
    {
        ArgumentNullException.ThrowIfNull(memory);
        using SlowPathHold hold = _callers.Hold();
        Enter();
        return memory.Space == _space && !HasEnded;
    }

    /// <summary>The number of all messages so far.</summary>
    public long MessageCount => _context.MessageCount;

    /// <summary>True once the process has ended or executed a program.</summary>
    internal bool HasEnded => _context.Table is null;

    /// <summary>Takes the oldest message: accesses first, then changes. False if there is none.</summary>
    public bool TryRead(out UserfaultMessage message)
    {
        using SlowPathHold hold = _callers.Hold();
        Enter();
        message = default;
        if (_context.TryReadWait(out UserfaultWait wait))    // accesses first. Linux: userfaultfd_ctx_read
        {
            message = new(UserfaultMessageKind.PageFault, wait.Address, default, default, wait.IsWrite,
                wait.Reason == UserfaultReason.Write, wait.Reason == UserfaultReason.Minor,
                _context.Has(UserfaultFeatures.ThreadId) ? wait.Thread : 0, null);
            return true;
        }

        if (!_context.TryReadChange(out UserfaultChange change)) return false;
        Userfaultfd? child = change.Child is { } heir ? new(_callers, _calls, _calls.SpaceOf(heir) ?? _space, heir) : null;
        message = new(change.Kind, change.Range.First.Address, (uint)change.Range.Count.Bytes, change.To.Address, false, false, false, 0,
            child);
        return true;
    }

    /// <summary>Registers the areas of a range. UFFDIO_REGISTER.</summary>
    /// <returns>
    /// EINVAL: no or unknown modes, nothing mapped, or memory of another kind than private anonymous and shared memory.
    /// EPERM: an area that can never be written. EBUSY: registered with another one. ENOMEM: no record to split an area, or 2,047
    /// others have areas.
    /// </returns>
    public Errno Register(VirtualAddress start, ulong byteLength, UserfaultModes modes)
    {
        using SlowPathHold hold = _callers.Hold();
        Errno error = Check(start, byteLength, out PageRange range);
        if (error == Errno.ESRCH) return Errno.ENOMEM;    // userfaultfd_register: mmget_not_zero
        return error != Errno.None ? error : _callers.Leave(_calls.Registration.Register(_space, _context, range, modes));
    }

    /// <summary>Removes the registration of a range; threads that wait for its pages go on. UFFDIO_UNREGISTER.</summary>
    /// <returns>EINVAL: nothing is mapped, or memory that cannot be registered. ENOMEM: no record to split an area.</returns>
    public Errno Unregister(VirtualAddress start, ulong byteLength)
    {
        using SlowPathHold hold = _callers.Hold();
        Errno error = Check(start, byteLength, out PageRange range);
        if (error == Errno.ESRCH) return Errno.ENOMEM;    // userfaultfd_unregister: mmget_not_zero
        return error != Errno.None ? error : _callers.Leave(_calls.Registration.Unregister(_space, _context, range));
    }

    /// <summary>Lets threads that wait for pages of a range make their accesses again. UFFDIO_WAKE.</summary>
    public Errno Wake(VirtualAddress start, ulong byteLength)
    {
        using SlowPathHold hold = _callers.Hold();
        Errno error = Check(start, byteLength, out PageRange range);
        if (error == Errno.ESRCH) return Errno.None;    // userfaultfd_wake needs no memory, and no thread waits
        if (error == Errno.None) _context.Wake(range);
        return error;
    }

    /// <summary>Fills missing pages with bytes. UFFDIO_COPY.</summary>
    /// <param name="start">The first page.</param>
    /// <param name="bytes">Their bytes: whole pages.</param>
    /// <param name="flags">Options: to leave waiting threads asleep, and to protect the pages.</param>
    /// <param name="done">The number of bytes in place, even if the result is an error.</param>
    /// <returns>
    /// ENOENT: not within one registered area. EEXIST: a page is there. EAGAIN: a change is unread. EINVAL: the area does not report
    /// writes. EFAULT: beyond the end of the object. ENOMEM: no frame.
    /// </returns>
    public Errno Copy(VirtualAddress start, ReadOnlySpan<byte> bytes, UserfaultFillFlags flags, out ulong done) =>
        Fill(start, (ulong)bytes.Length, UserfaultContent.Bytes, bytes, flags, out done);

    /// <summary>Checks that <see cref="Copy"/> of that many bytes may begin, for a caller that copies in parts.</summary>
    public Errno CheckCopy(VirtualAddress start, ulong byteLength, UserfaultFillFlags flags)
    {
        using SlowPathHold hold = _callers.Hold();
        Errno error = Check(start, byteLength, out PageRange range);
        return error != Errno.None ? error : _calls.Fill.Check(_space, _context, range, UserfaultContent.Bytes, flags);
    }

    /// <summary>Fills missing pages with zeros. UFFDIO_ZEROPAGE; errors as <see cref="Copy"/>.</summary>
    public Errno ZeroPage(VirtualAddress start, ulong byteLength, UserfaultFillFlags flags, out ulong done) =>
        // UFFDIO_ZEROPAGE and UFFDIO_POISON have no mode that protects.
        Fill(start, byteLength, UserfaultContent.Zeros, [], flags & ~UserfaultFillFlags.WriteProtect, out done);

    /// <summary>Maps pages that are in the page cache. UFFDIO_CONTINUE; errors as <see cref="Copy"/>, and EFAULT: a page is not.</summary>
    public Errno Continue(VirtualAddress start, ulong byteLength, UserfaultFillFlags flags, out ulong done) =>
        Fill(start, byteLength, UserfaultContent.Cached, [], flags, out done);

    /// <summary>Marks pages as lost: each access is a SIGBUS. UFFDIO_POISON; errors as <see cref="Copy"/>.</summary>
    public Errno Poison(VirtualAddress start, ulong byteLength, UserfaultFillFlags flags, out ulong done) =>
        Fill(start, byteLength, UserfaultContent.Poison, [], flags & ~UserfaultFillFlags.WriteProtect, out done);

    /// <summary>Moves private pages into place. UFFDIO_MOVE.</summary>
    /// <param name="start">The first missing page.</param>
    /// <param name="source">The address of the source pages.</param>
    /// <param name="byteLength">The number of bytes.</param>
    /// <param name="allowHoles">True to skip pages that the source does not have.</param>
    /// <param name="flags">Options: to leave waiting threads asleep.</param>
    /// <param name="done">The number of bytes in place, even if the result is an error.</param>
    /// <returns>
    /// ENOENT: nothing is mapped, or a hole. EEXIST: a page is there. EBUSY: another process has the page too. EINVAL: not within one
    /// private anonymous area each, other rights, or not registered here. EAGAIN: a change is unread. ENOMEM: no frame.
    /// </returns>
    public Errno Move(
        VirtualAddress start, VirtualAddress source, ulong byteLength, bool allowHoles, UserfaultFillFlags flags, out ulong done)
    {
        done = 0;
        using SlowPathHold hold = _callers.Hold();
        Errno error = Check(start, byteLength, out PageRange range);
        if (Check(source, byteLength, out _) == Errno.EINVAL) error = Errno.EINVAL;    // before ESRCH
        if (error == Errno.None) error = UserfaultMove.Check(_space, _context, range, source.Page);
        for (PageNumber page = range.First; error == Errno.None && page < range.End; page++)
        {
            error = _calls.Move.MovePage(_space, page, new(source.Page.Value + (page.Value - range.First.Value)), allowHoles);
            if (error == Errno.None) done += PageBytes;
        }

        WakeDone(range.First, done, flags);    // also after an error: the pages before it are there
        return _callers.Leave(error);
    }

    /// <summary>Protects the pages of a range from writing, or removes the protection. UFFDIO_WRITEPROTECT.</summary>
    /// <param name="start">The first page.</param>
    /// <param name="byteLength">The number of bytes.</param>
    /// <param name="protect">True to protect; false to remove the protection.</param>
    /// <param name="wake">True to wake the threads that wait to write.</param>
    /// <returns>
    /// ENOENT: nothing is mapped, or an area does not report writes. EAGAIN: a change is unread. ENOMEM: no frame for a table.
    /// </returns>
    public Errno WriteProtect(VirtualAddress start, ulong byteLength, bool protect, bool wake = true)
    {
        using SlowPathHold hold = _callers.Hold();
        Errno error = Check(start, byteLength, out PageRange range);
        if (error == Errno.None) error = _calls.Protection.Change(_space, _context, range, protect);
        if (error == Errno.None && wake && !protect) _context.Wake(range);
        return _callers.Leave(error);
    }

    /// <summary>Closes it: its areas are no longer registered, and waiting threads go on.</summary>
    public void Dispose()
    {
        if (_isDisposed || !_callers.TryHoldToDispose(out SlowPathHold hold)) return;
        using (hold)
        {
            if (!_isDisposed) _context.Close();
            _isDisposed = true;
        }
    }

    private Errno Fill(
        VirtualAddress start, ulong byteLength, UserfaultContent content, ReadOnlySpan<byte> bytes, UserfaultFillFlags flags,
        out ulong done)
    {
        done = 0;
        using SlowPathHold hold = _callers.Hold();
        Errno error = Check(start, byteLength, out PageRange range);
        if (error == Errno.None) error = _calls.Fill.Check(_space, _context, range, content, flags);
        for (PageNumber page = range.First; error == Errno.None && page < range.End; page++)
        {
            ReadOnlySpan<byte> part = bytes.IsEmpty ? bytes : bytes.Slice((int)done, PageBytes);
            error = _calls.Fill.FillPage(_space, page, content, part, flags);
            if (error == Errno.None) done += PageBytes;
        }

        WakeDone(range.First, done, flags);    // also after an error: the pages before it are there
        return _callers.Leave(error);
    }

    private void WakeDone(PageNumber first, ulong done, UserfaultFillFlags flags)
    {
        if (done != 0 && (flags & UserfaultFillFlags.DontWake) == 0) _context.Wake(new(first, PageCount.Covering((uint)done)));
    }

    /// <summary>Linux: validate_range, then mmget_not_zero.</summary>
    private Errno Check(VirtualAddress start, ulong byteLength, out PageRange range)
    {
        Enter();
        range = default;
        bool isValid = start.IsPageAligned && byteLength != 0 && (byteLength & VirtualAddress.OffsetMask) == 0
            && start.Page < _space.Bounds.End && byteLength <= _space.Bounds.Count.Bytes - start.Value;
        if (!isValid) return Errno.EINVAL;
        range = new(start.Page, PageCount.Covering((uint)byteLength));    // fits 32 bits
        return HasEnded ? Errno.ESRCH : Errno.None;    // after EINVAL, as there
    }

    private void Enter()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        _callers.Enter();
    }
}

/// <summary>A message of a <see cref="Userfaultfd"/>. Linux: struct uffd_msg.</summary>
/// <param name="Kind">The kind of event.</param>
/// <param name="Address">The page that is accessed, or the address itself with the feature for it; the start of the changed
/// range.</param>
/// <param name="ByteLength">The length of the change; 0 for an access and a fork.</param>
/// <param name="To">The new first address of a moved area.</param>
/// <param name="IsWrite">The access is a write. UFFD_PAGEFAULT_FLAG_WRITE.</param>
/// <param name="IsProtected">The page is there and protected. UFFD_PAGEFAULT_FLAG_WP.</param>
/// <param name="IsMinor">The page is in the page cache. UFFD_PAGEFAULT_FLAG_MINOR.</param>
/// <param name="Thread">The waiting thread, with the feature for it.</param>
/// <param name="Child">The userfaultfd of a forked child, which the reader owns.</param>
public readonly record struct UserfaultMessage(
    UserfaultMessageKind Kind, VirtualAddress Address, uint ByteLength, VirtualAddress To, bool IsWrite, bool IsProtected, bool IsMinor,
    int Thread, Userfaultfd? Child);
