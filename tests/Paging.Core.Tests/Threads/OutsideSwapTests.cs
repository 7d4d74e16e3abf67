using Paging.Core.Swap;
using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>While a fault reads a slow swap device, other threads go on, and the fault looks at everything again when it returns.</summary>
public sealed class OutsideSwapTests : IDisposable
{
    private const uint Pages = 8;

    private readonly Gate _gate = new();
    private readonly ThreadedEngine _world = new();
    private readonly SlowStore _store;
    private readonly SwapDevice _device;

    public OutsideSwapTests()
    {
        _store = new(_gate);
        Assert.Equal(Errno.None, _world.Engine.Swap.SwitchOn(_store, out SwapDevice? device));
        _device = device!;
    }

    public void Dispose()
    {
        _gate.Open();
        _world.Dispose();    // audits
        _gate.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void OtherThreadsGoOnAndNeighboursComeAlong(bool isShared)
    {
        VirtualAddress at = MapOut(isShared);
        Reader reader = Read(at + 0x3000);
        _gate.AwaitArrival();
        VirtualAddress near = _world.Map(4);
        _world.Run(2, (number, processor) => _world.Mmu.Write(near + ((uint)number << 12), 1u));
        Assert.Equal(Errno.None, _world.Memory.Unmap(near, 4 << 12));
        _world.Process.Fork().Dispose();
        Assert.False(reader.IsDone);
        long major = _world.Memory.Faults.Major;
        _gate.Open();
        Assert.Equal(4, reader.Await());
        Assert.Equal(major + 1, _world.Memory.Faults.Major);
        for (uint page = 0; page < Pages; page++) Assert.Equal((int)page + 1, Read(at + (page << 12)).Await());
        if (!isShared) Assert.Equal(major + 1, _world.Memory.Faults.Major);    // the others were read with it
        Assert.Equal((int)Pages, _gate.Reads);
    }

    [Fact]
    public void ASecondAccessWaitsForTheReadOfItsPage()
    {
        VirtualAddress at = MapOut();
        Reader first = Read(at), second = Read(at + 1);
        _gate.AwaitArrival();
        _world.AwaitAway(2);
        _gate.Open();
        Assert.Equal(1, first.Await());
        Assert.Equal(0, second.Await());
        Assert.Equal((int)Pages, _gate.Reads);
    }

    /// <summary>The process that forked has the same slots, and another one's write leaves them as they are.</summary>
    [Fact]
    public void AForkMeanwhileSharesTheSlot()
    {
        VirtualAddress at = MapOut();
        Reader reader = Read(at);
        _gate.AwaitArrival();
        using UserProcess child = _world.Process.Fork();
        _gate.Open();
        Assert.Equal(1, reader.Await());
        Assert.Equal(1, Read(at, child).Await());
    }

    [Fact]
    public void MemoryThatIsUnmappedMeanwhileIsNotMapped()
    {
        VirtualAddress at = MapOut();
        Reader reader = Read(at);
        _gate.AwaitArrival();
        Assert.Equal(Errno.None, _world.Memory.Unmap(at, Pages << 12));
        _gate.Open();
        Assert.Equal(-(int)MemoryFaultKind.NotMapped, reader.Await());
        Assert.Equal(0u, _device.UsedSlotCount);
    }

    /// <summary>The slot holds another page by then, whose bytes were not there when the read began.</summary>
    [Fact]
    public void ASlotThatIsWrittenMeanwhileIsReadAgain()
    {
        VirtualAddress at = MapOut();
        Reader reader = Read(at);
        _gate.AwaitArrival();
        Assert.Equal(Errno.None, _world.Memory.Advise(at, Pages << 12, MemoryAdvice.DontNeed));    // all slots are free
        _world.Run(1, (_, _) =>
        {
            for (uint page = 0; page < Pages; page++) _world.Mmu.Write(at + (page << 12), 100 + page);
        });
        TakeSlots(_device.SlotCount - Pages);    // they are taken in turn: the next ones are the first ones
        Assert.Equal(Errno.None, _world.Memory.Advise(at, Pages << 12, MemoryAdvice.PageOut));
        Assert.Equal(_device.SlotCount, _device.UsedSlotCount);
        _gate.Open();
        Assert.Equal(100, reader.Await());
        for (uint page = 0; page < Pages; page++) Assert.Equal(100 + (int)page, Read(at + (page << 12)).Await());
    }

    [Fact]
    public void ADeviceThatIsSwitchedOffMeanwhileIsClosedAfterItsLastRead()
    {
        VirtualAddress at = MapOut();
        Reader reader = Read(at);
        _gate.AwaitArrival();
        Thread off = new(() => Assert.Equal(Errno.None, _world.Engine.Swap.SwitchOff(_device)));
        off.Start();    // it reads in its own hold, and waits at the gate as well
        Assert.True(SpinWait.SpinUntil(() => _gate.Reads == 2, BlockedThread.PatienceMilliseconds));
        Assert.True(off.IsAlive);
        _gate.Open();
        off.Join();
        Assert.Equal(1, reader.Await());
        Assert.True(_store.IsDisposed);
    }

    [Fact]
    public void AReadThatFailsIsABusErrorOfItsThreadAlone()
    {
        VirtualAddress at = MapOut();
        _store.Error = Errno.EIO;
        Reader reader = Read(at);
        _gate.AwaitArrival();
        _gate.Open();
        Assert.Equal(-(int)MemoryFaultKind.BusError, reader.Await());
        _store.Error = Errno.None;
        Assert.Equal(1, Read(at).Await());
    }

    [Fact]
    public void ACallReadsWhereItIs()
    {
        VirtualAddress at = MapOut();
        _gate.Open();
        Assert.Equal(Errno.None, _world.Memory.Advise(at, Pages << 12, MemoryAdvice.PopulateRead));
        for (uint page = 0; page < Pages; page++) Assert.Equal((int)page + 1, Read(at + (page << 12)).Await());
    }

    private void TakeSlots(uint count)
    {
        VirtualAddress more = _world.Map(count);
        _world.Run(1, (_, _) =>
        {
            for (uint page = 0; page < count; page++) _world.Mmu.Write(more + (page << 12), ~page);
        });
        Assert.Equal(Errno.None, _world.Memory.Advise(more, count << 12, MemoryAdvice.PageOut));
    }

    private VirtualAddress MapOut(bool isShared = false)
    {
        VirtualAddress at = _world.Map(Pages, isShared ? ThreadedEngine.Shared : ThreadedEngine.Private);
        _world.Run(1, (_, _) =>
        {
            for (uint page = 0; page < Pages; page++) _world.Mmu.Write(at + (page << 12), page + 1);
        });
        Assert.Equal(Errno.None, _world.Memory.Advise(at, Pages << 12, MemoryAdvice.PageOut));
        Assert.Equal(Pages, _device.UsedSlotCount);
        return at;
    }

    private Reader Read(VirtualAddress at, UserProcess? process = null) => new(_world.Engine, process ?? _world.Process, at);
}
