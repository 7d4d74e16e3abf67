using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using Paging.Core;
using Paging.Native;
using Paging.Processors.Unicorn;

namespace Paging.Processors.Emulation;

//   instruction ──► pending: its fetch ──► loads and stores ──► next instruction, or the end of the run: reported
//                                                └──► page fault: dropped, the instruction is executed again
/// <summary>Watches every access of the processor. Made before the first instruction is translated, or not at all.</summary>
/// <remarks>
/// The library reports physical addresses. A frame that is mapped once has one page, which is cached and checked against the tables at
/// each use. For a frame with several mappings (the zero page, a page of a file in two segments, pages shared by fork(2)) the instruction
/// is decoded to find the page. After a fault in the second page of an access the library reports nothing more until it is started
/// again, so every page fault ends a run. Cost: two callbacks an instruction and more; nothing without a tracer, as then nothing is hooked.
/// </remarks>
internal sealed class AccessTracer : IDisposable
{
    private const int PendingMax = 64;
    private const uint PageMask = 0xFFF;
    private const int WriteType = 17;    // UC_MEM_WRITE
    private const uint SplitBytes = 8;    // the library splits longer operands there
    private const uint OperandSlack = 512, ImplicitSlack = 256;

    private readonly PagingEngine _engine;
    private readonly GuestProcessor _processor;
    private readonly MemoryCoherence _memory;
    private readonly IGuestAccessSink _sink;
    private readonly uint[] _pageOf;    // of a frame: the page that mapped it at its last access
    private readonly Dictionary<FrameNumber, uint> _pageOfHost = [];    // the same of memory of the host's
    private readonly GuestAccess[] _pending = new GuestAccess[PendingMax];
    private readonly IGuestStepSink? _steps;    // the sink, if it receives each instruction
    private GCHandle _self;
    private VirtualAddress? _stoppedAt;
    private int _count;
    private (uint First, int ByteLength, GuestAccessKind Kind) _crossing;    // an access to two pages: the library reports its halves, too

    public AccessTracer(PagingEngine engine, GuestProcessor processor, MemoryCoherence memory, IGuestAccessSink sink)
    {
        (_engine, _processor, _memory, _sink) = (engine, processor, memory, sink);
        _steps = sink as IGuestStepSink;
        _pageOf = new uint[engine.Ram.FrameCount.Value];
        _self = GCHandle.Alloc(this);
        processor.Machine.StopAnywhere();
        nint user = GCHandle.ToIntPtr(_self), handle = processor.Machine.Handle;
        unsafe    // SAFETY: static methods; the handle is freed after the machine is closed
        {
            delegate* unmanaged[Cdecl]<nint, ulong, uint, nint, void> instruction = &OnInstruction;
            delegate* unmanaged[Cdecl]<nint, int, ulong, int, long, nint, void> access = &OnAccess;
            UnicornApi.Check(UnicornApi.AddHook(handle, out _, UnicornHook.Code, instruction, user, 1, 0), "hook instructions");
            UnicornApi.Check(UnicornApi.AddHook(handle, out _, UnicornHook.MemoryRead | UnicornHook.MemoryWrite, access, user, 1, 0),
                "hook accesses");
        }
    }

    /// <summary>Accesses whose page could not be determined: none, except those of instructions with 16-bit addresses.</summary>
    public long LostCount { get; private set; }

    /// <summary>The exception of the sink or a callback.</summary>
    public ExceptionDispatchInfo? Thrown { get; set; }

    /// <summary>Notes an instruction's fault. A pending instruction at another address is over: the fault is the next one's.</summary>
    public void NoteFault(uint eip)
    {
        if (_count != 0 && _pending[0].Address.Value != eip) Flush();
        else Drop();
    }

    /// <summary>Drops the pending accesses: the instruction is executed again from its beginning, or not at all.</summary>
    public void Drop() => (_count, _crossing) = (0, default);

