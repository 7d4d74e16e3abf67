using System.Runtime.CompilerServices;
using Paging.Core;
using Paging.Native;

namespace Paging.Processors.Emulation;

/// <summary>Keeps the processor's caches of memory (TLB, translated code) coherent.</summary>
/// <remarks>
/// A real processor is notified by an interrupt from another one, and snoops its code. Here the engine changes
/// <see cref="TranslationCache.Epoch"/> and <see cref="PhysicalMemory.HasChangedCode"/>, which are checked before the program continues.
/// </remarks>
internal sealed class MemoryCoherence : IDisposable
{
    private const int SlicesToGrowMax = 32, FewTranslations = 64;

    private readonly PagingEngine _engine;
    private readonly UnicornMachine _machine;
    private readonly PhysicalMemory _ram;
    private readonly HostMemoryMaps _hostMemory;
    private FrameNumber _directory;    // the value of CR3
    private ulong _epoch;              // of the process's translations, when the TLB was flushed last
    private readonly ConditionalWeakTable<UserProcess, object> _known = [];    // processes of this engine
    private readonly List<FrameNumber> _stepped = [];
    private bool _owesFlush;           // a page that was replaced may still be read as it was, until it is written
    private int _slices, _slicesToGrow = 1;
    private long _translatedBefore;    // the slice

    public MemoryCoherence(PagingEngine engine, UnicornMachine machine)
    {
        _engine = engine;
        _machine = machine;
        _hostMemory = new(engine.Ram, machine);
        _ram = engine.Ram;
        _ram.TracksCode = true;
    }

    /// <summary>The process whose directory CR3 holds; null while it holds that of no process.</summary>
    public UserProcess? Process { get; private set; }

    /// <summary>For tests only: the occasions on which the TLB is flushed.</summary>
    public FlushPolicy Policy { get; set; }

    /// <summary>True while one instruction runs alone: its translated code is dropped after it, and its page can be written.</summary>
    public bool IsStepping { get; set; }

    public long FlushCount { get; private set; }

    public long TranslationCount { get; private set; }

    public long DroppedFrameCount { get; private set; }

    /// <summary>True while translated code waits to be dropped.</summary>
    public bool HasStaleCode => _ram.HasChangedCode;

    /// <summary>Checks that a process may be switched to.</summary>
    /// <exception cref="ArgumentException">It is another engine's.</exception>
    /// <exception cref="ObjectDisposedException">It has been reaped.</exception>
    public void Check(UserProcess process)
    {
        if (process == Process) return;
        _ = process.Memory;    // not reaped
        if (_known.TryGetValue(process, out _)) return;
        if (!_engine.Processes.Contains(process))
            throw new ArgumentException("The process is not one of the processor's engine.", nameof(process));
        _known.Add(process, process);
    }

    /// <summary>Loads CR3, if it does not hold the directory already.</summary>
    /// <param name="process">The process whose memory the code is to see.</param>
    /// <param name="isRestored">CR3 has come with a context and may be anything.</param>
    public void Enter(UserProcess process, bool isRestored)
    {
        if (!isRestored && process == Process && process.Memory.Cr3 == _directory) return;
        Process = process;
        _directory = process.Memory.Cr3;
        _epoch = process.Memory.Mmu.Epoch;
        _machine.LoadDirectory(_directory);
        FlushCount++;
        _owesFlush = false;
    }

    /// <summary>Notes that CR3 no longer holds a process's directory.</summary>
    public void Leave()
    {
        Process = null;
        _directory = default;
    }

    /// <summary>Drops translations and code that the engine has changed. Only while the library is not executing.</summary>
    public void BringUpToDate()
    {
        _ = _hostMemory.BringUpToDate();
        if (_ram.HasChangedCode) DroppedFrameCount += _machine.DropCode(_ram);
        FlushIfAsked();
    }

    /// <summary>
    /// Called before a page fault is resolved. True if the TLB need not be emptied when the fault only replaces this page; see
    /// <see cref="NoteResolved"/>.
    /// </summary>
    public bool IsReplaceable(PageNumber page, PageFaultErrorCode code)
    {
        const PageFaultErrorCode Refused = PageFaultErrorCode.Protection | PageFaultErrorCode.Write;
        if ((code & Refused) != Refused || Policy != FlushPolicy.WhenAsked) return false;
        WalkResult walk = Peek(page);
        return walk.Succeeded && walk.Physical.Frame.Value < _ram.FrameCount.Value
            && !_ram.HasCode(walk.Physical.Frame);    // blocks of the old frame would find each other
    }

    /// <summary>Notes a page fault that is resolved, and whose instruction is executed again at once.</summary>
    /// <remarks>
    /// Where the fault has replaced just the page that is to be written (the zero page, a shared one), the store enters it into the TLB
    /// anew, as on an x86, which drops the translation of a page that has faulted. But the library keeps its old translation for loads
    /// until then. So if the run ends first, the TLB is emptied before anything else is executed.
    /// </remarks>
    public void NoteResolved(PageNumber page, bool isReplaceable)
    {
        ulong epoch = Process!.Memory.Mmu.Epoch;
        if (isReplaceable && Process.Memory.Mmu.HasLostOnly(page, _epoch))
        {
            _epoch = epoch;
            _owesFlush = true;
            return;
        }

        if (epoch != _epoch || Policy == FlushPolicy.Always) FlushIfAsked();
    }

