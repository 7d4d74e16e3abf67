using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Paging.Native;
using Paging.Processors.Emulation;
using Paging.Processors.Unicorn;

namespace Paging.Processors.Tests;

/// <summary>QEMU's software MMU as an oracle: one instruction is executed for each question.</summary>
/// <remarks>
/// The translation is read from the memory hooks, which are given physical addresses. For a fetch the byte reached must begin
/// <c>mov eax, imm32; int3</c>: then EAX identifies it. Some 2 µs a question. Not to be asked about addresses from FFC00000 on, nor
/// through entry 1023 of the directory: the stub hangs there meanwhile. Under PAE it hangs in the last entry of the pointer table; or,
/// where the kernel half is to be asked about as well, in entry 510 of the directory that it leads to.
/// </remarks>
internal sealed unsafe class UnicornMmu : IMmuOracle
{
    private const int PageFault = 14, Breakpoint = 3, Done = 0x81, None = -1;
    private const uint Control4 = 0x600, PageSizeExtensions = 0x10, Control0 = 0x8000_0033, WriteProtect = 0x1_0000;
    private const UnicornHook Reads = (UnicornHook)0x400, Writes = (UnicornHook)0x800, Invalid = (UnicornHook)0x3F0;

    private readonly OracleStub _stub = new();
    private readonly PhysicalMemory _ram;
    private readonly nint _handle, _supervisor, _user, _scratch;
    private readonly ContextBlob _layout;
    private GCHandle _self;
    private int _vector;
    private bool _hasTouched;
    private readonly bool _isWide, _keepsKernelHalf;
    private ulong _physical;
    private byte _overwritten;

    public UnicornMmu(PhysicalMemory ram, TableFormat format = TableFormat.Classic, bool keepsKernelHalf = false)
    {
        (_isWide, _keepsKernelHalf) = (format == TableFormat.Pae, keepsKernelHalf);
        RequiredProcessor.Check();
        _ram = ram;
        _self = GCHandle.Alloc(this);
        nint user = GCHandle.ToIntPtr(_self);
        UnicornApi.Check(UnicornApi.Open(4, 4, out _handle), "be opened");
        UnicornApi.Check(UnicornApi.Control(_handle, UnicornControl.SetProcessorModel, _isWide ? 6ul : 4, 0),
            "be a QEMU32, or a Core Duo, which has NX");
        UnicornApi.Check(UnicornApi.MapHostMemory(_handle, 0, ram.ByteLength, 7, ram.HostAddress(default)), "map RAM");
        UnicornApi.Check(UnicornApi.MapHostMemory(_handle, OracleStub.Physical, OracleStub.ByteLength, 7, _stub.Address), "map the stub");
        delegate* unmanaged[Cdecl]<nint, uint, nint, void> interrupt = &OnInterrupt;
        delegate* unmanaged[Cdecl]<nint, int, ulong, int, long, nint, void> access = &OnAccess;
        delegate* unmanaged[Cdecl]<nint, int, ulong, int, long, nint, byte> unmapped = &OnUnmapped;
        UnicornApi.Check(UnicornApi.AddHook(_handle, out _, UnicornHook.Interrupt, interrupt, user, 1, 0), "hook");
        UnicornApi.Check(UnicornApi.AddHook(_handle, out _, Reads | Writes, access, user, 1, 0), "hook");
        UnicornApi.Check(UnicornApi.AddHook(_handle, out _, Invalid, unmapped, user, 1, 0), "hook");
        UnicornApi.Check(UnicornApi.Control(_handle, UnicornControl.EnableExits, 1, 0), "run without an end address");
        UnicornApi.Check(UnicornApi.AllocateContext(_handle, out _scratch), "allocate a context");
        UnicornApi.Check(UnicornApi.AllocateContext(_handle, out _supervisor), "allocate a context");
        UnicornApi.Check(UnicornApi.AllocateContext(_handle, out _user), "allocate a context");
        UnicornApi.Check(UnicornApi.SaveContext(_handle, _scratch), "save a context");
        Assert.True(ContextBlob.TryLocate(_scratch, (int)UnicornApi.ContextSize(_handle), out _layout));
        Prepare();
    }

    public bool LeavesUpperAccessedOnFault => false;

    public OracleAnswer Access(in OracleQuestion question)
    {
        ulong before = Hang(question.Directory, _keepsKernelHalf, null);
        try
        {
            return Execute(question);
        }
        finally
        {
            Hang(question.Directory, _keepsKernelHalf, before);
        }
    }

    public void Dispose()
    {
        foreach (nint context in new[] { _scratch, _supervisor, _user }) UnicornApi.FreeContext(context);
        _ = UnicornApi.Close(_handle);
        _stub.Dispose();
        _self.Free();
    }

    /// <summary>Hangs the stub into a directory, or puts back what was there. Returns what was there.</summary>
    private ulong Hang(FrameNumber directory, bool keepsKernelHalf, ulong? restored)
    {
        ulong before;
        if (!_isWide)
        {
            ref uint narrow = ref _ram.Words(directory)[1023];
            before = narrow;
            narrow = (uint)(restored ?? OracleStub.DirectoryEntry);
            return before;
        }

        Span<ulong> pointers = MemoryMarshal.Cast<uint, ulong>(_ram.Words(directory));
        ref ulong hung = ref pointers[3];
        if (keepsKernelHalf) hung = ref MemoryMarshal.Cast<uint, ulong>(_ram.Words(new PageTableEntry(hung).Frame))[OracleStub.WideIndex];
        before = hung;
        hung = restored ?? (keepsKernelHalf ? OracleStub.WideDirectoryEntry : OracleStub.Pointer);
        return before;
    }

