using Paging.Native;
using Paging.Tests;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Two processes work at random in little RAM: each dirty log holds exactly the pages that a plain model predicts.</summary>
public sealed class DirtyLogModelTests
{
    [Theory]
    [InlineData(WriteSources.Mmu)]
    [InlineData(WriteSources.Processor)]
    public void LogsAgreeWithTheModel(WriteSources sources) => Compare(sources, scriptCount: 30);

    [Theory, Trait("Category", "Slow")]
    [InlineData(WriteSources.Mmu)]
    [InlineData(WriteSources.Processor)]
    public void LongerScriptsToo(WriteSources sources) => Compare(sources, scriptCount: Soak.Of(150, 30));

    private static void Compare(WriteSources sources, int scriptCount)
    {
        int writes = 0;
        Property.ForScripts(scriptCount, 250, script =>
        {
            using DirtyLogStory story = new(sources);
            foreach (uint word in script) story.Play(word);
            story.End();
            writes += story.WriteCount;
        });
        Assert.True(writes > 1000, $"Only {writes} writes: this test tests nothing.");
    }

    /// <summary>A model that counts a write too many must be noticed.</summary>
    [Fact]
    public void APageTooManyIsFoundOut()
    {
        using World world = new();
        world.Map(0, 2);
        using DirtyLog log = world.Memory.OpenDirtyLog();
        world.Mmu.GrantWrite(World.At(1).Page, world.Memory.Space.Tables.Read(World.At(1).Page), world.Engine.Ram);
        world.Touch(0);
        Assert.False(log.IsDirty(World.At(1).Page));
        PageTableEntry entry = world.Memory.Space.Tables.Read(World.At(0).Page);
        log.CollectDirty();
        world.Mmu.GrantWrite(World.At(0).Page, entry, world.Engine.Ram);
        Assert.True(world.Engine.Audit().Names("D2"));
    }
}
