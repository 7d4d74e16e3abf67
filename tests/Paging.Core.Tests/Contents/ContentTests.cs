using Paging.Tests;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Random stories of several processes in 1 MiB: every byte equals the model's, even when memory runs out.</summary>
public sealed class ContentTests
{
    /// <summary>Slow: after each of up to 300 steps every byte of every process is compared with the model's.</summary>
    [Trait("Category", "Slow")]
    [Fact]
    public void EveryProcessSeesItsOwnWritesAndNoneOfTheOthers() => PlayStories(scriptCount: 120);

    [Fact]
    public void AFewStoriesAgreeWithTheModel() => PlayStories(scriptCount: 25);

    private static void PlayStories(int scriptCount) => Property.ForScripts(scriptCount, 300, static script =>
    {
        using ContentStory story = new();
        foreach (uint word in script) story.Play(word);
        story.End();
    });

    [Trait("Category", "Slow")]
    [Fact]
    public void WhenFramesRunOutNothingIsLost()
    {
        int shortages = 0;
        Property.ForSeeds(25, seed =>
        {
            Random random = new((int)seed);
            using ContentStory story = new(isShort: true);
            for (int step = 0; step < 1500; step++)
            {
                // mostly maps, writes, and few exits
                story.Play((uint)random.NextInt64(uint.MaxValue) & ~(random.Next(4) == 0 ? 0u : 5u));
                if (step % 250 == 249) story.Verify();
            }

            shortages += story.ShortageCount;
            story.End();
        });
        Assert.True(shortages > 20, $"Memory ran short {shortages} times only: this test tests nothing.");
    }

    [Fact]
    public void TheSameCallsGiveTheSameBytes() => Property.ForScripts(20, 300, static script =>
    {
        using ContentStory first = new(), second = new();
        foreach (uint word in script) first.Play(word);
        foreach (uint word in script) second.Play(word);
        string described = first.Describe();
        Assert.Equal(described, second.Describe());
    });

    [Fact]
    public void AModelThatIsWrongIsFoundOut()
    {
        using ContentStory story = new();
        story.Play(0);                                                     // maps page 0
        story.Play(10);                                                    // writes 1 to it
        story.World.Mmu.Write(World.At(0), 7u);                            // after the model's back
        Assert.ThrowsAny<Xunit.Sdk.XunitException>(story.Verify);
    }
}
