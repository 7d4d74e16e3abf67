using System.Buffers;
using System.Runtime.InteropServices;
using Paging.Core;
using Paging.Native;
using Paging.Processors.Unicorn;

namespace Paging.Processors.Emulation;

/// <summary>
/// One Unicorn instance over the RAM of one engine, brought up to ring 3 in protected mode with paging, independent of processes.
/// </summary>
/// <remarks>
/// The one block of RAM is mapped at physical 0; CR4 = PSE, OSFXSR, OSXMMEXCPT, and PAE with EFER.NXE where the engine's tables are of
/// that format; CR0 = PG WP NE ET MP PE. Exceptions are not delivered through an IDT: the interrupt hook sees each of them, and nothing is
/// ever pushed on a guest's stack.
/// </remarks>
internal sealed class UnicornMachine : IDisposable
{
    private const int Syscall = 699, Sysenter = 700;    // UC_X86_INS_…
    private const int X86 = 4, Mode32 = 4, ModelQemu32 = 4, ModelCoreDuo = 6, ProtectionAll = 7;
    /// <summary>
    /// Room for translated code: an eighth of the RAM, within these bounds. The library clears all of it at the start and whenever it
    /// drops code: of 32 MiB, 9 ms and 4 ms. Of 1 GiB, its own choice, it would be 160 ms and more.
    /// </summary>
    private const ulong CodeByteLengthMin = 4 << 20, CodeByteLengthMax = 32 << 20;

    private const uint Control4 = 0x610, TimeStampDisable = 4;    // PSE, OSFXSR, OSXMMEXCPT; TSD
    private const uint PhysicalAddressExtension = 0x20, ExtendedFeatures = 0xC000_0080, NoExecuteEnable = 1 << 11;
    private const uint Control0 = 0x8001_0033;      // PG WP NE ET MP PE

    private readonly MachineTables _tables;
    private readonly bool _isWide;                  // tables are those of PAE
    private readonly nint _supervisor;              // a context of ring 0, in the directory that shows all RAM
    private readonly nint _scratch;
    private readonly int _contextByteLength;
    private readonly nint _exitSwitch;              // 0: this build of the library has none
    private Action? _atEnd;
    private int _stopCount;                         // odd while another thread requests a stop

    // Three arrays of GuestRegisters.Count entries each, outside the managed heap: AllocateRegisterBatch makes them, Dispose frees them.
    private unsafe UnicornRegister* _registerNames;
    private unsafe uint* _registerValues;           // as the processor had them last
    private unsafe void** _registerPointers;

    // SAFETY: RAM's address and length are the engine's own, and RAM does not move while the engine lives.
    public unsafe UnicornMachine(PagingEngine engine, delegate* unmanaged[Cdecl]<nint, uint, nint, void> interrupt,
        delegate* unmanaged[Cdecl]<nint, TranslatedBlock*, TranslatedBlock*, nint, void> translated, nint user, bool countsCode)
    {
        _tables = new(engine);
        _isWide = engine.Options.Tables == TableFormat.Pae;
        UnicornApi.Check(UnicornApi.Open(X86, Mode32, out nint handle), "be opened");
        Handle = handle;
        UnicornApi.Check(UnicornApi.Control(Handle, UnicornControl.SetProcessorModel, (ulong)(_isWide ? ModelCoreDuo : ModelQemu32), 0),
            "be a 32-bit processor");    // of the two only the Core Duo has NX
        ulong codeByteLength = Math.Clamp(engine.Ram.ByteLength / 8, CodeByteLengthMin, CodeByteLengthMax);
        _ = UnicornApi.Control(Handle, UnicornControl.SetCodeByteLength, codeByteLength, 0);    // before 2.0.2 refused, and 1 GiB is taken
        using MemoryHandle pin = engine.Ram.Pin();    // RAM never moves, and the engine outlives the processor
        byte* ram = (byte*)pin.Pointer;
        UnicornApi.Check(UnicornApi.MapHostMemory(Handle, 0, engine.Ram.ByteLength, ProtectionAll, ram), "map the engine's RAM");
        UnicornApi.Check(UnicornApi.AddHook(Handle, out _, UnicornHook.Interrupt, interrupt, user, 1, 0), "hook interrupts");
        UnicornApi.Check(UnicornApi.AddHook(Handle, out _, UnicornHook.EdgeGenerated, translated, user, 1, 0), "hook translations");
        Budget = new(UnicornLibrary.StopFunction);
        if (ExitChecks.TryLocate(UnicornLibrary.Handle, Handle, out _exitSwitch)) *(byte*)_exitSwitch = 1;
        UnicornApi.Check(UnicornApi.Control(Handle, UnicornControl.EnableExits, 1, 0), "run without an end address");
        AllocateRegisterBatch();

        _contextByteLength = (int)UnicornApi.ContextSize(Handle);
        _supervisor = AllocateContext();
        _scratch = AllocateContext();
        UnicornApi.Check(UnicornApi.SaveContext(Handle, _scratch), "save a context");
        if (!ContextBlob.TryLocate(_scratch, _contextByteLength, out ContextBlob layout))
            throw new InvalidOperationException(
                $"This build of Unicorn {UnicornLibrary.Version} keeps its context in an unknown way; the one of Debian 13 is known to "
                    + $"work.");
        Layout = layout;
        EnterPagedMode();
        // Before 2.1.2 a full buffer is filled again from its start, with the old blocks still known, until code has been dropped once.
        if (countsCode || !CanRunUncounted) Count();
        else ForgetCode();
        UnicornApi.Check(UnicornApi.SaveContext(Handle, _supervisor), "save a context");
    }

