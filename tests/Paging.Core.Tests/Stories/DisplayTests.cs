using Paging.Core.Reclaim;
using Paging.Core.Swap;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Counters, groups and swap devices as a debugger or a log shows them.</summary>
public sealed class DisplayTests
{
    [Fact]
    public void CountersShowNonzeroFigures()
    {
        using World world = new();
        Assert.Equal("nothing", world.Engine.Faults.ToString());
        Assert.Equal("nothing", world.Engine.Reclaimed.ToString());
        Assert.Equal("nothing", world.Engine.Files.CacheCounters.ToString());
        world.Map(0, 1);
        world.Touch(0);
        Assert.Equal("minor faults 1, anonymous pages filled 1", world.Engine.Faults.ToString());
    }

    [Fact]
    public void GroupsAndDevicesShowTheirUse()
    {
        using World world = new();
        World.Succeeds(world.Engine.Groups.Create(new() { Name = "browser", Limit = new(256) }, out MemoryGroup? group));
        World.Succeeds(world.Engine.Swap.SwitchOn(new MemorySwapStore(1 << 20, "disk"), out SwapDevice? device));
        Assert.Equal("browser: 0 of 256 frames", group!.ToString());
        Assert.Equal($"disk: 0 of 256 slots, priority {device!.Priority}", device.ToString());
        Assert.Matches("^[a-z]+: [0-9]+ frames$", world.Engine.Groups.All[0].ToString());
    }
}
