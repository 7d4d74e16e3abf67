using Paging.Core;
using Paging.Native;

namespace Paging.Processors.Tests;

/// <summary>Instructions that access devices, over classic tables.</summary>
public sealed class ClassicDeviceStepTests() : DeviceStepTests(TableFormat.Classic);

/// <summary>Instructions that access devices, over PAE tables.</summary>
public sealed class PaeDeviceStepTests() : DeviceStepTests(TableFormat.Pae);

/// <summary>
/// Instructions of the guest processor reach devices: one callback an access, in program order, of the width that was meant.
/// </summary>
public abstract class DeviceStepTests : IDisposable
{
    private static readonly VirtualAddress Port = new(0x0060_0000);

    private readonly Machine _machine;
    private readonly Recorder _device = new();
    private readonly GuestFile _file;

    protected DeviceStepTests(TableFormat format)
    {
        _machine = new(options: new() { Tables = format });
        _file = _machine.Engine.Files.CreateDevice("port", _device, 8192);
        Assert.Equal(Errno.None, _file.Open(_machine.Process, FileRights.ReadWrite, out int descriptor));
        Assert.Equal(Errno.None, _machine.Process.Memory.Map(Port, 8192, MemoryProtection.ReadWrite, MapFlags.Shared | MapFlags.Fixed,
            descriptor, 0, out _));
    }

