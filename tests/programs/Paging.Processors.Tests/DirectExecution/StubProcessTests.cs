using System.Globalization;
using Paging.Native;
using Paging.Processors.DirectExecution;

namespace Paging.Processors.Tests;

/// <summary>A process of the host that maps frames on order, and ends on order.</summary>
public sealed class StubProcessTests
{
    private const int Killed = 9;

    [Fact]
    public void ItMapsItsOrdersAndNothingElse()
    {
        RequiredProcessor.Check(isDirect: true);
        using PhysicalMemory ram = new(FrameCount.MiB(1), isShared: true);
        using StubLauncher launcher = new(ram.File!);
        using StubProcess stub = new(launcher);
        Assert.Equal(["ffff8000-ffff9000 r-xp", "ffff9000-ffffa000 r--s"], MapsOf(stub));
        stub.Orders.AddMap(new(0x400), 2, new(7), protection: 3);
        stub.Orders.AddMap(new(0x500), 1, new(9), protection: 5);
        Assert.True(stub.TryCarryOut());
        Assert.Equal(["00400000-00402000 rw-s", "00500000-00501000 r-xs"], MapsOf(stub)[..2]);
        stub.Orders.AddUnmap(0x0040_0000, 0x0040_1000);
        Assert.True(stub.TryCarryOut());
        Assert.Equal(["00401000-00402000 rw-s", "00500000-00501000 r-xs"], MapsOf(stub)[..2]);
        string[] descriptors = [.. Directory.GetFiles($"/proc/{stub.Id}/fd").Select(Path.GetFileName).Order(StringComparer.Ordinal)!];
        Assert.Equal<string>(["3", "4"], descriptors);    // RAM, the orders
    }

    /// <summary>After orders a program goes on, at once where the host can block its calls, with all of its registers.</summary>
    [Theory, InlineData(true), InlineData(false)]
    public void AProgramGoesOnBehindItsOrders(bool atOnce)
    {
        RequiredProcessor.Check(isDirect: true);
        using PhysicalMemory ram = new(FrameCount.MiB(1), isShared: true);
        ((ReadOnlySpan<byte>)[0x40, 0xCD, 0x80]).CopyTo(ram.Bytes(new(7)));    // inc eax; int 80
        using StubLauncher launcher = new(ram.File!);
        using StubProcess stub = new(launcher, canGoOn: atOnce);
        for (uint again = 0; again < 3; again++)
        {
            stub.Orders.AddMap(new(0x400 + again), 1, new(7), protection: 5);
            HostRegisters registers = default;
            registers.Set(SegmentSelectors.Of64BitKernel.FirstRegisters with
            {
                Eip = (0x400 + again) << 12,
                Eax = 20,
                Ecx = 0x8000_0001,
                Edx = 2,
                Ebx = 3,
                Esp = 0xF000_0004,
                Ebp = 5,
                Esi = 6,
                Edi = 7,
                Eflags = 0x202 | (1 << 21),
            }, 0, 0);
            HostRegisters before = registers;
            Assert.Equal(StubProcess.SystemCallStop, stub.Run(ref registers));
            Assert.Equal(!atOnce, stub.Orders.AllowsCalls);    // true after a stop between
            Assert.Equal((21ul, before.Rip + 3), (registers.OriginalRax, registers.Rip));
            Assert.Equal((before.Rcx, before.Rdx, before.Rbx, before.Rsp), (registers.Rcx, registers.Rdx, registers.Rbx, registers.Rsp));
            Assert.Equal((before.Rbp, before.Rsi, before.Rdi), (registers.Rbp, registers.Rsi, registers.Rdi));
            Assert.Equal((before.Cs, before.Ss, before.Ds), (registers.Cs, registers.Ss, registers.Ds));
            Assert.Equal(before.Eflags, registers.Eflags & ~0x14ul);    // inc sets AF and PF
        }
    }

