using Paging.Core;
using Paging.Reports;
using Xunit;

namespace Paging.Programs.Tests;

/// <summary>Executing a program ends the memory that snapshots of the process belong to; one of the engine brings it back.</summary>
public sealed class ExecuteAfterSnapshotTests
{
    [Fact]
    public void AnExecutedProgramHasNoSnapshots()
    {
        using World world = new();
        UserProcess process = world.Execute("gonzo");
        Snapshot snapshot = process.TakeSnapshot();
        Assert.Equal(Errno.None, world.Loader.Execute(process, world.Image("gonzo"), world.Fixed, out _));
        Assert.False(snapshot.IsValid);
        Assert.Throws<ObjectDisposedException>(() => snapshot.Restore());
        world.Audit();
    }

    [Fact]
    public void ASnapshotOfTheEngineBringsTheOldProgramBack()
    {
        using World world = new();
        UserProcess process = world.Execute("gonzo");
        using EngineSnapshot snapshot = world.Engine.TakeSnapshot();
        string maps = process.Memory.FormatMaps();
        Assert.Equal(Errno.None, world.Loader.Execute(process, world.Image("mapper"), world.Fixed, out _));
        Assert.NotEqual(maps, process.Memory.FormatMaps(), StringComparer.Ordinal);
        world.Audit();
        Assert.Equal(Errno.None, snapshot.Restore());
        Assert.Equal(maps, process.Memory.FormatMaps());
        world.Audit();
    }
}
