using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Paging.Native;

namespace Paging.Processors.Tests;

//   linear FFC00000 + offset = physical FFF00000 + offset
//   0000 GDT   0800 IDT   1000 handlers: out n, al   1800 entries   2000 TSS   4000 stack of ring 0
//   6000 the instructions   7000 the table for entry 1023
/// <summary>A virtual machine of the host's KVM with one processor in 32-bit protected mode with paging, over the RAM of a test.</summary>
/// <remarks>
/// Every exception and <c>int 81</c> end in a handler that leaves the machine through the port of its vector.
/// </remarks>
internal sealed unsafe class KvmMachine : IDisposable
{
    public const uint Physical = 0xFFF0_0000, Linear = 0xFFC0_0000, ByteLength = 0x8000, DirectoryEntry = (Physical + 0x7000) | 0x67;
    public const uint Load = Linear + 0x6000, Store = Load + 16, Jump = Load + 32, EnterUser = Linear + 0x1800, EnterSupervisor =
        Linear + 0x1810;
    private const int StackTop = 0x5000, EntryFrame = StackTop - 20, PageTable = 0x7000, TaskState = 0x2000;
    private const int ProtectionReadWrite = 3, MapShared = 1;

    private readonly int _device, _machine, _processor;
    private readonly nint _run, _runLength;
    private readonly byte* _stub;

    private KvmMachine(int device, int machine, int processor, nint run, nint runLength, byte* stub)
    {
        (_device, _machine, _processor, _run, _runLength) = (device, machine, processor, run, runLength);
        _stub = stub;
    }

    /// <summary>Creates one, or returns null with the reason why this host cannot.</summary>
    public static KvmMachine? TryCreate(PhysicalMemory ram, out string reason)
    {
        int device = KvmCalls.OpenDevice();
        if (device < 0)
        {
            reason = "/dev/kvm cannot be opened: sudo modprobe kvm-amd || sudo modprobe kvm-intel; sudo usermod -aG kvm $USER";
            return null;
        }

        int version = KvmCalls.Control(device, KvmCalls.GetApiVersion, null);
        int machine = version == KvmCalls.ApiVersion ? KvmCalls.Control(device, KvmCalls.CreateMachine, null) : -1;
        int processor = machine < 0 ? -1 : KvmCalls.Control(machine, KvmCalls.CreateProcessor, null);
        nint runLength = KvmCalls.Control(device, KvmCalls.GetRunByteLength, null);
        nint run = processor < 0 ? -1 : KvmCalls.Map(0, (nuint)runLength, ProtectionReadWrite, MapShared, processor, 0);
        byte* stub = (byte*)NativeMemory.AlignedAlloc(ByteLength, 4096);
        KvmMachine made = new(device, machine, processor, run, runLength, stub);
        made.WriteStub();
        bool isReady = run != -1 && made.TryAddMemory(0, 0, ram.ByteLength, ram.HostAddress(default))
            && made.TryAddMemory(1, Physical, ByteLength, stub);
        reason = !isReady ? "KVM gives no machine with a processor and memory." : made.FindObstacle();
        if (reason.Length == 0) return made;
        made.Dispose();
        return null;
    }