    /// <summary>A request to stop that arrives among orders lets them be carried out, and comes before the program.</summary>
    [Fact]
    public void ARequestAmongOrdersStopsBehindThem()
    {
        RequiredProcessor.Check(isDirect: true);
        using PhysicalMemory ram = new(FrameCount.MiB(1), isShared: true);
        ((ReadOnlySpan<byte>)[0xCD, 0x80]).CopyTo(ram.Bytes(new(7)));
        using StubLauncher launcher = new(ram.File!);
        using StubProcess stub = new(launcher);
        stub.Orders.AddMap(new(0x400), 1, new(7), protection: 5);
        HostRegisters registers = default;
        registers.Set(SegmentSelectors.Of64BitKernel.FirstRegisters with { Eip = 0x0040_0000, Eax = 20 }, 0, 0);
        stub.Interrupt();    // it is stopped: the signal is seen when it continues
        Assert.Equal(StubProcess.StopSignal, stub.Run(ref registers));
        Assert.Equal((0x0040_0000ul, 20ul), (registers.Rip, registers.Rax));
        Assert.Equal(["00400000-00401000 r-xs"], MapsOf(stub)[..1]);
        Assert.Equal(StubProcess.SystemCallStop, stub.Run(ref registers));
    }

    [Theory, InlineData(true), InlineData(false)]
    public void AnOrderThatTheHostRefusesStopsBeforeTheProgram(bool atOnce)
    {
        RequiredProcessor.Check(isDirect: true);
        using PhysicalMemory ram = new(FrameCount.MiB(1), isShared: true);
        using StubLauncher launcher = new(ram.File!);
        using StubProcess stub = new(launcher, canGoOn: atOnce);
        stub.Orders.AddMap(new(0xF_FFFE), 4, new(7), protection: 3);    // beyond the end of addresses
        HostRegisters registers = default;
        registers.Set(SegmentSelectors.Of64BitKernel.FirstRegisters with { Eip = 0x0040_0000 }, 0, 0);
        Assert.Equal(StubProcess.RefusedStop, stub.Run(ref registers));
        Assert.Equal(0x0040_0000ul, registers.Rip);
        Assert.False(stub.IsLost);
    }

    [Fact]
    public void AnOrderThatTheHostRefusesIsReported()
    {
        RequiredProcessor.Check(isDirect: true);
        using PhysicalMemory ram = new(FrameCount.MiB(1), isShared: true);
        using StubLauncher launcher = new(ram.File!);
        using StubProcess stub = new(launcher);
        stub.Orders.AddMap(new(0xF_FFFE), 4, new(7), protection: 3);    // beyond the end of addresses
        Assert.False(stub.TryCarryOut());
        stub.Orders.AddMap(new(0x400), 1, new(7), protection: 3);
        Assert.True(stub.TryCarryOut());
        Assert.False(stub.IsLost);
    }

    [Fact]
    public void OneThatTheHostHasEndedIsLost()
    {
        RequiredProcessor.Check(isDirect: true);
        using PhysicalMemory ram = new(FrameCount.MiB(1), isShared: true);
        using StubLauncher launcher = new(ram.File!);
        using StubProcess stub = new(launcher);
        int id = stub.Id;
        Assert.Equal(0, TraceApi.SendSignal(id, Killed));
        HostRegisters registers = default;
        Assert.True(SpinWait.SpinUntil(() => stub.IsLost || stub.Run(ref registers) == 0, TimeSpan.FromMinutes(1)));
        Assert.True(stub.IsLost);
        stub.Orders.AddUnmap(0, 0x1000);
        Assert.False(stub.TryCarryOut());
    }

    [Fact]
    public void ItIsGoneAfterDispose()
    {
        RequiredProcessor.Check(isDirect: true);
        using PhysicalMemory ram = new(FrameCount.MiB(1), isShared: true);
        using StubLauncher launcher = new(ram.File!);
        StubProcess stub = new(launcher);
        string place = string.Create(CultureInfo.InvariantCulture, $"/proc/{stub.Id}");
        Assert.True(Directory.Exists(place));
        stub.Dispose();
        Assert.False(Directory.Exists(place));
    }

    private static string[] MapsOf(StubProcess stub) =>
        [.. File.ReadLines($"/proc/{stub.Id}/maps").Select(static line => line[..22])];
}