    /// <summary>Drops the translated code of the instruction that ran alone.</summary>
    public void EndStep()
    {
        IsStepping = false;
        foreach (FrameNumber frame in _stepped) _ram.NoteCodeChanged(frame);
        _stepped.Clear();
    }

    /// <summary>Notes the end of a slice: empties the TLB now and then, as it grows only when it is emptied.</summary>
    /// <remarks>
    /// The TLB begins with 256 entries, which cover a MiB, and is doubled when it was nearly full. It is not emptied while much code is
    /// translated: the library then walks every entry for each block.
    /// </remarks>
    public void NoteSlice()
    {
        bool isSettled = TranslationCount - _translatedBefore < FewTranslations;
        _translatedBefore = TranslationCount;
        if (!isSettled || ++_slices < _slicesToGrow) return;
        _slices = 0;
        _slicesToGrow = Math.Min(_slicesToGrow + 1, SlicesToGrowMax);
        _owesFlush = true;
    }

    /// <summary>Empties the TLB if the engine has taken a translation away since.</summary>
    private void FlushIfAsked()
    {
        ulong epoch = Process!.Memory.Mmu.Epoch;
        if (Policy == FlushPolicy.Always || ((epoch != _epoch || _owesFlush) && Policy == FlushPolicy.WhenAsked))
        {
            _machine.FlushTranslations();
            FlushCount++;
            _owesFlush = false;
        }

        _epoch = epoch;
    }

    /// <summary>Notes a block that has been translated: its code lies in the frame of its first byte, and in that of its last.</summary>
    public void NoteBlock(VirtualAddress first, int byteLength)
    {
        if (Process is null) return;    // while ring 3 is entered for the first time
        TranslationCount++;
        NoteCode(first.Page);
        PageNumber last = (first + (uint)Math.Max(byteLength - 1, 0)).Page;
        if (last != first.Page) NoteCode(last);
    }

    /// <summary>Reads the bytes of code, as far as they lie in RAM; sets no bit and causes no fault.</summary>
    public int ReadCode(VirtualAddress at, Span<byte> code)
    {
        int length = 0;
        while (length < code.Length)
        {
            VirtualAddress from = at + (uint)length;
            WalkResult walk = Peek(from.Page);
            if (!walk.Succeeded || walk.Physical.Frame.Value >= _ram.FrameCount.Value) break;
            ReadOnlySpan<byte> page = _ram.Bytes(walk.Physical.Frame)[(int)from.OffsetInPage..];
            int count = Math.Min(page.Length, code.Length - length);
            page[..count].CopyTo(code[length..]);
            length += count;
        }

        return length;
    }

    /// <summary>True for <c>rdpmc</c>, which the library does not know. A program may not execute it (CR4.PCE is 0).</summary>
    public bool IsRdpmc(VirtualAddress at)
    {
        Span<byte> code = stackalloc byte[2];
        return ReadCode(at, code) == 2 && code is [0x0F, 0x33];
    }

    /// <summary>Drops the translated code of a page before the program continues.</summary>
    public void TranslateAgain(PageNumber page)
    {
        WalkResult walk = Peek(page);
        if (walk.Succeeded && walk.Physical.Frame.Value < _ram.FrameCount.Value) _ram.NoteCodeChanged(walk.Physical.Frame);
    }

    /// <summary>The entry of a page, found as the processor walks the tables; no bit is set.</summary>
    public WalkResult Peek(PageNumber page) => Walker.Peek(_ram, _engine.Options.Tables, _directory, page);

    /// <summary>Notifies the engine that its code is no longer translated.</summary>
    public void Dispose()
    {
        _ram.TracksCode = false;
        _hostMemory.Dispose();
    }

    /// <summary>Makes every later store to this frame visible, from any source: no translation may hide one.</summary>
    /// <remarks>
    /// The library searches for translated code at the first store to a page alone, and there only at its first byte if the store is not
    /// aligned (notdirty_write and store_helper of 2.1.1). So the page is made read-only, and its code is dropped as a whole when a store
    /// faults.
    /// </remarks>
    private void NoteCode(PageNumber page)
    {
        WalkResult walk = Peek(page);
        if (!walk.Succeeded) return;
        if (walk.Physical.Frame.Value >= _ram.FrameCount.Value)
        {
            _hostMemory.NoteCode();
            return;
        }

        if (!_ram.MarkCode(walk.Physical.Frame)) return;
        if (IsStepping) _stepped.Add(walk.Physical.Frame);
        else if (Process!.ProtectCode(page) && Policy != FlushPolicy.Never) _machine.FlushTranslations();
    }
}