    private OracleAnswer Execute(in OracleQuestion question)
    {
        UnicornApi.Check(UnicornApi.RestoreContext(_handle, question.Mode == ProcessorMode.User ? _user : _supervisor),
            "restore a context");
        Write(UnicornRegister.Cr4, Mode4 | (question.PageSizeExtensions ? PageSizeExtensions : 0));
        if (_isWide) EnableNoExecute(question.NoExecute);
        Write(UnicornRegister.Cr0, Control0 | (question.WriteProtect ? WriteProtect : 0));
        Write(UnicornRegister.Cr3, question.Directory.Value << 12);
        Write(UnicornRegister.Ebx, question.Address.Value);
        uint code = question.Kind switch { AccessKind.Read => OracleStub.Load, AccessKind.Write => OracleStub.Store, _ => OracleStub.Jump };
        _vector = None;
        _hasTouched = false;
        UnicornError error = UnicornApi.Start(_handle, code, 0, 0, 0);
        if (_vector == PageFault) return Fault();
        bool isWhole = error == UnicornError.None && _vector == (question.Kind == AccessKind.Fetch ? Breakpoint : Done);
        bool isOutside = error is UnicornError.ReadUnmapped or UnicornError.WriteUnmapped or UnicornError.FetchUnmapped;
        Assert.True(isWhole || isOutside, $"{question}: {error}, vector {_vector}, eip {Read(UnicornRegister.Eip):x}");
        if (isOutside) return new(true, _physical, 0, 0);
        if (question.Kind == AccessKind.Fetch) return new(true, Read(UnicornRegister.Eax), 0, 0);
        Assert.True(_hasTouched);
        if (question.Kind == AccessKind.Write) _ram.Bytes(new PhysicalAddress(_physical), 1)[0] = _overwritten;
        return new(true, _physical, 0, 0);
    }

    private OracleAnswer Fault()
    {
        UnicornApi.Check(UnicornApi.SaveContext(_handle, _scratch), "save a context");
        // the prepared contexts have no exception under way
        return new(false, 0, _layout.ErrorCode(_scratch), Read(UnicornRegister.Cr2));
    }

    /// <summary>Into protected mode with paging, in frame 0 as an empty directory but for the stub; then into ring 3.</summary>
    private void Prepare()
    {
        ulong before = Hang(default, keepsKernelHalf: false, null);
        byte* table = stackalloc byte[24];
        new Span<byte>(table, 24).Clear();
        *(ulong*)(table + 8) = OracleStub.Linear;
        *(uint*)(table + 16) = 135;
        UnicornApi.Check(UnicornApi.WriteRegister(_handle, UnicornRegister.Gdtr, table), "load GDTR");
        Write(UnicornRegister.Cr3, 0);
        Write(UnicornRegister.Cr4, Mode4);
        Write(UnicornRegister.Cr0, Control0 | WriteProtect);
        Write(UnicornRegister.Cs, 0x60);
        Write(UnicornRegister.Ss, 0x68);
        Write(UnicornRegister.Ds, 0x68);
        Write(UnicornRegister.Esp, OracleStub.EntryFrame);
        UnicornApi.Check(UnicornApi.SaveContext(_handle, _supervisor), "save a context");
        UnicornApi.Check(UnicornApi.Start(_handle, OracleStub.EntryCode, 0, 0, 0), "enter ring 3");
        Assert.Equal(Done, _vector);
        UnicornApi.Check(UnicornApi.SaveContext(_handle, _user), "save a context");
        _layout.EndException(_user);
        Hang(default, keepsKernelHalf: false, before);
    }

    private uint Mode4 => _isWide ? Control4 | 0x20 : Control4;    // PAE

    /// <summary>EFER.NXE. CR3 is loaded afterwards, which empties the TLB.</summary>
    private void EnableNoExecute(bool isOn)
    {
        ulong* request = stackalloc ulong[2];
        (request[0], request[1]) = (0xC000_0080, isOn ? 1ul << 11 : 0);
        UnicornApi.Check(UnicornApi.WriteRegister(_handle, UnicornRegister.Msr, request), "write EFER");
    }

    private uint Read(UnicornRegister register)
    {
        uint value = 0;
        UnicornApi.Check(UnicornApi.ReadRegister(_handle, register, &value), "read a register");
        return value;
    }

    private void Write(UnicornRegister register, uint value) =>
        UnicornApi.Check(UnicornApi.WriteRegister(_handle, register, &value), "write a register");

    private static UnicornMmu Self(nint user) => (UnicornMmu)GCHandle.FromIntPtr(user).Target!;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnInterrupt(nint handle, uint vector, nint user)
    {
        Self(user)._vector = (int)vector;
        _ = UnicornApi.Stop(handle);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnAccess(nint handle, int type, ulong physical, int size, long value, nint user)
    {
        UnicornMmu self = Self(user);
        if (self._hasTouched || physical - OracleStub.Physical < OracleStub.ByteLength) return;    // segments on the way into ring 3
        self._hasTouched = true;
        self._physical = physical;
        self._overwritten = physical < self._ram.ByteLength ? self._ram.Bytes(new PhysicalAddress(physical), 1)[0] : (byte)0;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static byte OnUnmapped(nint handle, int type, ulong physical, int size, long value, nint user)
    {
        Self(user)._physical = physical;
        return 0;
    }
}
