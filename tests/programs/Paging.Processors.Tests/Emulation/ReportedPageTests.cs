using System.Globalization;
using System.Security.Cryptography;
using Paging.Core;
using Paging.Native;

namespace Paging.Processors.Tests;

/// <summary>Reported pages, over classic tables.</summary>
public sealed class ClassicReportedPageTests() : ReportedPageTests(TableFormat.Classic);

/// <summary>Reported pages, over PAE tables.</summary>
public sealed class PaeReportedPageTests() : ReportedPageTests(TableFormat.Pae);

/// <summary>Watchpoints and shadows of the engine see what the guest processor does, and nothing else is different.</summary>
public abstract class ReportedPageTests : IDisposable
{
    private static readonly VirtualAddress Data = Machine.Data;

    private readonly Machine _machine;
    private readonly List<string> _log = [];

    protected ReportedPageTests(TableFormat format)
    {
        _machine = new(options: new() { Tables = format });
        for (uint i = 0; i < 0x3000; i += 4) Mmu.Write(Data + i, i);
    }

    private Mmu Mmu => _machine.Process.Memory.Mmu;

    public void Dispose()
    {
        _machine.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public void LoadsAndStoresAreReportedWithTheirValues()
    {
        using Watchpoint watch = Watch(Data + 8, 8);
        // mov eax,[Data+8]; mov byte [Data+0Fh],7; add [Data+8],eax; mov ebx,[Data+4]; mov [Data+10h],ebx; movq mm0,[Data+6]
        Run(0xA1, 8, 0, 0x50, 0, 0xC6, 0x05, 0xF, 0, 0x50, 0, 7, 0x01, 0x05, 8, 0, 0x50, 0, 0x8B, 0x1D, 4, 0, 0x50, 0,
            0x89, 0x1D, 0x10, 0, 0x50, 0, 0x0F, 0x6F, 0x05, 6, 0, 0x50, 0);
        Assert.Equal(["Read 500008 08000000", "Write 50000f 00 07", "Read 500008 08000000", "Write 500008 08000000 10000000",
            "Read 500006 0000100000000c00"], _log);
        Assert.Equal((8u, 4u, 5L), (_machine.Registers.Eax, _machine.Registers.Ebx, watch.HitCount));
        Assert.Equal((0x10u, 0x0700_000Cu, 4u), (Mmu.Read<uint>(Data + 8), Mmu.Read<uint>(Data + 12), Mmu.Read<uint>(Data + 16)));
    }

    [Fact]
    public void StringsBetweenWatchedPagesAndTheStackAreReported()
    {
        using Watchpoint from = Watch(Data, 4), to = Watch(Data + 0x1000, 4);
        // mov esi,Data; mov edi,Data+0FFCh; mov ecx,3; cld; rep movsd
        Run(0xBE, 0, 0, 0x50, 0, 0xBF, 0xFC, 0x0F, 0x50, 0, 0xB9, 3, 0, 0, 0, 0xFC, 0xF3, 0xA5);
        Assert.Equal(["Read 500000 00000000", "Write 501000 00100000 04000000"], _log);
        Assert.Equal((0u, 4u, 8u), (Mmu.Read<uint>(Data + 0xFFC), Mmu.Read<uint>(Data + 0x1000), Mmu.Read<uint>(Data + 0x1004)));
        _log.Clear();
        // mov esp,Data+2010h; push 5; pop ecx; call +0; ret …: the stack is a watched page
        using Watchpoint stack = Watch(Data + 0x2000, 16);
        Run(0xBC, 0x10, 0x20, 0x50, 0, 0x6A, 5, 0x59, 0xE8, 0, 0, 0, 0, 0x58);
        Assert.Equal(["Write 50200c 0c200000 05000000", "Read 50200c 05000000"], _log[..2]);
        Assert.Equal((4, 5u, Machine.Code.Value + 13), (_log.Count, _machine.Registers.Ecx, _machine.Registers.Eax));
    }

    /// <summary>An access across the border of a watched page is reported for its bytes in that page.</summary>
    [Fact]
    public void AnAccessAcrossTheBorderIsReported()
    {
        using Watchpoint watch = Watch(Data + 0x1000, 16);
        Run(0xA1, 0xFE, 0x0F, 0x50, 0, 0xA3, 0xFD, 0x0F, 0x50, 0);    // mov eax,[Data+FFEh]; mov [Data+FFDh],eax
        Assert.Equal(2, watch.HitCount);
        Assert.Equal(0x1000_0000u, _machine.Registers.Eax);
        Assert.Equal((0x1000_0000u, 0x10u), (Mmu.Read<uint>(Data + 0xFFD), Mmu.Read<uint>(Data + 0x1000) & 0xFF));
    }

    [Fact]
    public void PagesThatAreSharedSwappedOrNotThereAreResolvedFirst()
    {
        using UserProcess child = _machine.Process.Fork();
        using Watchpoint watch = Watch(Data, 0x8000);
        Run(0xC7, 0x05, 0, 0, 0x50, 0, 1, 0, 0, 0, 0xFF, 0x05, 0, 0x50, 0x50, 0);    // mov dword [Data],1; inc dword [Data+5000h]
        Assert.Equal(["Write 500000 00000000 01000000", "Read 505000 00000000", "Write 505000 00000000 01000000"], _log);
        Assert.Equal((1u, 0u), (Mmu.Read<uint>(Data), child.Memory.Mmu.Read<uint>(Data)));
    }

    [Fact]
    public void AForbiddenAccessIsTheProgramsFaultAndNotReported()
    {
        using Watchpoint watch = Watch(Data, 0x1000);
        Assert.Equal(Errno.None, _machine.Process.Memory.Protect(Data, 0x1000, MemoryProtection.Read));
        ProcessorExit exit = _machine.Execute(0xA3, 4, 0, 0x50, 0);    // mov [Data+4],eax
        Assert.Equal((ProcessorExitKind.Exception, 11, Data + 4), (exit.Kind, exit.Signal.Number, exit.Address));
        Assert.Empty(_log);
    }

    [Fact]
    public void AHandlerThatThrowsEndsTheRunBeforeTheAccess()
    {
        using (Mmu.Watch(Data, 4, WatchedAccesses.Write, static _ => throw new InvalidTimeZoneException()))
            Assert.Throws<InvalidTimeZoneException>(() => _machine.Execute(0xC7, 0x05, 0, 0, 0x50, 0, 1, 0, 0, 0));
        Assert.Equal((0u, Machine.Code.Value), (Mmu.Read<uint>(Data), _machine.Registers.Eip));
        Run(0xC7, 0x05, 0, 0, 0x50, 0, 1, 0, 0, 0);
        Assert.Equal(1u, Mmu.Read<uint>(Data));
    }

    [Fact]
    public void CodeInAWatchedPageRunsAndItsFetchesAreReported()
    {
        using Watchpoint watch = Mmu.Watch(Machine.Code, 6, WatchedAccesses.Fetch,
            access => _log.Add(string.Create(CultureInfo.InvariantCulture, $"{access.Kind} {access.Address.Value:x}")));
        Run(0x40, 0xA1, 8, 0, 0x50, 0, 0x40);    // inc eax; mov eax,[Data+8]; inc eax
        Assert.Equal(9u, _machine.Registers.Eax);
        Assert.Equal([$"Fetch {Machine.Code.Value:x}", $"Fetch {Machine.Code.Value + 1:x}"], _log);
    }

    [Fact]
    public void AShadowRefusesBytesBeforeTheAccess()
    {
        ByteShadow shadow = _machine.Process.Memory.OpenByteShadow();
        Assert.Equal(Errno.None, shadow.Mark(Data + 8, 4, ByteState.Unaddressable));
        Assert.Equal(Errno.None, shadow.Mark(Data + 16, 4, ByteState.Uninitialized));
        ProcessorExit exit = _machine.Execute(0x40, 0xA1, 6, 0, 0x50, 0);    // inc eax; mov eax,[Data+6]
        Assert.Equal((ProcessorExitKind.Exception, 11, Data + 8), (exit.Kind, exit.Signal.Number, exit.Address));
        Assert.Equal(Machine.Code.Value + 1, _machine.Registers.Eip);
        exit = _machine.Execute(0xA3, 9, 0, 0x50, 0);    // mov [Data+9],eax
        Assert.Equal((11, Data + 9), (exit.Signal.Number, exit.Address));
        exit = _machine.Execute(0xA1, 16, 0, 0x50, 0);    // mov eax,[Data+10h]
        Assert.Equal((11, Data + 16), (exit.Signal.Number, exit.Address));
        Run(0xA3, 16, 0, 0x50, 0, 0x8B, 0x1D, 16, 0, 0x50, 0);    // mov [Data+10h],eax; mov ebx,[Data+10h]: it is good now
        Assert.Equal(ByteState.Good, shadow[Data + 16]);
        Assert.Equal(_machine.Registers.Eax, _machine.Registers.Ebx);
        shadow.Close();
        Run(0xA1, 6, 0, 0x50, 0);
        Assert.Equal(0x0008_0000u, _machine.Registers.Eax);
    }

    /// <summary>A tracer has every access with its instruction, so watchpoints leave the processor's to it.</summary>
    [Fact]
    public void ATracerTakesTheReports()
    {
        Sink sink = new();
        _machine.Processor.Trace(sink);
        using Watchpoint watch = Watch(Data, 8);
        Run(0xA1, 4, 0, 0x50, 0);    // mov eax,[Data+4]
        Assert.Equal((0L, 4u), (watch.HitCount, _machine.Registers.Eax));
        Assert.Contains((GuestAccessKind.Load, Data + 4), sink.Taken);
    }

    /// <summary>Random instructions leave the same registers and bytes with watched pages as without.</summary>
    [Fact]
    public void NothingElseIsDifferent()
    {
        for (int seed = 1; seed <= 40; seed++)
        {
            byte[] code = RandomCode(new(seed));
            string plain = Outcome(code, watches: 0), watched = Outcome(code, watches: 1 + (seed % 3));
            Assert.Equal($"seed {seed}: {plain}", $"seed {seed}: {watched}");
        }
    }

    private string Outcome(byte[] code, int watches)
    {
        for (uint i = 0; i < 0x3000; i += 4) Mmu.Write(Data + i, i * 0x9E3779B1);
        _machine.Registers = _machine.Registers with { Eax = 1, Ebx = 2, Ecx = 3, Edx = 4, Eflags = 0x202 };
        List<Watchpoint> all = [];
        for (int i = 0; i < watches; i++) all.Add(Mmu.Watch(Data + ((uint)i << 12), 0x1000, WatchedAccesses.All, static _ => { }));
        ProcessorExit exit = _machine.Execute([.. code, 0xCD, 0x80]);
        foreach (Watchpoint watch in all) watch.Dispose();
        byte[] bytes = new byte[0x3000];
        Mmu.CopyOut(Data, bytes, out _);
        GuestRegisters r = _machine.Registers;
        string hash = Convert.ToHexString(SHA256.HashData(bytes));
        return string.Create(CultureInfo.InvariantCulture,
            $"{exit.Kind} {r.Eip:x} {r.Eax:x} {r.Ebx:x} {r.Ecx:x} {r.Edx:x} {r.Esi:x} {r.Edi:x} {hash}");
    }

    private static byte[] RandomCode(Random random)
    {
        List<byte> code = [];
        for (int i = 0; i < 24; i++)
        {
            uint at = Data.Value + (uint)random.Next(0x2FF0);
            byte[] place = BitConverter.GetBytes(at);
            byte register = (byte)(random.Next(4) << 3 | 5);    // eax to ebx, [disp32]
            code.AddRange(random.Next(12) switch
            {
                0 => [0x8B, register, .. place],                           // mov r,[m]
                1 => [0x89, register, .. place],                           // mov [m],r
                2 => [0x88, register, .. place],                           // mov [m],r8
                3 => [0x01, register, .. place],                           // add [m],r
                4 => [0x03, register, .. place],                           // add r,[m]
                5 => [0x87, register, .. place],                           // xchg [m],r
                6 => [0xF0, 0x0F, 0xB1, register, .. place],               // lock cmpxchg [m],r
                7 => [0xFF, 0x05, .. place],                               // inc dword [m]
                8 => [0x66, 0x89, register, .. place],                     // mov [m],r16
                9 => [0xBE, .. place, 0xBF, .. BitConverter.GetBytes(Data.Value + (uint)random.Next(0x2F00)), 0xB9, (byte)random.Next(9),
                    0, 0, 0, 0xF3, (byte)(random.Next(2) == 0 ? 0xA4 : 0xA5)],    // mov esi, edi, ecx; rep movs
                10 => [0xBF, .. place, 0xB9, (byte)random.Next(4), 0, 0, 0, 0xF3, 0xAA],    // rep stosb
                _ => [0x0F, 0x6F, 0x05, .. place, 0x0F, 0x7F, 0x05, .. BitConverter.GetBytes(Data.Value + (uint)random.Next(0x2FF0))],
            });
        }

        return [.. code];
    }

    private sealed class Sink : IGuestAccessSink
    {
        public List<(GuestAccessKind Kind, VirtualAddress Address)> Taken { get; } = [];

        public void Take(in GuestAccess access) => Taken.Add((access.Kind, access.Address));
    }

    private Watchpoint Watch(VirtualAddress at, uint byteLength) => Mmu.Watch(at, byteLength, WatchedAccesses.All, Note);

    private void Note(WatchedAccess access)
    {
        string after = access.Kind == AccessKind.Write ? " " + Convert.ToHexStringLower(access.After) : "";
        string before = Convert.ToHexStringLower(access.Before);
        _log.Add(string.Create(CultureInfo.InvariantCulture, $"{access.Kind} {access.Address.Value:x} {before}{after}"));
    }

    private void Run(params byte[] code)
    {
        ProcessorExit exit = _machine.Execute([.. code, 0xCD, 0x80]);
        Assert.Equal(ProcessorExitKind.SystemCall, exit.Kind);
        Assert.Equal(Machine.Code.Value + (uint)code.Length + 2, _machine.Registers.Eip);
        Assert.Empty(_machine.Engine.Audit().Findings);
    }
}