    /// <summary>
    /// Runs from an entry, and returns how the machine stopped: the port (a vector), or -1 and the address that no memory answers to.
    /// </summary>
    public int Run(FrameNumber directory, bool writeProtect, bool pageSizeExtensions, uint entry, uint code, uint address, out uint outside)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(Stub[EntryFrame..], code);
        SetSystem(directory, writeProtect, pageSizeExtensions);
        Span<byte> registers = stackalloc byte[KvmCalls.RegistersLength];
        registers.Clear();
        Put(registers, KvmCalls.Rax, 0x5A);
        Put(registers, KvmCalls.Rbx, address);
        Put(registers, KvmCalls.Rip, entry);
        Put(registers, KvmCalls.Rsp, Linear + EntryFrame);
        Put(registers, KvmCalls.Rflags, 2);
        Put(registers, Edx, code);
        fixed (byte* bytes = registers) Require(KvmCalls.Control(_processor, KvmCalls.SetRegisters, bytes), "KVM_SET_REGS");
        while (KvmCalls.Control(_processor, KvmCalls.Run, null) < 0 && Marshal.GetLastSystemError() == Interrupted) { }
        int exit = *(int*)(_run + KvmCalls.RunExitReason);
        outside = exit == KvmCalls.ExitMmio ? *(uint*)(_run + KvmCalls.RunMmioAddress) : 0;
        int port = exit switch
        {
            KvmCalls.ExitPort => *(ushort*)(_run + KvmCalls.RunPort),
            KvmCalls.ExitMmio => -1,
            _ => throw new InvalidOperationException($"KVM has left the machine for reason {exit}.")
        };
        ((byte*)_run)[ImmediateExit] = 1;    // completes the port's or the memory's access, and executes nothing
        _ = KvmCalls.Control(_processor, KvmCalls.Run, null);
        ((byte*)_run)[ImmediateExit] = 0;
        return port;
    }

    /// <summary>EAX, and the word on top of the stack of ring 0: an exception's error code.</summary>
    public (uint Eax, uint ErrorCode) ReadRegisters()
    {
        byte* registers = stackalloc byte[KvmCalls.RegistersLength];
        Require(KvmCalls.Control(_processor, KvmCalls.GetRegisters, registers), "KVM_GET_REGS");
        uint stack = *(uint*)(registers + KvmCalls.Rsp) - Linear;
        return (*(uint*)(registers + KvmCalls.Rax), stack < ByteLength - 4 ? BinaryPrimitives.ReadUInt32LittleEndian(Stub[(int)stack..])
            : 0);
    }

    public uint ReadCr2()
    {
        byte* system = stackalloc byte[KvmCalls.SystemRegistersLength];
        Require(KvmCalls.Control(_processor, KvmCalls.GetSystemRegisters, system), "KVM_GET_SREGS");
        return *(uint*)(system + KvmCalls.Cr2);
    }

    public void Dispose()
    {
        if (_run != -1) _ = KvmCalls.Unmap(_run, (nuint)_runLength);
        foreach (int descriptor in new[] { _processor, _machine, _device })
            if (descriptor >= 0) _ = KvmCalls.Close(descriptor);
        NativeMemory.AlignedFree(_stub);
    }

    private const int Edx = 24, ImmediateExit = 1, Interrupted = 4;

    private Span<byte> Stub => new(_stub, (int)ByteLength);

    /// <summary>
    /// Where KVM serves no 32-bit paging (kvm-pvm), CR0.PG reads back clear; with shadow paging it would not see our changes of the tables.
    /// </summary>
    private string FindObstacle()
    {
        if (!TrySetSystem(default, true, true)) return "KVM refuses the registers of 32-bit protected mode with paging.";
        byte* system = stackalloc byte[KvmCalls.SystemRegistersLength];
        Require(KvmCalls.Control(_processor, KvmCalls.GetSystemRegisters, system), "KVM_GET_SREGS");
        uint control = *(uint*)(system + KvmCalls.Cr0);
        if ((control & 0x8000_0000) == 0) return $"KVM here serves no 32-bit paging: CR0 was set with PG and reads back {control:x8}.";
        string[] parameters = ["/sys/module/kvm_intel/parameters/ept", "/sys/module/kvm_amd/parameters/npt"];
        return parameters.Any(static path => File.Exists(path) && File.ReadAllText(path)[0] is 'Y' or '1') ? ""
            : "KVM here has no two-dimensional paging, and would not see changes of the tables.";
    }

    private bool TryAddMemory(uint slot, ulong physical, ulong byteLength, byte* host)
    {
        byte* region = stackalloc byte[32];
        *(uint*)region = slot;
        *(uint*)(region + 4) = 0;
        *(ulong*)(region + 8) = physical;
        *(ulong*)(region + 16) = byteLength;
        *(ulong*)(region + 24) = (ulong)host;
        return KvmCalls.Control(_machine, KvmCalls.SetMemoryRegion, region) == 0;
    }

    private void SetSystem(FrameNumber directory, bool writeProtect, bool pageSizeExtensions)
    {
        if (!TrySetSystem(directory, writeProtect, pageSizeExtensions)) throw new InvalidOperationException("KVM_SET_SREGS failed.");
    }

    private bool TrySetSystem(FrameNumber directory, bool writeProtect, bool pageSizeExtensions)
    {
        byte* bytes = stackalloc byte[KvmCalls.SystemRegistersLength];
        Require(KvmCalls.Control(_processor, KvmCalls.GetSystemRegisters, bytes), "KVM_GET_SREGS");
        Span<byte> system = new(bytes, KvmCalls.SystemRegistersLength);
        PutSegment(system[KvmCalls.Cs..], 0x60, type: 11, ring: 0);
        PutSegment(system[KvmCalls.Ss..], 0x68, type: 3, ring: 0);
        PutSegment(system[KvmCalls.Ds..], 0x7B, type: 3, ring: 3);
        PutSegment(system[KvmCalls.Es..], 0x7B, type: 3, ring: 3);
        foreach (int unusable in new[] { KvmCalls.Fs, KvmCalls.Gs, KvmCalls.Ldt })
        {
            system.Slice(unusable, 24).Clear();
            system[unusable + 22] = 1;
        }

        Span<byte> task = system.Slice(KvmCalls.Tr, 24);
        task.Clear();
        Put(task, 0, Linear + TaskState);
        BinaryPrimitives.WriteUInt32LittleEndian(task[8..], 103);
        (task[12], task[14], task[15]) = (0x80, 11, 1);
        Put(system, KvmCalls.Gdt, Linear);
        BinaryPrimitives.WriteUInt16LittleEndian(system[(KvmCalls.Gdt + 8)..], 135);
        Put(system, KvmCalls.Idt, Linear + 0x800);
        BinaryPrimitives.WriteUInt16LittleEndian(system[(KvmCalls.Idt + 8)..], 2047);
        Put(system, KvmCalls.Cr0, 0x8000_0033 | (writeProtect ? 0x1_0000u : 0));
        Put(system, KvmCalls.Cr3, directory.Value << 12);
        Put(system, KvmCalls.Cr4, pageSizeExtensions ? 0x10u : 0);
        Put(system, KvmCalls.Efer, 0);
        return KvmCalls.Control(_processor, KvmCalls.SetSystemRegisters, bytes) == 0;
    }

    private void WriteStub()
    {
        Span<byte> stub = Stub;
        stub.Clear();
        ReadOnlySpan<(int Selector, ulong Word)> segments =
        [
            (0x60, 0x00CF_9B00_0000_FFFF), (0x68, 0x00CF_9300_0000_FFFF), (0x70, 0x00CF_FB00_0000_FFFF), (0x78, 0x00CF_F300_0000_FFFF),
                (0x80, 0xFF00_8BC0_2000_0067),
        ];
        foreach ((int selector, ulong word) in segments) BinaryPrimitives.WriteUInt64LittleEndian(stub[selector..], word);
        for (uint vector = 0; vector < 256; vector++)
        {
            uint handler = Linear + 0x1000 + (vector * 8);
            ulong gate = (handler & 0xFFFF) | (0x60ul << 16) | (0xEE00ul << 32) | ((ulong)(handler >> 16) << 48);
            BinaryPrimitives.WriteUInt64LittleEndian(stub[(0x800 + ((int)vector * 8))..], gate);
            ((ReadOnlySpan<byte>)[0xE6, (byte)vector, 0xEB, 0xFE]).CopyTo(stub[(0x1000 + ((int)vector * 8))..]);
        }

        // mov ecx,cr3; mov cr3,ecx: an empty TLB; iret
        ((ReadOnlySpan<byte>)[0x0F, 0x20, 0xD9, 0x0F, 0x22, 0xD9, 0xCF]).CopyTo(stub[0x1800..]);
        ((ReadOnlySpan<byte>)[0x0F, 0x20, 0xD9, 0x0F, 0x22, 0xD9, 0xFF, 0xE2]).CopyTo(stub[0x1810..]);    // …; jmp edx
        BinaryPrimitives.WriteUInt32LittleEndian(stub[(TaskState + 4)..], Linear + StackTop);
        BinaryPrimitives.WriteUInt32LittleEndian(stub[(TaskState + 8)..], 0x68);
        BinaryPrimitives.WriteUInt16LittleEndian(stub[(TaskState + 102)..], 104);
        uint[] frame = [0, 0x73, 2, 0, 0x7B];
        for (int i = 0; i < frame.Length; i++) BinaryPrimitives.WriteUInt32LittleEndian(stub[(EntryFrame + (i * 4))..], frame[i]);
        ((ReadOnlySpan<byte>)[0x8B, 0x03, 0xCD, 0x81]).CopyTo(stub[0x6000..]);    // mov eax,[ebx]; int 81
        ((ReadOnlySpan<byte>)[0x88, 0x03, 0xCD, 0x81]).CopyTo(stub[0x6010..]);    // mov [ebx],al; int 81
        ((ReadOnlySpan<byte>)[0xFF, 0xE3]).CopyTo(stub[0x6020..]);                // jmp ebx
        for (uint page = 0; page < 8; page++)
            BinaryPrimitives.WriteUInt32LittleEndian(stub[(PageTable + ((int)page * 4))..], (Physical + (page << 12))
                | (page == 6 ? 0x67u : 0x63u));
    }

    private static void PutSegment(Span<byte> segment, ushort selector, byte type, byte ring)
    {
        segment[..24].Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(segment[8..], 0xFFFF_FFFF);
        BinaryPrimitives.WriteUInt16LittleEndian(segment[12..], selector);
        (segment[14], segment[15], segment[16], segment[17], segment[18], segment[20]) = (type, 1, ring, 1, 1, 1);
    }

    private static void Put(Span<byte> structure, int offset, uint value) =>
        BinaryPrimitives.WriteUInt64LittleEndian(structure[offset..], value);

    private static void Require(int result, string what)
    {
        if (result < 0) throw new InvalidOperationException($"{what} failed.");
    }
}