    public void Dispose()
    {
        _machine.Dispose();
        _file.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public void LoadsAndStoresHaveTheirWidths()
    {
        // mov al,[Port]; mov ax,[Port+2]; mov eax,[Port+4]; movq mm0,[Port+8]; movq [Port+10h],mm0; mov [Port+18h],ax; mov [Port+1Ah],al
        Run(0xA0, 0, 0, 0x60, 0, 0x66, 0xA1, 2, 0, 0x60, 0, 0xA1, 4, 0, 0x60, 0, 0x0F, 0x6F, 0x05, 8, 0, 0x60, 0,
            0x0F, 0x7F, 0x05, 0x10, 0, 0x60, 0, 0x66, 0xA3, 0x18, 0, 0x60, 0, 0xA2, 0x1A, 0, 0x60, 0);
        Assert.Equal(
            ["load 0 1", "load 2 2", "load 4 4", "load 8 8", "store 10 8 0f0e0d0c0b0a0908", "store 18 2 0504", "store 1a 1 04"],
            _device.Log);
        Assert.Equal(0x07060504u, _machine.Registers.Eax);
    }

    [Fact]
    public void AnAccessThatIsNotAlignedIsSplitAsABusWould()
    {
        Run(0xA1, 1, 0, 0x60, 0, 0xA3, 0x22, 0, 0x60, 0);    // mov eax,[Port+1]; mov [Port+22h],eax
        Assert.Equal(["load 1 1", "load 2 2", "load 4 1", "store 22 2 0201", "store 24 2 0403"], _device.Log);
        Assert.Equal(0x04030201u, _machine.Registers.Eax);
    }

    [Fact]
    public void AnAccessAcrossTwoPagesOfTheDeviceIsOne()
    {
        Run(0xA1, 0xFE, 0x0F, 0x60, 0, 0xA3, 0xFD, 0x0F, 0x60, 0);    // mov eax,[Port+FFEh]; mov [Port+FFDh],eax
        Assert.Equal(["load ffe 2", "load 1000 2", "store ffd 1 fe", "store ffe 2 00ff", "store 1000 1 01"], _device.Log);
    }

    [Fact]
    public void ReadModifyWriteLoadsOnceAndStoresOnce()
    {
        _machine.Registers.Eax = 1;
        Run(0x01, 0x05, 4, 0, 0x60, 0, 0x87, 0x05, 8, 0, 0x60, 0);    // add [Port+4],eax; xchg [Port+8],eax
        Assert.Equal(["load 4 4", "store 4 4 07060505", "load 8 4", "store 8 4 00000001"], _device.Log);
        Assert.Equal(0x0B0A0908u, _machine.Registers.Eax);
    }

    [Fact]
    public void StringsMoveBetweenDevicesAndMemory()
    {
        // mov esi,Port; mov edi,Data; mov ecx,3; cld; rep movsd; mov esi,Data; mov edi,Port+40h; movsd; mov esi,Port+50h; movsw
        Run(0xBE, 0, 0, 0x60, 0, 0xBF, 0, 0, 0x50, 0, 0xB9, 3, 0, 0, 0, 0xFC, 0xF3, 0xA5,
            0xBE, 0, 0, 0x50, 0, 0xBF, 0x40, 0, 0x60, 0, 0xA5, 0xBE, 0x50, 0, 0x60, 0, 0x66, 0xA5);
        Assert.Equal(["load 0 4", "load 4 4", "load 8 4", "store 40 4 03020100", "load 50 2", "store 44 2 5150"], _device.Log);
        Assert.Equal(0x07060504u, _machine.Process.Memory.Mmu.Read<uint>(Machine.Data + 4));
        Assert.Equal(0u, _machine.Registers.Ecx);
    }

    [Fact]
    public void AFaultInTheMiddleOfTheInstructionAsksTheDeviceNoMore()
    {
        // mov esi,Port; mov edi,Data+5000h, never touched; movsd; push [Port+8] with a stack that was never touched
        Run(0xBE, 0, 0, 0x60, 0, 0xBF, 0, 0x50, 0x50, 0, 0xA5, 0xFF, 0x35, 8, 0, 0x60, 0);
        Assert.Equal(["load 0 4", "load 8 4"], _device.Log);
        Assert.Equal(0x0B0A0908u, _machine.Process.Memory.Mmu.Read<uint>(new(_machine.Registers.Esp)));
        Assert.Equal(0x03020100u, _machine.Process.Memory.Mmu.Read<uint>(Machine.Data + 0x5000));
    }

    [Fact]
    public void AForbiddenInstructionIsASignalAndLeavesTheDeviceAlone()
    {
        Assert.Equal(Errno.None, _machine.Process.Memory.Protect(Port, 8192, MemoryProtection.Read));
        ProcessorExit exit = _machine.Execute(0xA3, 4, 0, 0x60, 0);    // mov [Port+4],eax
        Assert.Equal((ProcessorExitKind.Exception, 11), (exit.Kind, exit.Signal.Number));
        exit = _machine.Execute(0xA0, 0, 0, 0x60, 0, 0xFF, 0x05, 4, 0, 0x60, 0);    // mov al,[Port]; inc dword [Port+4]
        Assert.Equal((ProcessorExitKind.Exception, 11), (exit.Kind, exit.Signal.Number));
        Assert.Equal(Machine.Code.Value + 5, _machine.Registers.Eip);
        Assert.Equal("load 0 1", _device.Log[0]);
        Assert.DoesNotContain(_device.Log, static line => line.StartsWith("store", StringComparison.Ordinal));
        exit = _machine.Execute(0xFF, 0x25, 0, 0x50, 0x50, 0);    // jmp [Data+5000h], which holds 0
        Assert.Equal(11, exit.Signal.Number);
        _machine.Process.Memory.Mmu.Write(Machine.Data, Port.Value);
        exit = _machine.Execute(0xFF, 0x25, 0, 0, 0x50, 0);    // jmp [Data]: into the device
        Assert.Equal(7, exit.Signal.Number);
    }

    [Fact]
    public void ADivisionByADevicesZeroIsTheProgramsFault()
    {
        _device.Constant = 0;
        ProcessorExit exit = _machine.Execute(0xF7, 0x35, 0, 0, 0x60, 0);    // div dword [Port]
        Assert.Equal((ProcessorExitKind.Exception, ProcessorVector.DivideError), (exit.Kind, exit.Vector));
        Assert.Equal(Machine.Code.Value, _machine.Registers.Eip);
        Assert.Equal(["load 0 4"], _device.Log);
    }

    [Fact]
    public void TheExceptionOfADeviceReachesTheHostAndTheMachineGoesOn()
    {
        _device.Throws = true;
        Assert.Throws<InvalidTimeZoneException>(() => _machine.Execute(0xA1, 4, 0, 0x60, 0));
        _device.Throws = false;
        Run(0xA1, 4, 0, 0x60, 0);
        Assert.Equal(0x07060504u, _machine.Registers.Eax);
    }

    private void Run(params byte[] code)
    {
        ProcessorExit exit = _machine.Execute([.. code, 0xCD, 0x80]);
        Assert.Equal(ProcessorExitKind.SystemCall, exit.Kind);
        Assert.Equal(Machine.Code.Value + (uint)code.Length + 2, _machine.Registers.Eip);
        Assert.Empty(_machine.Engine.Audit().Findings);
    }

    /// <summary>Byte n of the device is n, or a constant.</summary>
    private sealed class Recorder : IMemoryDevice
    {
        public List<string> Log { get; } = [];

        public ulong? Constant { get; set; }

        public bool Throws { get; set; }

        public ulong Load(ulong offset, int byteLength)
        {
            if (Throws) throw new InvalidTimeZoneException("the device is asleep");
            Log.Add($"load {offset:x} {byteLength}");
            ulong value = 0;
            for (int i = 0; i < byteLength; i++) value |= (ulong)(byte)(offset + (uint)i) << (8 * i);
            return Constant ?? value;
        }

        public void Store(ulong offset, int byteLength, ulong value) =>
            Log.Add($"store {offset:x} {byteLength} {value.ToString("x" + (2 * byteLength), null)}");

        public ulong Fetch(ulong offset, int byteLength) => 0;
    }
}
