using System.Runtime.CompilerServices;
using Paging.Core;
using Paging.Core.Faults;
using Paging.Native;
using Paging.Native.Tables;
using Paging.Windows.Calls;
using Paging.Windows.Entries;
using Paging.Windows.Faults;
using Paging.Windows.Spaces;
using Paging.Windows.Vads;

namespace Paging.Windows;

/// <summary>Accesses of a program with the exceptions that Windows raises, and the copies that other processes make.</summary>
/// <remarks>
/// A hit costs as much as through <see cref="Mmu"/>. An access over a page border is checked page by page, the lower first, and happens
/// completely or not at all.
/// </remarks>
public sealed class MemoryAccess
{
    private readonly WindowsProcess _process;
    private readonly PageStates _states;
    private readonly WindowsFaults _faults;
    private readonly WindowsSpace _space;

    internal MemoryAccess(WindowsProcess process, WindowsParts parts) =>
        (_process, _states, _faults, _space) = (process, parts.States, parts.Faults, process.Space);

    private Mmu Mmu => _process.Mmu;

    /// <summary>Reads a value. Returns false and the exception if it cannot be read.</summary>
    public bool TryRead<T>(VirtualAddress address, out T value, out MemoryException exception) where T : unmanaged
    {
        exception = default;
        if (Mmu.TryRead(address, out value, out MemoryFault fault)) return true;
        exception = Raise(fault, AccessIntent.Read);
        return false;
    }

    /// <summary>Writes a value. Returns false and the exception if it cannot be written; nothing has been written then.</summary>
    public bool TryWrite<T>(VirtualAddress address, T value, out MemoryException exception) where T : unmanaged
    {
        exception = default;
        bool spans = address.OffsetInPage + Unsafe.SizeOf<T>() > VirtualAddress.PageSize;
        bool wasWritten = spans && _space.Written?.Has(address.Page.Value) == true;
        if (Mmu.TryWrite(address, value, out MemoryFault fault)) return true;
        exception = Raise(fault, AccessIntent.Write);
        // The lower page's fault has noted a store that then did not happen (rule 25)
        if (spans && !wasWritten && _space.Written?.Has(address.Page.Value) == true) WriteWatchCalls.Forget(_space, address.Page);
        return false;
    }

    /// <summary>Stores one byte repeatedly upwards, and stops at the first that cannot be written.</summary>
    public bool TryFill(VirtualAddress address, uint byteLength, byte value, out MemoryException exception)
    {
        Mmu.Fill(address, byteLength, value, out MemoryFault fault);
        exception = fault.IsFault ? Raise(fault, AccessIntent.Write) : default;
        return !fault.IsFault;
    }

    /// <summary>Copies bytes out upwards, and stops at the first that cannot be read.</summary>
    public bool TryCopyOut(VirtualAddress address, Span<byte> destination, out MemoryException exception)
    {
        Mmu.CopyOut(address, destination, out MemoryFault fault);
        exception = fault.IsFault ? Raise(fault, AccessIntent.Read) : default;
        return !fault.IsFault;
    }

    /// <summary>Fetches the byte of an instruction, if it may be executed.</summary>
    /// <remarks>Checked against the agreement: classic page tables have no NX bit. A guard page raises its exception first.</remarks>
    public bool TryFetch(VirtualAddress address, out byte instruction, out MemoryException exception)
    {
        WindowsSpace space = _process.Enter();
        instruction = 0;
        exception = new(NtStatus.AccessViolation, AccessIntent.Execute, address);
        VadIndex index = space.Vads.Covering(address.Page);
        if (index.IsNone) return false;    // nothing is there: an access violation
        PageState state = _states.Of(space.Vads[index], address.Page, WindowsEntry.From(space.Space.Tables.Read(address.Page)));
        if (!state.IsCommitted || (!state.Protection.IsGuard && !state.Protection.AllowsExecute)) return false;
        if (!state.Protection.AllowsExecute)
        {
            NtStatus raised = HitGuard(space, address);
            exception = new(raised, AccessIntent.Execute, address, raised == NtStatus.InPageError ? space.RefusalReason : NtStatus.Success);
            return false;
        }

        bool isFetched = Mmu.TryRead(address, out instruction, out MemoryFault fault);
        exception = isFetched ? default : Raise(fault, AccessIntent.Execute);
        return isFetched;
    }

    /// <summary>Handles an access to a guard page that is not allowed: the guard goes, and the page is not brought in.</summary>
    private NtStatus HitGuard(WindowsSpace space, VirtualAddress address)
    {
        EntrySlot slot = space.Space.Tables.SlotOf(address.Page);
        FaultOutcome outcome = _faults.Resolve(space.Space, new(address.Page, AccessKind.Read), slot);
        return outcome == FaultOutcome.LookAgain ? NtStatus.AccessViolation : space.Refusal;    // a stack has grown
    }

    /// <summary>Copies bytes of this process to another one: ReadProcessMemory of its handle. Linux: process_vm_readv.</summary>
    /// <returns>ERROR_PARTIAL_COPY: a page is free, reserved, closed or a guard page. The bytes before it have been copied.</returns>
    public Win32Error ReadProcessMemory(VirtualAddress address, Span<byte> destination, out int byteCount)
    {
        WindowsSpace space = _process.Enter();
        space.IsKernelAccess = true;
        byteCount = Mmu.CopyOut(address, destination, out MemoryFault fault);
        space.IsKernelAccess = false;
        return fault.IsFault ? Win32Error.PartialCopy : Win32Error.Success;    // rule 27; the bytes before it are copied
    }

    /// <summary>Copies bytes of another process into this one: WriteProcessMemory of its handle. Linux: process_vm_writev.</summary>
    /// <returns>ERROR_PARTIAL_COPY: a page cannot be written. The bytes before it have been copied.</returns>
    public Win32Error WriteProcessMemory(VirtualAddress address, ReadOnlySpan<byte> source, out int byteCount)
    {
        WindowsSpace space = _process.Enter();
        space.IsKernelAccess = true;
        byteCount = Mmu.CopyIn(address, source, out MemoryFault fault);
        space.IsKernelAccess = false;
        return fault.IsFault ? Win32Error.PartialCopy : Win32Error.Success;
    }

    private MemoryException Raise(in MemoryFault fault, AccessIntent intent)
    {
        bool isOurs = fault.Address.Page < PageNumber.FirstKernel;
        bool isMarked = fault.Kind is MemoryFaultKind.Unaddressable or MemoryFaultKind.Uninitialized;    // by a byte shadow: no page fault
        NtStatus code = isOurs && !isMarked ? _space.Refusal : NtStatus.AccessViolation;
        return new(code, intent, fault.Address, code == NtStatus.InPageError ? _space.RefusalReason : NtStatus.Success);
    }
}