    public nint Handle { get; private set; }

    public ContextBlob Layout { get; }

    /// <summary>Counts executed code.</summary>
    public BlockBudget Budget { get; }

    private uint FirstControl4 => _isWide ? Control4 | PhysicalAddressExtension : Control4;

    /// <summary>Code can be stopped from another thread without being counted.</summary>
    public bool CanRunUncounted => _exitSwitch != 0;

    /// <summary>Each block is reported to the budget.</summary>
    public bool IsCounting { get; private set; }

    /// <summary>A count of other threads' requests to stop: odd while one is under way.</summary>
    public int StopCount => Volatile.Read(ref _stopCount);

    /// <summary>True if another thread may have stopped the library since the caller read this count.</summary>
    public bool HasStopRequest(int stopCount) => StopCount != stopCount || (stopCount & 1) != 0;

    /// <summary>Counts executed code from now on, and drops translated code. The library must not be executing.</summary>
    // SAFETY: the address is only handed on.
    public unsafe void Count()
    {
        if (IsCounting) return;
        IsCounting = true;
        HookBlocks((nint)Budget.Callback, Budget.User);
    }

    /// <summary>Calls the host's code before each block, with the instance, the block's address, its bytes, and the user.</summary>
    // SAFETY: the owner of the code keeps it as long as the instance.
    public unsafe void HookBlocks(nint callback, nint user)
    {
        UnicornApi.Check(UnicornApi.AddHook(Handle, out _, UnicornHook.Block, (void*)callback, user, 1, 0), "hook blocks");
        ForgetCode();
    }

    /// <summary>Calls back once when the machine is disposed of and executes nothing any more.</summary>
    public void AtEnd(Action release) => _atEnd += release;

    /// <summary>From now on a callback can stop at every instruction and every access. Executed code is counted.</summary>
    // SAFETY: the switch is a byte of the instance, which lives until Dispose.
    public unsafe void StopAnywhere()
    {
        Count();
        if (_exitSwitch == 0 || *(byte*)_exitSwitch == 0) return;
        *(byte*)_exitSwitch = 0;
        ForgetCode();
    }

    /// <summary>Drops all translated code.</summary>
    public void ForgetCode() => UnicornApi.Check(UnicornApi.Control(Handle, UnicornControl.FlushCode, 0, 0), "drop translated code");

    /// <summary>Requests that the running code stop at the beginning of a block. From any thread, one at a time.</summary>
    /// <remarks>A request may be lost, so the caller repeats it until the library has stopped.</remarks>
    public void RequestStop()
    {
        if (IsCounting)
        {
            Budget.Interrupt();
            return;
        }

        Interlocked.Increment(ref _stopCount);
        _ = UnicornApi.Stop(Handle);
        Interlocked.Increment(ref _stopCount);
    }

