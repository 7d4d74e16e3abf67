using System.Runtime.CompilerServices;
using Paging.Core.Composition;
using Paging.Core.Faults;
using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Tables;
using Paging.Windows.Entries;
using Paging.Windows.Pfn;
using Paging.Windows.Spaces;
using Paging.Windows.Vads;

namespace Paging.Windows.Faults;

/// <summary>
/// Resolves a page fault of a Windows process: compares what is agreed with the entry, and does the one thing that is missing.
/// </summary>
/// <remarks><code>
///   Which VAD?  ─► committed?  ─► a guard?  ─► allowed?  ─► what has been done?
///   none: AV       no: AV          GuardFault   no: AV         nothing           PrivateFault  a page of zeros
///                                                              in transition     PrivateFault  a soft fault
///                                                              in a page file    PrivateFault  read back
///                                                              the section's     ViewFault     map it, or copy it
///                                                              not writable yet  note the write
/// </code>
/// The order of the checks is section 6 of the rules. No managed allocation. Windows: MmAccessFault, MiDispatchFault.
/// </remarks>
internal sealed class WindowsFaults : IForeignFaults
{
    private readonly EngineParts _core;
    private readonly PageStates _states;
    private readonly PfnDatabase _pfn;
    private readonly PrivateFault _private;
    private readonly ViewFault _view;
    private readonly GuardFault _guard;

    public WindowsFaults(EngineParts core, PageStates states, PfnDatabase pfn, PrivateFault privates, ViewFault views, GuardFault guards) =>
        (_core, _states, _pfn, _private, _view, _guard) = (core, states, pfn, privates, views, guards);

    public FaultOutcome Resolve(Space space, PageFault fault, EntrySlot slot)
    {
        WindowsSpace windows = Unsafe.As<WindowsSpace>(space.Foreign!);
        VadIndex index = windows.Vads.Covering(fault.Page);
        if (index.IsNone) return Refuse(windows, FaultOutcome.NotMapped);
        ref Vad vad = ref windows.Vads[index];
        WindowsEntry entry = WindowsEntry.From(slot.Entry);
        PageState state = _states.Of(vad, fault.Page, entry);
        if (!state.IsCommitted) return Refuse(windows, FaultOutcome.NotMapped);    // rule 15: also in a SEC_RESERVE view
        if (state.Protection.IsGuard) return _guard.Hit(windows, ref vad, fault.Page, entry, state.Protection);
        bool isAllowed = fault.IsWrite ? state.Protection.AllowsWrite : state.Protection.AllowsRead;
        if (!isAllowed) return Refuse(windows, FaultOutcome.NotAllowed);
        FaultOutcome outcome = Fill(windows, ref vad, fault, slot, entry, state.Protection);
        bool isDone = outcome is FaultOutcome.Resolved or FaultOutcome.ResolvedByReading;
        if (isDone && fault.IsWrite && vad.Flags.Type == VadType.WriteWatch)    // a refused store is none (rule 25)
            windows.Written!.Set(fault.Page.Value);    // rule 25: stores that succeed
        return outcome;
    }

    public FaultOutcome BringBack(Space space, PageNumber page)
    {
        WindowsSpace windows = Unsafe.As<WindowsSpace>(space.Foreign!);
        WindowsEntry entry = WindowsEntry.From(space.Tables.Read(page));
        VadIndex index = windows.Vads.Covering(page);
        if (entry.Kind != WindowsEntryKind.PageFile || index.IsNone) return FaultOutcome.Resolved;
        return _private.ReadBack(windows, in windows.Vads[index], new(page, AccessKind.Read), entry, entry.Protection);
    }

    public void OnDeviceClosed() => _pfn.DropLostCopies();

    /// <summary>Refuses the access as an access violation.</summary>
    public static FaultOutcome Refuse(WindowsSpace space, FaultOutcome outcome)
    {
        space.Refusal = NtStatus.AccessViolation;
        return outcome;
    }

    private FaultOutcome Fill(
        WindowsSpace space, ref Vad vad, PageFault fault, EntrySlot slot, WindowsEntry entry, ProtectionCode protection) =>
            entry.Kind switch
            {
                WindowsEntryKind.Valid when fault.IsWrite => MakeWritable(space, vad, fault.Page, slot, entry, protection),
                WindowsEntryKind.Valid => FaultOutcome.Resolved,
                WindowsEntryKind.Transition => _private.Reactivate(space, vad, fault, slot, entry, protection),
                WindowsEntryKind.PageFile => _private.ReadBack(space, vad, fault, entry, protection),
                _ => vad.View != 0
                    ? _view.Fill(space, vad, fault, protection)
                    : _private.Fill(space, vad, fault, slot, protection),
            };

    /// <summary>The first write to a page since it was mapped, protected, written back, or since its watch was reset.</summary>
    private FaultOutcome MakeWritable(
        WindowsSpace space, in Vad vad, PageNumber page, EntrySlot slot, WindowsEntry entry, ProtectionCode protection)
    {
        ref FrameDescriptor descriptor = ref _core.Machine.Frames.Named(entry.Frame);
        if (!EntryWords.IsOwnPage(descriptor)) return _view.Write(space, vad, page, slot, entry, protection);
        if (descriptor.State == FrameState.SwapCache) _core.Files.Swap.TryLeave(entry.Frame);
        space.Space.Tables.Replace(page, slot, entry.Touched(isWrite: true).ToEntry());
        space.Space.Faults.Reused++;
        return FaultOutcome.Resolved;
    }
}
