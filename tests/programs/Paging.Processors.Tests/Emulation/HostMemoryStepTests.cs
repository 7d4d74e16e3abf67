using System.Runtime.InteropServices;
using Paging.Core;
using Paging.Native;

namespace Paging.Processors.Tests;

/// <summary>Instructions on memory of the host's, over classic tables.</summary>
public sealed class ClassicHostMemoryStepTests() : HostMemoryStepTests(TableFormat.Classic);

/// <summary>Instructions on memory of the host's, over PAE tables.</summary>
public sealed class PaeHostMemoryStepTests() : HostMemoryStepTests(TableFormat.Pae);

/// <summary>The guest processor loads, stores and executes in memory of the host's own, as the engine's Mmu does.</summary>
public abstract class HostMemoryStepTests(TableFormat format) : IDisposable
{
    private const MemoryProtection All = MemoryProtection.ReadWrite | MemoryProtection.Execute;
    private static readonly VirtualAddress View = new(0x0060_0000);

    private readonly Machine _machine = new(options: new() { Tables = format });

    public void Dispose()
    {
        _machine.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public void HostAndProgramSeeEachOthersStores()
    {
        byte[] memory = new byte[2 * 4096];
        using GuestFile file = Show(memory);
        memory[4] = 0x2A;
        // mov eax,[View+4]; add [View+0FFEh],eax, across two pages; push dword [View+4]; pop dword [View+8]
        Run(0xA1, 4, 0, 0x60, 0, 0x01, 0x05, 0xFE, 0x0F, 0x60, 0, 0xFF, 0x35, 4, 0, 0x60, 0, 0x8F, 0x05, 8, 0, 0x60, 0);
        Assert.Equal((0x2Au, 0x2A, 0x2A), (_machine.Registers.Eax, memory[0xFFE], memory[8]));
        memory[0x1001] = 7;    // while nothing runs
        Run(0xA1, 0xFE, 0x0F, 0x60, 0);
        Assert.Equal(0x0700_002Au, _machine.Registers.Eax);
        Assert.Equal(0x0700_002Au, _machine.Process.Memory.Mmu.Read<uint>(View + 0xFFE));
    }

    [Fact]
    public void MemoryThatMayOnlyBeReadIsNotWritten()
    {
        byte[] memory = new byte[4096];
        using GuestFile file = _machine.Engine.Files.CreateHostMemoryFile("rom", memory, FileRights.Read);
        Map(_machine.Process, file, memory.Length, MemoryProtection.Read, FileRights.Read);
        memory[0] = 5;
        ProcessorExit exit = _machine.Execute(0xA0, 0, 0, 0x60, 0, 0xA2, 1, 0, 0x60, 0);    // mov al,[View]; mov [View+1],al
        Assert.Equal((ProcessorExitKind.Exception, 11), (exit.Kind, exit.Signal.Number));
        Assert.Equal((5u, 0), (_machine.Registers.Eax & 0xFF, memory[1]));
    }

    [Fact]
    public void MemoryThatCameInThePlaceOfOtherMemoryIsSeen()
    {
        for (byte round = 1; round < 5; round++)
        {
            byte[] memory = new byte[4096];
            using GuestFile file = Show(memory);
            memory[0] = round;
            Run(0xA0, 0, 0, 0x60, 0, 0xA2, 1, 0, 0x60, 0);    // mov al,[View]; mov [View+1],al
            Assert.Equal(round, memory[1]);
            Assert.Equal(Errno.None, _machine.Process.Memory.Unmap(View, 4096));
        }

        Assert.Empty(_machine.Engine.Ram.HostMemory);
        Assert.Equal(11, _machine.Execute(0xA0, 0, 0, 0x60, 0).Signal.Number);
    }

    [Fact]
    public void TwoEnginesShareMemoryThroughTheirProcessors()
    {
        using Machine other = new(options: new() { Tables = format });
        Assert.True(other.Engine.Frames.TryTake(0, out FrameNumber frame));
        using (GuestFile frames = other.Engine.Files.CreateFrameFile("shared", frame, new(1)))
        {
            Map(other.Process, frames, 4096, MemoryProtection.ReadWrite, FileRights.ReadWrite);
            using GuestFile file = Show(other.Engine.Ram.MemoryOf(frame, new(1)));
            _machine.Registers.Eax = 0x1234;
            Run(0xA3, 0, 0, 0x60, 0);    // mov [View],eax
            other.Execute(0xA1, 0, 0, 0x60, 0, 0xFF, 0x05, 0, 0, 0x60, 0, 0xCD, 0x80);    // mov eax,[View]; inc dword [View]
            Assert.Equal(0x1234u, other.Registers.Eax);
            Run(0xA1, 0, 0, 0x60, 0);
            Assert.Equal(0x1235u, _machine.Registers.Eax);
            Assert.Equal(Errno.None, _machine.Process.Memory.Unmap(View, 4096));
        }

        Assert.Equal(Errno.None, other.Process.Memory.Unmap(View, 4096));
        other.Engine.Frames.Return(frame, 0);
    }

    [Fact]
    public void CodeInMemoryOfTheHostIsThatOfEachRun()
    {
        byte[] memory = GC.AllocateArray<byte>(4096 + 64);
        using GuestFile file = Show(memory.AsMemory(24, 4096));    // not aligned to anything
        for (byte round = 1; round < 5; round++)
        {
            ((ReadOnlySpan<byte>)[0xB0, round, 0xCD, 0x80]).CopyTo(memory.AsSpan(24));    // mov al,round; int 80h
            _machine.Registers.Eip = View.Value;
            Assert.Equal(ProcessorExitKind.SystemCall, _machine.Processor.Run().Kind);
            Assert.Equal(round, (byte)_machine.Registers.Eax);
        }

        _machine.Registers.Eip = View.Value;    // and changes itself: mov byte [View+8],0Bh; mov al,0; int 80h
        ((ReadOnlySpan<byte>)[0xC6, 0x05, 8, 0, 0x60, 0, 0x0B, 0xB0, 0, 0xCD, 0x80]).CopyTo(memory.AsSpan(24));
        Assert.Equal(ProcessorExitKind.SystemCall, _machine.Processor.Run().Kind);
        Assert.Equal((0x0Bu, 0x0B), (_machine.Registers.Eax & 0xFF, memory[24 + 8]));
    }

    [Fact]
    public void DevicesAndMemoryOfTheHostLieSideBySide()
    {
        byte[] memory = new byte[4096];
        using GuestFile file = Show(memory);
        Counter device = new();
        using GuestFile port = _machine.Engine.Files.CreateDevice("port", device, 4096);
        Assert.Equal(Errno.None, port.Open(_machine.Process, FileRights.ReadWrite, out int descriptor));
        Assert.Equal(Errno.None, _machine.Process.Memory.Map(View + 4096, 4096, MemoryProtection.ReadWrite,
            MapFlags.Shared | MapFlags.Fixed, descriptor, 0, out _));
        // mov esi,View+1000h; mov edi,View; movsd; mov esi,View; mov edi,View+1000h; movsd
        Run(0xBE, 0, 0x10, 0x60, 0, 0xBF, 0, 0, 0x60, 0, 0xA5, 0xBE, 0, 0, 0x60, 0, 0xBF, 0, 0x10, 0x60, 0, 0xA5);
        Assert.Equal((1, 1, 1ul), (MemoryMarshal.Read<int>(memory), device.Loads, device.Stored));
    }

    [Fact]
    public void AccessesToItAreReported()
    {
        byte[] memory = new byte[4096];
        using GuestFile file = Show(memory);
        AccessList accesses = new();
        _machine.Processor.Trace(accesses);
        Run(0xA1, 4, 0, 0x60, 0, 0xFF, 0x05, 8, 0, 0x60, 0);    // mov eax,[View+4]; inc dword [View+8]
        IEnumerable<GuestAccess> data = accesses.Accesses.Where(static access => access.Kind != GuestAccessKind.Fetch);
        Assert.Equal([(GuestAccessKind.Load, View + 4), (GuestAccessKind.Modify, View + 8)],
            data.Select(static access => (access.Kind, access.Address)));
    }

    private GuestFile Show(Memory<byte> memory)
    {
        GuestFile file = _machine.Engine.Files.CreateHostMemoryFile("host", memory);
        Map(_machine.Process, file, memory.Length, All, FileRights.ReadWrite);
        return file;
    }

    private static void Map(UserProcess process, GuestFile file, int byteLength, MemoryProtection protection, FileRights rights)
    {
        Assert.Equal(Errno.None, file.Open(process, rights, out int descriptor));
        Assert.Equal(Errno.None, process.Memory.Map(View, (uint)byteLength, protection, MapFlags.Shared | MapFlags.Fixed, descriptor, 0,
            out _));
        Assert.Equal(Errno.None, process.FileDescriptors.Close(descriptor));
    }

    private void Run(params byte[] code)
    {
        ProcessorExit exit = _machine.Execute([.. code, 0xCD, 0x80]);
        Assert.True(exit.Kind == ProcessorExitKind.SystemCall, $"{exit}");
        Assert.Empty(_machine.Engine.Audit().Findings);
    }

    /// <summary>Counts loads, and returns the count.</summary>
    private sealed class Counter : IMemoryDevice
    {
        public int Loads { get; private set; }

        public ulong Stored { get; private set; }

        public ulong Load(ulong offset, int byteLength) => (ulong)++Loads;

        public void Store(ulong offset, int byteLength, ulong value) => Stored = value;

        public ulong Fetch(ulong offset, int byteLength) => 0;
    }

    private sealed class AccessList : IGuestAccessSink
    {
        public List<GuestAccess> Accesses { get; } = [];

        public void Take(in GuestAccess access) => Accesses.Add(access);
    }
}
