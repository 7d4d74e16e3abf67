using Paging.Core;
using Xunit;

namespace Paging.Programs.Tests;

/// <summary>Executing a program ends the memory that snapshots belong to.</summary>
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
}
