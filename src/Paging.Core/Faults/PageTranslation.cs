using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Paging.Core.Spaces;
using Paging.Core.Threads;
using Paging.Native;
using Paging.Native.Tables;

namespace Paging.Core.Faults;

/// <summary>The missed translations of one process: walks its page tables, resolves faults, and fills its translation cache.</summary>
/// <remarks>
/// In an engine with many threads each miss takes the slow path, except for first touches while the gate is open
/// (<see cref="SharedTranslation"/>). The result of a hold stays valid until the thread polls, rests or misses again: other threads wait
/// for it.
/// </remarks>
internal sealed class PageTranslation
{
    private readonly AccessParts _parts;
    private readonly CallerCheck _callers;    // of the parts, as the next two: a miss follows a pointer less
    private readonly PageFaultHandler _faults;
    private readonly PhysicalMemory _ram;
    private Space _space;    // after a reap this and the tables belong to the next process, so Retire replaces all three
    private PageTables _tables;
    private TranslationCache _cache;

    public PageTranslation(AccessParts parts, Space space, TranslationCache cache)
    {
        (_parts, _callers, _faults, _ram) = (parts, parts.Callers, parts.Faults, parts.Ram);
        (_space, _tables, _cache) = (space, space.Tables, cache);
        _tables.Serve(cache);
    }

    /// <summary>The parts that it shares with other processes.</summary>
    public AccessParts Parts => _parts;

    /// <summary>The address space of the process; an empty one after it has been reaped.</summary>
    public Space Space => _space;

    /// <summary>Called when the process has been reaped: every later access finds an empty space, and throws.</summary>
    public void Retire(Space reaped) => (_space, _tables, _cache) = (reaped, reaped.Tables, reaped.Tables.Cache);

    /// <summary>Finds the frame of an address, and resolves faults on the way.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public bool TryTranslate(VirtualAddress address, AccessKind access, out FrameNumber frame, out MemoryFault fault)
    {
        // Of these tables, a fetch needs what a load needs.
        Translation translation = access == AccessKind.Write ? Resolve<Storing>(address) : Resolve<Loading>(address);
        frame = translation.Frame;
        fault = FaultOf(address, translation);
        return !fault.IsFault;
    }

    /// <summary>Returns the page's entry after the access, and resolves the faults on the way.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Translation Resolve<TDirection>(VirtualAddress address) where TDirection : struct, IAccessDirection =>
        _callers.IsHere ? ResolveHere<TDirection>(address.Page) : ResolveShared<TDirection>(address);

    /// <summary>Makes every page of an access present and allowed, the lowest first, without making the access.</summary>
    public bool TryMakeAccessible(VirtualAddress address, int byteLength, AccessKind access, out MemoryFault fault)
    {
        fault = default;
        using UnreportedAccess unreported = new(_space.Watched);    // the access itself is reported, once
        for (int done = 0; done < byteLength;)
        {
            VirtualAddress at = address + (uint)done;
            int inPage = (int)VirtualAddress.PageSize - at.OffsetInPage;
            if (!TryTranslate(at, access, out _, out fault))
            {
                if (fault.Kind != MemoryFaultKind.Device) return false;    // a device's page is never present
                if (_space.Watched?.Refuses(at, Math.Min(byteLength - done, inPage), access, ref fault) == true) return false;
            }

            done += inPage;
        }

        fault = default;    // Device was no refusal here
        return true;
    }

    /// <summary>The fault of a translated access, if it has one. In an engine with many threads its hold has recorded a refusal.</summary>
    public MemoryFault FaultOf(VirtualAddress address, Translation translation) =>
        translation.IsPresent
            ? _ram.HasBytes(translation.Frame) ? default : new(MemoryFaultKind.BusError, address)    // a host wrote an entry beyond RAM
            : _callers.IsHere ? Refuse(address, translation) : new(translation.Outcome.ToFaultKind(), address);