    /// <summary>Notes the processor's return. Stopped before a block, it has reported the first instruction, but not executed it.</summary>
    public void End(uint eip, ProcessorExitKind kind)
    {
        if (kind == ProcessorExitKind.Stopped && _count != 0 && _pending[0].Address.Value == eip) Drop();
        Flush();
    }

    /// <summary>Reports the accesses of a finished instruction.</summary>
    private void Flush()
    {
        for (int i = 0; i < _count; i++) _sink.Take(_pending[i]);
        Drop();
    }

    public void Dispose()
    {
        if (_self.IsAllocated) _self.Free();
    }

    /// <summary>Returns true if the processor has come back because the sink refuses the instruction at its position.</summary>
    public bool TryTake(uint eip, out ProcessorExit exit)
    {
        bool isStopped = _stoppedAt?.Value == eip;
        _stoppedAt = null;
        exit = isStopped ? new(ProcessorExitKind.Breakpoint, Address: new(eip)) : default;
        return isStopped;
    }

    private void Begin(UserProcess process, VirtualAddress at, int byteLength)
    {
        Flush();
        if (_steps is not null && !_steps.Begin(new(_processor, _processor.Current!, at)))
        {
            _stoppedAt = at;
            _ = UnicornApi.Stop(_processor.Machine.Handle);
            return;
        }

        _pending[_count++] = new(process, at, byteLength, GuestAccessKind.Fetch);
    }

    private void Add(ulong physical, int byteLength, GuestAccessKind kind)
    {
        if (_count == 0) return;    // no instruction of a program
        if (!TryFind(physical, out VirtualAddress address)) return;
        bool isHalf = kind == _crossing.Kind && byteLength == _crossing.ByteLength
            && (address.Value == _crossing.First || address.Value == _crossing.First + (uint)byteLength);
        if (isHalf) return;
        if ((address.Value & PageMask) + (uint)byteLength > PageMask + 1)
            _crossing = (address.Value & ~((uint)byteLength - 1), byteLength, kind);
        ref GuestAccess last = ref _pending[_count - 1];
        if (last.Kind == kind && last.ByteLength == SplitBytes && last.Address + SplitBytes == address)
        {
            last = last with { ByteLength = last.ByteLength + byteLength };
            return;
        }

        if (last.Kind == GuestAccessKind.Load && kind == GuestAccessKind.Store && last.Address == address && last.ByteLength == byteLength)
        {
            last = last with { Kind = GuestAccessKind.Modify };
            return;
        }

        GuestAccess access = new(last.Process, address, byteLength, kind);
        if (_count < PendingMax) _pending[_count++] = access;
        else TakeFromFull(access);
    }

    /// <summary>For fxsave and its like: hands on accesses that cannot fault any more, as the instruction's first have been made.</summary>
    private void TakeFromFull(in GuestAccess access)
    {
        Flush();
        _pending[_count++] = access;
    }

    private bool TryFind(ulong physical, out VirtualAddress address)
    {
        FrameNumber frame = new((uint)(physical >> 12));
        uint offset = (uint)physical & PageMask;
        address = default;
        if (frame.Value >= (uint)_pageOf.Length) return TryFindHost(frame, offset, out address);
        ref uint remembered = ref _pageOf[frame.Value];
        uint mapCount = _engine.Frames.Describe(frame).MapCount;
        if (mapCount == 1 && IsAt(frame, remembered))
        {
            address = new((remembered << 12) | offset);
            return true;
        }

        if (TryDecode(frame, offset, out address))
        {
            remembered = address.Value >> 12;
            return true;
        }

        if (IsAt(frame, remembered))
        {
            address = new((remembered << 12) | offset);
            return true;
        }

        if (mapCount != 0) LostCount++;    // otherwise the machine's own tables: a segment was loaded
        return false;
    }