    /// <summary>A context as it is right after ring 3 has been entered.</summary>
    public nint Pristine { get; private set; }

    /// <summary>Calls back for <c>sysenter</c> and <c>syscall</c>.</summary>
    // SAFETY: the callback is a static method, and the library calls it only inside Run.
    public unsafe void HookSystemEntries(delegate* unmanaged[Cdecl]<nint, nint, void> callback, nint user)
    {
        foreach (int instruction in (ReadOnlySpan<int>)[Syscall, Sysenter])
            UnicornApi.Check(UnicornApi.AddInstructionHook(Handle, out _, UnicornHook.Instruction, callback, user, 1, 0, instruction),
                "hook system entries");
    }

    public nint AllocateContext()
    {
        UnicornApi.Check(UnicornApi.AllocateContext(Handle, out nint context), "allocate a context");
        return context;
    }

    // SAFETY: both blobs come from AllocateContext, so both have _contextByteLength bytes.
    public unsafe void CopyContext(nint source, nint destination) =>
        NativeMemory.Copy((void*)source, (void*)destination, (nuint)_contextByteLength);

    public void Save(nint context) => UnicornApi.Check(UnicornApi.SaveContext(Handle, context), "save a context");

    public void Restore(nint context) => UnicornApi.Check(UnicornApi.RestoreContext(Handle, context), "restore a context");

    /// <summary>Ends the exception just reported. Returns its error code, and true in the parameter if an instruction raised it.</summary>
    public uint EndException(out bool isSoftware)
    {
        Save(_scratch);
        uint errorCode = Layout.ErrorCode(_scratch);
        isSoftware = Layout.IsSoftwareInterrupt(_scratch);
        Layout.EndException(_scratch);
        Restore(_scratch);
        return errorCode;
    }

    /// <summary>Loads CR3, which empties the TLB.</summary>
    public void LoadDirectory(FrameNumber directory) => Write(UnicornRegister.Cr3, (uint)directory.Address.Value);

    public void FlushTranslations() =>
        UnicornApi.Check(UnicornApi.Control(Handle, UnicornControl.FlushTranslations, 0, 0), "flush its TLB");

    /// <summary>
    /// Drops the translated code of frames whose bytes have changed. The state of the processor is preserved. Returns their number.
    /// </summary>
    /// <remarks>
    /// The library requires a virtual address that it can execute: ring 0 is entered for that, with a directory that shows all RAM.
    /// </remarks>
    public int DropCode(PhysicalMemory ram)
    {
        int count = 0;
        Save(_scratch);
        Restore(_supervisor);
        for (; ram.TryTakeChangedCode(out FrameNumber frame); count++)
        {
            ulong begin = MachineTables.SupervisorAddressOf(frame).Value;
            UnicornApi.Check(UnicornApi.Control(Handle, UnicornControl.RemoveCode, begin, begin + VirtualAddress.PageSize),
                "drop translated code");
        }

        Restore(_scratch);
        return count;
    }

    /// <summary>Unmaps memory of the host. The state of the processor is preserved.</summary>
    /// <remarks>
    /// The library drops the code that it has translated of the memory, and takes the physical address for a virtual one. See
    /// <see cref="DropCode"/>; without ring 0 it would be left with a page fault under way.
    /// </remarks>
    public void Unmap(in HostMemory gone)
    {
        Save(_scratch);
        Restore(_supervisor);
        UnicornError error = UnicornApi.UnmapMemory(Handle, gone.First.Address.Value, gone.Count.Bytes);
        Restore(_scratch);
        UnicornApi.Check(error, "let go of host memory");
    }

    public void SetTls(GuestContext context)
    {
        Span<ulong> words = stackalloc ulong[SegmentSelectors.TlsEntryCount];
        for (int i = 0; i < words.Length; i++) words[i] = context.Tls[i].Word;
        _tables.SetTls(words);
    }