    /// <summary>On the slow path: resolves a page fault of a processor that walks the same tables.</summary>
    /// <exception cref="InvalidOperationException">The policy of the process's group wants every access.</exception>
    public MemoryFault ResolveFault(VirtualAddress address, PageFaultErrorCode errorCode)
    {
        if (_space.Watched is { HasPolicy: true }) ThrowUnseen();    // before the fault, which has to change nothing
        bool isWrite = (errorCode & PageFaultErrorCode.Write) != 0, isFetch = (errorCode & PageFaultErrorCode.InstructionFetch) != 0;
        EntrySlot slot = UserWalk.Find(_tables, _ram, address.Page);
        Translation translation = isWrite ? Fault<Storing>(address.Page, slot) : Fault<Loading>(address.Page, slot);
        if (isFetch && translation is { IsPresent: true, Entry.IsNoExecute: true })    // the fault was that of a load, which NX allows
            translation = Translation.Refused(PageFaultHandler.Count(_space, new(address.Page, AccessKind.Fetch), FaultOutcome.NotAllowed));
        MemoryFault fault = translation.IsPresent ? MemoryFault.None : Refuse(address, translation);
        // A watched page; but a ROM, which is present as well, leaves a store to its device.
        bool isOpen = fault.Kind == MemoryFaultKind.Device && _tables.Read(address.Page) is { IsPresent: true } entry
            && (!isWrite || entry.IsWritable);
        return isOpen ? MemoryFault.None : fault;
    }

