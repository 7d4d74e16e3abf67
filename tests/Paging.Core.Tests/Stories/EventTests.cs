using Paging.Core.Swap;
using Paging.Tests;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>A recorder reports faults, copies, reclaim, swap and unmapping in the order in which they happened.</summary>
public sealed class EventTests
{
    private struct Texts() : IEngineEventSink
    {
        public List<EngineEvent> All { get; } = [];

        public readonly void Take(in EngineEvent happened) => All.Add(happened);
    }

    private static string[] Drain(EventRecorder recorder)
    {
        Texts texts = new();
        recorder.Drain(ref texts);
        return [.. texts.All.Select(static one => (one with { Frame = default }).ToString())];
    }

    [Fact]
    public void AForkAndItsCopyAreReported()
    {
        using World world = new();
        world.Map(0, 3);
        using EventRecorder recorder = world.Engine.RecordEvents();
        world.Touch(0);
        world.Peek(1);
        using UserProcess child = world.First.Fork();
        child.Memory.Mmu.Write(World.At(0), (byte)2);
        child.Memory.Mmu.Write(World.At(0), (byte)3);    // a hit
        Assert.False(world.Mmu.TryRead(World.At(7), out byte _));
        child.Memory.Unmap(World.At(0), World.Bytes(2));
        Assert.Equal(
            ["process 1: MinorFault, write, page 20000", "process 1: MinorFault, read, page 20001", "process 2: Copied, page 20000",
                "process 2: MinorFault, write, page 20000", "process 1: RefusedFault, read, page 20007, NotMapped",
                "process 2: Unmapped, pages 20000 to 20001"], Drain(recorder));
        Assert.Empty(Drain(recorder));
    }

    [Fact]
    public void EventsOfSwapAndReclaimAgreeWithTheCounters()
    {
        using World world = new(ramMiB: 2);
        World.Succeeds(world.Engine.Swap.SwitchOn(new MemorySwapStore(4 << 20), out _));
        world.Map(0, 1024);
        using EventRecorder recorder = world.Engine.RecordEvents(1 << 16);
        FaultCounters before = world.Engine.Faults;
        for (int round = 0; round < 2; round++)
            for (int page = 0; page < 600; page++) world.Touch(page);
        Texts texts = new();
        Assert.Equal(recorder.Count, recorder.Drain(ref texts));
        long Told(EngineEventKind kind) => texts.All.Count(one => one.Kind == kind);
        FaultCounters after = world.Engine.Faults;
        Assert.Equal(after.SwappedIn - before.SwappedIn, Told(EngineEventKind.SwappedIn));
        Assert.Equal(after.Major - before.Major, Told(EngineEventKind.MajorFault));
        Assert.Equal(after.Minor - before.Minor, Told(EngineEventKind.MinorFault));
        Assert.Equal(world.Engine.Reclaimed.Reclaimed, Told(EngineEventKind.SwappedOut));
        Assert.True(Told(EngineEventKind.SwappedOut) > 600);
        Assert.Equal(0, recorder.LostCount);
    }

    [Fact]
    public void TheOldestAreLostAndCountedWithoutADrain()
    {
        using World world = new();
        world.Map(0, 5);
        using EventRecorder recorder = world.Engine.RecordEvents(capacity: 2);
        for (int page = 0; page < 5; page++) world.Touch(page);
        Assert.Equal((2, 3L), (recorder.Count, recorder.LostCount));
        Assert.Equal(["process 1: MinorFault, write, page 20003", "process 1: MinorFault, write, page 20004"], Drain(recorder));
    }

    [Fact]
    public void ThereIsOneRecorderAndNothingIsRecordedAfterIt()
    {
        using World world = new();
        world.Map(0, 2);
        EventRecorder recorder = world.Engine.RecordEvents();
        Assert.Throws<InvalidOperationException>(() => world.Engine.RecordEvents());
        recorder.Dispose();
        recorder.Dispose();
        using EventRecorder second = world.Engine.RecordEvents();
        recorder.Dispose();    // not its own any more
        world.Touch(0);
        Assert.Equal((0, 1), (recorder.Count, second.Count));
        Assert.Throws<ArgumentOutOfRangeException>(() => world.Engine.RecordEvents(0));
    }

    [Fact]
    public void RecordingAllocatesNothing()
    {
        using World world = new();
        world.Map(0, 500);
        using EventRecorder recorder = world.Engine.RecordEvents(1024);
        world.Touch(0);
        int next = 1;
        Assert.Equal(0, ManagedMemory.BytesAllocatedBy(() => world.Touch(next++)));
        Assert.Equal(next, recorder.Count);
    }
}
