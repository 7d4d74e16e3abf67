using Paging.Native;
using Paging.Tests;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Each byte has the state and the value that a plain model predicts, through forks, snapshots and random calls.</summary>
public sealed class ByteShadowModelTests
{
    [Trait("Category", "Medium")]
    [Fact]
    public void EveryByteIsAsInTheModel() => Compare(scriptCount: 60);

    [Fact, Trait("Category", "Slow")]
    public void LongerScriptsToo() => Compare(scriptCount: Soak.Of(400, 60));

    private static void Compare(int scriptCount)
    {
        int refused = 0, returns = 0;
        Property.ForScripts(scriptCount, 120, script =>
        {
            using ByteShadowStory story = new();
            foreach (uint word in script) story.Play(word);
            story.End();
            refused += story.RefusedCount;
            returns += story.ReturnCount;
        });
        Assert.True(refused > 100 && returns > 50, $"Only {refused} refusals and {returns} returns: this test tests nothing.");
    }
}