    /// <summary>Walks the tables, as the processor does; where they refuse, resolves the fault.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Translation ResolveHere<TDirection>(PageNumber page) where TDirection : struct, IAccessDirection
    {
        EntrySlot slot = UserWalk.Find(_tables, _ram, page);
        if (!slot.HasTable || UserWalk.Use(slot, TDirection.Kind == AccessKind.Write) is not { IsPresent: true } entry)
            return Fault<TDirection>(page, slot);
        if (_cache.HasUncached) ReportHit(entry, Translation.Of(entry));    // no fault notifies the policy
        return Remember(page, entry, TDirection.Kind);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private Translation ResolveShared<TDirection>(VirtualAddress address) where TDirection : struct, IAccessDirection =>
        FirstTouches.TryResolve(_space, address.Page, TDirection.Kind == AccessKind.Write, out PageTableEntry entry)
            ? Translation.Of(entry)
            : ResolveHolding<TDirection>(address);

    // A method of its own, because one with a finally block saves and clears registers at a higher cost than a touch.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private Translation ResolveHolding<TDirection>(VirtualAddress address) where TDirection : struct, IAccessDirection
    {
        PageNumber page = address.Page;
        using SlowPathHold hold = _callers.HoldBesideTouches(out bool isPartOfCall);
        // The gate closed
        if (!isPartOfCall && _parts.SharedTranslation.TryServe(_space, page, TDirection.Kind, out PageTableEntry entry))
            return Translation.Of(entry);
        using FaultReads reads = isPartOfCall ? default : FaultReads.Begin(_callers, this);    // a call cannot be left and restarted
        Translation translation = ResolveHere<TDirection>(page);
        while (!translation.IsPresent)
        {
            bool isPending = Refuse(address, translation).Kind == MemoryFaultKind.Pending;
            if (isPartOfCall || !_parts.SharedTranslation.AwaitPage(reads, isPending)) break;
            translation = ResolveHere<TDirection>(page);
        }

        return translation;
    }

    /// <summary>Handles a fault. Almost all faults end in a first attempt with the slot of the walk, and need no second walk.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private Translation Fault<TDirection>(PageNumber page, EntrySlot slot) where TDirection : struct, IAccessDirection
    {
        if (!slot.HasTable || _cache.HasUncached) return FaultFromAnyTable(page, TDirection.Kind);    // which compares before and after
        FaultOutcome outcome = _faults.Handle(_space, new(page, TDirection.Kind), slot);
        return outcome == FaultOutcome.Resolved && UserWalk.Use(slot, TDirection.Kind == AccessKind.Write) is { IsPresent: true } entry
            ? Remember(page, entry, TDirection.Kind)
            : Retry(page, TDirection.Kind, outcome);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private Translation FaultFromAnyTable(PageNumber page, AccessKind access)
    {
        PageTableEntry before = _tables.Read(page);    // before the next lines change it
        if (before.IsNeverTouched && _faults.Devices.IsKnown(_space, page, access)) return Translation.Refused(FaultOutcome.Device);
        _tables.OpenTable(page);    // a snapshot may have closed it; open, its entry may do without a fault
        PageTableEntry entry = UserWalk.Translate(_tables, _ram, page, access == AccessKind.Write);
        Translation translation = entry.IsPresent
            ? Remember(page, entry, access)
            : Retry(page, access, _faults.HandleAnywhere(_space, new(page, access)));
        if (_cache.HasUncached) ReportHit(before, translation);
        return translation;
    }

    /// <summary>Walks again after a fault was handled. A page that is still refused faults again.</summary>
    /// <remarks>
    /// Each attempt here has been resolved, so only tables that the host has written can refuse the page for ever: the guest gets a bus
    /// error. Attempts that resolve nothing are our mistake, and end as an exception (G1, <see cref="FaultAttempts"/>).
    /// </remarks>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private Translation Retry(PageNumber page, AccessKind access, FaultOutcome outcome)
    {
        // The two outcomes after which the access is tried again
        for (int attempt = 0; outcome <= FaultOutcome.ResolvedByReading; attempt++)
        {
            PageTableEntry entry = UserWalk.Translate(_tables, _ram, page, access == AccessKind.Write);
            if (entry.IsPresent) return Remember(page, entry, access);
            outcome = attempt < FaultAttempts.AttemptCountMax ? _faults.HandleAnywhere(_space, new(page, access)) : FaultOutcome.BusError;
        }

        _space.ThrowIfEnded();    // an ended process has nothing mapped: the host's mistake, no fault
        _callers.Leave();    // a callback's exception comes before the fault that it caused
        return Translation.Refused(outcome);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Translation Remember(PageNumber page, PageTableEntry entry, AccessKind access)
    {
        if (_cache.HasUncached && MustStayUncached(page, entry)) return LeaveUncached(page, entry, access);
        _cache.Fill(page, entry, _ram);    // caches no right to write while a log is open (D2): that follows
        if (access == AccessKind.Write && _ram.Observers.Any) NoteWrite(page, entry);
        return Translation.Of(entry);
    }

    private bool MustStayUncached(PageNumber page, PageTableEntry entry) =>
        _space.Watched!.HasPolicy || (_space.Watched.Contains(page) && _ram.HasBytes(entry.Frame));

    /// <summary>Keeps the page out of the cache, so that its next access is seen too. A watched page is accessed like a device.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private Translation LeaveUncached(PageNumber page, PageTableEntry entry, AccessKind access)
    {
        if (access == AccessKind.Write && _ram.Observers.Any) _parts.Observers.Note(_space, page, entry.Frame);
        bool isWatched = _space.Watched!.Contains(page) && _ram.HasBytes(entry.Frame);
        return isWatched ? Translation.Refused(FaultOutcome.Device) : Translation.Of(entry);
    }

    /// <summary>Reports an access to a page that was present.</summary>
    /// <param name="before">The entry before the access.</param>
    /// <param name="after">What the access found. If its frame is another one, the policy has seen a page being loaded.</param>
    private void ReportHit(PageTableEntry before, Translation after)
    {
        // A watched page is refused as a device's is, although it was present.
        bool isSame = after.IsPresent ? after.Frame == before.Frame : after.Outcome == FaultOutcome.Device;
        if (isSame) _space.Watched!.ReportHit(before);
    }

    /// <summary>Reports the next store to its observers. Later stores hit.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void NoteWrite(PageNumber page, PageTableEntry entry)
    {
        _parts.Observers.Note(_space, page, entry.Frame);
        if (_cache.ObservesWrites) _cache.GrantWrite(page, entry, _ram);    // D2: now that every log has the page
    }

    /// <summary>On the slow path: the fault of a refused access, which is recorded if it is pending.</summary>
    private MemoryFault Refuse(VirtualAddress address, Translation refused) => _space.Refuse(address, refused.Outcome.ToFaultKind());

    [DoesNotReturn]
    private static void ThrowUnseen() =>
        throw new InvalidOperationException("The policy of the process's group wants every access (AccessInformation.EveryAccess), and a " +
            "processor that walks the page tables itself does not report its accesses. Use AccessInformation.AccessedBits.");
}