    /// <summary>
    /// Loads the data selectors again that come from a task's own entries; one that cannot be loaded any more becomes 0. Linux:
    /// set_thread_area.
    /// </summary>
    // SAFETY: the library reads one word, which is the local's own.
    public unsafe void ReloadTls()
    {
        ReadOnlySpan<UnicornRegister> dataSelectors = [UnicornRegister.Ds, UnicornRegister.Es, UnicornRegister.Fs, UnicornRegister.Gs];
        foreach (UnicornRegister register in dataSelectors)
        {
            uint selector = Read(register);
            bool isOwn = SegmentSelectors.Of32BitKernel.TlsIndexOf(selector) >= 0;
            if (isOwn && UnicornApi.WriteRegister(Handle, register, &selector) != UnicornError.None) Write(register, 0);
        }
    }

    // SAFETY: the library writes one word of a 32-bit register into a word of its own size or more.
    public unsafe uint Read(UnicornRegister register)
    {
        uint value = 0;
        UnicornApi.Check(UnicornApi.ReadRegister(Handle, register, &value), "read a register");
        return value;
    }

    /// <summary>Reads EIP after execution.</summary>
    /// <remarks>If there are breakpoints, the library does not set EIP when it stops before a block.</remarks>
    public uint ReadPosition()
    {
        uint eip = Read(UnicornRegister.Eip);
        if (!Budget.HasStopped || eip == Budget.StoppedAt) return eip;
        Write(UnicornRegister.Eip, Budget.StoppedAt);
        return Budget.StoppedAt;
    }

    // SAFETY: the library reads at most one word, which is the parameter's own.
    public unsafe void Write(UnicornRegister register, uint value) =>
        UnicornApi.Check(UnicornApi.WriteRegister(Handle, register, &value), "write a register");

    /// <summary>Reads all registers that a kernel uses, with one call of the library.</summary>
    // SAFETY: the three arrays have GuestRegisters.Count entries, and GuestRegisters is that many words.
    public unsafe void ReadAll(ref GuestRegisters registers)
    {
        UnicornApi.Check(UnicornApi.ReadRegisters(Handle, _registerNames, _registerPointers, GuestRegisters.Count), "read registers");
        registers = *(GuestRegisters*)_registerValues;
    }

    /// <summary>
    /// Writes the registers that differ from the processor's. A data selector that may not be loaded becomes 0, as in Linux.
    /// </summary>
    /// <returns>False: a code or stack selector may not be loaded; it keeps its former value.</returns>
    // SAFETY: the index stays below GuestRegisters.Count, the length of both spans.
    public unsafe bool WriteChanged(ref GuestRegisters registers)
    {
        Span<uint> wanted = MemoryMarshal.Cast<GuestRegisters, uint>(new Span<GuestRegisters>(ref registers));
        Span<uint> present = new(_registerValues, GuestRegisters.Count);
        for (int i = 0; (i += ((ReadOnlySpan<uint>)wanted[i..]).CommonPrefixLength(present[i..])) < wanted.Length; i++)
        {
            uint value = wanted[i];
            bool isDataSelector = _registerNames[i] is UnicornRegister.Ds or UnicornRegister.Es or UnicornRegister.Fs or UnicornRegister.Gs;
            if (UnicornApi.WriteRegister(Handle, _registerNames[i], &value) != UnicornError.None)
            {
                if (!isDataSelector)
                {
                    wanted[i] = present[i];
                    return false;
                }

                wanted[i] = value = 0;
                Write(_registerNames[i], 0);
            }

            present[i] = value;
        }

        return true;
    }

    // SAFETY: each array is freed once: Handle is 0 afterwards.
    public unsafe void Dispose()
    {
        if (Handle == 0) return;
        UnicornApi.FreeContext(_supervisor);
        UnicornApi.FreeContext(_scratch);
        UnicornApi.FreeContext(Pristine);
        _ = UnicornApi.Close(Handle);
        Handle = 0;
        _atEnd?.Invoke();
        Budget.Dispose();
        NativeMemory.Free(_registerNames);
        NativeMemory.Free(_registerValues);
        NativeMemory.Free(_registerPointers);
        _tables.Dispose();
    }

