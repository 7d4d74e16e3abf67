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
        Assert.Equal("3", Path.GetFileName(Assert.Single(Directory.GetFiles($"/proc/{stub.Id}/fd"))));    // RAM
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