    /// <summary>The same for memory of the host's: the number of its mappings is unknown, so the instruction is decoded first.</summary>
    private bool TryFindHost(FrameNumber frame, uint offset, out VirtualAddress address)
    {
        if (TryDecode(frame, offset, out address))
        {
            _pageOfHost[frame] = address.Page.Value;
            return true;
        }

        if (!_pageOfHost.TryGetValue(frame, out uint remembered) || !IsAt(frame, remembered))
        {
            LostCount++;
            return false;
        }

        address = new((remembered << 12) | offset);
        return true;
    }

    private bool IsAt(FrameNumber frame, uint page) => new PageNumber(page) is { IsKernel: false } known
        && _memory.Peek(known) is { Succeeded: true } walk && walk.Physical.Frame == frame;

    private bool TryDecode(FrameNumber frame, uint offset, out VirtualAddress address)
    {
        Span<byte> code = stackalloc byte[(int)BlockBudget.LongestInstruction];
        code = code[..ReadCode(code)];
        GuestRegisters registers = default;
        _processor.Machine.ReadAll(ref registers);
        Span<uint> near = stackalloc uint[OperandAddresses.CountMax];
        int count = OperandAddresses.Find(code, registers, SegmentBase(registers.Fs), SegmentBase(registers.Gs), near);
        bool hasOperand = count == OperandAddresses.CountMax;
        for (int i = 0; i < count; i++)
        {
            uint slack = hasOperand && i < 2 ? OperandSlack : ImplicitSlack;
            uint distance = (offset - near[i]) & PageMask;    // forwards
            if (distance <= slack && IsAt(frame, (near[i] + distance) >> 12))
            {
                address = new(near[i] + distance);
                return true;
            }

            distance = (near[i] - offset) & PageMask;         // backwards, as push does
            if (distance > ImplicitSlack || !IsAt(frame, (near[i] - distance) >> 12)) continue;
            address = new(near[i] - distance);
            return true;
        }

        address = default;
        return false;
    }

    private uint SegmentBase(uint selector) => _processor.Current?.BaseOf(selector) ?? 0;

    /// <summary>The instruction's bytes: they were executed, so they are in RAM, or the host's.</summary>
    private int ReadCode(Span<byte> code)
    {
        GuestAccess fetch = _pending[0];
        int length = Math.Min(fetch.ByteLength, code.Length);
        for (int i = 0; i < length; i++)
        {
            VirtualAddress at = fetch.Address + (uint)i;
            WalkResult walk = _memory.Peek(at.Page);
            if (fetch.Kind != GuestAccessKind.Fetch || !walk.Succeeded) return i;
            if (walk.Physical.Frame.Value >= (uint)_pageOf.Length) return i;    // code in memory of the host's
            code[i] = _engine.Ram.Bytes(walk.Physical.Frame)[(int)(at.Value & PageMask)];
        }

        return length;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnInstruction(nint handle, ulong address, uint byteLength, nint user)
    {
        AccessTracer self = (AccessTracer)GCHandle.FromIntPtr(user).Target!;
        if (self._memory.Process is not { } process || self._processor.IsAccessingDevice) return;
        try
        {
            self.Begin(process, new((uint)address), (int)byteLength);
        }
#pragma warning disable CA1031 // nothing may be thrown through native frames: Run throws it again
        catch (Exception exception)
        {
            self.Thrown ??= ExceptionDispatchInfo.Capture(exception);
            _ = UnicornApi.Stop(handle);
        }
#pragma warning restore CA1031
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnAccess(nint handle, int type, ulong physical, int byteLength, long value, nint user)
    {
        AccessTracer self = (AccessTracer)GCHandle.FromIntPtr(user).Target!;
        if (self._memory.Process is null || self._processor.IsAccessingDevice) return;
        try
        {
            self.Add(physical, byteLength, type == WriteType ? GuestAccessKind.Store : GuestAccessKind.Load);
        }
#pragma warning disable CA1031 // nothing may be thrown through native frames: Run throws it again
        catch (Exception exception)
        {
            self.Thrown ??= ExceptionDispatchInfo.Capture(exception);
            _ = UnicornApi.Stop(handle);
        }
#pragma warning restore CA1031
    }
}