    /// <summary>
    /// Runs the stub that enters ring 3; it faults at an address that no user can execute, and that state is the pristine one.
    /// </summary>
    /// <remarks>Only <c>iret</c> can do it: the library refuses ring 3's selectors while in ring 0.</remarks>
    public void EnterRing3(bool refusesTimeStamps)
    {
        _tables.PrepareEntry(eip: PagingEngine.KernelAddressOf(default).Value, esp: 0);
        UnicornApi.Check(UnicornApi.Start(Handle, _tables.EntryStub.Value, 0, 0, 0), "enter ring 3");
        EndException(out _);
        foreach (UnicornRegister register in new[] { UnicornRegister.Eax, UnicornRegister.Eip, UnicornRegister.Cr2 }) Write(register, 0);
        if (refusesTimeStamps) Write(UnicornRegister.Cr4, FirstControl4 | TimeStampDisable);    // rdtsc is #GP in ring 3
        Pristine = AllocateContext();
        Save(Pristine);
    }

    /// <summary>Sets up segments, then paging, in the directory that shows all RAM.</summary>
    // SAFETY: 24 bytes of stack, written at offsets 8 and 16 only.
    private unsafe void EnterPagedMode()
    {
        byte* descriptorTable = stackalloc byte[24];    // uc_x86_mmr: selector, base, limit, flags
        new Span<byte>(descriptorTable, 24).Clear();
        *(ulong*)(descriptorTable + 8) = _tables.DescriptorTable.Value;
        *(uint*)(descriptorTable + 16) = MachineTables.DescriptorTableLimit;
        UnicornApi.Check(UnicornApi.WriteRegister(Handle, UnicornRegister.Gdtr, descriptorTable), "load GDTR");
        LoadDirectory(_tables.SupervisorDirectory);
        Write(UnicornRegister.Cr4, FirstControl4);
        if (_isWide) WriteModelRegister(ExtendedFeatures, NoExecuteEnable);
        Write(UnicornRegister.Cr0, Control0);
        Write(UnicornRegister.Cs, MachineTables.KernelCode);
        Write(UnicornRegister.Ss, MachineTables.KernelData);
        Write(UnicornRegister.Ds, MachineTables.KernelData);
        Write(UnicornRegister.Esp, _tables.EntryFrame.Value);
    }

    // SAFETY: sixteen bytes of stack, as many as uc_x86_msr has: the number, and the value at offset 8.
    private unsafe void WriteModelRegister(uint number, ulong value)
    {
        ulong* request = stackalloc ulong[2];
        (request[0], request[1]) = (number, value);
        UnicornApi.Check(UnicornApi.WriteRegister(Handle, UnicornRegister.Msr, request), "write a model-specific register");
    }

    // SAFETY: the loop ends at GuestRegisters.Count, the length that was allocated.
    private unsafe void AllocateRegisterBatch()
    {
        ReadOnlySpan<UnicornRegister> order =
        [
            UnicornRegister.Eax, UnicornRegister.Ecx, UnicornRegister.Edx, UnicornRegister.Ebx, UnicornRegister.Esp, UnicornRegister.Ebp,
                UnicornRegister.Esi,
            UnicornRegister.Edi, UnicornRegister.Eip, UnicornRegister.Eflags, UnicornRegister.Cs, UnicornRegister.Ss, UnicornRegister.Ds,
                UnicornRegister.Es,
            UnicornRegister.Fs, UnicornRegister.Gs,
        ];
        _registerNames = (UnicornRegister*)NativeMemory.AllocZeroed(GuestRegisters.Count, sizeof(UnicornRegister));
        _registerValues = (uint*)NativeMemory.AllocZeroed(GuestRegisters.Count, sizeof(uint));
        _registerPointers = (void**)NativeMemory.AllocZeroed(GuestRegisters.Count, (nuint)sizeof(void*));
        order.CopyTo(new(_registerNames, GuestRegisters.Count));
        for (int i = 0; i < GuestRegisters.Count; i++) _registerPointers[i] = _registerValues + i;
    }
}

/// <summary>The library's description of a translated block (uc_tb).</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct TranslatedBlock
{
    public readonly ulong Address;
    public readonly ushort InstructionCount;
    public readonly ushort ByteLength;
}
