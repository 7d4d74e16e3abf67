using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>The state of the host's processor and devices goes with snapshots, saved processes and images.</summary>
public sealed class HostStateTests
{
    private sealed class Registers(params byte[] values) : IHostState
    {
        public byte[] Values { get; set; } = values;
        public int Saved { get; private set; }
        public int Restored { get; private set; }
        public Exception? Failure { get; set; }
        public Action? InCallback { get; set; }

        public ReadOnlySpan<byte> Save()
        {
            InCallback?.Invoke();
            if (Failure is not null) throw Failure;
            Saved++;
            return Values;
        }

        public void Restore(ReadOnlySpan<byte> state)
        {
            InCallback?.Invoke();
            if (Failure is not null) throw Failure;
            Restored++;
            Values = state.ToArray();
        }
    }

    [Fact]
    public void EachSnapshotHasItsOwn()
    {
        using World world = new();
        world.Map(0, 1);
        Registers registers = new(1, 2, 3);
        world.First.HostState = registers;
        Snapshot first = world.First.TakeSnapshot();
        registers.Values[0] = 9;
        Snapshot second = world.First.TakeSnapshot();
        registers.Values = [];
        Snapshot third = world.First.TakeSnapshot();
        foreach ((Snapshot snapshot, byte[] expected) in
            (ReadOnlySpan<(Snapshot, byte[])>)[(first, [1, 2, 3]), (third, []), (second, [9, 2, 3]), (second, [9, 2, 3])])
        {
            World.Succeeds(snapshot.Restore());
            Assert.Equal(expected, registers.Values);
            Assert.Equal(expected, snapshot.HostState.ToArray());
        }

        Assert.Equal((3, 4), (registers.Saved, registers.Restored));
        world.Verify();
    }

    /// <summary>A snapshot from before there was a state leaves the host's alone; so does one after it was taken away.</summary>
    [Fact]
    public void WithoutAStateNothingIsRestored()
    {
        using World world = new();
        world.Map(0, 1);
        Snapshot before = world.First.TakeSnapshot();
        Registers registers = new(1);
        world.First.HostState = registers;
        Snapshot with = world.First.TakeSnapshot();
        World.Succeeds(before.Restore());
        Assert.Equal(0, registers.Restored);
        Assert.True(before.HostState.IsEmpty);
        world.First.HostState = null;
        World.Succeeds(with.Restore());
        Assert.Equal(0, registers.Restored);
        using UserProcess child = world.First.Fork();
        Assert.Null(child.HostState);
    }

    [Fact]
    public void AnEngineSnapshotHasThatOfEachProcess()
    {
        using World world = new();
        UserProcess other = world.Engine.CreateProcess("other");
        Registers one = new(1), two = new(2);
        (world.First.HostState, other.HostState) = (one, two);
        using EngineSnapshot snapshot = world.Engine.TakeSnapshot();
        (one.Values, two.Values) = ([7], [8]);
        other.Exit();
        World.Succeeds(snapshot.Restore());
        Assert.Equal((1, 2), (one.Values[0], two.Values[0]));
        world.Verify();
    }

    [Fact]
    public void SavedProcessesAndImagesBringItAlong()
    {
        using World world = new();
        world.Map(0, 1);
        Registers registers = new(4, 5);
        world.First.HostState = registers;
        using Snapshot snapshot = world.First.TakeSnapshot();
        registers.Values[1] = 6;
        using MemoryStream stream = new();
        snapshot.Save(stream);
        ProcessImage image = ProcessImage.Of(snapshot);
        Assert.Equal((1, 0, 6), (registers.Saved, registers.Restored, registers.Values[1]));    // saving is no restore for the host
        stream.Position = 0;
        using World other = new();
        foreach (UserProcess process in (UserProcess[])[
            other.Engine.SavedProcesses.Load(stream), other.Engine.CloneProcess(image), other.Engine.CloneProcess(image)])
        {
            Registers copied = new();
            process.HostState = copied;
            Assert.Equal([4, 5], copied.Values);
            process.HostState = copied;
            Assert.Equal(1, copied.Restored);
        }
    }

    [Fact]
    public void AnExceptionOfTheHostReachesTheCallerAndChangesNothing()
    {
        using World world = new();
        world.Map(0, 1);
        Registers registers = new(1);
        world.First.HostState = registers;
        using Snapshot snapshot = world.First.TakeSnapshot();
        registers.Failure = new IOException("disk");
        Assert.Equal("disk", Assert.Throws<IOException>(() => world.First.TakeSnapshot()).Message);
        Assert.Equal("disk", Assert.Throws<IOException>(() => world.Engine.TakeSnapshot()).Message);
        world.Mmu.Write(World.At(0), 7);
        Assert.Equal("disk", Assert.Throws<IOException>(() => snapshot.Restore()).Message);
        Assert.Equal(0, world.Mmu.Read<int>(World.At(0)));    // the memory is back all the same
        registers.Failure = null;
        World.Succeeds(snapshot.Restore());
        world.Verify();
    }

    [Fact]
    public void TheHostMayNotCallTheEngine()
    {
        using World world = new();
        Registers registers = new(1) { };
        world.First.HostState = registers;
        registers.InCallback = () => world.Memory.MapAnonymous(4096);
        Assert.Throws<InvalidOperationException>(() => world.First.TakeSnapshot());
        registers.InCallback = null;
        world.First.TakeSnapshot().Dispose();
        world.Verify();
    }

    [Fact]
    public void AStateHasALimit()
    {
        using World world = new();
        world.First.HostState = new Registers(new byte[IHostState.ByteLengthMax + 1]);
        string message = Assert.Throws<InvalidOperationException>(() => world.First.TakeSnapshot()).Message;
        Assert.Contains("64 MiB", message, StringComparison.Ordinal);
    }
}
