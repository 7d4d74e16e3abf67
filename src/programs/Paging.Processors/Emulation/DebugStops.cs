using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Paging.Core;
using Paging.Native;
using Paging.Processors.Unicorn;

namespace Paging.Processors.Emulation;

//   breakpoint ──► a callback of the library on that one address: no byte of the program is changed
//   watched page ──► closed while the program runs (ClosedPages) ──► fault ──► exit
/// <summary>A debugger's breakpoints and watched pages in one process.</summary>
public sealed class DebugStops
{
    private readonly GuestProcessor _processor;
    private readonly MemoryCoherence _memory;
    private readonly Dictionary<uint, nuint> _breakpoints = [];
    private readonly Dictionary<uint, bool> _guarded = [];    // page → also its reads
    private readonly AccessDecoder _decoder = new();
    private GCHandle _self;
    private uint? _breakpoint;         // at which the program is
    private VirtualAddress? _watched;    // the address that it was about to access

    internal DebugStops(GuestProcessor processor, MemoryCoherence memory)
    {
        (_processor, _memory) = (processor, memory);
        processor.Enter();
        _self = GCHandle.Alloc(this);
        processor.Machine.StopAnywhere();    // also before an instruction in the middle of a block
    }

    /// <summary>The process that is debugged; others run through.</summary>
    public UserProcess? Process { get; set; }

    /// <summary>True while watched pages keep their rights, as an instruction on one of them is to be executed.</summary>
    public bool IsSteppingOver { get; set; }

    /// <summary>True while breakpoints do not stop, as the instruction at one of them is to be executed.</summary>
    public bool IsPassing { get; set; }

    /// <summary>True if there is no breakpoint, and no page is watched.</summary>
    public bool IsEmpty => _breakpoints.Count == 0 && _guarded.Count == 0;

    /// <summary>Returns true if the next instruction of the task switched to loads some bytes, or stores to them.</summary>
    /// <param name="at">The first byte.</param>
    /// <param name="byteLength">The number of bytes. Of a repeated string instruction only the next element counts.</param>
    /// <param name="isLoad">True for loads.</param>
    public bool WillTouch(VirtualAddress at, uint byteLength, bool isLoad)
    {
        if (_memory.Process is not { } process || _processor.Current is not { } context) return false;
        ref GuestRegisters registers = ref context.Registers;
        Span<byte> code = stackalloc byte[AccessDecoder.LongestInstruction];
        code = code[..process.Memory.Mmu.CopyOut(new(registers.Eip), code, out _)];
        return _decoder.Touches(code, registers, at, byteLength, context.BaseOf(registers.Fs), context.BaseOf(registers.Gs), isLoad);
    }

    /// <summary>Returns true if there is a breakpoint at the address.</summary>
    public bool HasBreakpoint(VirtualAddress at) => _breakpoints.ContainsKey(at.Value);

    /// <summary>Ends runs with <see cref="ProcessorExitKind.Breakpoint"/> before the instruction at this address.</summary>
    public void SetBreakpoint(VirtualAddress at)
    {
        _processor.Enter();
        if (_breakpoints.ContainsKey(at.Value)) return;
        nuint hook;
        unsafe    // SAFETY: a static method; the handle is freed after the machine is closed
        {
            delegate* unmanaged[Cdecl]<nint, ulong, uint, nint, void> reached = &OnReached;
            UnicornApi.Check(UnicornApi.AddHook(_processor.Machine.Handle, out hook, UnicornHook.Code, reached, GCHandle.ToIntPtr(_self),
                at.Value, at.Value), "set a breakpoint");
        }

        _breakpoints[at.Value] = hook;
        _processor.Machine.ForgetCode();
    }

    /// <summary>Removes a breakpoint, if there is one.</summary>
    public void ClearBreakpoint(VirtualAddress at)
    {
        _processor.Enter();
        if (!_breakpoints.Remove(at.Value, out nuint hook)) return;
        UnicornApi.Check(UnicornApi.RemoveHook(_processor.Machine.Handle, hook), "clear a breakpoint");
        _processor.Machine.ForgetCode();
    }

    /// <summary>Replaces the watched pages: a run ends with <see cref="ProcessorExitKind.Watched"/> before an access to one.</summary>
    /// <param name="pages">The pages, each with true if its reads are watched too. Pages of the kernel half are left out.</param>
    public void Watch(IEnumerable<(PageNumber Page, bool Reads)> pages)
    {
        ArgumentNullException.ThrowIfNull(pages);
        _processor.Enter();
        _guarded.Clear();
        foreach ((PageNumber page, bool reads) in pages.Where(static watched => !watched.Page.IsKernel))
            _guarded[page.Value] = reads || _guarded.GetValueOrDefault(page.Value);
    }

    /// <summary>Closes the watched pages, before the processor runs.</summary>
    internal void Close(ClosedPages closed)
    {
        if (_guarded.Count == 0 || IsSteppingOver || _memory.Process != Process) return;
        foreach ((uint page, bool reads) in _guarded) closed.Close(new(page), reads ? ClosedPages.Present : ClosedPages.Writable);
    }

    /// <summary>Returns true for a fault on a page that was closed, if the debugger watches the access, which is not made.</summary>
    internal bool IsWatched(VirtualAddress address, PageFaultErrorCode code)
    {
        if (IsSteppingOver || _memory.Process != Process || !_guarded.TryGetValue(address.Page.Value, out bool reads)) return false;
        bool isWrite = (code & PageFaultErrorCode.Write) != 0;
        WalkResult walk = _memory.Peek(address.Page);
        if (!walk.Succeeded || (!reads && !isWrite) || (isWrite && !walk.EffectiveWritable)) return false;    // the engine's fault first
        _watched = address;
        return true;
    }

    /// <summary>Takes the reason for which the processor has come back, if it is one for the debugger.</summary>
    internal bool TryTake(uint eip, out ProcessorExit exit)
    {
        (uint? breakpoint, VirtualAddress? watched) = (_breakpoint, _watched);
        (_breakpoint, _watched) = (null, null);
        exit = watched is { } address ? new(ProcessorExitKind.Watched, ProcessorVector.PageFault, 0, address)
            : new(ProcessorExitKind.Breakpoint, Address: new(eip));
        return watched is not null || breakpoint == eip;
    }

    /// <summary>Ends the callbacks, once the machine is closed.</summary>
    internal void Release()
    {
        if (_self.IsAllocated) _self.Free();
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnReached(nint handle, ulong address, uint byteLength, nint user)
    {
        DebugStops self = (DebugStops)GCHandle.FromIntPtr(user).Target!;
        if (self._memory.Process != self.Process || self.IsPassing) return;
        self._breakpoint = (uint)address;
        _ = UnicornApi.Stop(handle);
    }
}
